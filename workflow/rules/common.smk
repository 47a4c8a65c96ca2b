"""The plan of the run, and the functions that the rules use."""

import gc
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from snakemake import benchmark as sampling
from snakemake.exceptions import WorkflowError

# `benchmark:` reads the memory maps of a job twice a second, which takes a tenth of two cores where torch is loaded
sampling.BENCHMARK_INTERVAL_SHORT = 5

# planning makes millions of objects and drops few: to look for them every 700 takes a fifth of the time
gc.set_threshold(100_000)

BASE = Path(workflow.basedir)
SCRIPTS = BASE / "scripts"
ENVIRONMENT = BASE / "envs/overparam.yaml"
sys.path[:0] = [str(SCRIPTS), str(BASE / "workflow")]

import failed_jobs
import one_run
from overparam import errors, places
from overparam.jobs import devices
from overparam.plan import cells, experiment_settings, registry
from overparam.plan import config as configuration
from overparam.plan.closure import code_hash

try:
    configuration.check_files(workflow.configfiles)
    REGISTRY = registry.load()
    RUN = configuration.resolve(config, REGISTRY)
except errors.UserError as error:
    raise WorkflowError(f"The configuration or the registry is wrong, nothing was started:\n{error}")

RESULTS = f"results/{RUN['preset']}"
# what the table and the page say of the claims: too long for an argument, so `changes` in params reruns them instead
REGISTRY_FILE = f"{RESULTS}/registry.json"
CLAIMS = {claim["id"]: claim for claim in REGISTRY if claim["id"] in RUN["claims"]}
UNAVAILABLE = {name: configuration.unavailable(claim, RUN) for name, claim in CLAIMS.items()}
AVAILABLE = [name for name, reason in UNAVAILABLE.items() if reason is None]
STUDIES = {study["name"]: study for study in RUN["studies"]}
CELLS = cells.plan(RUN["studies"], RUN["datasets"], RUN["jobs"])
DATASETS = {dataset["name"]: dataset for dataset in RUN["datasets"]}
NETWORK_EXPERIMENTS = experiment_settings.readers("training")
GPU_EXPERIMENTS = [name for name in experiment_settings.names() if experiment_settings.declaration(name).get("gpu")]

one_run.supervise(workflow, RESULTS)
FAILED_JOBS = failed_jobs.FailedJobs(workflow, RESULTS)

# jobs find the programs, and the Python that runs Snakemake; an activated conda environment goes before it
os.environ.update(
    OVERPARAM_SCRIPTS=str(SCRIPTS),
    OVERPARAM_CHECKPOINT_MINUTES=str(RUN["jobs"]["checkpoint_minutes"]),
    OVERPARAM_RUN_PID=str(os.getpid()),  # a job whose run was killed stops itself
    OVERPARAM_STATE=f"{RESULTS}/state",  # the command itself names no preset: it is in the key of a cached output
    OVERPARAM_MEMORY_MB=str(RUN["memory_mb"]),  # not resources.mem_mb, which grows with every attempt
    PATH=os.pathsep.join([str(Path(sys.executable).parent), *os.get_exec_path()]),
)


wildcard_constraints:
    claim="|".join(CLAIMS),
    dataset="[A-Za-z0-9][A-Za-z0-9._-]*",
    study="[A-Za-z0-9][A-Za-z0-9._-]*",
    cell="w[0-9to-]+_n[0-9.e-]+_s[0-9to-]+",
    definition="wrong_label|random_label",
    noise="[0-9.e-]+",
    seeds="[0-9to-]+",


def canonical(settings):
    """Spell settings as JSON in one way only, so that their order in a file reruns nothing."""
    return json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)


def verbatim(settings):
    """Return a function that gives these settings as JSON, so that Snakemake seeks no wildcards between its braces."""
    return lambda wildcards: canonical(settings)


# plain `snakemake` leaves gpu unlimited: never start more GPU jobs than there are devices; a cluster counts its own,
# and a limit of 0 on the host that submits would take the GPU from its jobs
if RUN["gpus"] and workflow.is_main_process and workflow.resource_settings.nodes is None:
    workflow.global_resources.setdefault("gpu", len(devices.available() or []))


