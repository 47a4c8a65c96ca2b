"""Interior maxima and minima, and where they lie (`peak`), without making them from noise.

Choosing the highest point of a curve and testing that point on the same curve manufactures peaks. So the seeds are
split into two halves; places k1 < k2 < k3 chosen on the average curve of one half are tested on every seed of the
other, and the other way round. Thus every seed yields one rise, value(k2) - value(k1), and one fall,
value(k2) - value(k3), at places that it had no part in choosing.

Validity. Given the places, the seeds of a half are independent draws whose mean rise and fall are the true ones of
these places. If the true curve has no peak above the prominence, at each choice of places the smaller of the true rise
and fall is at most the prominence. The two halves may choose different places: on a valley, one may pick a bump on its
right slope (a large rise, no fall), the other on its left (the reverse), and the pooled rise and fall would both look
large. Therefore a third estimate is judged, the *weaker side*: in each half the smaller of its mean rise and mean fall,
pooled over seeds. Its expectation is at most the smaller of the true ones in every mixture, so that its interval above
the prominence shows a peak. The price is a slight downward bias, towards inconclusive.

Refutation. A small rise or fall where the other half chose its places refutes nothing: they may be the wrong places. So
the upper end of the weaker side's interval is that of the highest peak anywhere: of all k1 < k2 < k3 the largest
smaller one of the upper ends for value(k2) - value(k1) and value(k2) - value(k3), over all seeds. It holds for any
selection of places without a correction (an intersection-union test, Berger 1982): if there is a peak of at least the
prominence, both upper ends at its own places would have to lie too low. Rise and fall by themselves do not refute.

The halves are not independent of each other: a place where both happen to be high is chosen by both, and then both
test high there (on a noisy plateau this made 6 % false peaks where 2.5 % are due). Whatever the dependence, it can at
most double the variance of the pooled mean, so its interval is widened by the square root of two.

Medians. With `average: median` (from 20 seeds on; below that it is the mean) places and weaker side are chosen by
medians too: by means, one outlying seed would decide which side is the weaker one. Both the bound on the expectation of
the weaker side and the square root of two are derived for means (linearity of the expectation, variance of a sum of two
halves). For medians they are heuristics, checked by simulation with heavy tails only.

Place. Grid points between the chosen feet that are not shown to lie below the chosen top (paired differences with the
top that the other half chose, interval over seeds) may all be the maximum: the set contains the true one with the
level of the interval, as the top it is compared with was chosen on other seeds. Their span, widened by half the
distance to the neighbouring grid points, is the interval of the place: never narrower than the grid.

Ends. The top is an interior grid point by construction, so a maximum at the end of the grid comes out as a missing rise
or fall. That refutes a peak predicted within the grid (without `at`, the grid is the place predicted); if the place
predicted reaches beyond the grid, the peak may be there and the verdict is inconclusive.

References
----------
R. L. Berger, Multiparameter hypothesis testing and acceptance sampling, Technometrics 24 (1982).
"""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from overparam.judge.intervals import Interval, at_any_level, effective, ends_of, over_seeds, unknown
from overparam.judge.selection import curves, grid, merged, select
from overparam.judge.thresholds import crossings, from_scale, to_scale
from overparam.judge.verdicts import SUPPORTED, Estimate, Outcome, band_of

FEWEST_PLACES = 3
DEPENDENCE = 2**0.5  # most that the dependence of two equal halves widens the interval of their pooled mean


@dataclasses.dataclass(frozen=True)
class Tested:
    """Rise and fall of every seed at places chosen on the other half, shapes (n_seeds,).

    Attributes
    ----------
    half
        0 or 1 per seed.
    places
        Indices (k1, k2, k3) at which each half is tested, shape (2, 3).
    """

    rise: np.ndarray
    fall: np.ndarray
    half: np.ndarray
    places: np.ndarray


