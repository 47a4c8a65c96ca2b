"""Intervals cover as often as they say, and never hide a diverged seed."""

import numpy as np
import pytest
from scipy import stats

from overparam.errors import UserError
from overparam.judge.intervals import effective, mean_ends, over_seeds, rate_bound, share
from overparam.judge.verdicts import REFUTING
from overparam.seeding import generator


def coverage(draws, truth, **options):
    intervals = [over_seeds(values, **options) for values in draws]
    return np.mean([interval.low <= truth <= interval.high for interval in intervals])


def test_t_interval_of_five_normal_estimates_covers_95_percent():
    draws = generator(0, "coverage", 5).normal(3.0, 2.0, size=(2_000, 5))
    assert 0.93 <= coverage(draws, 3.0) <= 0.97


@pytest.mark.parametrize("n", [20, 24, 40])
@pytest.mark.parametrize("average", ["mean", "median"])
def test_intervals_of_more_seeds_cover_as_well(average, n):
    draws = generator(0, "coverage", n).normal(size=(2_000, n))
    assert 0.935 <= coverage(draws, 0.0, average=average) <= 0.985  # order statistics cover a little more


def missed(n, level):
    """Share of samples of lognormal estimates whose interval lies below (above) their mean."""
    draws = generator(0, "lognormal", n).lognormal(size=(4_000, n))
    ends = mean_ends(draws.T, level)
    return np.mean(ends[1] < np.exp(0.5)), np.mean(ends[0] > np.exp(0.5))


@pytest.mark.parametrize("n", [3, 4, 6, 8, 12, 24, 72])
def test_skewed_estimates_refute_the_edge_in_few_cases_on_either_side(n):
    assert max(missed(n, REFUTING)) < 0.055


def test_skewed_estimates_are_covered_better_than_by_t():
    below, above = missed(20, 0.95)
    assert below < 0.09 and above < 0.01  # Student's t: 0.13
    draws = generator(0, "lognormal", 20).lognormal(size=(4_000, 20))
    high = draws.mean(axis=1) + stats.t.ppf(0.975, 19) * stats.sem(draws, axis=1)
    assert np.mean(high < np.exp(0.5)) > 0.11


def test_interval_is_that_of_t_or_wider():
    for values in generator(0, "hull").exponential(size=(50, 9)):
        low, high = stats.t.interval(0.95, 8, loc=values.mean(), scale=stats.sem(values))
        found = over_seeds(values)
        assert found.low <= low + 1e-12 and found.high >= high - 1e-12
    symmetric = np.array([-3.0, -1, 0, 1, 3])
    assert over_seeds(symmetric).high == pytest.approx(stats.t.ppf(0.975, 4) * stats.sem(symmetric))


def test_ends_are_those_of_halls_transformation():
    values, n = generator(0, "hall").exponential(size=20), 20
    root, spread = np.sqrt(n), np.std(values, ddof=1)
    g = stats.skew(values) * (1 - 3 / n)

    def transformed(mean):
        t = root * (values.mean() - mean) / spread
        return t + g * t**2 / (3 * root) + g**2 * t**3 / (27 * n) + g / (6 * root)

    assert transformed(over_seeds(values).high) == pytest.approx(-stats.t.ppf(0.975, n - 1))


@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_interval_scales_with_its_estimates(scale):
    values = generator(0, "scale").exponential(size=8)
    assert over_seeds(values * scale).high == pytest.approx(over_seeds(values).high * scale)


@pytest.mark.parametrize("average", ["mean", "median", "proportion"])
def test_interval_at_a_higher_level_contains_that_at_a_lower_one(average):
    values = (generator(0, "levels").normal(size=25) > 0).astype(float) if average == "proportion" else None
    found = over_seeds(generator(0, "levels").normal(size=25) if values is None else values, average)
    assert found.at(0.95) == found
    wider = found.at(0.999)
    assert wider.low < found.low and found.high < wider.high
    assert found.map(np.exp).at(0.999) == wider.map(np.exp)
    assert found.clipped(-0.01, 0.01).at(0.999).high == 0.01


def test_median_lies_between_order_statistics():
    values = np.arange(20.0)
    assert (over_seeds(values, "median").low, over_seeds(values, "median").high) == (5, 14)  # P(fewer than 6) = 0.0207
    assert over_seeds(values, "median").at(1 - 1e-9).high == np.inf  # more than 20 seeds can give


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
    for successes, n in ((0, 5), (3, 7), (7, 7)):
        exact = stats.binomtest(successes, n).proportion_ci(0.99, method="exact")
        assert (share(successes, n, 0.99).low, share(successes, n, 0.99).high) == pytest.approx((exact.low, exact.high))
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
