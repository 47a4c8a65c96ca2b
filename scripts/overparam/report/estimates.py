"""Estimates as a reader wants them: named in words, in the units of the figure, and on a strip to draw them on."""

import dataclasses
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from overparam import typesetting
from overparam.report import wording

FRACTION = "fraction"  # the unit of shares, which a reader is told in per cent
PARTS = {  # what judges call their estimates
    "rise": "rise to the top",
    "fall": "fall from the top",
    "weaker side": "the weaker of rise and fall",
    "place": "place of the top",
    "threshold": "place of the crossing",
    "tightest ratio": "tightest case, as a share of the bound",
    "largest relative difference": "largest relative difference",
    "ratio": "ratio",
    "difference": "difference",
    "slope": "slope",
    "rank correlation": "rank correlation",
}
OF_A_VALLEY = {
    "rise": "fall to the bottom",
    "fall": "rise from the bottom",
    "weaker side": "the weaker of fall and rise",
    "place": "place of the bottom",
}
DECADES = 2.0  # a span of more, all above zero, is shown on a logarithmic scale
INSIDE = (4.0, 96.0)  # percent of a strip between which its numbers lie


@dataclasses.dataclass(frozen=True)
class Scale:
    """The unit in which an estimate is told: ``factor`` turns the stored number into it, ``sign`` follows it."""

    factor: float = 1.0
    sign: str = ""

    def number(self, value: float | None) -> str:
        """Return a stored number in this unit."""
        return wording.MISSING if value is None else self._bare(value) + self.sign

    def _bare(self, value: float) -> str:
        """Return a stored number in this unit, without its sign; shares to three digits."""
        return wording.typeset(float(f"{value * self.factor:.3g}") if self.factor != 1 else value)

    def interval(self, low: float | None, high: float | None) -> str:
        """Return an interval in words, ``7.1 to 9.4 points``; nothing where it is none, or narrower than is told."""
        if low == high or self.number(low) == self.number(high):
            return ""
        return self._range(low, high)

    def band(self, low: float | None, high: float | None) -> str:
        """Return a predicted band in words."""
        if low is None and high is None:
            return wording.MISSING
        return f"exactly {self.number(low)}" if low == high else self._range(low, high)

    def _range(self, low: float | None, high: float | None) -> str:
        if low is None or high is None:
            return f"at most {self.number(high)}" if low is None else f"at least {self.number(low)}"
        return f"{self._bare(low)} to {self.number(high)}"


PLAIN, POINTS, PERCENT = Scale(), Scale(100, " points"), Scale(100, " %")


def scale(declared: Mapping[str, Any], part: str, measures: Mapping[str, Any]) -> Scale:
    """Return the unit of one estimate of a prediction.

    Parameters
    ----------
    declared
        The prediction as it was judged.
    part
        What its judge calls the estimate.
    measures
        What the experiment declares of its table.
    """
    kind, relation = declared["kind"], declared.get("relation", "difference")
    sides = [declared[key] for key in ("greater", "less") if isinstance(declared.get(key), Mapping)]
    named = [declared.get("quantity"), *(side.get("quantity") for side in sides)]
    names = {name for name in named if isinstance(name, str)}
    units = {measures.get("quantities", {}).get(name, {}).get("unit") for name in names}
    if units != {FRACTION}:
        return PLAIN
    if kind == "ordering" and relation == "difference" and declared.get("average") != "proportion":
        against_number = any(isinstance(declared.get(key), int | float) for key in ("greater", "less"))
        changes = any(name in ("rise", "fall") for name in names)
        return PERCENT if against_number and not changes else POINTS
    if kind == "peak" and relation == "difference" and part in ("rise", "fall", "weaker side"):
        return POINTS
    return PLAIN


def words(slug: str) -> str:
    """Return the name of a prediction, with spaces for hyphens, as a reader reads it; proper names keep theirs."""
    return slug if " " in slug or slug != slug.lower() else slug.replace("-", " ").replace("_", " ")


