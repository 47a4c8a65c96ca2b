"""Intervals cover as often as they say, and never hide a diverged seed."""

import numpy as np
import pytest

from overparam.errors import UserError
from overparam.judge.intervals import effective, over_seeds, rate_bound
from overparam.seeding import generator


def coverage(draws, truth, **options):
    intervals = [over_seeds(values, **options) for values in draws]
    return np.mean([interval.low <= truth <= interval.high for interval in intervals])


def test_t_interval_of_five_normal_estimates_covers_95_percent():
    draws = generator(0, "coverage", 5).normal(3.0, 2.0, size=(2_000, 5))
    assert 0.93 <= coverage(draws, 3.0) <= 0.97


def test_percentile_bootstrap_of_five_would_not():
    from scipy import stats

    draws = generator(0, "coverage", 5).normal(size=(300, 5))
    rng = generator(0, "resamples")
    ends = [
        stats.bootstrap((v,), np.mean, n_resamples=999, method="percentile", rng=rng).confidence_interval for v in draws
    ]
    assert np.mean([low <= 0 <= high for low, high in ends]) < 0.91


@pytest.mark.parametrize("average", ["mean", "median"])
def test_bootstrap_of_thirty_covers(average):
    draws = generator(0, "coverage", 30).normal(size=(400, 30))
    assert 0.90 <= coverage(draws, 0.0, average=average) <= 0.985


def test_bootstrap_of_skewed_estimates_covers_their_mean():
    draws = generator(0, "skewed", 30).exponential(size=(400, 30))
    assert 0.89 <= coverage(draws, 1.0) <= 0.98


def test_interval_is_reproducible():
    values = generator(0, "once").normal(size=25)
    assert over_seeds(values) == over_seeds(values.copy())


def test_one_seed_has_no_interval():
    interval = over_seeds(np.array([1.5]))
    assert (interval.estimate, interval.low, interval.high) == (1.5, -np.inf, np.inf)
    assert "one seed" in interval.reason


@pytest.mark.parametrize("n", [5, 30])
def test_missing_estimate_makes_the_interval_unknown(n):
    values = np.append(np.ones(n), np.nan)
    interval = over_seeds(values)
    assert (interval.low, interval.high) == (-np.inf, np.inf)
    assert interval.reason == f"1 of {n + 1} seeds give no number"


@pytest.mark.parametrize("n", [5, 30])
def test_infinite_estimate_opens_one_side_and_keeps_a_lower_bound(n):
    values = generator(0, "infinite", n).normal(size=n)
    interval = over_seeds(np.append(values, np.inf))
    assert interval.high == np.inf
    assert -np.inf < interval.low < values.mean() + 1
    mirrored = over_seeds(np.append(-values, -np.inf))
    assert mirrored.low == -np.inf
    assert mirrored.high == pytest.approx(-interval.low, abs=0.05)


def test_infinite_estimates_that_leave_nothing_to_judge():
    assert over_seeds(np.array([np.inf, -np.inf, 1.0])).low == -np.inf
    assert over_seeds(np.array([1.0, np.inf])).low == -np.inf  # one finite value has no spread
    assert over_seeds(np.array([np.inf, np.inf])).low == np.inf  # all beyond every number


def test_censored_estimates_use_the_edge_of_the_grid():
    interval = over_seeds(np.array([np.inf, np.inf, np.inf]), limits=(1.0, 8.0))
    assert (interval.low, interval.high) == (8.0, np.inf)


def test_median_does_not_notice_a_few_infinite_estimates():
    interval = over_seeds(np.append(generator(0, "median").normal(size=40), [np.inf] * 3), average="median")
    assert np.isfinite([interval.estimate, interval.low, interval.high]).all()
    mostly = over_seeds(np.append(np.zeros(20), [np.inf] * 25), average="median")
    assert mostly.high == np.inf


def test_proportion_is_clopper_and_pearson():
    interval = over_seeds(np.ones(8), average="proportion")
    assert interval.low == pytest.approx(0.025 ** (1 / 8))
    assert interval.high == 1
    with pytest.raises(UserError, match="0 or 1"):
        over_seeds(np.array([0.5]), average="proportion")


@pytest.mark.parametrize("n", [2, 8, 30])
def test_seeds_that_agree_leave_no_spread_to_estimate(n):
    interval = over_seeds(np.full(n, 0.3))
    assert (interval.low, interval.high) == (0.3, 0.3)
    assert interval.reason == f"all {n} seeds agree: no spread to estimate"
    assert over_seeds(np.append(np.full(n, 0.3), 0.4)).reason == ""


def test_median_is_one_from_twenty_seeds_on():
    assert [effective("median", n) for n in (19, 20)] == ["mean", "median"]
    assert effective("mean", 20) == "mean"


def test_rate_bound_is_three_over_n():
    assert rate_bound(100) == 0.03
    assert (1 - rate_bound(100)) ** 100 == pytest.approx(0.05, abs=0.003)
    assert rate_bound(1) == 1
