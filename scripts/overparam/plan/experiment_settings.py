"""The settings of an experiment: declared beside the module that measures it, with their values per preset."""

import functools
from typing import Any

from overparam import places
from overparam.errors import UserError
from overparam.plan import strict_yaml
from overparam.plan.validation import nearest, problems

READS = ("nothing", "dataset", "training")


def names() -> list[str]:
    """Return the names of all experiments."""
    return list(places.experiments())


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
    known = places.experiments()
    if name not in known:
        raise UserError(f"experiment {name!r} is not known; {nearest(name, known)}")
    path = known[name] / places.DECLARATION
    declared = strict_yaml.read(path)
    missing = {"description", "reads", "settings", "presets"} - set(declared)
    if missing:
        raise UserError(f"{name}/{path.name}: missing {', '.join(sorted(missing))}")
    if not isinstance(declared.setdefault("gpu", False), bool) or (declared["gpu"] and declared["reads"] == "training"):
        raise UserError(f"{name}/{path.name}: gpu: must be true or false, and false where training is read")
    if declared["reads"] not in READS:
        known = nearest(declared["reads"], READS)
        raise UserError(f"{name}/{path.name}: reads: {declared['reads']!r} is not known; {known}")
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
