"""The interpolation threshold in parameters per label, against numpy's pseudoinverse and ranks."""

import numpy as np
import pandas as pd
import pytest
from declared_tables import declared
from digits_data import digits_dataset
from undecided_verdicts import undecided

from overparam.claims.double_descent.interpolation_threshold import measure as interpolation_threshold
from overparam.claims.double_descent.interpolation_threshold import threshold_at_n_times_k as figure
from overparam.claims.double_descent.interpolation_threshold import threshold_at_n_times_k_details as details
from overparam.claims.double_descent.interpolation_threshold.measure import grouped, least, measure
from overparam.claims.double_descent.interpolation_threshold.network_thresholds import params_at_level
from overparam.claims.double_descent.random_feature_maps import normalised_inputs
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError

SETTINGS = {
    "seed": 0, "memory_mb": 100, "dataset": "digits", "n_seeds": 2, "n_train": [12, 20], "n_classes": [2, 10],
    "n_test": 50, "features": ["relu", "fourier"], "features_per_sample": [0.5, 0.9, 1, 1.1, 5], "fitted": 1e-10,
    "cutoff": 1e-13, "networks": {
        "n_seeds": 2, "n_train": [12, 20], "n_classes": [2, 10], "label_noise": 0.2, "params_per_label": [0.5, 1, 2, 4],
        "steps": 60, "earlier": [4], "fixed_loss": 0.5, "evaluations": 8, "batch_size": 8,
        "optimizer": {"name": "adam", "learning_rate": 0.01},
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(150, 50)


@pytest.fixture(scope="module")
def table(dataset) -> pd.DataFrame:
    return measure(SETTINGS, dataset)


@pytest.fixture(scope="module")
def features(table) -> pd.DataFrame:
    return table[table["features"] != "network"]


@pytest.fixture(scope="module")
def networks(table) -> pd.DataFrame:
    return table[table["features"] == "network"]


def test_the_threshold_is_the_number_of_independent_equations(features):
    found = features[features["quantity"] == "threshold_params_per_label"].set_index("parameters")["value"]
    assert (found["independent"] == 1).all()
    assert (found["twice"] == 2).all()
    assert (found["linear"] == 1).all()  # n = 12 and 20 are below the rank of the pixels


def test_linear_features_never_interpolate_more_samples_than_their_rank(dataset):
    rank = np.linalg.matrix_rank(dataset.train.images.reshape(150, -1).astype(float))
    table = measure({**SETTINGS, "n_train": [rank + 6 - rank % 2], "n_seeds": 1, "features": ["relu"]}, dataset)
    linear = table[table["parameters"] == "linear"].groupby("quantity")["value"]
    assert (linear.min()[["threshold_params", "threshold_params_per_label"]] == np.inf).all()
    assert linear.max()["reached"] == 0


@pytest.mark.parametrize("answer", [1, 2, 9, 10])
def test_bisection_finds_the_least_integer(answer):
    assert least(lambda k: k >= answer, 10) == answer
    assert least(lambda k: k > answer, answer) is None


def test_losses_are_those_of_the_pseudoinverse(table, dataset):
    case = {"features": "relu", "parameters": "independent", "n_train": 20, "n_classes": 10, "seed": 1}
    x_train, x_test = normalised_inputs(dataset)
    chosen = interpolation_threshold.generator(0, "interpolation_threshold", 1, "images").permutation(150)[:20]
    columns = interpolation_threshold._columns(SETTINGS, 1, "relu", "independent", x_train[chosen], x_test)
    targets = grouped(SETTINGS, 1, dataset.train.labels[chosen], 10)[10]
    wanted = grouped(SETTINGS, 1, dataset.test.labels, 10)[10]
    rows = table[(table["quantity"] == "loss") & (table[list(case)] == pd.Series(case)).all(axis=1)]
    for count in (10, 18, 22, 100):
        train, test = columns(count)
        coefficients = np.linalg.pinv(train) @ targets
        expected = {"train": train @ coefficients - targets, "test": test @ coefficients - wanted}
        for split, residual in expected.items():
            value = rows[(rows["n_params"] == count * 10) & (rows["split"] == split)]["value"].item()
            assert value == pytest.approx((residual**2).sum(axis=1).mean(), rel=1e-7, abs=1e-20)


def test_doubled_features_predict_the_same_with_twice_the_parameters(features):
    loss = features[(features["quantity"] == "loss") & (features["split"] == "test")]
    keys = ["seed", "features", "n_train", "n_classes"]
    once, twice = (
        loss[loss["parameters"] == name].sort_values([*keys, "n_params"]) for name in ("independent", "twice")
    )
    assert (2 * once["n_params"].to_numpy() == twice["n_params"].to_numpy()).all()
    away = once["params_per_label"].to_numpy() != 1  # at the threshold rounding is magnified
    np.testing.assert_allclose(once["value"][away], twice["value"][away], rtol=1e-6)


def test_columns_are_nested_and_fourier_pairs_stay_together(dataset):
    x = normalised_inputs(dataset)[0]
    for kind, counting in (
        ("relu", "independent"),
        ("fourier", "independent"),
        ("fourier", "twice"),
        ("relu", "linear"),
    ):
        columns = interpolation_threshold._columns(SETTINGS, 0, kind, counting, x, x)
        few, more = columns(6)[0], columns(10)[0]
        np.testing.assert_array_equal(few, more[:, : few.shape[1]])
    pairs = interpolation_threshold._columns(SETTINGS, 0, "fourier", "independent", x, x)(6)[0]
    norms = (pairs**2).reshape(len(x), 3, 2).sum(axis=2)  # cos² + sin² of each frequency
    np.testing.assert_allclose(norms, norms[0, 0], rtol=1e-12)


def test_classes_are_dealt_evenly(dataset):
    targets = grouped({**SETTINGS, "n_classes": [2, 3, 10]}, 0, np.arange(10), 10)
    assert {k: part.sum(axis=0).tolist() for k, part in targets.items()} == {2: [5, 5], 3: [4, 3, 3], 10: [1] * 10}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_train": [152]}, "152, but digits has 150"),
        ({"n_train": [12, 60], "n_classes": [2, 10]}, "are equal"),
        ({"n_classes": [11]}, "at most 10"),
        ({"networks": {**SETTINGS["networks"], "n_train": [151]}}, "networks.n_train is 151, but digits has 150"),
        ({"networks": {**SETTINGS["networks"], "n_classes": [11]}}, "networks.n_classes is at most 10"),
        ({"networks": {**SETTINGS["networks"], "n_train": [10, 50]}}, "are equal"),
    ],
)
def test_settings_that_cannot_be_measured_are_refused(dataset, changes, message):
    with pytest.raises(UserError, match=message):
        measure({**SETTINGS, **changes}, dataset)


