"""Statements about every instance, or most: `bound` (an inequality), `equality` (two ways to compute one thing)."""

from typing import Any

import numpy as np
import pandas as pd

from overparam.judge.intervals import Interval, at_any_level, rate_bound, share, unknown
from overparam.judge.selection import merged, paired, select
from overparam.judge.verdicts import Estimate, Outcome, band_of


def bound(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge an inequality that must hold in every instance, or with ``share`` in at least this share of the seeds.

    The ratio of an instance is value / limit (``direction: above``: limit / value), at most 1 + ``tolerance``. Where a
    limit is not positive, it is the excess over the limit, at most ``tolerance`` (absolute). An infinite value violates
    an upper bound. The bound is vacuous if the tightest ratio lies below ``vacuous``.

    *In every instance*, for what mathematics guarantees: the estimate is the tightest ratio, and one violation refutes.
    An instance without a number (nan) leaves the bound undecided. Without a violation, ``detail`` bounds the rate of
    seeds that have one. The instances of a seed share its draw of data and weights (several widths, steps or directions
    of one run), so only seeds count as independent cases: 3 over their number, ``independent_units``, not over the
    number of instances.

    *In a share of the seeds*, for what holds with a probability: the estimate is the share of seeds without a
    violation, with its exact interval (Clopper and Pearson 1934). A seed with an instance that has no number, and no
    violation, opens the interval on both sides.
    """
    values, limits, seeds = sides(measurements, prediction, "limit")
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
    violated = shares > allowed
    vacuous = name == "tightest ratio" and bool(np.max(shares) < prediction["vacuous"])
    n_seeds = len(np.unique(seeds))
    detail: dict[str, Any] = {
        "violations": int(violated.sum()),
        "instances_without_number": int(np.isnan(shares).sum()),
        "n_instances": len(shares),
        "independent_units": n_seeds,
    }
    largest = _largest(shares, allowed)
    if "share" in prediction:
        interval, band = _keeping(seeds, violated, np.isnan(shares)), (float(prediction["share"]), 1.0)
        detail[name.replace(" ", "_")] = largest.estimate
        name = "share of seeds that keep it"
    else:
        interval, band = largest, (-np.inf, allowed)
        if not violated.any():
            detail["rate_of_violations_at_most"] = rate_bound(n_seeds)
    return Outcome([Estimate(name, interval, band)], n_seeds, len(shares), vacuous=vacuous, detail=detail)


def equality(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge that two numbers agree in every instance.

    The estimate is the largest of |a - b|, less ``absolute``, over max(|a|, |b|); at most ``tolerance``.
    """
    values, others, seeds = sides(measurements, prediction, "equals")
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
    return Outcome([estimate], len(np.unique(seeds)), len(shares), detail=detail)


def sides(measurements: pd.DataFrame, prediction: dict[str, Any], key: str) -> tuple[np.ndarray, ...]:
    """Return values, what they are compared with (a number, or rows under the same conditions), and their seeds.

    Returns
    -------
    tuple
        Three arrays of the shape (n_instances,).
    """
    rows, given = select(measurements, prediction["quantity"], prediction.get("where")), prediction[key]
    if not isinstance(given, dict):
        values = rows["value"].to_numpy(float)
        return values, np.full(len(values), float(given)), rows["seed"].to_numpy()
    common, own = prediction.get("where", {}), given.get("where", {})
    others = select(measurements, given.get("quantity", prediction["quantity"]), merged(common, own))
    pairs = paired(rows, others, replaced=[column for column in own if own[column] != common.get(column)])
    return pairs["value"].to_numpy(float), pairs["other"].to_numpy(float), pairs["seed"].to_numpy()


def _largest(shares: np.ndarray, allowed: float) -> Interval:
    """Return the largest share, exact; open if an instance is missing and no other one violates."""
    missing = int(np.isnan(shares).sum())
    largest = float(np.nanmax(shares)) if missing < len(shares) else np.nan
    if missing and not largest > allowed:
        return unknown(f"{missing} of {len(shares)} instances give no number", largest)
    return Interval(largest, largest, largest)


def _keeping(seeds: np.ndarray, violated: np.ndarray, missing: np.ndarray) -> Interval:
    """Return the share of seeds without a violation: exact, and open to both sides for seeds of which it is unknown."""
    broken, unclear = (set(seeds[one].tolist()) for one in (violated, missing))
    n, unknown_seeds = len(np.unique(seeds)), len(unclear - broken)
    kept = n - len(broken) - unknown_seeds
    reason = f"{unknown_seeds} of {n} seeds have instances that give no number" if unknown_seeds else ""

    def compute(level: float) -> Interval:
        return Interval(kept / n, share(kept, n, level).low, share(kept + unknown_seeds, n, level).high, reason)

    return at_any_level(compute)
