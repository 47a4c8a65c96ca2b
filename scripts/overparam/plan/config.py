"""From the user's configuration to the plan of a run, with everything wrong said before any job starts."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from overparam import places
from overparam.errors import UserError
from overparam.plan import (
    cells,
    command_line_values,
    experiment_settings,
    first_look,
    image_files,
    strict_yaml,
)
from overparam.plan.known_sources import SOURCES
from overparam.plan.plain_values import plain
from overparam.plan.validation import listed, nearest, problems, repeated
from overparam.quoting import harmless, quoted

SCHEMA = Path(__file__).resolve().parents[3] / "workflow/schemas/config.schema.yaml"
EMBEDDED = "digits"


def check_files(files: Iterable[str | Path]) -> None:
    """Read configuration files as strictly as the registry: Snakemake has read them, but forgives too much.

    Raises
    ------
    UserError
        If a file is no YAML or JSON with plain values, no mapping, gives a key twice, or is a template of Python.
    """
    for path in files:
        content = strict_yaml.read(path)
        if not isinstance(content, dict):
            kind = {list: "a list", type(None): "nothing"}.get(type(content), "a single value")
            raise UserError(f"{path}: expected keys with values, such as `preset: mine`, found {kind}")
        if "__use_yte__" in content:
            raise UserError(f"{path}: __use_yte__: a configuration must not be a program; write the values themselves")


def resolve(
    config: dict[str, Any],
    registry: Sequence[dict[str, Any]],
    command_line: Mapping[str, Any] | None = None,
    own: Iterable[str] = ("studies",),
) -> dict[str, Any]:
    """Fill in every default of a configuration and check all that it names.

    Parameters
    ----------
    config
        What the user wrote; not changed.
    registry
        The claims, as :func:`overparam.plan.registry.load` returns them.
    command_line
        The part of ``config`` that stood on the command line, where Snakemake makes text of every value inside a
        mapping or list; what is wrong as text there, and right as the number that it spells, is taken for that.
    own
        The keys that the user wrote; where ``studies`` is not among them, those of the default are meant.

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
    written = plain(config, "config")  # whatever reader made it
    if command_line:
        given = plain(dict(command_line), "config")
        written = command_line_values.spelled_out(written, given, lambda config: _resolved(config, registry, own)[1])
    resolved, found = _resolved(written, registry, own)
    if found:
        raise UserError(listed(found))
    return resolved


