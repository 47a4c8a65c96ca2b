"""How a quantity follows another: exponents (`slope`) and rank correlations (`monotone`), one per seed."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from overparam.judge.intervals import over_seeds
from overparam.judge.selection import Curve, curves, select
from overparam.judge.verdicts import Estimate, Outcome, band_of

FEWEST_PLACES = 3
HALVES = {"large": "upper", "small": "lower"}  # by the end at which the exponent is that of a limit


def slope(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge an exponent: the slope of log value on log x (with ``semilog`` on x itself), by least squares per seed.

    Finite-size curves bend: the fit over the whole range and the fit over the half of the places that lies nearer to
    the limit in which the exponent holds (``asymptote: large`` or ``small`` x; the middle place included) must both lie
    in the band. Only if both lie outside is the slope refuted.
    A value that is not positive has no logarithm: that seed has no slope, and the interval is open.
    """
    rows = select(measurements, prediction["quantity"], prediction.get("where"))
    found = curves(rows, prediction["x"])
    asymptote = prediction["asymptote"]
    parts = {"slope": found, f"slope of {HALVES[asymptote]} half": [half(curve, asymptote) for curve in found]}
    fits = {name: np.array([fitted(curve, prediction["semilog"]) for curve in part]) for name, part in parts.items()}
    band, average = band_of(prediction["band"]), prediction["average"]
    return Outcome(
        [Estimate(name, over_seeds(values, average), band) for name, values in fits.items()],
        n_seeds=len(found),
        n_instances=len(rows),
        unanimous=True,
        detail={"places": len(np.unique(rows[prediction["x"]]))},
    )


def monotone(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge Spearman's rank correlation of value and x, per seed; infinite values rank first or last."""
    rows = select(measurements, prediction["quantity"], prediction.get("where"))
    found = curves(rows, prediction["x"])
    interval = over_seeds(np.array([rank_correlation(curve) for curve in found]), prediction["average"])
    estimate = Estimate("rank correlation", interval.clipped(-1, 1), band_of(prediction["band"]))
    return Outcome([estimate], len(found), len(rows), detail=_without_number(found, rank_correlation))


def half(curve: Curve, asymptote: str) -> Curve:
    """Return the half of the curve with the ``large`` or the ``small`` x, the middle place included."""
    rest = len(curve.x) // 2
    kept = slice(rest, None) if asymptote == "large" else slice(len(curve.x) - rest)
    return Curve(curve.seed, curve.x[kept], curve.y[kept])


def fitted(curve: Curve, semilog: bool = False) -> float:
    """Return the least-squares slope of log y on log x (or on x); nan with fewer than two places or y <= 0."""
    x = curve.x if semilog else np.log(np.where(curve.x > 0, curve.x, np.nan))
    y = np.log(np.where(curve.y > 0, curve.y, np.nan))
    if len(x) < 2 or not np.isfinite([x, y]).all():
        return np.nan
    return float(np.polyfit(x, y, 1)[0])


def rank_correlation(curve: Curve) -> float:
    """Return Spearman's correlation; nan with fewer than three places, a missing value or a constant curve."""
    if len(curve.x) < FEWEST_PLACES or np.isnan(curve.y).any() or (curve.y == curve.y[0]).all():
        return np.nan
    return float(np.clip(np.corrcoef(pd.Series(curve.x).rank(), pd.Series(curve.y).rank())[0, 1], -1, 1))


def _without_number(found: list[Curve], statistic: Callable[[Curve], float]) -> dict[str, Any]:
    return {"seeds_without_number": [curve.seed for curve in found if np.isnan(statistic(curve))]}
