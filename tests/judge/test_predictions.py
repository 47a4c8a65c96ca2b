"""Each kind can say supported, refuted and inconclusive; peaks are not made from noise."""

import numpy as np
import pandas as pd
import pytest

from overparam.errors import UserError
from overparam.judge import peaks, thresholds, trends
from overparam.judge.intervals import over_seeds
from overparam.judge.predictions import KINDS, evaluate
from overparam.judge.selection import Curve
from overparam.seeding import generator

X = 2.0 ** np.arange(1, 10)


def table(values, x=X, quantity="error", **conditions):
    """Long table from values of shape (n_seeds, n_x)."""
    values = np.atleast_2d(values)
    seeds, places = np.indices(values.shape)
    return pd.DataFrame(
        {"quantity": quantity, "seed": seeds.ravel(), "width": np.asarray(x)[places.ravel()], "value": values.ravel()}
    ).assign(**conditions)


def scalars(values, **conditions):
    values = np.asarray(values, dtype=float)
    return pd.DataFrame({"quantity": "error", "seed": np.arange(len(values)), "value": values}).assign(**conditions)


def noise(scale, n_seeds=6, n_x=9, name="noise"):
    return scale * generator(0, name, n_seeds, n_x).normal(size=(n_seeds, n_x))


def judged(measurements, kind, **prediction):
    return evaluate(measurements, {"name": "p", "kind": kind, "quantity": "error", **prediction})


def verdict(measurements, kind, **prediction):
    return judged(measurements, kind, **prediction)["verdict"]


# Slope


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


# Monotone


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


# Threshold


def sigmoid(place, sharpness=2.0, scale=0.0, n_seeds=6):
    shift = noise(scale, n_seeds, 1)
    return 1 / (1 + np.exp(sharpness * (np.log(X) - np.log(place) - shift)))


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


def test_relative_to_may_be_a_column():
    rows = pd.concat([table(sigmoid(n, scale=0.05), n_train=n) for n in (20, 60)])
    settings = {"x": "width", "level": 0.5, "direction": "falling", "relative_to": "n_train", "band": [0.8, 1.25]}
    assert verdict(rows, "threshold", each=["n_train"], **settings) == "supported"
    with pytest.raises(UserError, match="one value"):
        thresholds.relative_to(rows, "n_train")


# Ordering


@pytest.mark.parametrize(
    ("gap", "scale", "expected"), [(0.1, 0.01, "supported"), (-0.1, 0.01, "refuted"), (0.01, 0.1, "inconclusive")]
)
@pytest.mark.parametrize("n_seeds", [6, 24])
def test_ordering(gap, scale, expected, n_seeds):
    base = generator(0, "base").normal(size=n_seeds)  # common to both sides: pairing removes it
    scatter = noise(scale, n_seeds, 1, "gap")[:, 0]
    gaps = gap + scatter - scatter.mean()
    rows = pd.concat([scalars(base, method="b"), scalars(base + gaps, method="a")])
    sides = {"greater": {"where": {"method": "a"}}, "less": {"where": {"method": "b"}}}
    assert verdict(rows, "ordering", **sides) == expected


def test_ratio_is_the_geometric_mean():
    rows = pd.concat([scalars([1, 2, 4], method="b"), scalars([2, 8, 4], method="a")])
    sides = {"greater": {"where": {"method": "a"}}, "less": {"where": {"method": "b"}}}
    (estimate,) = judged(rows, "ordering", relation="ratio", **sides)["estimates"]
    assert estimate["estimate"] == pytest.approx(2)
    assert estimate["band"] == [1, None]


def test_ordering_against_a_number_and_with_reduction():
    rows = table(np.tile(X, (6, 1)) + noise(0.1))
    settings = {"greater": {"reduce": "max", "along": "width"}, "less": {"reduce": "last", "along": "width"}}
    assert verdict(rows, "ordering", band=[-1, 1], **settings) == "supported"
    assert verdict(rows, "ordering", greater={"where": {"width": 4}}, less=3.5) == "supported"
    assert verdict(rows, "ordering", greater=3.5, less={"where": {"width": 4}}) == "refuted"


def test_proportion_needs_enough_cases():
    settings = {"greater": {}, "less": 0.95, "average": "proportion"}
    assert verdict(scalars(np.ones(8)), "ordering", **settings) == "inconclusive"
    assert verdict(scalars(np.ones(100)), "ordering", **settings) == "supported"
    assert verdict(scalars(np.zeros(8)), "ordering", **settings) == "refuted"


