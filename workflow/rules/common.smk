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

from snakemake.exceptions import WorkflowError

# planning makes millions of objects and drops few: to look for them every 700 takes a fifth of the time
gc.set_threshold(100_000)

SCRIPTS = BASE / "scripts"
PATTERN = str(BASE).replace("{", "{{").replace("}", "}}")  # where Snakemake would look for wildcards between braces
ENVIRONMENT = f"{PATTERN}/envs/overparam.yaml"

import announcements
import failed_jobs
import fork_servers
import one_run
import premises
import run_progress
import snakemake_internals
import targets
from durations import Durations
from overparam import errors, places, typesetting
from overparam.jobs import devices
from overparam.plan import (
    bibliography,
    cells,
    checksums,
    experiment_settings,
    image_files,
    kept_registry,
    lineage,
    sources,
    topics,
)
from overparam.plan import config as configuration
from overparam.plan.closure import check_sources, code_hash
from overparam.plan.lineage import Lineage, canonical

try:
    check_sources()
    REGISTRY = kept_registry.load()
    own = workflow.config_settings.overwrite_config or config
    RUN = configuration.resolve(config, REGISTRY, workflow.config_settings.config, own)
except errors.UserError as error:
    raise WorkflowError(f"The configuration, the registry or the code is wrong, nothing was started:\n{error}")

RESULTS = f"results/{RUN['preset']}"
if workflow.is_main_process and (UNMET := premises.no_folder(RESULTS)):
    raise WorkflowError(f"Nothing was started: {UNMET}")
# what the table and the pages say of the claims: too long for an argument; their hash is in the lineage of both
REGISTRY_FILE = f"{RESULTS}/registry.json"
CLAIMS = {claim["id"]: claim for claim in REGISTRY if claim["id"] in RUN["claims"]}
DETAILED = [name for name, claim in CLAIMS.items() if places.details(claim["figure"])]  # those with a second figure
NOTHING = "(?!)"  # a pattern that no name fits
UNAVAILABLE = {name: configuration.unavailable(claim, RUN) for name, claim in CLAIMS.items()}
AVAILABLE = [name for name, reason in UNAVAILABLE.items() if reason is None]
INTERACTIVE = [name for name in AVAILABLE if "interactive" in CLAIMS[name]]
STUDIES = {study["name"]: study for study in RUN["studies"]}
CELLS = cells.plan(RUN["studies"], RUN["datasets"], RUN["jobs"])
DATASETS = {dataset["name"]: dataset for dataset in RUN["datasets"]}
NETWORK_EXPERIMENTS = experiment_settings.readers("training")
# files that data sets are made from and nobody has named, by source and input
DOWNLOADS = {
    name: image_files.downloads(name, source)
    for name, source in RUN["sources"].items()
    if name in {dataset["source"] for dataset in RUN["datasets"]} and not source.get("files")
}
FETCHED = {
    file.name: {"urls": list(file.urls), "sha256": file.sha256, "source": name}
    for name, wanted in DOWNLOADS.items()
    for files in wanted.values()
    for file in files
}
SOURCES = sources.Sources(Path(".snakemake/overparam-sources.json"))
LINEAGE = Lineage(
    RUN,
    CLAIMS,
    UNAVAILABLE,
    CELLS,
    lambda dataset: own_content(dataset),
    lambda files: SOURCES.content([Path(file) for file in files]),
)
GPU_EXPERIMENTS = [name for name in experiment_settings.names() if experiment_settings.declaration(name).get("gpu")]

CHECKSUMS = ("claims/*/*.sha256", "measurements/*.sha256", "*.sha256", "report/*.sha256")
one_run.supervise(workflow, RESULTS)
snakemake_internals.sample_memory_every(5)
snakemake_internals.distrust_times(workflow)
snakemake_internals.remake(workflow, lambda: damaged_files())
targets.watch(
    workflow,
    RESULTS,
    {
        "datasets": list(DATASETS),
        "cells": [f"{study}/{cell}" for study, cell in CELLS],
        "claims": {claim["id"]: claim["name"] for claim in REGISTRY},
    },
)
snakemake_internals.after_success(workflow, lambda: write_pages_of_what_is_there())
announcements.frame(workflow, RESULTS, RUN, CLAIMS)
FAILED_JOBS = failed_jobs.FailedJobs(workflow, RESULTS)
PROGRESS = run_progress.RunProgress(workflow, RESULTS, lambda: durations())
FORK_SERVER = fork_servers.ForkServer(workflow)

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
    file="|".join(map(re.escape, FETCHED)) or NOTHING,
    study="[A-Za-z0-9][A-Za-z0-9._-]*",
    cell="w[0-9to-]+_n[0-9.e-]+_s[0-9to-]+",
    definition="wrong_label|random_label|given_labels",
    noise=r"[01]|0\.[0-9]+|[0-9](\.[0-9]+)?e-[0-9]+",
    seeds="[0-9]+(to[0-9]+)?(-[0-9]+(to[0-9]+)?)*",


# plain `snakemake` leaves gpu unlimited: never start more GPU jobs than there are devices; a cluster counts its own,
# and a limit of 0 on the host that submits would take the GPU from its jobs
if RUN["gpus"] and workflow.is_main_process and workflow.resource_settings.nodes is None:
    snakemake_internals.limit(workflow, "gpu", len(devices.available() or []))


def own_files(dataset):
    """Return the files of the user that a data set is made from, by their names as inputs."""
    return RUN["sources"].get(dataset["source"], {}).get("files", {})


def own_content(dataset):
    """Return a hash of the files of the user that a data set is made from, unless the settings have one."""
    own = own_files(dataset)
    if "archive" in own:
        return None
    return SOURCES.content([Path(path) for paths in own.values() for path in paths])


