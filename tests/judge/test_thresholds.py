"""Places at which a curve crosses a level, and how sharply they can be known."""

import numpy as np
import pandas as pd
import pytest
from judged_tables import X, judged, sigmoid, table, verdict

from overparam.errors import UserError
from overparam.judge import thresholds
from overparam.judge.selection import Curve
from overparam.seeding import generator


@pytest.mark.parametrize(
    ("place", "scale", "expected"), [(30, 0.05, "supported"), (90, 0.05, "refuted"), (30, 1.0, "inconclusive")]
)
def test_threshold(place, scale, expected):
    settings = {"x": "width", "level": 0.5, "direction": "falling", "relative_to": 30, "band": [0.8, 1.25]}
    assert verdict(table(sigmoid(place, scale=scale)), "threshold", **settings) == expected


def test_crossing_is_interpolated_in_log_x():
    found = thresholds.crossing(Curve(0, np.log(X), np.log(X)), np.log(30), "rising")
    assert np.exp(found.place) == pytest.approx(30)
    assert found.low == found.high


def test_threshold_is_never_sharper_than_a_step_between_two_places():
    step = table(np.tile(X < 100, (6, 1)).astype(float))
    (estimate,) = judged(step, "threshold", x="width", level=0.5, direction="falling", band=[80, 100])["estimates"]
    assert (estimate["low"], estimate["high"]) == (pytest.approx(64), pytest.approx(128))
    assert estimate["verdict"] == "inconclusive"
    (reason,) = judged(step, "threshold", x="width", level=0.5, direction="falling", band=[80, 100])["detail"][
        "reasons"
    ].values()
    assert reason == "a step too coarse to interpolate"  # not that all seeds agree


def test_seeds_that_do_not_cross_are_counted_and_open_the_interval():
    values = sigmoid(30, scale=0.05)
    values[:2] = 1.0
    settings = {"x": "width", "level": 0.5, "direction": "falling"}
    result = judged(table(values), "threshold", **settings, band=[20, 1000])
    assert result["verdict"] == "inconclusive"
    assert result["detail"]["seeds_not_crossing"] == 2
    assert result["estimates"][0]["high"] is None
    never = table(np.ones((6, len(X))))
    assert verdict(never, "threshold", **settings, band=[20, 40]) == "refuted"  # beyond 512 in every seed
    assert verdict(never, "threshold", **settings, band=[20, 1000]) == "inconclusive"
    before = table(np.zeros((6, len(X))))
    assert verdict(before, "threshold", **settings, band=[20, 40]) == "refuted"  # before 2 in every seed


@pytest.mark.parametrize("direction", ["falling", "rising"])
@pytest.mark.parametrize("n_seeds", [4, 12, 60])
def test_threshold_of_independent_outcomes_has_no_bias(n_seeds, direction):
    x = np.exp(np.linspace(np.log(0.4), np.log(2.5), 25))
    chance = 1 / (1 + np.exp(-12 * np.log(x)))  # half of the outcomes are 1 at x = 1
    settings = {"level": 0.5, "direction": direction, "scale": "log"}
    rng, places, first = generator(0, "outcomes", n_seeds), [], []
    for _ in range(400):
        y = (rng.random((n_seeds, len(x))) < chance).astype(float)
        found = [Curve(seed, x, one if direction == "rising" else 1 - one) for seed, one in enumerate(y)]
        places.append(thresholds.crossings(found, settings, "mean")[0].estimate)
        first.append(np.mean([thresholds.crossing(Curve(0, np.log(c.x), c.y), 0.5, direction).place for c in found]))
    assert np.exp(np.mean(places)) == pytest.approx(1, abs=0.01)
    assert np.exp(np.mean(first)) < 0.94


def test_outcomes_that_cross_once_do_so_in_the_middle_of_their_step():
    curve = Curve(0, np.arange(6.0), np.array([1.0, 1, 1, 0, 0, 0]))
    assert thresholds.central_crossing(curve, 0.5, "falling") == thresholds.Crossing(2.5, 2, 3)
    assert thresholds.crossing(curve, 0.5, "falling") == thresholds.Crossing(2.5, 2, 3)


@pytest.mark.parametrize(
    ("y", "place"),
    [
        ([1, 1, 0, 1, 0, 0], 1.5 - 2.5 + 3.5),
        ([0, 1, 1, 0, 0, 0], -0.5 - 0.5 + 2.5),  # one step before the grid
        ([1, 1, 1, 0, 0, 1], 2.5 - 4.5 + 5.5),
        ([1] * 6, np.inf),
        ([0] * 6, -np.inf),
        ([0, 0, 0, 1, 1, 1], np.inf),
    ],
)
def test_outcomes_that_cross_back(y, place):
    assert thresholds.central_crossing(Curve(0, np.arange(6.0), np.array(y, float)), 0.5, "falling").place == place


def test_relative_to_may_be_a_column():
    rows = pd.concat([table(sigmoid(n, scale=0.05), n_train=n) for n in (20, 60)])
    settings = {"x": "width", "level": 0.5, "direction": "falling", "relative_to": "n_train", "band": [0.8, 1.25]}
    assert verdict(rows, "threshold", each=["n_train"], **settings) == "supported"
    with pytest.raises(UserError, match="one value"):
        thresholds.relative_to(rows, "n_train")