def test_diverged_runs_count_in_orderings():
    sides = {"greater": {"where": {"method": "a"}}, "less": {"where": {"method": "b"}}}
    base = scalars([1, 1.1, 0.9, 1, 1.05], method="b")
    every = pd.concat([base, scalars([np.inf] * 5, method="a")])
    assert verdict(every, "ordering", **sides) == "supported"
    some = pd.concat([base, scalars([5, 5.1, 4.9, 5.2, np.inf], method="a")])
    assert verdict(some, "ordering", **sides) == "supported"
    assert verdict(some, "ordering", **sides, band=[0, 100]) == "inconclusive"
    lost = pd.concat([base, scalars([5, 5.1, 4.9, 5.2, np.nan], method="a")])
    assert verdict(lost, "ordering", **sides) == "inconclusive"


def test_sides_must_have_the_same_seeds():
    rows = pd.concat([scalars([1, 1, 1], method="b"), scalars([2, 2], method="a")])
    with pytest.raises(UserError, match="seeds 2 are on one side only"):
        verdict(rows, "ordering", greater={"where": {"method": "a"}}, less={"where": {"method": "b"}})


# Bound and equality


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


def test_a_premise_that_does_not_hold_refutes_nothing():
    rows = scalars([0.5, 0.9])
    assert judged(rows, "bound", limit=1, premise=True)["verdict"] == "supported"
    broken = judged(rows, "bound", limit=0.8, premise=True)
    assert broken["verdict"] == "inconclusive" and broken["detail"]["violations"] == 1
    assert "premise" in broken["detail"]["reasons"]["tightest ratio"]


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


# Peak


def bump(height, place=4, width=1.0):
    return height * np.exp(-(((np.arange(len(X)) - place) / width) ** 2))


@pytest.mark.parametrize(
    ("height", "scale", "expected"),
    [(0.2, 0.02, "supported"), (0.0, 0.002, "refuted"), (0.1, 0.2, "inconclusive")],
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
    assert false_peaks("step", 10, 400, over_seeds) > 0.05


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


# All kinds


def test_each_judges_every_combination():
    rows = pd.concat([table(np.exp(noise(0.01)) * X**e, label_noise=n) for e, n in ((-0.5, 0.0), (-0.9, 0.2))])
    result = judged(rows, "slope", x="width", band=[-0.55, -0.45], each=["label_noise"])
    assert result["verdict"] == "refuted"
    assert [estimate["name"] for estimate in result["estimates"]][::2] == [
        "label_noise = 0.0: slope",
        "label_noise = 0.2: slope",
    ]
    assert list(result["detail"]) == ["label_noise = 0.0", "label_noise = 0.2"]
    with pytest.raises(UserError, match="did you mean `label_noise`"):
        judged(rows, "slope", x="width", band=[0, 1], each=["label_nois"])


def test_combination_that_was_not_measured_leaves_the_others():
    rows = [table(np.exp(noise(0.01)) + n, label_noise=n, method=m) for n, m in ((0, "a"), (0, "b"), (1, "a"))]
    sides = {"greater": {"where": {"method": "a"}}, "less": {"where": {"method": "b"}}}
    settings = {"reduce": "mean", "along": "width", "each": ["label_noise"], "band": [-1, 1]}
    result = judged(pd.concat(rows), "ordering", **sides, **settings)
    assert result["verdict"] == "inconclusive"
    assert result["detail"]["label_noise = 1"] == {"not_measured": "no row has method = b (found: a)"}
    assert [estimate["name"] for estimate in result["estimates"]] == ["label_noise = 0: difference"]
    assert result["n_seeds"] == 6
    refuted = judged(pd.concat(rows), "ordering", **sides, **{**settings, "band": [5, 6]})
    assert refuted["verdict"] == "refuted"
    nothing = judged(pd.concat(rows), "ordering", **sides, **settings, where={"label_noise": 2})
    assert (nothing["verdict"], nothing["estimates"]) == ("inconclusive", [])
    assert nothing["detail"] == {"not_measured": "no row has label_noise = 2 (found: 0, 1)"}


ONE_SEED = {
    "slope": {"x": "width", "band": [-9, 9]},
    "threshold": {"x": "width", "level": 20, "direction": "rising", "band": [1, 999]},
    "ordering": {"greater": {"where": {"width": 4}}, "less": {"where": {"width": 2}}},
    "peak": {"x": "width"},
    "monotone": {"x": "width", "band": [0, 1]},
}


@pytest.mark.parametrize("kind", ONE_SEED)
def test_one_seed_is_inconclusive_where_seeds_matter(kind):
    result = judged(table(X), kind, **ONE_SEED[kind])
    assert result["verdict"] == "inconclusive"
    assert "seed" in str(result["detail"]["reasons"])
    assert set(KINDS) - set(ONE_SEED) == {"bound", "equality"}
