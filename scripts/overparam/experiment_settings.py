"""The settings of an experiment: declared in the YAML file beside its module, with their values per preset."""

import functools
from pathlib import Path
from typing import Any

from overparam import strict_yaml
from overparam.errors import UserError
from overparam.validation import nearest, problems

FOLDER = Path(__file__).parent / "experiments"
READS = ("nothing", "dataset", "training")


def names() -> list[str]:
    """Return the names of all experiments."""
    return sorted(path.stem for path in FOLDER.glob("*.yaml") if path.with_suffix(".py").exists())


def readers(source: str) -> list[str]:
    """Return the names of the experiments that read ``nothing``, a ``dataset`` or ``training``."""
    return [name for name in names() if declaration(name)["reads"] == source]


@functools.cache
def declaration(name: str) -> dict[str, Any]:
    """Return the declaration of an experiment: ``description``, ``reads``, ``settings``, ``presets``.

    An experiment that can use a GPU says ``gpu: true``.

    Raises
    ------
    UserError
        If there is no such experiment or its file lacks a part.
    """
    path = FOLDER / f"{name}.yaml"
    if not path.exists() or not path.with_suffix(".py").exists():
        raise UserError(f"experiment {name!r} is not known; {nearest(name, names())}")
    declared = strict_yaml.read(path)
    missing = {"description", "reads", "settings", "presets"} - set(declared)
    if missing:
        raise UserError(f"{path.name}: missing {', '.join(sorted(missing))}")
    if not isinstance(declared.setdefault("gpu", False), bool) or (declared["gpu"] and declared["reads"] == "training"):
        raise UserError(f"{path.name}: gpu: must be true or false, and false where training is read")
    if declared["reads"] not in READS:
        raise UserError(f"{path.name}: reads: {declared['reads']!r} is not known; {nearest(declared['reads'], READS)}")
    return declared


def schema(name: str) -> dict[str, Any]:
    """Return the JSON schema of an experiment's settings."""
    declared = declaration(name)["settings"] or {}
    return {"type": "object", "additionalProperties": False, "properties": declared}


def resolve(name: str, preset: str, overrides: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the settings of an experiment and a sentence for each that is wrong.

    Values come from the declaration's defaults, then from its ``presets[preset]``, then from ``overrides``.
    """
    presets = declaration(name)["presets"] or {}
    settings = {**presets.get(preset, {}), **overrides}
    found = problems(settings, schema(name), f"experiments.{name}", defaults=True)
    return settings, found
