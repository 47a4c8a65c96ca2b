"""Peaks are found where they are, and are not made from noise."""

import numpy as np
import pandas as pd
import pytest
from judged_tables import X, judged, noise, sigmoid, table, verdict

from overparam.judge import peaks
from overparam.judge.intervals import over_seeds
from overparam.seeding import generator


def bump(height, place=4, width=1.0):
    return height * np.exp(-(((np.arange(len(X)) - place) / width) ** 2))


@pytest.mark.parametrize(
    ("height", "scale", "expected"),
    [(0.2, 0.02, "supported"), (0.0, 0.001, "refuted"), (0.1, 0.2, "inconclusive")],
)
@pytest.mark.parametrize("n_seeds", [4, 9, 24])
def test_peak(height, scale, expected, n_seeds):
    rows = table(bump(height) + noise(scale, n_seeds))
    assert verdict(rows, "peak", x="width", prominence=0.02) == expected
    assert verdict(rows.assign(value=-rows["value"]), "peak", x="width", prominence=0.02, valley=True) == expected


def test_curve_that_starts_high_has_its_peak_further_on():
    descent = 0.5 * np.exp(-np.arange(len(X)))
    result = judged(table(descent + bump(0.2) + noise(0.01)), "peak", x="width", prominence=0.02, at=[16, 64])
    assert result["verdict"] == "supported"
    assert result["detail"]["place"] == 32


def test_place_is_never_known_better_than_the_grid():
    result = judged(table(np.tile(bump(0.2), (6, 1))), "peak", x="width", at=[31, 33])
    place = result["estimates"][-1]
    assert (place["low"], place["high"]) == (pytest.approx(32 / 2**0.5), pytest.approx(32 * 2**0.5))
    assert result["verdict"] == "inconclusive"
    assert verdict(table(np.tile(bump(0.2), (6, 1))), "peak", x="width", at=[100, 200]) == "refuted"


def test_place_interval_contains_the_true_top():
    rng = generator(0, "place")
    hits = 0
    for _ in range(100):
        values = bump(0.1, place=4.4, width=2) + 0.03 * rng.normal(size=(6, len(X)))
        place = judged(table(values), "peak", x="width", at=[1, 512])["estimates"][-1]
        hits += (place["low"] or 0) <= 32 <= (place["high"] or np.inf)
    assert hits >= 92  # 95 % of 100, less 1.4 standard errors


def test_peak_relative_to_the_crossing_of_another_curve():
    rows = pd.concat([table(bump(0.2) + noise(0.01)), table(sigmoid(32, scale=0.05), quantity="train_error")])
    reference = {"quantity": "train_error", "level": 0.5, "direction": "falling"}
    settings = {"x": "width", "prominence": 0.02, "reference": reference}
    assert verdict(rows, "peak", at=[0.5, 2], **settings) == "supported"
    assert verdict(rows, "peak", at=[2, 4], **settings) == "refuted"
    never = rows.assign(value=np.where(rows["quantity"] == "train_error", 1.0, rows["value"]))
    assert verdict(never, "peak", at=[0.5, 2], **settings) == "inconclusive"


def test_maximum_at_the_end_of_the_grid_refutes_only_a_peak_predicted_within_it():
    rising = table(np.arange(len(X)) / 10 + noise(0.005))
    assert verdict(rising, "peak", x="width", prominence=0.02) == "refuted"
    assert verdict(rising, "peak", x="width", prominence=0.02, at=[16, 64]) == "refuted"
    assert verdict(rising, "peak", x="width", prominence=0.02, at=[256, 1024]) == "inconclusive"
    assert verdict(rising, "peak", x="width", prominence=0.02, at=[16, None]) == "inconclusive"


def test_peak_over_decades_is_judged_as_a_ratio():
    heavy = np.exp(noise(2.0) + bump(9, width=0.7))
    rows = table(heavy)
    assert verdict(rows, "peak", x="width", relation="ratio", prominence=1.0, at=[20, 50]) == "supported"
    assert verdict(rows, "peak", x="width") == "inconclusive"  # the mean of the top has no useful interval


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_diverged_run_makes_a_peak_uncertain_not_absent(value):
    values = bump(0.2) + noise(0.01)
    values[1, 5:] = value  # one run diverges beyond the top: whether it would have fallen is unknown
    assert verdict(table(values), "peak", x="width", prominence=0.02) == "inconclusive"


def test_place_where_every_run_diverges_is_a_peak():
    values = noise(0.01)
    values[:, 4] = np.inf
    assert verdict(table(values), "peak", x="width", prominence=0.02, at=[20, 50]) == "supported"


def test_one_seed_or_two_places_show_no_peak():
    assert verdict(table(bump(0.2)), "peak", x="width") == "inconclusive"
    assert verdict(table(bump(0.2)[None, 3:5].repeat(6, 0), X[3:5]), "peak", x="width") == "inconclusive"


FLAT = np.zeros(len(X))