def test_parameters_of_networks_are_counted_right_with_doubled_pixels_too(networks):
    rows = networks[(networks["quantity"] == "loss") & (networks["stopping"] == "fixed_loss")]
    inputs = rows["parameters"].map({"independent": 64, "twice": 128})
    expected = (inputs + 1) * rows["width"] + (rows["width"] + 1) * rows["n_classes"]
    assert (rows["n_params"] == expected).all()
    np.testing.assert_allclose(
        rows["params_per_label"], (expected / (rows["n_train"] * rows["n_classes"])).astype(float)
    )


def test_networks_stop_at_the_fixed_loss_or_after_all_steps(networks):
    keys = ["parameters", "n_train", "n_classes", "width", "seed"]
    rows = networks[networks["split"].isna() & (networks["quantity"] == "reached")].set_index(keys)["value"]
    loss = networks[(networks["quantity"] == "loss") & (networks["split"] == "train")]
    stopped = loss[loss["stopping"] == "fixed_loss"].set_index(keys)["value"]
    last = loss[(loss["stopping"] == "fixed_steps") & (loss["steps"] == 60)].set_index(keys)["value"]
    reached = rows[rows == 1].index
    assert 0 < len(reached) < len(rows)
    assert (stopped[reached] <= 0.5).all()
    missed = rows[rows == 0].index
    pd.testing.assert_series_equal(stopped[missed], last[missed])


def test_thresholds_of_networks_lie_between_widths_that_miss_and_fit(networks):
    assert set(networks["quantity"]) >= {"threshold_params", "peak_params_per_label", "diverged", "reached"}
    found = networks[(networks["quantity"] == "threshold_params") & (networks["stopping"] == "fixed_steps")]
    found = found[(found["steps"] == 60) & np.isfinite(found["value"])]
    assert len(found)
    for row in found.itertuples():
        loss = networks[
            (networks["quantity"] == "loss") & (networks["split"] == "train") & (networks["steps"] == 60)
            & (networks["parameters"] == row.parameters) & (networks["n_train"] == row.n_train)
            & (networks["n_classes"] == row.n_classes) & (networks["seed"] == row.seed)
        ].sort_values("n_params")  # fmt: skip
        fits = loss["value"].to_numpy() <= 0.5
        first = int(np.flatnonzero(fits)[0])
        assert loss["n_params"].iloc[max(first - 1, 0)] <= row.value <= loss["n_params"].iloc[first]


def test_the_threshold_is_interpolated_in_the_logarithms():
    params = np.array([10, 100, 1000])
    assert params_at_level(params, np.array([1, 1e-1, 1e-3]), 1e-2) == pytest.approx(10**2.5)
    assert params_at_level(params, np.array([1, 0.5, 0.2]), 1e-2) == np.inf
    assert params_at_level(params, np.array([np.nan, 1e-3, 1e-4]), 1e-2) == 100


def test_the_figure_draws_and_its_text_has_the_numbers(table):
    table, band = declared(table, "interpolation_threshold"), [0.6, 1.4]
    verdict = undecided("threshold_at_n_times_k", networks_fit_from_about_nk_on={"band": band})
    for drawn, place in ((figure.draw(table, verdict), 0), (details.draw(table, verdict), -1)):
        shaded = drawn.axes[place].patches[0]
        assert [shaded.get_y(), shaded.get_y() + shaded.get_height()] == pytest.approx(band)
    text = figure.alt_text(table, verdict)
    assert "interpolates is 1 times nK" in text and "it takes 2 times nK" in text and "0.29 nK" in text
    place = table[
        (table["features"] == "network") & (table["quantity"] == "peak_params_per_label")
        & (table["stopping"] == "fixed_loss") & (table["parameters"] == "independent")
    ]  # fmt: skip
    typical = np.exp(np.log(place["value"]).groupby([place["n_train"], place["n_classes"]]).mean())
    assert f"largest at {typical.min():.2f} to {typical.max():.2f} nK" in text
