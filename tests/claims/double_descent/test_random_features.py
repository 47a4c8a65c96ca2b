"""Random features of images: thresholds, norms, the kernel limit, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from digits_data import digits_dataset
from sklearn.kernel_ridge import KernelRidge

from overparam.claims.double_descent import normal_equations
from overparam.claims.double_descent.random_feature_maps import normalised_inputs
from overparam.claims.double_descent.random_features import large_fits
from overparam.claims.double_descent.random_features.measure import label_arms, measure
from overparam.datasets.arrow import Dataset, Split
from overparam.errors import UserError

SETTINGS = {
    "seed": 0,
    "dataset": "digits",
    "n_train": 60,
    "n_test": 80,
    "n_seeds": 2,
    "features": ["relu", "fourier"],
    "features_per_sample": [0.5, 1, 1.5, 8],
    "ridge_features_per_sample": [0.5, 1.5],
    "label_noise": [0, 0.2],
    "bandwidth": 0.5,
    "cutoff": 1e-13,
    "heldout_fraction": 0.2,
    "descent_n_train": 15,
    "descent_features_per_sample": 20,
    "descent_tolerance": 1e-8,
    "descent_max_steps": 20_000,
}


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(100, 100)


@pytest.fixture(scope="module")
def table(dataset) -> pd.DataFrame:
    return measure(SETTINGS, dataset)


def test_both_definitions_of_noise_are_drawn_and_clean_labels_stay(dataset):
    part = Split(np.zeros((20_000, 1, 1, 1), np.uint8), np.arange(20_000) % 10)
    arms = label_arms(SETTINGS, 0, part, 10)
    share = {arm: (given != part.labels).mean() for arm, given in arms.items()}
    assert share[0, None] == 0
    assert share[0.2, "wrong_label"] == pytest.approx(0.2, abs=0.01)
    assert share[0.2, "random_label"] == pytest.approx(0.18, abs=0.01)


def test_train_error_vanishes_beyond_the_threshold_only(table):
    loss = table.query("method == 'minimum_norm' and quantity == 'loss' and split == 'train'")
    assert (loss.query("features_per_sample > 1")["value"] < 1e-18).all()
    assert (loss.query("features_per_sample < 1")["value"] > 1e-3).all()
    rank = table.query("quantity == 'rank'")
    assert (rank["value"] == np.minimum(60, rank["n_features"].astype(int))).all()


def test_both_norms_are_of_the_same_coefficients(table):
    keys = ["seed", "features", "method", "n_features", "label_noise", "noise_definition"]
    fits = table[table["method"].isin(["minimum_norm", "ridge"])]
    norms = {name: fits[fits["quantity"] == name].set_index(keys)["value"] for name in ("norm", "function_norm")}
    n_features = norms["norm"].index.get_level_values("n_features").astype(float)
    assert len(n_features) == 2 * 2 * 3 * (4 + 2)
    assert np.allclose(norms["function_norm"].to_numpy(), norms["norm"].to_numpy() * np.sqrt(n_features), rtol=1e-12)


def test_the_predictor_approaches_the_kernel_limit(table):
    distance = table.query("quantity == 'kernel_distance' and features_per_sample > 1")
    near, far = (distance.query(f"features_per_sample == {ratio}")["value"].to_numpy() for ratio in (8, 1.5))
    assert len(near) == 2 * 2 * 3
    assert (near < 0.7 * far).all()


def test_the_kernel_limit_is_the_interpolant_of_scikit_learn(dataset):
    whole = measure({**SETTINGS, "n_train": 100, "n_seeds": 1, "features": ["fourier"], "label_noise": [0]}, dataset)
    train, test = normalised_inputs(dataset)
    sigma = SETTINGS["bandwidth"] * np.sqrt(2)
    model = KernelRidge(alpha=1e-12, kernel="rbf", gamma=1 / (2 * sigma**2))
    predicted = model.fit(train, np.eye(10)[dataset.train.labels]).predict(test[:80])
    wanted = dataset.test.labels[:80]
    measured = whole.query("method == 'kernel' and split == 'test'").set_index("quantity")["value"]
    assert measured["loss"] == pytest.approx(((predicted - np.eye(10)[wanted]) ** 2).sum(axis=1).mean(), rel=1e-6)
    assert measured["error"] == pytest.approx((predicted.argmax(axis=1) != wanted).mean())
    norm = whole.query("method == 'kernel' and quantity == 'function_norm'")["value"].item()
    assert norm == pytest.approx(np.sqrt(np.sum(model.dual_coef_ * np.eye(10)[dataset.train.labels])), rel=1e-6)


def test_gradient_descent_ends_at_the_smallest_norm_from_zero_only(table):
    ends = table.query("quantity == 'solution_distance'")
    assert (ends.query("start == 'zero'")["value"] < 1e-6).all()
    assert (ends.query("start == 'random'")["value"] > 0.5).all()
    assert (table.query("quantity == 'residual'")["value"] <= SETTINGS["descent_tolerance"]).all()


def test_the_same_settings_give_the_same_table(table, dataset):
    pd.testing.assert_frame_equal(table, measure(SETTINGS, dataset), check_exact=True)


def test_a_seed_does_not_depend_on_other_settings_of_the_sweep(table, dataset):
    part = measure({**SETTINGS, "features": ["fourier"], "features_per_sample": [1.5], "n_seeds": 1}, dataset)
    condition = "features == 'fourier' and seed == 0 and method == 'minimum_norm' and features_per_sample == 1.5"
    left, right = (frame.query(condition).reset_index(drop=True) for frame in (part, table))
    assert len(left) > 0
    pd.testing.assert_frame_equal(left, right, check_exact=True, check_dtype=False)


def test_parts_that_were_measured_before_are_not_measured_again(table, dataset):
    known = {}

    def kept(name, measured):
        known[name] = measured()
        return known[name]

    pd.testing.assert_frame_equal(measure(SETTINGS, dataset, kept), table)
    assert len(known) == 2 * 2 * (1 + 4 + 1) and "1-fourier-0.5" in known
    pd.testing.assert_frame_equal(measure(SETTINGS, dataset, lambda name, measured: known[name]), table)


def test_more_features_than_fit_into_memory_give_the_same(table, dataset, monkeypatch):
    monkeypatch.setattr("overparam.claims.double_descent.random_features.measure.LARGE", 60 * 100)
    monkeypatch.setattr(large_fits, "WIDTH", 100)  # several blocks
    blocked = measure(SETTINGS, dataset)
    wide = blocked["method"].eq("minimum_norm") & (blocked["features_per_sample"] > 2)
    compared = wide & blocked["quantity"].isin(["error", "function_norm", "norm", "kernel_distance", "rank"])
    mine, others = (one.loc[compared, "value"] for one in (blocked, table))
    assert len(mine) > 50 and not mine.equals(others)
    np.testing.assert_allclose(mine, others, rtol=1e-6, atol=1e-9)
    assert blocked[~wide].equals(table[~wide])


def test_a_nearly_singular_gram_matrix_is_not_solved_with(table, dataset, monkeypatch):
    monkeypatch.setattr("overparam.claims.double_descent.random_features.measure.LARGE", 0)
    monkeypatch.setattr(normal_equations, "LEAST", 1.1)  # no matrix is that far from a singular one
    others = table["method"].isin(["minimum_norm", "ridge"]) & (table["quantity"] != "kernel_distance")
    pd.testing.assert_frame_equal(measure(SETTINGS, dataset)[others], table[others])


def test_too_few_training_images_are_refused(dataset):
    with pytest.raises(UserError, match=r"n_train is 101, but digits has 100"):
        measure({**SETTINGS, "n_train": 101}, dataset)