NULLS = {
    "flat": FLAT,
    "falling": -0.5 * np.arange(len(X)),
    "valley": np.where(np.abs(np.arange(len(X)) - 4) < 2, 0.0, 5.0),
    "step": np.where(np.arange(len(X)) < 4, 0.0, 1.0),
}


def false_peaks(shape, n_seeds, replications, interval):
    """Share of replications in which rise, fall and weaker side all exceed zero."""
    rng = generator(0, "false peaks", shape, n_seeds)
    count = 0
    for _ in range(replications):
        tested = peaks.cross_fitted(NULLS[shape] + rng.normal(size=(n_seeds, len(X))))
        count += all(interval(side).low > 0 for side in (tested.rise, tested.fall, peaks.weaker_side(tested)))
    return count / replications


@pytest.mark.parametrize("shape", NULLS)
@pytest.mark.parametrize(("n_seeds", "replications"), [(4, 400), (10, 400), (24, 40)])
def test_noise_makes_no_peaks(shape, n_seeds, replications):
    assert false_peaks(shape, n_seeds, replications, peaks.pooled) < 0.05


@pytest.mark.parametrize("scale", [0.25, 0.5, 1.0])
@pytest.mark.parametrize("n_seeds", [4, 12])
def test_peak_near_the_prominence_is_not_refuted(scale, n_seeds):
    curves = 1.5 * bump(1.0) + scale * generator(0, "near", n_seeds).normal(size=(100, n_seeds, len(X)))
    verdicts = [verdict(table(curve), "peak", x="width", prominence=1.0) for curve in curves]
    assert verdicts.count("refuted") == 0


def test_highest_peak_is_bounded_from_above_wherever_it_lies():
    rng = generator(0, "highest")
    curves = bump(1.0, place=4) + 0.5 * rng.normal(size=(300, 6, len(X)))
    true = bump(1.0)[4] - bump(1.0)[0]
    below = [peaks.highest(curve, 0.8) < true for curve in curves]
    assert np.mean(below) < 0.1  # each of the two ends may be missed in a tenth, and there are other places


def test_place_that_diverged_is_as_high_as_can_be():
    curves = noise(0.01)
    assert peaks.highest(curves, 0.95) < 0.1
    curves[2, 3] = np.nan
    assert peaks.highest(curves, 0.95) == np.inf


def test_outlying_seeds_make_no_peaks_of_medians():
    rng = generator(0, "outliers")
    count = 0
    for _ in range(400):
        tested = peaks.cross_fitted(rng.standard_cauchy(size=(24, len(X))), "median")
        weaker = peaks.weaker_side(tested, "median")
        count += all(peaks.pooled(side, "median").low > 0 for side in (weaker, tested.rise, tested.fall))
    assert count / 400 < 0.05


def outlying(n_seeds):
    """Return rises of 1 and falls of -1 in one half, the reverse in the other; an outlier each inverts their means."""
    half = np.arange(n_seeds) % 2
    rise = np.where(half == 0, 1.0, -1.0)
    fall = -rise
    rise[1] = fall[0] = 1e4
    return peaks.Tested(rise, fall, half, np.zeros((2, 3), dtype=int))


def test_weaker_side_of_medians_is_not_chosen_by_one_outlier():
    tested = outlying(24)
    assert np.median(peaks.weaker_side(tested, "median")) == -1
    assert np.median(peaks.weaker_side(tested)) == 1  # by means one seed in each half decides


def test_peak_is_judged_by_one_average_throughout(monkeypatch):
    seen = []
    for name in ("averaged", "weaker_side", "pooled"):
        original = getattr(peaks, name)
        monkeypatch.setattr(peaks, name, lambda values, average, f=original: seen.append(average) or f(values, average))
    for n_seeds, expected in ((24, "median"), (19, "mean")):
        seen.clear()
        judged(table(bump(0.2) + noise(0.02, n_seeds)), "peak", x="width", average="median")
        assert set(seen) == {expected}


def test_pooling_as_if_the_halves_were_independent_would_make_peaks():
    assert false_peaks("valley", 10, 400, over_seeds) > 2 * false_peaks("valley", 10, 400, peaks.pooled) > 0


def test_judging_rise_and_fall_alone_would_make_peaks_on_a_valley():
    rng = generator(0, "valley")
    count = 0
    for _ in range(100):
        tested = peaks.cross_fitted(NULLS["valley"] + 0.3 * rng.normal(size=(16, len(X))))
        rise_and_fall = all(peaks.pooled(side).low > 0 for side in (tested.rise, tested.fall))
        count += rise_and_fall
        assert not peaks.pooled(peaks.weaker_side(tested)).low > 0
    assert count > 5


def test_choosing_and_testing_on_the_same_curves_would_make_peaks():
    rng = generator(0, "false peaks")
    false = 0
    for _ in range(200):
        heights = rng.normal(size=(10, len(X)))
        k1, k2, k3 = peaks.choose(heights.mean(axis=0))
        false += all(over_seeds(heights[:, k2] - heights[:, foot]).low > 0 for foot in (k1, k3))
    assert false / 200 > 0.05