def dataset_inputs(wildcards):
    """Return the files that a data set is made from."""
    if DATASETS[wildcards.dataset]["source"] == "digits":
        return {}
    cifar10 = RUN["sources"]["cifar10"]
    if cifar10["parquet"]:
        return {split: ancient(path) for split, path in cifar10["parquet"].items()}
    if cifar10["archive"]["path"]:
        return {"archive": ancient(cifar10["archive"]["path"])}
    return {"archive": rules.download.output.archive}


def dataset_input(name):
    """Return a function that gives one of the files that a data set is made from, or none."""
    return lambda wildcards: dataset_inputs(wildcards).get(name, [])


def given_inputs(wildcards, input):
    """Return the inputs of a job, whichever it has, as arguments."""
    return " ".join(shlex.join(["--input", name, str(path)]) for name, path in input.items())


def dataset_settings(wildcards):
    """Return the settings of a data set."""
    dataset = {key: value for key, value in DATASETS[wildcards.dataset].items() if key != "optional"}
    checksum = {"sha256": RUN["sources"]["cifar10"]["archive"]["sha256"]} if dataset["source"] == "cifar10" else {}
    return canonical({**dataset, **checksum, "seed": RUN["seed"]})


def cell_of(wildcards):
    """Return the study and the cell that a training is of."""
    if (wildcards.study, wildcards.cell) not in CELLS:
        known = ", ".join(cell for study, cell in CELLS if study == wildcards.study)
        raise WorkflowError(f"There is no cell {wildcards.cell} of study {wildcards.study}; it has {known or 'none'}")
    return STUDIES[wildcards.study], CELLS[wildcards.study, wildcards.cell]


def cell_inputs(wildcards):
    """Return what a cell reads: its data set, the images, and the corruption tables of all its networks."""
    study, cell = cell_of(wildcards)
    made = rules.prepare.output
    info, train, test = (str(path).format(dataset=study["dataset"]) for path in (made.info, made.train, made.test))
    labels = {
        "dataset": study["dataset"],
        "definition": study["noise_definition"],
        "seeds": cells.spell(cell.entry_seeds if study["label_seed"] is None else [study["label_seed"]]),
    }
    tables = [
        str(rules.corrupt.output.labels).format(noise=cells.spell([level]), **labels) for level in cell.label_noise
    ]
    return {"dataset": info, "images": [train, test], "labels": tables}


def cell_settings(wildcards):
    """Return the settings of a cell."""
    study, cell = cell_of(wildcards)
    return canonical(cells.settings(study, cell, RUN["seed"]))


def training_tables(pattern):
    """Return a function that lists the files of all cells of the studies that an experiment reads."""

    def tables(wildcards):
        return [
            str(pattern).format(study=study, cell=cell)
            for study, cell in CELLS
            if wildcards.experiment in STUDIES[study]["experiments"]
        ]

    return tables


def studied_datasets(wildcards):
    """Return the descriptions of the data sets that an experiment's networks saw."""
    used = {study["dataset"]: 1 for study in STUDIES.values() if wildcards.experiment in study["experiments"]}
    return expand(rules.prepare.output.info, dataset=list(used))


def read_dataset(wildcards):
    """Return the description of the data set that an experiment reads."""
    name = RUN["experiments"][wildcards.experiment].get("dataset")
    return expand(rules.prepare.output.info, dataset=name) if name else []


def read_images(wildcards):
    """Return the images that an experiment reads."""
    name = RUN["experiments"][wildcards.experiment].get("dataset")
    return expand([rules.prepare.output.train, rules.prepare.output.test], dataset=name) if name else []


def experiment_of(wildcards):
    """Return the settings of an experiment, with its name."""
    name = wildcards.experiment
    return canonical({"experiment": name, "settings": RUN["experiments"][name]})


def experiment_code(wildcards):
    """Return the hash of the code of an experiment."""
    return code_hash("measure.py", places.measure_module(wildcards.experiment))


def training_code(wildcards):
    """Return the hash of the code that trains a study's model."""
    return code_hash("train.py", f"overparam.models.{STUDIES[wildcards.study]['model']}")


def measurements_of(wildcards):
    """Return the measurements and costs that a claim is judged on; none if this run can't make them."""
    if UNAVAILABLE[wildcards.claim]:
        return {}
    experiment = CLAIMS[wildcards.claim]["experiment"]
    folder = f"{RESULTS}/measurements"
    return {"measurements": f"{folder}/{experiment}.parquet", "cost": f"{folder}/{experiment}.cost.json"}


