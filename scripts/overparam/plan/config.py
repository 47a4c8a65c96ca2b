"""From the user's configuration to the plan of a run, with everything wrong said before any job starts."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from overparam import places
from overparam.errors import UserError
from overparam.plan import cells, contract, experiment_settings, strict_yaml
from overparam.plan.plain_values import plain
from overparam.plan.validation import nearest, problems, repeated

SCHEMA = Path(__file__).resolve().parents[3] / "workflow/schemas/config.schema.yaml"
CIFAR10_VARIABLE = "OVERPARAM_CIFAR10"


def check_files(paths: Iterable[str | os.PathLike]) -> None:
    """Read configuration files as strictly as the registry: Snakemake has read them, but forgives too much.

    Raises
    ------
    UserError
        If a file is no YAML or JSON with plain values, gives a key twice, or is a template of Python.
    """
    for path in paths:
        content = strict_yaml.read(path)
        if isinstance(content, dict) and "__use_yte__" in content:
            raise UserError(f"{path}: __use_yte__: a configuration must not be a program; write the values themselves")


def resolve(config: dict[str, Any], registry: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Fill in every default of a configuration and check all that it names.

    Parameters
    ----------
    config
        What the user wrote; not changed.
    registry
        The claims, as :func:`overparam.plan.registry.load` returns them.

    Returns
    -------
    dict
        The configuration with every key present, ``claims`` as a list of ids in registry order, and ``experiments``
        with the settings of every experiment that the claims need.

    Raises
    ------
    UserError
        One line for each thing that is wrong.
    """
    resolved = plain(config, "config")  # whatever reader made it
    found = problems(resolved, strict_yaml.read(SCHEMA), "config", defaults=True)
    if found:
        raise UserError(_listed(found))
    _use_environment(resolved["sources"]["cifar10"])
    _leave_out(resolved)
    found += _check_datasets(resolved)
    found += _check_studies(resolved)
    resolved["claims"], wrong = _claims(resolved["claims"], registry)
    found += wrong
    experiments, wrong = _experiments(resolved, registry)
    found += wrong + contract.problems(registry)
    if found:
        raise UserError(_listed(found))
    return {**resolved, "experiments": experiments}


def unavailable(claim: Mapping[str, Any], config: Mapping[str, Any]) -> str | None:
    """Return why this run can't measure a claim, or ``None`` if it can."""
    name = claim["experiment"]
    reads = experiment_settings.declaration(name)["reads"]
    feeding = [study for study in config["studies"] if name in study["experiments"]]
    if reads == "training" and not feeding:
        return f"no study in the preset {config['preset']!r} trains the networks that experiment {name!r} reads"
    if claim.get("requires") == "images":
        used = {study["dataset"] for study in feeding} | {config["experiments"][name].get("dataset")}
        if not any(entry["source"] == "cifar10" for entry in config["datasets"] if entry["name"] in used):
            return f"it needs CIFAR-10 images, and the preset {config['preset']!r} gives it none"
    return None


