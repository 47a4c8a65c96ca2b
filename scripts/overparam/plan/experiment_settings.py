"""What an experiment declares beside the module that measures it: settings, values per preset, what it measures."""

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from overparam import places
from overparam.errors import UserError
from overparam.plan import strict_yaml
from overparam.plan.validation import nearest, problems

READS = ("nothing", "dataset", "training")
PARTS = ("description", "reads", "settings", "presets", "measures")
MEASURES = Path(__file__).resolve().parents[3] / "workflow/schemas/measures.schema.yaml"
IN_EVERY_TABLE = ("quantity", "value", "seed")  # columns that no experiment declares
KINDS = {"text": (str,), "whole": (int,), "number": (int, float)}  # of the values that a column may list
_known: dict[str, dict[str, Any]] = {}  # declarations that need not be read


def names() -> list[str]:
    """Return the names of all experiments."""
    return list(places.experiments())


def readers(source: str) -> list[str]:
    """Return the names of the experiments that read ``nothing``, a ``dataset`` or ``training``."""
    return [name for name in names() if declaration(name)["reads"] == source]


def recall(declared: Mapping[str, dict[str, Any]]) -> None:
    """Take these for the declarations of experiments: they were read and checked before, and have not changed."""
    _known.update(declared)


@functools.cache
def declaration(name: str) -> dict[str, Any]:
    """Return the declaration of an experiment: ``description``, ``reads``, ``settings``, ``presets``, ``measures``.

    An experiment that can use a GPU says ``gpu: true``; one that keeps what is finished of a long measurement, and so
    takes a third argument, says ``resumes: true``.

    Raises
    ------
    UserError
        If there is no such experiment or its file lacks a part.
    """
    if name in _known:
        return _known[name]
    known = places.experiments()
    if name not in known:
        raise UserError(f"experiment {name!r} is not known; {nearest(name, known)}")
    path = known[name] / places.DECLARATION
    declared = strict_yaml.read(path)
    if missing := set(PARTS) - set(declared):
        raise UserError(f"{name}/{path.name}: missing {', '.join(sorted(missing))}")
    for key, possible in (("gpu", ("nothing", "dataset")), ("resumes", ("dataset",))):
        chosen = declared.setdefault(key, False)
        if not isinstance(chosen, bool) or (chosen and declared["reads"] not in possible):
            where = " or ".join(possible)
            raise UserError(f"{name}/{path.name}: {key}: must be true or false, and true only where it reads {where}")
    if declared["reads"] not in READS:
        hint = nearest(declared["reads"], READS)
        raise UserError(f"{name}/{path.name}: reads: {declared['reads']!r} is not known; {hint}")
    if wrong := _wrong_measures(declared["measures"]):
        raise UserError("\n".join(f"{name}/{path.name}: {sentence}" for sentence in wrong))
    return declared


def measures(name: str) -> dict[str, Any]:
    """Return the ``quantities`` and ``columns`` of an experiment's table."""
    return declaration(name)["measures"]


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


@functools.cache
def _measures_schema() -> dict[str, Any]:
    return strict_yaml.read(MEASURES)


def _wrong_measures(given: Any) -> list[str]:
    """Return a sentence for each thing that is wrong with what an experiment says it measures."""
    return problems(given, _measures_schema(), "measures") or list(_inconsistent(given))


def _inconsistent(given: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the schema can't say of quantities and columns."""
    for part in ("quantities", "columns"):
        for name, one in given[part].items():
            low, high = one.get("range") or (None, None)
            if low is not None and high is not None and low > high:
                yield f"measures.{part}.{name}.range: the ends must be [lowest, highest], found [{low}, {high}]"
    for name, column in given["columns"].items():
        key, kind = f"measures.columns.{name}", column["type"]
        if name in IN_EVERY_TABLE:
            yield f"{key}: is in every table; leave it out"
        if "values" in column and "range" in column:
            yield f"{key}: has values and a range, of which one is enough; leave the range out"
        if "range" in column and kind not in ("whole", "number"):
            yield f"{key}.range: {kind} has none; leave it out"
        if "values" in column and kind == "truth":
            yield f"{key}.values: truth has true and false; leave them out"
        for index, value in enumerate(column.get("values", []) if kind in KINDS else []):
            if not isinstance(value, KINDS[kind]):
                yield f"{key}.values[{index}]: {value!r} is not {kind}, which the column holds"