def _resolved(
    config: dict[str, Any], registry: Sequence[dict[str, Any]], own: Iterable[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return the configuration with all defaults, and a sentence for each thing that is wrong with it."""
    resolved = plain(config, "config")
    if isinstance(resolved.setdefault("sources", {}), dict):
        for name in SOURCES:
            if name != EMBEDDED:
                resolved["sources"].setdefault(name, {})
    found = problems(resolved, strict_yaml.read(SCHEMA), "config", defaults=True)
    if found:
        return resolved, found
    image_files.complete(resolved["sources"], {entry["source"] for entry in resolved["datasets"]})
    _leave_out(resolved)
    found += _check_datasets(resolved)
    wrong = _check_studies(resolved)
    found += wrong if "studies" in own else _inherited(resolved, wrong)
    resolved["claims"], wrong = _claims(resolved["claims"], registry)
    found += wrong
    experiments, wrong = _experiments(resolved, registry)
    return {**resolved, "experiments": experiments}, found + wrong


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


def _leave_out(config: dict[str, Any]) -> None:
    """Remove optional data sets whose images are not at hand, and the studies on them."""
    sources = config["sources"]
    absent = [
        entry["name"]
        for entry in config["datasets"]
        if entry["optional"] and entry["source"] in sources and not image_files.given(sources[entry["source"]])
    ]
    config["datasets"] = [entry for entry in config["datasets"] if entry["name"] not in absent]
    config["studies"] = [study for study in config["studies"] if study["dataset"] not in absent]


def _check_datasets(config: Mapping[str, Any]) -> list[str]:
    found = repeated([entry["name"] for entry in config["datasets"]], "config.datasets")
    sources = config["sources"]
    if EMBEDDED in sources:
        found.append(f"config.sources.{EMBEDDED}: they are part of scikit-learn and read from no file; leave this out")
    known, looked_at = [EMBEDDED, *sources], {}
    for index, entry in enumerate(config["datasets"]):
        if entry["source"] not in known:
            key = f"config.datasets[{index}].source"
            found.append(
                f"{key}: {quoted(entry['source'])} is not known; {nearest(entry['source'], known)}; images of your own "
                "are named under config.sources"
            )
    for name in dict.fromkeys(entry["source"] for entry in config["datasets"]):
        if name in sources:
            try:
                image_files.locate(name, sources[name])
                if name not in SOURCES:
                    looked_at[name] = first_look.seen(sources[name]["files"], sources[name])
            except UserError as error:
                found.append(f"{image_files.label(name, sources[name])}, from {sources[name]['named_by']}: {error}")
    for entry in config["datasets"]:
        if entry["source"] in looked_at:
            entry["seen"] = looked_at[entry["source"]]
    return found


def _check_studies(config: Mapping[str, Any]) -> list[str]:
    found = repeated([study["name"] for study in config["studies"]], "config.studies")
    datasets = [entry["name"] for entry in config["datasets"]]
    readers = experiment_settings.readers("training")
    for index, study in enumerate(config["studies"]):
        key = f"config.studies[{index}]"
        dataset = next((entry for entry in config["datasets"] if entry["name"] == study["dataset"]), None)
        read = dataset and (dataset["source"] == EMBEDDED or dataset["source"] in config["sources"])
        found += cells.problems(study, dataset if read else None, config["jobs"])
        if dataset is None:
            found.append(
                f"{key}.dataset: {quoted(study['dataset'])} is not known; {nearest(study['dataset'], datasets)}"
            )
        if study["model"] not in _models():
            found.append(f"{key}.model: {quoted(study['model'])} is not known; {nearest(study['model'], _models())}")
        found += [
            f"{key}.experiments: {quoted(name)} is no experiment that reads networks; {nearest(name, readers)}"
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


def _inherited(config: Mapping[str, Any], wrong: Sequence[str]) -> list[str]:
    """Return one sentence for all that is wrong with the studies of the default, which the user did not write."""
    if not wrong:
        return []
    absent = {study["dataset"] for study in config["studies"]} - {entry["name"] for entry in config["datasets"]}
    why = f"need the data sets {', '.join(sorted(absent))} as well" if absent else "do not fit the other keys"
    return [
        f"config.studies: your configuration has none, and those of config/config.yaml {why}; write `studies:` of your "
        "own, or `studies: []` to train no networks"
    ]


def _models() -> list[str]:
    return list(places.models())


def _claims(wanted: str | list[str], registry: Sequence[dict[str, Any]]) -> tuple[list[str], list[str]]:
    known = [claim["id"] for claim in registry]
    if wanted == "all":
        return known, []
    wanted = [wanted] if isinstance(wanted, str) else wanted
    wrong = [
        f"config.claims: {quoted(entry)} is not known; {nearest(entry, known)}"
        for entry in wanted
        if entry not in known
    ]
    return [entry for entry in known if entry in wanted], wrong


def _experiments(config: Mapping[str, Any], registry: Sequence[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of every experiment of the registry, with the root seed, and what is wrong with them."""
    known, found, resolved = experiment_settings.names(), [], {}
    for name in config["experiments"]:
        if name not in known:
            found.append(f"config.experiments.{harmless(name)}: unknown experiment; {nearest(name, known)}")
    datasets = [entry["name"] for entry in config["datasets"]]
    lacking: dict[str, list[str]] = {}
    for name in sorted({claim["experiment"] for claim in registry}):
        settings, wrong = experiment_settings.resolve(name, config["preset"], config["experiments"].get(name, {}))
        found += [f"config.{sentence}" for sentence in wrong]
        wanted = settings.get("dataset")
        if wanted is not None and wanted not in datasets:
            used = [claim["id"] for claim in registry if claim["experiment"] == name]
            if set(used) & set(config["claims"]):
                lacking.setdefault(wanted, []).append(name)
        resolved[name] = {**settings, "seed": config["seed"]}
    for wanted, readers in lacking.items():
        one = f"config.experiments.{readers[0]}.dataset: {quoted(wanted)} is not known"
        several = f"config.experiments: {', '.join(readers)} read the data set {quoted(wanted)}, which is not known"
        hint = "set `dataset` to one of these, or add that data set to config.datasets"
        found.append(f"{several if readers[1:] else one}; {nearest(wanted, datasets)}; {hint}")
    return resolved, found
