"""Statements about every instance: `bound` (an inequality) and `equality` (two ways to compute one thing)."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from overparam.judge.intervals import Interval, rate_bound, unknown
from overparam.judge.selection import merged, paired, select
from overparam.judge.verdicts import Estimate, Outcome, band_of


def bound(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge an inequality that must hold in every instance.

    The estimate is the tightest ratio seen: the largest value / limit (``direction: above``: limit / value), at most
    1 + ``tolerance``. Where a limit is not positive, it is the largest excess over the limit, at most ``tolerance``
    (absolute). One violation refutes; an instance without a number (nan) leaves the bound undecided, an infinite value
    violates an upper bound. The bound is vacuous if the tightest ratio lies below ``vacuous``.

    With ``premise``, a violation leaves the claim untested instead.

    Without a violation, ``detail`` bounds the rate of seeds that have one. The instances of a seed share its draw of
    data and weights (several widths, steps or directions of one run), so only seeds count as independent cases: 3 over
    their number, ``independent_units``, not over the number of instances.
    """
    values, limits = sides(measurements, prediction, "limit")
    above = prediction["direction"] == "above"
    tolerance = prediction["tolerance"]
    small, large = (limits, values) if above else (values, limits)
    with np.errstate(all="ignore"):
        if (limits > 0).all():
            name, allowed = "tightest ratio", 1 + tolerance
            shares = np.where(large > 0, small / large, np.inf)
            shares = np.where(np.isposinf(small) & np.isposinf(large), np.nan, shares)
        else:
            name, allowed = "largest excess", tolerance
            shares = small - large
        shares = np.where(np.isnan(values) | np.isnan(limits), np.nan, shares)
    violations = int((shares > allowed).sum())
    vacuous = name == "tightest ratio" and bool(np.max(shares) < prediction["vacuous"])
    n_seeds = _seeds(measurements, prediction)
    detail: dict[str, float] = {
        "violations": violations,
        "instances_without_number": int(np.isnan(shares).sum()),
        "n_instances": len(shares),
        "independent_units": n_seeds,
    }
    if not violations:
        detail["rate_of_violations_at_most"] = rate_bound(n_seeds)
    interval, premise = _largest(shares, allowed), prediction["premise"]
    if premise and violations:
        interval = dataclasses.replace(interval, reason="a premise does not hold: the claim is not tested")
    estimate = Estimate(name, interval, (-np.inf, allowed), decisive=not premise)
    return Outcome([estimate], n_seeds, len(shares), vacuous=vacuous, detail=detail)


def equality(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge that two numbers agree in every instance.

    The estimate is the largest of |a - b|, less ``absolute``, over max(|a|, |b|); at most ``tolerance``.
    """
    values, others = sides(measurements, prediction, "equals")
    tolerance = prediction["tolerance"]
    with np.errstate(all="ignore"):
        excess = np.maximum(np.abs(values - others) - prediction["absolute"], 0)
        shares = np.where(excess == 0, 0.0, excess / np.maximum(np.abs(values), np.abs(others)))
    one_infinite = np.isinf(values) != np.isinf(others)
    shares = np.where(one_infinite & ~np.isnan(values) & ~np.isnan(others), np.inf, shares)
    detail: dict[str, float] = {
        "violations": int((shares > tolerance).sum()),
        "instances_without_number": int(np.isnan(shares).sum()),
    }
    estimate = Estimate("largest relative difference", _largest(shares, tolerance), band_of([0, tolerance]))
    return Outcome([estimate], _seeds(measurements, prediction), len(shares), detail=detail)


def sides(measurements: pd.DataFrame, prediction: dict[str, Any], key: str) -> tuple[np.ndarray, np.ndarray]:
    """Return values and what they are compared with (a number, or rows under the same conditions), one per instance."""
    rows, given = select(measurements, prediction["quantity"], prediction.get("where")), prediction[key]
    if not isinstance(given, dict):
        values = rows["value"].to_numpy(float)
        return values, np.full(len(values), float(given))
    common, own = prediction.get("where", {}), given.get("where", {})
    others = select(measurements, given.get("quantity", prediction["quantity"]), merged(common, own))
    pairs = paired(rows, others, replaced=[column for column in own if own[column] != common.get(column)])
    return pairs["value"].to_numpy(float), pairs["other"].to_numpy(float)


def _largest(shares: np.ndarray, allowed: float) -> Interval:
    """Return the largest share, exact; open if an instance is missing and no other one violates."""
    missing = int(np.isnan(shares).sum())
    largest = float(np.nanmax(shares)) if missing < len(shares) else np.nan
    if missing and not largest > allowed:
        return unknown(f"{missing} of {len(shares)} instances give no number", largest)
    return Interval(largest, largest, largest)


def _seeds(measurements: pd.DataFrame, prediction: dict[str, Any]) -> int:
    return select(measurements, prediction["quantity"], prediction.get("where"))["seed"].nunique()
