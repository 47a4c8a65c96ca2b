"""Bounds and equalities, in every instance."""

import numpy as np
import pandas as pd
import pytest
from judged_tables import X, judged, scalars, table, verdict

from overparam.judge.intervals import share


def test_bound():
    rows = scalars(np.linspace(0.1, 0.9, 100))
    result = judged(rows, "bound", limit=1)
    assert (result["verdict"], result["vacuous"]) == ("supported", False)
    assert result["estimates"][0]["estimate"] == pytest.approx(0.9)
    assert result["detail"]["rate_of_violations_at_most"] == 0.03
    broken = judged(rows, "bound", limit=0.85)
    assert (broken["verdict"], broken["detail"]["violations"]) == ("refuted", 7)
    assert verdict(rows, "bound", limit=0.85, tolerance=0.1) == "supported"
    assert verdict(rows, "bound", limit=0.05, direction="above") == "supported"
    assert verdict(rows, "bound", limit=0.5, direction="above") == "refuted"


def test_rate_of_violations_counts_seeds_not_their_instances():
    detail = judged(table(np.full((30, len(X)), 0.5)), "bound", limit=1)["detail"]
    assert (detail["n_instances"], detail["independent_units"]) == (30 * len(X), 30)
    assert detail["rate_of_violations_at_most"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("kept", "n", "expected"),
    [
        (16, 16, "inconclusive"),  # 0.794 to 1
        (17, 17, "supported"),
        (40, 42, "supported"),
        (7, 20, "refuted"),
        (11, 20, "inconclusive"),  # at 95 % outside, at 99.5 % not
        (4, 4, "inconclusive"),
    ],
)
def test_bound_that_holds_with_a_probability_is_judged_by_the_share_of_seeds(kept, n, expected):
    values = np.full((n, 3), 0.5)
    values[kept:, 1] = 2.0  # one instance of several is enough for a seed to violate it
    result = judged(table(values, X[:3]), "bound", limit=1, share=0.8)
    assert result["verdict"] == expected
    (estimate,) = result["estimates"]
    assert (estimate["name"], estimate["band"]) == ("share of seeds that keep it", [0.8, 1.0])
    assert estimate["estimate"] == pytest.approx(kept / n)
    assert result["detail"]["violations"] == n - kept
    assert result["detail"]["tightest_ratio"] == (2.0 if kept < n else 0.5)


def test_seeds_without_number_open_the_share_on_both_sides():
    values = np.full((20, 3), 0.5)
    values[:2, 0], values[1, 1] = np.nan, 2.0  # the second seed violates the bound whatever it lacks
    (estimate,) = judged(table(values, X[:3]), "bound", limit=1, share=0.5)["estimates"]
    assert estimate["estimate"] == pytest.approx(18 / 20)
    assert (estimate["low"], estimate["high"]) == (pytest.approx(share(18, 20).low), pytest.approx(share(19, 20).high))


@pytest.mark.parametrize("scale", [1.0, 200.0])
def test_bound_far_from_every_measurement_is_vacuous(scale):
    assert judged(scalars([0.5, 0.9]), "bound", limit=scale)["vacuous"] == (scale > 100)
    assert judged(scalars([scale * 0.5, scale]), "bound", limit=0.9 / 2, direction="above")["vacuous"] == (scale > 100)


def test_bound_by_rows_under_the_same_conditions():
    rows = pd.concat([table(np.tile(X, (3, 1))), table(np.tile(X + 1, (3, 1)), quantity="limit")])
    assert verdict(rows, "bound", limit={"quantity": "limit"}) == "supported"
    assert verdict(rows, "bound", quantity="limit", limit={"quantity": "error"}) == "refuted"
    by_method = pd.concat([table(X, method="a"), table(2 * X, method="b")])
    assert verdict(by_method, "bound", where={"method": "a"}, limit={"where": {"method": "b"}}) == "supported"


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [(np.nan, 1, "inconclusive"), (np.inf, 1, "refuted"), (-np.inf, 1, "supported"), (1e-9, 0, "supported")],
)
def test_bound_on_numbers_that_are_not_ordinary(value, limit, expected):
    assert verdict(scalars([-0.5, value]), "bound", limit=limit, tolerance=1e-8) == expected
    assert verdict(scalars([2.0, value]), "bound", limit=limit) == "refuted"  # one violation is enough


def test_equality():
    rows = pd.concat([scalars([1.0, 0.0, -3.0]), scalars([1 + 1e-10, 0.0, -3.0]).assign(quantity="formula")])
    result = judged(rows, "equality", equals={"quantity": "formula"})
    assert result["verdict"] == "supported"
    assert result["estimates"][0]["estimate"] == pytest.approx(1e-10, rel=1e-4)
    assert verdict(rows, "equality", equals={"quantity": "formula"}, tolerance=1e-11) == "refuted"
    assert verdict(scalars([1e-13, 0]), "equality", equals=0) == "refuted"
    assert verdict(scalars([1e-13, 0]), "equality", equals=0, absolute=1e-12) == "supported"
    assert verdict(scalars([1, np.nan]), "equality", equals=1) == "inconclusive"
    assert verdict(scalars([1, np.inf]), "equality", equals=1) == "refuted"