def dataset_input(name):
    """Return a function that gives the files that a data set is made from, or none; times say nothing of them."""

    def files(wildcards):
        dataset = DATASETS[wildcards.dataset]
        own, wanted = own_files(dataset), DOWNLOADS.get(dataset["source"], {})
        if not own and name in wanted:
            return ancient([str(rules.download.output.file).format(file=file.name) for file in wanted[name]])
        return ancient(own.get(name, []))

    return files


def given_labels(name):
    """Return a function that gives what labels that people gave are read from, if a table of labels is made of them."""

    def files(wildcards):
        given = LINEAGE.given(wildcards.dataset, wildcards.definition)
        if given is None or float(wildcards.noise) == 0:
            return []
        return ancient([given["path"]]) if name == "given" else dataset_input(name)(wildcards)

    return files


def given_inputs(wildcards, input):
    """Return the inputs of a job, whichever it has, as arguments."""
    return " ".join(shlex.join(["--input", name, str(path)]) for name, path in input.items())


def given_outputs(wildcards, output):
    """Return the outputs of a job, whichever it has, as arguments."""
    return " ".join(shlex.join(["--output", name, str(path)]) for name, path in output.items())


def cell_inputs(wildcards):
    """Return what a cell reads: its data set, the images, and the corruption tables of all its networks."""
    if (wildcards.study, wildcards.cell) not in CELLS:
        known = [cell for study, cell in CELLS if study == wildcards.study]
        raise WorkflowError(
            f"There is no cell {wildcards.cell} of study {wildcards.study}; it has {', '.join(known) or 'none'}"
        )
    info, *images = dataset_files(STUDIES[wildcards.study]["dataset"])
    labels = label_tables(wildcards.study, wildcards.cell)
    return {"dataset": info, "images": ancient(images), "labels": labels}


def dataset_files(name):
    """Return the description of a data set and its images."""
    made = rules.prepare.output
    return expand([made.info, made.train, made.test], dataset=name)


def label_tables(study, cell):
    """Return the tables of corrupted labels that a cell reads."""
    return [str(rules.corrupt.output.labels).format(**table) for table in LINEAGE.cell_labels(study, cell)]


def training_tables(pattern):
    """Return a function that lists the files of all cells of the studies that an experiment reads."""

    return lambda wildcards: [
        str(pattern).format(study=study, cell=cell) for study, cell in LINEAGE.cells_of(wildcards.experiment)
    ]


def read_datasets(wildcards):
    """Return the descriptions of the data sets that an experiment reads, by itself or through its networks."""
    return [dataset_files(name)[0] for name in LINEAGE.datasets_of(wildcards.experiment)]


def read_images(wildcards):
    """Return the images that an experiment reads; `ancient`, for their description has their checksum."""
    return ancient([path for name in LINEAGE.datasets_of(wildcards.experiment) for path in dataset_files(name)[1:]])


def settings_of(kind, *more):
    """Return a function that gives the settings of a job: of the kind of file that it makes, named by its wildcards."""
    settings = getattr(LINEAGE, f"{kind}_settings")
    return lambda wildcards: canonical(settings(*named(kind, wildcards), *more))


def lineage_of(kind):
    """Return a function that gives the lineage of what a job makes."""
    return lambda wildcards: getattr(LINEAGE, kind)(*named(kind, wildcards))


def named(kind, wildcards):
    """Return the parts of the name of a file."""
    parts = {
        "dataset": ["dataset"],
        "labels": ["dataset", "definition", "noise", "seeds"],
        "cell": ["study", "cell"],
        "experiment": ["experiment"],
    }
    return [wildcards[part] for part in parts.get(kind, ["claim"])]


def measurements_of(wildcards):
    """Return the measurements and costs that a claim is judged on; none if this run can't make them."""
    if UNAVAILABLE[wildcards.claim]:
        return {}
    experiment = CLAIMS[wildcards.claim]["experiment"]
    folder = f"{RESULTS}/measurements"
    return {"measurements": f"{folder}/{experiment}.parquet", "cost": f"{folder}/{experiment}.cost.json"}


def measured(names=tuple(CLAIMS)):
    """Return the measurements that these claims are judged on, and the trained networks behind them.

    They are asked for by name: Snakemake makes a file that is missing only if a target is, or if it makes what is made
    from it.
    """
    experiments = list(dict.fromkeys(CLAIMS[name]["experiment"] for name in names if name in AVAILABLE))
    trained = dict.fromkeys(cell for experiment in experiments for cell in LINEAGE.cells_of(experiment))
    tables = expand(
        f"{RESULTS}/measurements/{{name}}.{{kind}}", name=experiments, kind=["parquet", "cost.json", "sha256"]
    )
    return tables + [
        str(pattern).format(study=study, cell=cell)
        for study, cell in trained
        for pattern in (rules.train.output.table, rules.train.output.cost)
    ]


def durations():
    """Return how long the jobs of this run should take."""
    declared = {f"{study}/{name}": (cell.minutes or 0) * 60 for (study, name), cell in CELLS.items()}
    return Durations(Path(RESULTS), places.durations(RUN["preset"]), declared)


def target_of(name):
    """Return a function that gives the files of a claim, or says that the configuration leaves it out."""

    def files(wildcards):
        if name not in CLAIMS:
            raise WorkflowError(f"{name} is not among config.claims: {', '.join(CLAIMS)}; add it there")
        return shown([name]) + measured([name])

    return files


def forget_states():
    """Remove saved states of settings or code that have changed since, once no cell and no measurement is unfinished."""
    cells = [str(rules.train.output.table).format(study=study, cell=cell) for study, cell in CELLS]
    if all(Path(path).exists() for path in [*cells, *measured()]):
        shutil.rmtree(f"{RESULTS}/state", ignore_errors=True)
