"""Many estimates do not refute by their number."""

import numpy as np
import pandas as pd
import pytest
from judged_tables import scalars

from overparam.judge.intervals import Interval, over_seeds
from overparam.judge.multiplicity import corrected, refuting
from overparam.judge.verdict_file import judge_form
from overparam.judge.verdicts import REFUTING, Estimate, Outcome
from overparam.seeding import generator


def outcome(*estimates, **options):
    return Outcome(list(estimates), n_seeds=8, n_instances=8, **options)


def estimate(values, band=(0, np.inf), **options):
    return Estimate("e", over_seeds(np.asarray(values, dtype=float)), band, **options)


def p_value(values):
    """Smallest alpha at which the interval of 1 - alpha lies below zero, by bisection."""
    low, high, interval = -12.0, 0.0, over_seeds(values)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if interval.at(1 - 10**middle).high < 0 else (middle, high)
    return 10**high


@pytest.mark.parametrize("root", range(5))
def test_refutations_are_those_of_holm(root):
    rng = generator(root, "holm")
    samples = rng.normal(size=(12, 8)) - rng.uniform(0, 3, size=(12, 1))
    together = corrected([{str(k): outcome(estimate(values)) for k, values in enumerate(samples)}])
    found = [one.verdict == "refuted" for one in together.judged[0].values()]
    p, alpha = np.array([p_value(values) for values in samples]), 0.05
    expected, order = np.zeros(12, bool), np.argsort(p)
    for rank, k in enumerate(order):
        if p[k] > min(1 - REFUTING, alpha / (12 - rank)):
            break
        expected[k] = True
    assert found == expected.tolist() and together.estimates == 12


def test_level_of_one_estimate_is_the_least():
    assert refuting(1) == refuting(10) == REFUTING
    assert refuting(154) == pytest.approx(1 - 0.05 / 154)


def test_exact_numbers_and_estimates_that_cannot_refute_are_not_counted():
    values = generator(0, "counted").normal(size=8)
    exact = Estimate("e", Interval(2.0, 2.0, 2.0), (0, 1))
    together = corrected([{"": outcome(exact, estimate(values, decisive=False), estimate(values))}])
    assert together.estimates == 1
    assert together.judged[0][""].verdict == "refuted"  # the exact one, whatever the level


def test_estimates_that_refute_only_together_count_once():
    values = generator(0, "unanimous").normal(size=8) - 20
    both = {"": outcome(estimate(values), estimate(values - 1), unanimous=True)}
    assert corrected([both, both]).estimates == 2
    one = {"": outcome(estimate(values), estimate(values + 40), unanimous=True)}
    assert corrected([one]).judged[0][""].verdict == "inconclusive"


def moderately_below(n_parts):
    """Ratios to one whose interval of 99.5 % lies below it in the first part only, but that of 99.99 % does not."""
    values = 1 + 0.1 * generator(0, "below").normal(size=(n_parts, 10))
    values[0] += 0.845 - values[0].mean()
    values[0] = values[0].mean() + (values[0] - values[0].mean()) * 0.1 / values[0].std(ddof=1)
    return pd.concat([scalars(part, part=k) for k, part in enumerate(values)])


@pytest.mark.parametrize(("n_parts", "expected"), [(1, "refuted"), (40, "inconclusive")])
def test_form_says_why_an_interval_outside_does_not_refute(n_parts, expected):
    prediction = {"name": "p", "kind": "ordering", "quantity": "error", "each": ["part"], "greater": {}, "less": 1.0}
    entry = {"id": "X1", "forms": {"printed": {"predictions": [prediction]}}}
    form = judge_form(entry, "printed", moderately_below(n_parts))
    assert (form["verdict"], form["corrected_for"]) == (expected, n_parts)
    first = form["predictions"][0]["estimates"][0]
    assert first["high"] < 0 and first["verdict"] == expected  # the interval that is written is that of 95 %
    if expected == "inconclusive":
        assert "part = 0: difference" in form["reason"] and "(outside, but not at 99.88 %)" in form["reason"]
        reason = form["predictions"][0]["detail"]["part = 0"]["reasons"]["difference"]
        assert reason == "outside its band at 95 %, but not at the 99.88 % that a refutation takes here"


def test_many_estimates_at_the_edge_refute_as_seldom_as_one():
    refuted = uncorrected = 0
    for samples in generator(0, "edge").normal(size=(160, 60, 6)):
        found = {str(k): outcome(estimate(values)) for k, values in enumerate(samples)}
        uncorrected += any(one.verdict == "refuted" for one in found.values())
        refuted += any(one.verdict == "refuted" for one in corrected([found]).judged[0].values())
    assert refuted / 160 < 0.05 < uncorrected / 160