def peak(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge an interior maximum (``valley``: minimum) of at least ``prominence``, and its place if ``at`` is given.

    ``prominence`` is a difference of values, or with ``relation: ratio`` a relative one: value(k2) exceeds the feet by
    the factor 1 + prominence, and logarithms are compared. ``at`` is a band for x, relative to the crossing of the
    curve described by ``reference`` if that is given.
    """
    rows = select(measurements, prediction["quantity"], prediction.get("where"))
    x, values = grid(rows, prediction["x"])
    ratio = prediction["relation"] == "ratio"
    average = effective(prediction["average"], len(values))
    heights = (-1 if prediction["valley"] else 1) * (_logarithm(values) if ratio else values)
    if len(values) < 2 or len(x) < FEWEST_PLACES:
        reason = "a peak needs two seeds" if len(values) < 2 else "a peak needs three places"
        return Outcome([Estimate("rise", unknown(reason), (0, np.inf))], len(values), len(rows))
    tested = cross_fitted(heights, average)
    prominence = prediction["prominence"]
    shown_as = (lambda height: float(np.exp(height))) if ratio else float
    band = (1 + prominence if ratio else prominence, np.inf)
    reference = Interval(0.0, 0.0, 0.0)
    detail: dict[str, Any] = {}
    scaled = to_scale(x, prediction)
    if "reference" in prediction:
        reference, detail = _reference(measurements, prediction)
    in_view = _in_view(prediction, scaled, reference)
    estimates = [
        Estimate("rise", pooled(tested.rise, average).map(shown_as), band, decisive=False),
        Estimate("fall", pooled(tested.fall, average).map(shown_as), band, decisive=False),
        Estimate("weaker side", height(heights, tested, average).map(shown_as), band, decisive=in_view),
    ]
    place = at_any_level(lambda level: located(heights, scaled, tested, average, level))
    if "at" in prediction:
        shown = in_view and all(estimate.verdict == SUPPORTED for estimate in estimates)
        estimates.append(_place(place, reference, prediction, shown))
    detail |= {
        "tested_at": [[float(x[index]) for index in places] for places in tested.places],
        "place": from_scale(place.estimate, prediction),
        "values_without_number": int(np.isnan(values).sum()),
        "rise_and_fall": "factors" if ratio else "differences",
    }
    if not in_view:
        detail["note"] = (
            "the place predicted reaches beyond the grid, so a peak that is missing or elsewhere does not refute"
        )
    return Outcome(estimates, len(values), len(rows), detail=detail)


def cross_fitted(heights: np.ndarray, average: str = "mean") -> Tested:
    """Choose places on each half of the seeds (every other one) and test them on the other half.

    Parameters
    ----------
    heights
        One curve per seed, shape (n_seeds, n_x), n_seeds >= 2, n_x >= 3. A seed with a missing value gets nan.
    average
        How the curves of a half are averaged to choose: ``mean`` or ``median``.
    """
    half = np.arange(len(heights)) % 2
    places = np.array([choose(averaged(heights[half != tested], average)) for tested in (0, 1)])
    k1, k2, k3 = places[half].T
    seed = np.arange(len(heights))
    broken = np.isnan(heights).any(axis=1)
    with np.errstate(invalid="ignore"):  # inf - inf, a seed that diverged everywhere
        rise, fall = (np.where(broken, np.nan, heights[seed, k2] - heights[seed, foot]) for foot in (k1, k3))
    return Tested(rise, fall, half, places)


def choose(curve: np.ndarray) -> tuple[int, int, int]:
    """Return k1 < k2 < k3 with the largest min(curve[k2] - curve[k1], curve[k2] - curve[k3])."""
    lowest_left = np.minimum.accumulate(curve)[:-2]
    lowest_right = np.minimum.accumulate(curve[::-1])[::-1][2:]
    with np.errstate(invalid="ignore"):
        prominence = np.nan_to_num(curve[1:-1] - np.maximum(lowest_left, lowest_right), nan=-np.inf)
    k2 = 1 + int(np.argmax(prominence))
    return int(np.argmin(curve[:k2])), k2, k2 + 1 + int(np.argmin(curve[k2 + 1 :]))


def averaged(heights: np.ndarray, average: str) -> np.ndarray:
    """Return the average curve, shape (n_x,); a place where a value is missing is never a top."""
    with np.errstate(invalid="ignore"):
        curve = np.median(heights, axis=0) if average == "median" else np.mean(heights, axis=0)
    return np.nan_to_num(curve, nan=-np.inf, posinf=np.inf, neginf=-np.inf)


def weaker_side(tested: Tested, average: str = "mean") -> np.ndarray:
    """Return per seed its rise or its fall, whichever has the smaller average over the seed's half.

    The average must be the one that :func:`pooled` judges: ``mean`` or ``median``.
    """
    statistic = np.median if average == "median" else np.mean
    sides = np.stack([tested.rise, tested.fall])  # (2, n_seeds)
    with np.errstate(invalid="ignore"):
        weaker = [np.argmin(statistic(sides[:, tested.half == half], axis=1)) for half in (0, 1)]
    return sides[np.array(weaker)[tested.half], np.arange(len(tested.half))]


def pooled(values: np.ndarray, average: str = "mean") -> Interval:
    """Return the interval over cross-fitted values of all seeds, wide enough for dependent halves."""
    interval = over_seeds(values, average)
    return at_any_level(lambda level: _widened(interval.at(level)))


def _widened(interval: Interval) -> Interval:
    if not np.isfinite(interval.estimate):
        return interval
    low, high = (interval.estimate + DEPENDENCE * (end - interval.estimate) for end in (interval.low, interval.high))
    return Interval(interval.estimate, low, high, interval.reason)


def height(heights: np.ndarray, tested: Tested, average: str = "mean") -> Interval:
    """Return the interval of the height of the highest peak: its lower end is that of the weaker side."""
    weaker = pooled(weaker_side(tested, average), average)

    def compute(level: float) -> Interval:
        found = weaker.at(level)
        if not np.isfinite(found.estimate):
            return found
        return Interval(found.estimate, found.low, max(found.estimate, highest(heights, level, average)), found.reason)

    return at_any_level(compute)


def highest(heights: np.ndarray, level: float, average: str = "mean") -> float:
    """Return the upper end for the height of the highest peak anywhere (see the module's docstring).

    Parameters
    ----------
    heights
        One curve per seed, shape (n_seeds, n_x), n_seeds >= 2, n_x >= 3. What is not known of a place, say because a
        seed diverged there, is taken to be as high as can be.
    level
        Of each interval for a rise or a fall.
    """
    smaller = []
    for top in range(1, heights.shape[1] - 1):
        with np.errstate(invalid="ignore"):
            drops = heights[:, [top]] - heights  # (n_seeds, n_x)
        known = np.isfinite(drops).all(axis=0)
        ends = np.full(len(known), np.inf)
        ends[known] = ends_of(drops[:, known], level, average)[1]
        smaller.append(min(ends[:top].max(), ends[top + 1 :].max()))
    return float(max(smaller))


def located(heights: np.ndarray, scaled: np.ndarray, tested: Tested, average: str, level: float) -> Interval:
    """Return the interval of the top's place on the working scale (see the module's docstring)."""
    tops = heights[np.arange(len(heights)), tested.places[tested.half, 1]]
    top = choose(averaged(heights, average))[1]
    span = range(tested.places[:, 0].min(), tested.places[:, 2].max() + 1)
    with np.errstate(invalid="ignore"):
        possible = [place for place in span if not pooled(tops - heights[:, place], average).at(level).low > 0]
    possible = [*possible, *tested.places[:, 1].tolist(), top]
    edges = np.concatenate([[-np.inf], (scaled[:-1] + scaled[1:]) / 2, [np.inf]])
    return Interval(float(scaled[top]), float(edges[min(possible)]), float(edges[max(possible) + 1]))


def _reference(measurements: pd.DataFrame, prediction: dict[str, Any]) -> tuple[Interval, dict[str, Any]]:
    given = {"x": prediction["x"], "scale": prediction["scale"], **prediction["reference"]}
    rows = select(measurements, given["quantity"], merged(prediction.get("where"), given.get("where")))
    average = effective(prediction["average"], rows["seed"].nunique())
    interval, counts = crossings(curves(rows, given["x"]), given, average)
    place = from_scale(interval.estimate, given)
    return interval, {"reference": place, **{f"reference_{name}": count for name, count in counts.items()}}


def _place(place: Interval, reference: Interval, prediction: dict[str, Any], shown: bool) -> Estimate:
    reason = reference.reason and f"reference: {reference.reason}"

    def compute(level: float) -> Interval:  # the extremes of both intervals: holds at no less than the level of either
        top, unit = place.at(level), reference.at(level)
        return Interval(top.estimate - unit.estimate, top.low - unit.high, top.high - unit.low, reason)

    relative = at_any_level(compute).map(lambda value: from_scale(value, prediction))
    return Estimate("place", relative, band_of(prediction["at"]), decisive=shown)


def _in_view(prediction: dict[str, Any], scaled: np.ndarray, reference: Interval) -> bool:
    if "at" not in prediction:
        return True
    low, high = band_of(prediction["at"])
    if prediction["scale"] == "log":
        low, high = (float(np.log(end)) if end > 0 else -np.inf for end in (low, high))
    return bool(low + reference.low >= scaled[0] and high + reference.high <= scaled[-1])


def _logarithm(values: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log(values), np.nan)