def claim_settings(*keys):
    """Return a function that gives these parts of a claim's entry, and why it can't be measured, as JSON."""

    def settings(wildcards):
        entry = {key: CLAIMS[wildcards.claim].get(key) for key in keys}
        return canonical({"claim": entry, "unavailable": UNAVAILABLE[wildcards.claim]})

    return settings


def figure_settings(wildcards):
    """Return what a figure is drawn from besides its inputs: which it is, and what the experiment says of its table."""
    claim = CLAIMS[wildcards.claim]
    measures = experiment_settings.measures(claim["experiment"])
    return canonical({"claim": {key: claim[key] for key in ("id", "figure")}, "measures": measures})


def figure_code(wildcards):
    """Return the hash of the code of a claim's figure."""
    return code_hash("draw.py", places.figure_module(CLAIMS[wildcards.claim]["figure"]))


def tabulated(name):
    """Return the parts of a claim's entry that the table shows."""
    return {key: CLAIMS[name][key] for key in ("id", "name", "title", "forms")}


def report_templates():
    """Return the files that the page is made from, besides its code."""
    return tuple(sorted(path for path in (SCRIPTS / "overparam/report").glob("*.*") if path.suffix in (".j2", ".css")))


def claim_labels(wildcards):
    """Return what Snakemake's own report shows of a claim in its list."""
    return {"claim": wildcards.claim, "title": CLAIMS[wildcards.claim]["title"]}


def claim_caption(claim):
    """Return what a caption says of a claim, with the characters escaped that reStructuredText would read as markup."""
    source = claim["source"]
    texts = {
        "title": claim["title"],
        "statement": claim["statement"],
        "formula": claim["formula"],
        "control": claim["control"]["description"],
        "note": claim.get("note", ""),
        "source": ", ".join([source["document"], source["place"], *source.get("papers", []), source.get("result", "")]),
    }
    return {key: re.sub(r"([*`|_\\])", r"\\\1", " ".join(text.split())).rstrip(", ") for key, text in texts.items()}


# the captions of Snakemake's own report can read nothing else
config["captions"] = {name: claim_caption(claim) for name, claim in CLAIMS.items()}


def verdicts(names=tuple(CLAIMS)):
    """Return the verdict files of these claims."""
    return expand(f"{RESULTS}/claims/{{claim}}/verdict.json", claim=names)


def pictures(names=tuple(CLAIMS), kinds=("svg", "png", "pdf")):
    """Return the figures of these claims, as far as this run can measure them."""
    drawn = [name for name in names if name in AVAILABLE]
    return expand(f"{RESULTS}/claims/{{claim}}/figure.{{kind}}", claim=drawn, kind=kinds)


def record_run():
    """Save the configuration with all its defaults, for provenance, and the claims of this run: no inputs of any rule."""
    from overparam.jobs import files  # it imports pandas, which planning does without

    shared = {**RUN, "sources": configuration.without_folders(RUN["sources"])}
    run = {"preset": RUN["preset"], "config": shared}
    files.write_text(f"{RESULTS}/run.json", json.dumps(run, indent=2, sort_keys=True))
    claims = {"preset": RUN["preset"], "claims": list(CLAIMS.values())}
    files.write_text(REGISTRY_FILE, json.dumps(claims, indent=1))


def target_of(name):
    """Return a function that gives the files of a claim, or says that the configuration leaves it out."""

    def files(wildcards):
        if name not in CLAIMS:
            raise WorkflowError(f"{name} is not among config.claims: {', '.join(CLAIMS)}; add it there")
        return verdicts([name]) + pictures([name])

    return files


def forget_states():
    """Remove the saved states of trainings whose settings or code have changed since, once no cell is unfinished."""
    if all(Path(str(rules.train.output.table).format(study=study, cell=cell)).exists() for study, cell in CELLS):
        shutil.rmtree(f"{RESULTS}/state", ignore_errors=True)


def show_verdicts():
    """Print the verdicts that this run was asked for; the target `claims` prints them by itself."""
    targets = set(workflow.dag_settings.targets)
    names = [name for name in CLAIMS if name in targets or not targets or "all" in targets]
    names = [name for name in names if Path(*verdicts([name])).exists()]
    if names:
        command = [sys.executable, SCRIPTS / "show.py", f"@{REGISTRY_FILE}", "--log", f"{RESULTS}/logs/show.log"]
        subprocess.run([*command, "--input", "verdicts", *verdicts(names)], check=False)
