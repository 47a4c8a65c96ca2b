"""Interpolating solutions from different starts, against gradient descent and closed forms."""

import numpy as np
import pandas as pd
import pytest
from declared_tables import declared
from digits_data import digits_dataset
from undecided_verdicts import undecided

from overparam.claims.double_descent.interpolating_solutions import measure as interpolating_solutions
from overparam.claims.double_descent.interpolating_solutions import one_model_at_the_threshold, smaller_norm_generalises
from overparam.claims.double_descent.interpolating_solutions.measure import measure
from overparam.claims.double_descent.random_feature_maps import gradient_descent
from overparam.claims.double_descent.ridge import tuned_ridge
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError

SETTINGS = {
    "seed": 0, "memory_mb": 100, "dataset": "digits", "n_train": 20, "n_test": 60, "n_seeds": 3,
    "features": ["relu", "fourier"], "features_per_sample": [1, 1.5, 2, 8], "label_noise": [0, 0.2], "n_starts": 3,
    "scaled_features_per_sample": [8], "start_scales": [0, 1, 2, 4], "truth_shares": [0, 0.5, 1], "cutoff": 1e-13,
    "gpus": 0, "network_model": "mlp", "network_seeds": 2, "network_n_train": 20, "network_batch_size": 20,
    "network_widths": [2, 24, 48], "network_starts": 3, "network_epochs": 150, "network_learning_rate": 0.01,
    "network_scaled_width": 48, "network_scaled_starts": 1, "network_scales": [0.5, 1, 2],
    "network_scaled_epochs": 600, "network_descent_rate": 0.3, "network_level": 0.01, "network_truth_epochs": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(300, 100)


@pytest.fixture(scope="module")
def table(dataset) -> pd.DataFrame:
    return measure(SETTINGS, dataset)


@pytest.fixture(scope="module")
def networks(table) -> pd.DataFrame:
    return table[table["features"] == "network"]


def test_every_solution_interpolates(table):
    residual = table[table["quantity"] == "residual"]
    assert set(residual["start"]) == {"random", "row_space", "scaled", "truth"}
    assert (residual["value"] < 1e-9).all()


def test_one_solution_at_the_threshold_and_many_beyond(table):
    spread = table[(table["quantity"] == "spread") & (table["start"] == "random")]
    at, beyond = (spread[spread["features_per_sample"] == ratio]["value"] for ratio in (1, 2))
    assert (at < 1e-9).all() and (beyond > 0.05).all()
    free = table[table["quantity"] == "free"]
    assert (free["value"] == free["n_features"].astype(float) - 20).all()


def test_starts_in_the_span_of_the_samples_are_forgotten(table):
    rows = table[table["start"] == "row_space"].groupby("quantity")["value"].max()
    assert rows["spread"] < 1e-10 and rows["disagreement"] == 0


def test_solutions_are_those_of_gradient_descent(dataset, table):
    problem = interpolating_solutions._FeatureSolutions(SETTINGS, 1, dataset)
    _, parts, train, test = problem._features("relu", 8)
    targets = problem.targets[0.2]
    shortest = parts.coefficients(targets)
    start = np.linalg.norm(shortest) * problem._start("random", "relu", 8, 0.2, 2, shortest.shape, train)
    assert np.linalg.norm(start) == pytest.approx(np.linalg.norm(shortest))
    found, steps = gradient_descent(train, targets, start, 1e-9, 200_000)
    assert steps < 200_000
    loss = ((test @ found - problem.wanted) ** 2).sum(axis=1).mean()
    condition = "seed == 1 and features == 'relu' and start == 'random' and features_per_sample == 8 and draw == 2"
    rows = table.query(f"{condition} and label_noise == 0.2 and quantity == 'loss'")
    assert rows["value"].item() == pytest.approx(loss, rel=1e-6)


def test_the_spread_follows_its_closed_form(dataset):
    """Two starts of length R differ in squared output, on average, by 2R²/N · ‖P φ(x)‖²."""
    settings = {**SETTINGS, "n_starts": 40, "n_seeds": 1, "network_seeds": 1, "features": ["relu"], "label_noise": [0]}
    table = measure(settings, dataset)
    problem = interpolating_solutions._FeatureSolutions(settings, 0, dataset)
    _, parts, _, test = problem._features("relu", 8)
    shortest = parts.coefficients(problem.targets[0])
    length, unit = np.linalg.norm(shortest), np.sqrt(((test @ shortest) ** 2).sum(axis=1).mean())
    for ratio in (1.5, 2, 8):
        size, parts, _, test = problem._features("relu", ratio)
        free = (parts.null_part(test.T) ** 2).sum(axis=0).mean()
        expected = np.sqrt(2 * length**2 / size["n_features"] * free) / unit
        rows = table[(table["quantity"] == "spread") & (table["start"] == "random")]
        measured = rows[rows["features_per_sample"] == ratio]["value"].item()
        assert measured == pytest.approx(expected, rel=0.05)


def test_norms_are_pythagorean_and_the_smallest_is_from_zero(table):
    scaled = table[(table["start"] == "scaled") & (table["quantity"] == "norm") & (table["features"] != "network")]
    keys = ["seed", "features", "label_noise"]
    wide = scaled.pivot_table(index=keys, columns="start_scale", values="value")
    beyond = (wide**2).sub(wide[0] ** 2, axis=0).div(wide[0] ** 2, axis=0)  # scale² · ‖P start‖², P of rank N − n
    for scale in (1, 2, 4):
        np.testing.assert_allclose(beyond[scale] / scale**2, 1 - 1 / 8, rtol=0.05)


def test_risk_rises_with_random_norms_and_falls_towards_the_truth(table):
    loss = table[(table["quantity"] == "loss") & table["solution_norm"].notna() & (table["features"] != "network")]
    wide = {
        start: loss[loss["start"] == start].pivot_table(
            index=["features", "label_noise"], columns="start_scale", values=["value", "solution_norm"]
        )
        for start in ("scaled", "truth")
    }
    assert (wide["scaled"]["value"].diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    assert (wide["truth"]["value"][1] < wide["truth"]["value"][0]).all()
    assert (wide["truth"]["solution_norm"].diff(axis=1).iloc[:, 1:] > 0).all(axis=None)


def test_the_truth_is_a_ridge_fit_that_does_not_see_the_samples(dataset):
    problem = interpolating_solutions._FeatureSolutions(SETTINGS, 0, dataset)
    assert len(problem.x_rest) == 280
    rows = {image.tobytes() for image in problem.x_rest}
    assert sum(image.tobytes() in rows for image in problem.x) == 0
    features = problem._map("relu", 40)(problem.x_rest)
    truth, _ = tuned_ridge(features, problem.rest_targets, 1, 0.2)
    null_risk = (problem.rest_targets**2).sum(axis=1).mean()
    assert ((features @ truth - problem.rest_targets) ** 2).sum(axis=1).mean() < 0.5 * null_risk


def test_the_same_settings_give_the_same_table(table, dataset):
    pd.testing.assert_frame_equal(table, measure(SETTINGS, dataset), check_exact=True)


def test_images_must_be_left_over(dataset):
    with pytest.raises(UserError, match="n_train is 300, but digits has 300 training images"):
        measure({**SETTINGS, "n_train": 300}, dataset)


@pytest.mark.parametrize(("key", "limit"), [("network_n_train", "n_train"), ("network_seeds", "n_seeds")])
def test_networks_take_a_part_of_the_samples_and_seeds(key, limit, dataset):
    settings = {**SETTINGS, key: SETTINGS[limit] + 1}
    with pytest.raises(
        UserError, match=rf"{key} = {settings[key]}\b.* must be at most .*{limit} = {SETTINGS[limit]}\b"
    ):
        measure(settings, dataset)


def test_the_figures_draw_and_their_texts_have_the_numbers(table):
    table, verdict = declared(table, "interpolating_solutions"), undecided("one_model_at_the_threshold")
    for figure in (one_model_at_the_threshold, smaller_norm_generalises):
        assert figure.draw(table, verdict).axes
    assert "0.0 % at N = n" in one_model_at_the_threshold.alt_text(table, verdict)
    condition = (
        "start == 'scaled' and quantity == 'loss' and features == 'relu' and label_noise == 0 and start_scale == 4"
    )
    assert f"to {table.query(condition)['value'].mean():.2g} at" in smaller_norm_generalises.alt_text(table, verdict)
    condition = "features == 'network' and quantity == 'disagreement' and place == 'widest' and label_noise == 0"
    share = f"{100 * table.query(condition)['value'].mean():.0f} % at the largest (no label noise)"
    assert share in one_model_at_the_threshold.alt_text(table, verdict)


def test_networks_that_fit_from_different_starts_differ(networks):
    rows = networks[(networks["start"] == "random")]
    wide = rows[rows["width"] == 48].pivot_table(index=["seed", "label_noise"], columns="quantity", values="value")
    assert (wide["fitted"] == 1).all() and (wide["train_error"] == 0).all() and (wide["disagreement"] > 0.01).all()
    narrow = rows[(rows["width"] == 2) & (rows["quantity"] == "disagreement")]
    assert len(narrow) == 4 and narrow["value"].isna().all()
    places = rows[rows["place"].notna() & (rows["quantity"] == "disagreement")]
    assert set(places["seed"]) == {1, 2} and len(places) == 8 and places["value"].notna().all()


def test_networks_from_larger_weights_end_at_larger_norms_and_risks(networks):
    rows = networks[networks["start"] == "scaled"]
    wide = rows.pivot_table(index=["seed", "label_noise"], columns=["quantity", "start_scale"], values="value")
    assert (wide["reached"] == 1).all(axis=None) and (wide["train_loss"] <= 0.0101).all(axis=None)
    assert (wide["norm"].diff(axis=1).iloc[:, 1:] > 0).all(axis=None)
    assert wide["loss"][2].mean() > wide["loss"][1].mean()


def test_networks_moved_towards_the_truth_fit_the_same_samples_with_less_risk(networks):
    rows = networks[networks["start"] == "truth"]
    wide = rows.pivot_table(index=["seed", "label_noise"], columns=["quantity", "start_scale"], values="value")
    assert (wide["reached"] == 1).all(axis=None)
    assert (wide["loss"][1] < wide["loss"][0]).all()
    scaled = networks[(networks["start"] == "scaled") & (networks["start_scale"] == 1)]
    begun = scaled.pivot_table(index=["seed", "label_noise"], columns="quantity", values="value")
    np.testing.assert_allclose(wide["norm"][0], begun["norm"], rtol=1e-3)  # share 0 is scale 1
