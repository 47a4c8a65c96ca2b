"""Confidence intervals over seeds, of 95 %.

Below 20 seeds a percentile bootstrap covers too little (75–87 % at 3–8 seeds), so the interval is Student's t over the
per-seed estimates; from 20 on it is the bootstrap. Nothing is dropped: an estimate that is missing or infinite, say of
a run that diverged, opens the interval on the side that it leaves unknown.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy import stats

from overparam.errors import UserError
from overparam.seeding import generator

LEVEL = 0.95
BOOTSTRAP_FROM = 20  # seeds
RESAMPLES = 4_999
AVERAGES = ("mean", "median", "proportion")


@dataclasses.dataclass(frozen=True)
class Interval:
    """An estimate with its interval; infinite ends are unbounded. ``reason`` says why, or why there is no width."""

    estimate: float
    low: float
    high: float
    reason: str = ""

    def map(self, function: Callable[[float], float]) -> "Interval":
        """Return the interval of an increasing ``function`` of the estimated number."""
        with np.errstate(over="ignore"):  # a logarithm beyond 709 becomes infinite, as it should
            return dataclasses.replace(
                self, estimate=function(self.estimate), low=function(self.low), high=function(self.high)
            )

    def clipped(self, low: float, high: float) -> "Interval":
        """Return the interval cut to the range that the estimated number can take."""
        return dataclasses.replace(
            self, low=float(np.clip(self.low, low, high)), high=float(np.clip(self.high, low, high))
        )


def effective(average: str, n_seeds: int) -> str:
    """Return the average that is taken over ``n_seeds`` seeds: a median below 20 of them becomes the mean."""
    return "mean" if average == "median" and n_seeds < BOOTSTRAP_FROM else average


def unknown(reason: str, estimate: float = np.nan) -> Interval:
    """Return the interval that knows nothing."""
    return Interval(estimate, -np.inf, np.inf, reason)


def over_seeds(values: np.ndarray, average: str = "mean", limits: tuple[float, float] | None = None) -> Interval:
    """Return the 95 % interval of the average of per-seed estimates.

    Parameters
    ----------
    values
        One estimate per seed, shape (n_seeds,). ``inf`` (``-inf``) means "beyond every number"; ``nan`` means unknown.
    average
        ``mean``; ``median`` (from 20 seeds on, see :func:`effective`); ``proportion`` for outcomes 0 and 1.
    limits
        The range that was looked at, if infinite values mean "beyond this range" (censored): (lowest, highest).

    Notes
    -----
    One seed has no interval: it is unbounded on both sides. Seeds that all agree have an interval without width, whose
    ``reason`` says that there was no spread to estimate. With values at ``+inf`` the upper end is unbounded and the
    lower end is that of the values cut at ``limits[1]``, or at the largest finite one: cutting from above can only
    lower the mean, so the end stays a lower confidence bound.
    """
    values = np.asarray(values, dtype=float)
    n = len(values)
    if average == "proportion":
        return _proportion(values)
    if n == 0:
        return unknown("no seed")
    if np.isnan(values).any():
        return unknown(f"{np.isnan(values).sum()} of {n} seeds give no number")
    if n == 1:
        return unknown("one seed gives no interval", float(values[0]))
    if np.isinf(values).any():
        return _with_infinite(values, average, limits)
    return _finite(values, average)


def _finite(values: np.ndarray, average: str) -> Interval:
    if np.ptp(values) == 0:  # resampling or t cannot add anything, and BCa would divide by zero
        value = float(values[0])
        return Interval(value, value, value, f"all {len(values)} seeds agree: no spread to estimate")
    if len(values) < BOOTSTRAP_FROM:
        mean = float(np.mean(values))
        low, high = stats.t.interval(LEVEL, len(values) - 1, loc=mean, scale=stats.sem(values))
        return Interval(mean, float(low), float(high))
    statistic, method = (np.median, "percentile") if average == "median" else (np.mean, "BCa")  # BCa needs smoothness
    result = stats.bootstrap(
        (values,), statistic, n_resamples=RESAMPLES, batch=1_000, confidence_level=LEVEL, method=method,
        rng=generator(0, "bootstrap"),
    )  # fmt: skip
    low, high = map(float, result.confidence_interval)
    return Interval(float(statistic(values)), low, high)


def _with_infinite(values: np.ndarray, average: str, limits: tuple[float, float] | None) -> Interval:
    above, below = np.isposinf(values), np.isneginf(values)
    reason = f"{(above | below).sum()} of {len(values)} seeds are {'beyond the grid' if limits else 'infinite'}"
    if above.any() and below.any():
        return unknown(reason)
    if below.any():  # mirror, so that only one side has to be thought about
        mirrored = _with_infinite(-values, average, limits and (-limits[1], -limits[0]))
        return Interval(-mirrored.estimate, -mirrored.high, -mirrored.low, mirrored.reason)
    finite = values[~above]
    if limits is None and len(finite) == 0:
        return Interval(np.inf, np.inf, np.inf, reason)
    if limits is None and len(finite) < 2:
        return unknown(reason, np.inf)  # one finite value says nothing about the spread
    cap = limits[1] if limits else float(finite.max())
    cut = _finite(np.minimum(values, cap), average)
    if effective(average, len(values)) == "median":  # one below the cap does not notice the infinite ones
        end, middle = (np.inf if number >= cap else number for number in (cut.high, cut.estimate))
        return Interval(middle, cut.low, end, reason)
    return Interval(np.inf, cut.low, np.inf, reason)


def _proportion(values: np.ndarray) -> Interval:
    if not np.isin(values, (0, 1)).all() or len(values) == 0:
        raise UserError("`average: proportion` needs outcomes that are 0 or 1")
    result = stats.binomtest(int(values.sum()), len(values)).proportion_ci(LEVEL, method="exact")
    return Interval(float(values.mean()), float(result.low), float(result.high))


def rate_bound(n: int) -> float:
    """Return the 95 % upper bound on a rate of which no case was seen in ``n`` independent ones: 3/n, at most 1."""
    return min(1.0, 3 / n)
