"""What the predictions of a claim ask of its experiment's table, held against what the experiment declares.

An experiment declares under ``measures:`` every quantity and every column of its table. A misspelt quantity, column or
value in a claim is thus found before any job has run.

Imported while the Snakefile is parsed, so it must stay light: no torch, no pandas.
"""

import json
import math
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from overparam.plan import experiment_settings
from overparam.plan.validation import nearest

NUMBERS = ("whole", "number")
LIMITS = {"min": "at least", "max": "at most", "above": "above", "below": "below"}
KEPT = {"min": operator.ge, "max": operator.le, "above": operator.gt, "below": operator.lt}
SEED = {"type": "whole", "range": [0, None]}
SIDES = ("greater", "less", "limit", "equals", "reference")  # parts of a prediction that select rows of their own
FRACTION = "fraction"  # the unit of shares
CLOSE = 1e-9  # numbers match to this part of themselves, as in the judge's filters


def problems(registry: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return a sentence for whatever claims ask of an experiment's table that it does not declare.

    Parameters
    ----------
    registry
        The claims, as :func:`overparam.plan.registry.load` returns them.
    """
    found = []
    for claim in registry:
        wrong = of_claim(claim, experiment_settings.measures(claim["experiment"]))
        found += [f"{_file(claim)} ({claim['id']}): {sentence}" for sentence in wrong]
    return found


def _file(claim: Mapping[str, Any]) -> str:
    """Return the path of a claim's file in the folder of all claims."""
    return Path(*claim["figure"].split(".")).with_suffix(".yaml").as_posix()


def of_claim(claim: Mapping[str, Any], measures: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each thing in a claim that does not fit what its experiment ``measures``."""
    table = _Table(measures)
    found: list[str] = []
    for key, prediction in predictions(claim):
        found += table.prediction(prediction, key)
    for key, control in controls(claim):
        found += table.where(control["where"], f"{key}.where")
    for index, row in enumerate(claim.get("published", [])):
        found += table.beside(row.get("ours", {}), f"published[{index}].ours")
    return found


def predictions(claim: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield all predictions of a claim and its premises, each with its place in the claim's file."""
    lists = {"premises": claim.get("premises", [])}
    for form, content in claim["forms"].items():
        lists |= {f"forms.{form}.{kind}": content.get(kind, []) for kind in ("premises", "predictions")}
    for place, listed in lists.items():
        for one in listed:
            yield f"{place}[{one['name']}]", one


def controls(claim: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield all controls of a claim, each with its place in the claim's file."""
    yield "control", claim["control"]
    for index, one in enumerate(claim.get("more_controls", [])):
        yield f"more_controls[{index}]", one


class _Table:
    """What a table holds, and what is wrong with what is asked of it: a sentence for each thing, headed by its key."""

    def __init__(self, measures: Mapping[str, Any]):
        self.quantities, declared = measures["quantities"], measures["columns"]
        self.columns = {**declared, "seed": SEED, "quantity": {"type": "text", "values": list(self.quantities)}}

    def prediction(self, given: Mapping[str, Any], key: str) -> Iterator[str]:
        """Yield what is wrong with one prediction."""
        yield from self._rows(given, key, given)
        for side in SIDES:
            if isinstance(given.get(side), Mapping):
                yield from self._rows(given[side], f"{key}.{side}", {**given, **given[side]})
        for index, name in enumerate(given.get("each", [])):
            yield from self._column(name, f"{key}.each[{index}]", without=("seed",))
        if "x" in given:
            yield from self._column(given["x"], f"{key}.x", NUMBERS, without=("seed",))
        if isinstance(given.get("relative_to"), str):
            yield from self._column(given["relative_to"], f"{key}.relative_to", NUMBERS, without=("seed",))

    def beside(self, ours: Mapping[str, Any], key: str) -> Iterator[str]:
        """Yield what is wrong with what is to stand beside a published number."""
        yield from self._rows(ours, key, ours)
        for name in ours.get("at", {}):
            yield from self._column(name, f"{key}.at.{name}", NUMBERS, without=("seed",))
        unit = self.quantities.get(ours.get("quantity"), {}).get("unit", FRACTION)
        if ours.get("one_minus") and unit != FRACTION:
            yield f"{key}.one_minus: only a {FRACTION} can be taken from one, not what has the unit {unit}"

    def where(self, conditions: Mapping[str, Any], key: str) -> Iterator[str]:
        """Yield what is wrong with a filter."""
        for name, condition in conditions.items():
            wrong = list(self._column(name, f"{key}.{name}"))
            yield from wrong or self._condition(name, condition, f"{key}.{name}")

    def _rows(self, given: Mapping[str, Any], key: str, settings: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is wrong with a part that selects rows; ``settings`` has what it takes from the prediction too."""
        if "quantity" in given and given["quantity"] not in self.quantities:
            yield f"{key}.quantity: {_shown(given['quantity'])} is not measured; {self._nearest_quantity(given)}"
        yield from self.where(given.get("where", {}), f"{key}.where")
        along = given.get("along", [])
        for name in [along] if isinstance(along, str) else along:
            yield from self._column(name, f"{key}.along", NUMBERS, without=("seed",))
        low, high = self.quantities.get(settings.get("quantity"), {}).get("range", (None, None))
        if "level" in given and not _within(given["level"], low, high):
            yield (
                f"{key}.level: {given['level']} is never crossed by {settings['quantity']}, which lies in "
                f"{_interval(low, high)}"
            )

    def _nearest_quantity(self, given: Mapping[str, Any]) -> str:
        if given["quantity"] in self.columns:
            return f"it is a column of the table; the quantities are {', '.join(sorted(self.quantities))}"
        return nearest(given["quantity"], self.quantities)

    def _column(self, name: str, key: str, types: Sequence[str] = (), without: Sequence[str] = ()) -> Iterator[str]:
        """Yield a sentence if there is no such column, or if it does not hold one of the ``types`` that are needed."""
        known = {column: one for column, one in self.columns.items() if column not in without}
        fitting = [column for column, one in known.items() if not types or one["type"] in types]
        if name not in known:
            yield f"{key}: {_shown(name)} is no column of the measurements; {nearest(name, fitting)}"
        elif name not in fitting:
            yield f"{key}: the column {name} holds {known[name]['type']}, not numbers; {nearest(name, fitting)}"

    def _condition(self, name: str, condition: Any, key: str) -> Iterator[str]:
        """Yield what is wrong with a condition on a column that is there."""
        column = self.columns[name]
        if isinstance(condition, Mapping):
            yield from self._limits(name, condition, key)
            return
        several = isinstance(condition, list)
        for index, value in enumerate(condition if several else [condition]):
            if wrong := refused(value, column):
                yield f"{key}{f'[{index}]' if several else ''}: {wrong}"

    def _limits(self, name: str, limits: Mapping[str, float], key: str) -> Iterator[str]:
        column = self.columns[name]
        if column["type"] not in NUMBERS:
            limit = next(iter(limits))
            yield f"{key}.{limit}: the column {name} holds {column['type']}, which has no limits; name its values"
        elif not _reachable(limits, column):
            asked = " and ".join(f"{LIMITS[limit]} {number}" for limit, number in limits.items())
            yield f"{key}: no value is {asked}; {_allowed(column)}"


def refused(value: Any, column: Mapping[str, Any]) -> str | None:
    """Return why a column can't hold a value, as part of a sentence, or ``None`` if it can."""
    if value is None:
        return None if column.get("gaps") else "null selects gaps, and the column has none (gaps: false)"
    kind = column["type"]
    if not _is(value, kind):
        return f"expected {TYPES[kind]}, found {_shown(value)}; {_allowed(column)}"
    if "values" in column and not any(_equal(value, one) for one in column["values"]):
        return f"{_shown(value)} is no value of the column; {_allowed(column, value)}"
    if not _within(value, *column.get("range", (None, None))):
        return f"{_shown(value)} is no value of the column; {_allowed(column)}"
    return None


TYPES = {"text": "text", "whole": "a whole number", "number": "a number", "truth": "true or false"}


def _is(value: Any, kind: str) -> bool:
    """Return whether a plain value is of the type of a column; a whole number may be written 2.0."""
    if isinstance(value, bool):
        return kind == "truth"
    if isinstance(value, str):
        return kind == "text"
    return kind == "number" or (kind == "whole" and float(value).is_integer())


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return one == other
    return math.isclose(one, other, rel_tol=CLOSE)


def _within(value: Any, low: float | None, high: float | None) -> bool:
    """Return whether a value lies in a closed range; text and truth values have none."""
    return isinstance(value, str | bool) or ((low is None or value >= low) and (high is None or value <= high))


def _reachable(limits: Mapping[str, float], column: Mapping[str, Any]) -> bool:
    """Return whether a value that the column may hold keeps all limits."""
    if "values" in column:
        return any(all(KEPT[limit](value, end) for limit, end in limits.items()) for value in column["values"])
    low, high = _range(column)
    lowest = max(-math.inf if low is None else low, *(limits.get(limit, -math.inf) for limit in ("min", "above")))
    highest = min(math.inf if high is None else high, *(limits.get(limit, math.inf) for limit in ("max", "below")))
    return lowest < highest or (lowest == highest and lowest not in (limits.get("above"), limits.get("below")))


def _range(column: Mapping[str, Any]) -> Sequence[float | None]:
    return column.get("range", (None, None))


def _allowed(column: Mapping[str, Any], value: Any = None) -> str:
    """Return what a column may hold, the value that is most like ``value`` first named."""
    if "values" in column:
        return nearest(value, column["values"])
    if column["type"] == "truth":
        return "allowed: true, false"
    return f"allowed: {TYPES[column['type']]}{_in_range(column)}"


def _in_range(column: Mapping[str, Any]) -> str:
    low, high = _range(column)
    return "" if low is None and high is None else f" in {_interval(low, high)}"


def _interval(low: float | None, high: float | None) -> str:
    return f"{'(−∞' if low is None else f'[{low:g}'}, {'∞)' if high is None else f'{high:g}]'}"


def _shown(value: Any) -> str:
    text = json.dumps(value) if isinstance(value, bool) else repr(value)  # true, not True
    return text if len(text) <= 80 else f"{text[:80]}…"
