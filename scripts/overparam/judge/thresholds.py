"""Where a curve crosses a level (`threshold`).

A curve of outcomes 0 and 1 crosses 1/2 several times where the outcomes of neighbouring places are drawn independently.
The first crossing then lies too early, so the place is that of Spearman and Kärber: the sum of the midpoints of all
steps, those that cross back subtracted. Averaged over seeds it is without bias, but for the grid, the mean of the
distribution whose share beyond x is the expected outcome, and its median where that is symmetric. Where the outcomes of
a seed cross once it is the midpoint of that step.

References
----------
C. Spearman, The method of "right and wrong cases" without Gauss's formulae, British Journal of Psychology 2 (1908).
G. Kärber, Beitrag zur kollektiven Behandlung pharmakologischer Reihenversuche, Naunyn-Schmiedebergs Archiv 162 (1931).
"""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from overparam.errors import UserError
from overparam.judge.intervals import Interval, at_any_level, over_seeds, unknown
from overparam.judge.selection import Curve, curves, select
from overparam.judge.verdicts import Estimate, Outcome, band_of

HALF = 0.5  # level of the outcomes 0 and 1
UNRESOLVED = 0.5  # a step that holds more than this share of the curve's range hides the place of the crossing


@dataclasses.dataclass(frozen=True)
class Crossing:
    """A crossing on the working scale of x: interpolated place, and the limits between which it is known to lie.

    The place is ``-inf`` (``inf``) if the curve has crossed before its first (not yet at its last) place, ``nan`` if
    the curve holds a missing value.
    """

    place: float
    low: float
    high: float


def threshold(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge the place where a curve first crosses ``level``, divided by ``relative_to`` if that is given.

    The place is interpolated in log x (``scale: linear``: in x) within the step that crosses. Seeds whose curve does
    not cross are counted and leave the interval unbounded on that side. See :func:`crossings` for steps too coarse to
    interpolate, and the module's docstring for outcomes 0 and 1 that cross 1/2.
    """
    rows = select(measurements, prediction["quantity"], prediction.get("where"))
    found = curves(rows, prediction["x"])
    interval, detail = crossings(found, prediction, prediction["average"])
    unit = relative_to(rows, prediction["relative_to"])
    interval = interval.map(lambda place: float(from_scale(place, prediction) / unit))
    return Outcome([Estimate("threshold", interval, band_of(prediction["band"]))], len(found), len(rows), detail=detail)


def crossings(found: list[Curve], settings: dict[str, Any], average: str) -> tuple[Interval, dict[str, Any]]:
    """Return the interval of the crossing on the working scale, and counts that explain it.

    The interval is that over per-seed crossings. Where more than half of a curve's whole range falls into the one step
    that crosses, interpolation is a guess: the crossing is known only to lie between the two places, and the interval
    is widened to the seeds' mean of these limits.
    """
    scaled = [Curve(curve.seed, to_scale(curve.x, settings), curve.y) for curve in found]
    outcomes = settings["level"] == HALF and all(np.isin(curve.y, (0, 1)).all() for curve in scaled)
    place_of = central_crossing if outcomes else crossing
    each = [place_of(curve, settings["level"], settings["direction"]) for curve in scaled]
    places = np.array([one.place for one in each])
    limits = (min(curve.x[0] for curve in scaled), max(curve.x[-1] for curve in scaled))
    detail = {
        "seeds_crossing_before_the_grid": int(np.isneginf(places).sum()),
        "seeds_not_crossing": int(np.isposinf(places).sum()),
        "seeds_without_number": int(np.isnan(places).sum()),
        "seeds_with_unresolved_step": int(sum(one.low < one.high for one in each)),
    }
    if np.isposinf(places).any() and np.isneginf(places).any():
        return unknown("some seeds cross before the grid and some beyond it"), detail
    interval = over_seeds(places, average, limits)
    if np.isfinite(places).all():
        low, high = (float(np.mean([getattr(one, end) for one in each])) for end in ("low", "high"))
        return at_any_level(lambda level: _widened(interval.at(level), low, high)), detail
    return interval, detail


def _widened(interval: Interval, low: float, high: float) -> Interval:
    if interval.low <= low and high <= interval.high:
        return interval
    reason = "a step too coarse to interpolate"  # also where all seeds agree on the interpolated place
    return Interval(interval.estimate, min(interval.low, low), max(interval.high, high), reason)


def crossing(curve: Curve, level: float, direction: str) -> Crossing:
    """Return the first crossing of ``level``, ``falling`` (from above to at most) or ``rising``."""
    sign = 1.0 if direction == "falling" else -1.0
    y, level = sign * curve.y, sign * level
    if np.isnan(y).any():
        return Crossing(np.nan, np.nan, np.nan)
    steps = np.flatnonzero((y[:-1] > level) & (y[1:] <= level))
    if len(steps) == 0:
        place = -np.inf if y[-1] <= level else np.inf
        return Crossing(place, place, place)
    before, after = steps[0], steps[0] + 1
    left, right = curve.x[before], curve.x[after]
    if not np.isfinite([y[before], y[after]]).all():
        return Crossing((left + right) / 2, left, right)
    place = left + (right - left) * (y[before] - level) / (y[before] - y[after])
    finite = y[np.isfinite(y)]
    if y[before] - y[after] > UNRESOLVED * np.ptp(finite):
        return Crossing(place, left, right)
    return Crossing(place, place, place)


def central_crossing(curve: Curve, level: float, direction: str) -> Crossing:
    """Return the place of outcomes 0 and 1 by Spearman and Kärber, known to within half a step.

    Outcomes that have crossed before the first place (not yet at the last), although others cross within the grid, are
    taken to do so one step further out.
    """
    y = curve.y if direction == "falling" else 1 - curve.y
    if not (np.diff(y) < 0).any():
        return crossing(curve, level, direction)
    x, steps = curve.x, np.diff(curve.x)
    x = np.concatenate([[x[0] - steps[0]], x, [x[-1] + steps[-1]]])
    change = -np.diff(np.concatenate([[1.0], y, [0.0]]))  # 1 at a step that crosses, -1 at one that crosses back
    place = float(change @ (x[:-1] + x[1:]) / 2)
    reach = float(np.abs(change) @ np.diff(x) / np.abs(change).sum() / 2)
    return Crossing(place, place - reach, place + reach)


def to_scale(x: np.ndarray, settings: dict[str, Any]) -> np.ndarray:
    """Return x on the working scale, logarithmic unless ``scale: linear``."""
    if settings["scale"] == "linear":
        return np.asarray(x, dtype=float)
    if np.min(x) <= 0:
        raise UserError("x has values that are not positive: select x > 0 in `where`, or set `scale: linear`")
    return np.log(x)


def from_scale(place: float, settings: dict[str, Any]) -> float:
    """Return x for a place on the working scale."""
    return place if settings["scale"] == "linear" else float(np.exp(place))


def relative_to(rows: pd.DataFrame, unit: float | str) -> float:
    """Return the number to divide by: given, or the value of a column that is constant over the rows."""
    if not isinstance(unit, str):
        return float(unit)
    if unit not in rows.columns or rows[unit].nunique(dropna=False) != 1:
        raise UserError(f"`relative_to: {unit}` needs a column with one value (use `each` or `where`)")
    return float(rows[unit].iloc[0])