def without_folders(sources: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sources with file names in place of local paths: a result may be shown, the reader's folders not."""
    cifar10 = sources["cifar10"]
    parquet, archive = cifar10["parquet"], cifar10["archive"]
    names = parquet and {split: Path(path).name for split, path in parquet.items()}
    return {
        "cifar10": {"parquet": names, "archive": {**archive, "path": archive["path"] and Path(archive["path"]).name}}
    }


def _listed(sentences: Sequence[str]) -> str:
    return "\n".join(sentences)


def _use_environment(cifar10: dict[str, Any]) -> None:
    """Let the environment variable name the archive, or the folder of the parquet files, of CIFAR-10."""
    given = os.environ.get(CIFAR10_VARIABLE)
    if not given:
        return
    path = Path(given)
    if path.is_dir():
        cifar10["parquet"] = {split: str(path / f"{split}.parquet") for split in ("train", "test")}
    else:
        cifar10["parquet"], cifar10["archive"]["path"] = None, str(path)


def _leave_out(config: dict[str, Any]) -> None:
    """Remove optional data sets whose images are not at hand, and the studies on them."""
    cifar10 = config["sources"]["cifar10"]
    if cifar10["parquet"] or cifar10["archive"]["path"]:
        return
    absent = [entry["name"] for entry in config["datasets"] if entry["optional"] and entry["source"] == "cifar10"]
    config["datasets"] = [entry for entry in config["datasets"] if entry["name"] not in absent]
    config["studies"] = [study for study in config["studies"] if study["dataset"] not in absent]


def _check_datasets(config: Mapping[str, Any]) -> list[str]:
    found = repeated([entry["name"] for entry in config["datasets"]], "config.datasets")
    if not any(entry["source"] == "cifar10" for entry in config["datasets"]):
        return found
    cifar10 = config["sources"]["cifar10"]
    paths = cifar10["parquet"] or {"archive": cifar10["archive"]["path"]}
    found += [
        f"CIFAR-10: {path} ({key}) has braces, which Snakemake reads as a pattern; rename it, or link to it"
        for key, path in paths.items()
        if path and {"{", "}"} & set(path)
    ]
    return found + [
        f"CIFAR-10: there is no file {path} ({key}); correct config.sources.cifar10 or ${CIFAR10_VARIABLE}"
        for key, path in paths.items()
        if path and not Path(path).is_file()
    ]


def _check_studies(config: Mapping[str, Any]) -> list[str]:
    found = repeated([study["name"] for study in config["studies"]], "config.studies")
    datasets = [entry["name"] for entry in config["datasets"]]
    readers = experiment_settings.readers("training")
    for index, study in enumerate(config["studies"]):
        key = f"config.studies[{index}]"
        dataset = next((entry for entry in config["datasets"] if entry["name"] == study["dataset"]), None)
        found += cells.problems(study, dataset, config["jobs"])
        if dataset is None:
            found.append(f"{key}.dataset: {study['dataset']!r} is not known; {nearest(study['dataset'], datasets)}")
        if study["model"] not in _models():
            found.append(f"{key}.model: {study['model']!r} is not known; {nearest(study['model'], _models())}")
        found += [
            f"{key}.experiments: {name!r} is no experiment that reads networks; {nearest(name, readers)}"
            for name in study["experiments"]
            if name not in readers
        ]
        needed = study["n_train"] + study["n_heldout"]
        available = dataset and dataset["n_train"]
        if available is not None and needed > available:
            found.append(f"{key}: n_train and n_heldout need {needed} images, but {study['dataset']} keeps {available}")
        if study["batch_size"] > study["n_train"]:
            found.append(f"{key}.batch_size: must be at most n_train = {study['n_train']}, found {study['batch_size']}")
    return found


def _models() -> list[str]:
    return list(places.models())


def _claims(wanted: str | list[str], registry: Sequence[dict[str, Any]]) -> tuple[list[str], list[str]]:
    known = [claim["id"] for claim in registry]
    if wanted == "all":
        return known, []
    wanted = [wanted] if isinstance(wanted, str) else wanted
    wrong = [
        f"config.claims: {entry!r} is not known; {nearest(entry, known)}" for entry in wanted if entry not in known
    ]
    return [entry for entry in known if entry in wanted], wrong


def _experiments(config: Mapping[str, Any], registry: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of every experiment of the registry, with the root seed, and what is wrong with them."""
    known, found, resolved = experiment_settings.names(), [], {}
    for name in config["experiments"]:
        if name not in known:
            found.append(f"config.experiments.{name}: unknown experiment; {nearest(name, known)}")
    datasets = [entry["name"] for entry in config["datasets"]]
    for name in sorted({claim["experiment"] for claim in registry}):
        settings, wrong = experiment_settings.resolve(name, config["preset"], config["experiments"].get(name, {}))
        found += [f"config.{sentence}" for sentence in wrong]
        wanted = settings.get("dataset")
        if wanted is not None and wanted not in datasets:
            used = [claim["id"] for claim in registry if claim["experiment"] == name]
            if set(used) & set(config["claims"]):
                found.append(f"config.experiments.{name}.dataset: {wanted!r} is not known; {nearest(wanted, datasets)}")
        resolved[name] = {**settings, "seed": config["seed"]}
    return resolved, found