def named(estimate: str, declared: Mapping[str, Any], measures: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Return the name of an estimate as what was estimated, and the conditions under which it was.

    Parameters
    ----------
    estimate
        As it stands in ``verdict.json``: ``study = digits, width = 8: rise``.
    declared
        The prediction as it was judged.
    measures
        What the experiment declares, whose labels columns take.
    """
    conditions, _, part = estimate.rpartition(": ")
    columns = measures.get("columns", {})
    parts = [one.partition(" = ") for one in re.split(r", (?=\w+ = )", conditions)] if conditions else []
    told = [condition(name, value, columns) for name, _, value in parts]
    head, half, rest = part.partition(" of ")
    if part in PARTS:
        valley = OF_A_VALLEY if declared.get("valley") else {}
        part = valley.get(part, PARTS[part]) + _unit_of_place(part, declared, columns)
    elif half and head in PARTS:  # say `slope of upper half`
        part = f"{PARTS[head]} over the {rest}"
    return ("" if part == declared.get("name") else part), told


def _unit_of_place(part: str, declared: Mapping[str, Any], columns: Mapping[str, Any]) -> str:
    """Return in what a place is counted: along the axis, or in parts of a place that it is compared with."""
    if part not in ("place", "threshold"):
        return ""
    along = typesetting.plain(columns.get(str(declared.get("x")), {}).get("label", words(str(declared.get("x", "")))))
    if "reference" in declared or declared.get("relative_to", 1) != 1:
        return f" ({along}, as a share of that predicted)"
    return f" ({along})"


def condition(name: str, value: str | float, columns: Mapping[str, Any]) -> str:
    """Return in words what is measured where a column has this value."""
    label = typesetting.plain(columns.get(name, {}).get("label", words(name)))
    try:
        number = float(value)
    except ValueError:
        return words(str(value)) if name in ("study", "dataset") else f"{label}: {words(str(value))}"
    return f"{label} {wording.typeset(number)}"


@dataclasses.dataclass(frozen=True)
class Axis:
    """The scale that the rows of a group share: from the lowest to the highest of their numbers."""

    low: float
    high: float
    logarithmic: bool

    def at(self, value: float | None, absent: float) -> float:
        """Return where a number lies, in percent of the strip; ``absent`` for one that has no end."""
        if value is None:
            return absent
        if self.logarithmic and value <= 0:
            return 0.0
        low, high, value = (math.log10(x) if self.logarithmic else x for x in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return round(min(max(INSIDE[0] + share * (INSIDE[1] - INSIDE[0]), 0.0), 100.0), 2)


def axis(estimates: Iterable[Mapping[str, Any]]) -> Axis | None:
    """Return the axis on which these estimates and their bands can be compared; None where there is no number."""
    rows = list(estimates)
    shown = [row[key] for row in rows for key in ("estimate", "low", "high") if row[key] is not None]
    ends = [end for row in rows for end in row["band"] if end is not None]
    numbers = [float(one) for one in [*shown, *ends]]
    if not shown or not numbers:
        return None
    positive = [one for one in numbers if one > 0]
    if len(positive) == len(numbers) and math.log10(max(positive) / min(positive)) > DECADES:
        return Axis(min(positive), max(positive), True)
    low, high = min(numbers), max(numbers)
    if low == high:  # nothing but one number: put it in the middle
        width = abs(low) or 1.0
        low, high = low - width, high + width
    return Axis(low, high, False)


def strip(estimate: Mapping[str, Any], along: Axis | None) -> dict[str, Any] | None:
    """Return what is drawn of an estimate, in percent of its strip: interval, band, point and zero; None without."""
    if along is None or estimate["estimate"] is None:
        return None
    low, high = estimate["band"]
    ends = along.at(low, 0.0), along.at(high, 100.0)
    interval = along.at(estimate["low"], 0.0), along.at(estimate["high"], 100.0)
    inside = along.low < 0 < along.high and not along.logarithmic
    return {
        "band": ends,
        "width": round(max(ends[1] - ends[0], 0.8), 2),
        "interval": interval,
        "point": along.at(estimate["estimate"], 50.0),
        "zero": along.at(0.0, 50.0) if inside else None,
    }


def groups(predictions: Sequence[Mapping[str, Any]], measures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a forest plot in groups that share an axis: those of one kind of number of one prediction.

    Returns
    -------
    list of dict
        ``name``, ``kind``, ``verdict``, ``rows`` and ``axis``: the words at its ends. Each row has ``part``,
        ``conditions``, ``value``, ``interval``, ``band``, ``strip`` and ``verdict``.
    """
    made = []
    for prediction in predictions:
        declared = {"kind": prediction["kind"], **prediction.get("declared", {})}
        parts: dict[str, list[dict[str, Any]]] = {}
        for estimate in prediction["estimates"]:
            key = estimate["name"].rpartition(": ")[2]
            parts.setdefault("height" if key in ("rise", "fall", "weaker side") else key, []).append(estimate)
        rows = []
        for estimates in parts.values():
            along = axis(estimates)
            rows += [_row(one, prediction, declared, measures, along) for one in estimates]
        made.append(
            {
                "name": sentence(words(prediction["name"])),
                "kind": prediction["kind"],
                "verdict": prediction["verdict"],
                "vacuous": prediction.get("vacuous", False),
                "n_seeds": prediction.get("n_seeds"),
                "n_instances": prediction.get("n_instances"),
                "rows": rows,
            }
        )
    return made


def _row(
    estimate: Mapping[str, Any],
    prediction: Mapping[str, Any],
    declared: Mapping[str, Any],
    measures: Mapping[str, Any],
    along: Axis | None,
) -> dict[str, Any]:
    raw = estimate["name"].rpartition(": ")[2]
    part, conditions = named(estimate["name"], {**declared, "name": prediction["name"]}, measures)
    unit = scale(declared, raw, measures)
    ratio = declared.get("relation") == "ratio" and raw != "place"
    times = Scale(1.0, "×") if ratio and unit is PLAIN else unit
    return {
        "part": part,
        "conditions": conditions,
        "value": times.number(estimate["estimate"]),
        "interval": times.interval(estimate["low"], estimate["high"]),
        "band": times.band(*estimate["band"]),
        "strip": strip(estimate, along),
        "logarithmic": bool(along and along.logarithmic),
        "verdict": estimate["verdict"],
    }


def sentence(text: str) -> str:
    """Return text with a capital; a symbol at its start stays as it is."""
    return text[:1].upper() + text[1:] if text[:1].isascii() else text
