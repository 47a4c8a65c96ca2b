"""Slopes and rank correlations can be supported, refuted and inconclusive."""

import numpy as np
import pytest
from judged_tables import X, judged, noise, table, verdict

from overparam.judge import trends
from overparam.judge.selection import Curve


def power(exponent, scale=0.01, n_seeds=6):
    return table(np.exp(noise(scale, n_seeds)) * X**exponent)


@pytest.mark.parametrize(
    ("exponent", "scale", "expected"),
    [(-0.5, 0.01, "supported"), (-0.8, 0.01, "refuted"), (-0.5, 2.0, "inconclusive"), (-0.55, 0.1, "inconclusive")],
)
@pytest.mark.parametrize("n_seeds", [6, 24])
def test_slope(exponent, scale, expected, n_seeds):
    scale = scale * (2 if n_seeds == 24 else 1)
    assert verdict(power(exponent, scale, n_seeds), "slope", x="width", band=[-0.55, -0.45]) == expected


def test_slope_that_bends_is_neither_supported_nor_refuted():
    bent = X**-0.5 * np.where(X > 64, (X / 64) ** -1.0, 1.0)
    result = judged(table(np.exp(noise(0.01)) * bent), "slope", x="width", band=[-0.9, -0.45])
    assert [estimate["verdict"] for estimate in result["estimates"]] == ["supported", "refuted"]
    assert result["verdict"] == "inconclusive"


@pytest.mark.parametrize(("asymptote", "expected"), [("large", "inconclusive"), ("small", "supported")])
def test_slope_holds_at_the_end_that_is_named(asymptote, expected):
    bent = X**-0.5 * np.where(X > 64, (X / 64) ** -1.0, 1.0)  # −0.5 for small x only, steeper over the whole range
    settings = {"x": "width", "band": [-0.9, -0.45], "asymptote": asymptote}
    result = judged(table(np.exp(noise(0.01)) * bent), "slope", **settings)
    assert result["verdict"] == expected
    half = {"large": "upper", "small": "lower"}[asymptote]
    assert [estimate["name"] for estimate in result["estimates"]] == ["slope", f"slope of {half} half"]


@pytest.mark.parametrize(("n", "upper", "lower"), [(5, [2, 3, 4], [0, 1, 2]), (6, [3, 4, 5], [0, 1, 2])])
def test_halves_of_a_curve_share_only_the_middle(n, upper, lower):
    curve = Curve(0, np.arange(n), np.arange(n))
    assert [trends.half(curve, end).x.tolist() for end in ("large", "small")] == [upper, lower]


def test_semilog_slope_is_an_exponential_rate():
    decay = np.exp(-0.3 * X[:6] + noise(0.01, n_x=6))
    assert verdict(table(decay, X[:6]), "slope", x="width", band=[-0.31, -0.29], semilog=True) == "supported"


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_slope_counts_values_without_logarithm(value):
    values = np.exp(noise(0.01)) * X**-0.5
    values[2, 3] = value
    result = judged(table(values), "slope", x="width", band=[-0.55, -0.45])
    assert result["verdict"] == "inconclusive"
    assert result["estimates"][0]["low"] is None
    assert "1 of 6 seeds give no number" in str(result["detail"])


SIGNS = {"supported": [-1] * 6, "refuted": [1] * 6, "inconclusive": [-1] * 3 + [1] * 3}


@pytest.mark.parametrize("expected", SIGNS)
def test_monotone(expected):
    rows = table(np.outer(SIGNS[expected], X) + noise(0.01))
    assert verdict(rows, "monotone", x="width", band=[-1, -0.95]) == expected


def test_constant_curve_has_no_rank_correlation():
    result = judged(table(np.zeros((6, len(X)))), "monotone", x="width", band=[-1, -0.95])
    assert result["verdict"] == "inconclusive"
    assert result["detail"]["seeds_without_number"] == [0, 1, 2, 3, 4, 5]


def test_monotone_interval_stays_within_the_range_of_a_correlation():
    values = np.tile(-X, (6, 1))
    values[0, [3, 4]] = values[0, [4, 3]]
    (estimate,) = judged(table(values), "monotone", x="width", band=[-1, -0.95])["estimates"]
    assert estimate["low"] == -1
    assert estimate["verdict"] == "supported"


def test_monotone_ranks_infinity_as_largest():
    values = np.tile(X, (6, 1))
    values[:, -1] = np.inf
    assert verdict(table(values), "monotone", x="width", band=[0.99, 1]) == "supported"
    values[:, 0] = np.inf
    assert verdict(table(values), "monotone", x="width", band=[0.99, 1]) == "refuted"
