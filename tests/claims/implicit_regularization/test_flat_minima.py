"""Minima over step size, start and batch size: against autograd, closed forms and themselves."""

import numpy as np
import pandas as pd
import pytest
import torch
from digits_data import digits_dataset
from judged_claims import judged

from overparam import seeding
from overparam.claims.implicit_regularization.flat_minima import (
    drawn_problems,
    flat_minima_generalise,
    larger_steps_find_flatter_minima,
)
from overparam.claims.implicit_regularization.flat_minima import measure as flat_minima
from overparam.claims.implicit_regularization.flat_minima.squared_relu import SquaredReluProblems, single_loss
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.plan import experiment_settings

SETTINGS, _ = experiment_settings.resolve("flat_minima", "smoke", {})
SETTINGS |= {"seed": 0, "memory_mb": 100, "gpus": 0}
KEYS = ["seed", "model", "method", "arm", "origin", "learning_rate", "start", "batch_size", "weights"]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(300, 100)


@pytest.fixture(scope="module")
def table(dataset) -> pd.DataFrame:
    return flat_minima.measure(SETTINGS, dataset)


def chosen(table: pd.DataFrame, **where) -> pd.DataFrame:
    for column, value in where.items():
        table = table[table[column] == value]
    return table


def test_samples_are_centred_and_labels_are_parities(dataset):
    (inputs, labels), (others, other_labels), starts = drawn_problems.draw(SETTINGS, dataset)
    n, seeds = SETTINGS["n_train"], SETTINGS["n_seeds"]
    assert inputs.shape == (seeds, n, 65) and others.shape == (seeds, 100, 65)
    torch.testing.assert_close(inputs[..., :64].mean(dim=1), torch.zeros(seeds, 64, dtype=torch.float64))
    torch.testing.assert_close(inputs[..., :64].square().sum(dim=2).mean(dim=1), torch.ones(seeds, dtype=torch.float64))
    assert (inputs[..., 64] == drawn_problems.CONSTANT_INPUT).all() and (labels.abs() == 1).all()
    assert (other_labels[0].numpy() == np.where(dataset.test.labels % 2, -1, 1)).all()
    assert starts.shape == (seeds, 66, SETTINGS["n_starts"], SETTINGS["width"])
    fewer = drawn_problems.draw({**SETTINGS, "n_seeds": 2, "n_starts": 3}, dataset)
    torch.testing.assert_close(fewer[2], starts[:2, :, :3], rtol=0, atol=0)


@pytest.mark.parametrize("memory_mb", [100, 0.01])
def test_largest_curvature_is_that_of_the_whole_hessian(memory_mb):
    draws = seeding.generator(0, "test")
    x, y = (torch.as_tensor(draws.standard_normal(shape)) for shape in ((3, 9, 4), (3, 9)))
    weights = torch.as_tensor(draws.standard_normal((3, 5, 2, 3)))
    weights[1, 0, 1] = torch.nan
    found = flat_minima.largest_curvature(
        SquaredReluProblems(x, y), weights, seeding.torch_generator(0, "test"), memory_mb
    )
    assert found[1, 1] == torch.inf
    for row, model in ((0, 0), (0, 1), (1, 0), (2, 1)):
        hessian = torch.func.hessian(single_loss)(weights[row, :, model].flatten(), x[row], y[row])
        assert found[row, model] == pytest.approx(float(torch.linalg.eigvalsh(hessian).abs().max()), rel=1e-6)


def test_linear_model_follows_its_closed_form_and_diverges_beyond_the_edge(table, dataset):
    (inputs, labels), _, _ = drawn_problems.draw(SETTINGS, dataset)
    rows = chosen(table, model="linear", method="descent", arm="equal_time")
    for seed in range(2):
        x, y = inputs[seed].numpy(), labels[seed].numpy()
        values, vectors = np.linalg.eigh(x.T @ x / len(y))
        for share in (0.2, 0.8):
            h = 2 * share / values[-1]
            factor = (1 - h * values) ** round(SETTINGS["duration"] / (2 * share))
            expected = np.sum((factor * (vectors.T @ (x.T @ y / len(y)))) ** 2)
            own = chosen(rows, seed=seed, learning_rate=share, quantity="squared_gradient")["value"].item()
            assert own == pytest.approx(expected, rel=1e-6)
    assert (chosen(rows, quantity="curvature", stable=True)["value"] == 1).all()
    longer = flat_minima.measure({**SETTINGS, "duration": 240, "n_seeds": 2, "steps": [0.5, 0.6, 0.8, 2]}, dataset)
    rows = chosen(longer, model="linear", method="descent", learning_rate=2, arm="equal_time")
    assert (chosen(rows, quantity="diverged")["value"] == 1).all()
    assert np.isinf(chosen(rows, quantity="curvature")["value"]).all()


def test_small_steps_change_the_curvature_as_the_explicit_term_does(dataset):
    settings = {**SETTINGS, "steps": [0.02, 0.04, 0.5, 1], "explicit_steps": [0.02, 0.04, 0.5], "flow_step": 0.2}
    rows = chosen(flat_minima.measure(settings, dataset), model="network", arm="equal_time", quantity="curvature")
    wide = {
        method: chosen(rows, method=method, weights="found")
        .query("method == 'explicit' or origin == 'step_size'")
        .pivot(index="seed", columns="learning_rate", values="value")
        for method in ("descent", "explicit")
    }
    shift = wide["explicit"][0.02] - wide["explicit"][0]
    np.testing.assert_allclose(wide["descent"][0.02] - wide["explicit"][0], shift, rtol=0.1)
    assert (shift.abs() > 1e-5).all()


def test_half_the_step_of_the_flows_changes_little(table, dataset):
    finer = flat_minima.measure({**SETTINGS, "flow_step": SETTINGS["flow_step"] / 2}, dataset)
    ends = [
        chosen(part, model="network", method="explicit", arm="equal_time", quantity="curvature")["value"].to_numpy()
        for part in (table, finer)
    ]
    np.testing.assert_allclose(ends[0], ends[1], rtol=5e-3)


def test_crossings_have_the_train_loss_asked_for(table):
    rows = chosen(table, arm="equal_loss", model="network", weights="found")
    loss = chosen(rows, quantity="loss", split="train").set_index(KEYS)["value"]
    reached = chosen(rows, quantity="unreached").set_index(KEYS)["value"] == 0
    assert reached.any()
    stable = loss[reached & (loss.index.get_level_values("method") == "explicit")]
    np.testing.assert_allclose(stable, SETTINGS["level"], rtol=0.01)


def test_rescaled_weights_are_other_minima_of_the_same_functions(table):
    rows = chosen(table, weights="rescaled")
    assert (chosen(rows, quantity="output_change")["value"] < 1e-10).all()
    assert (chosen(rows, quantity="curvature_change")["value"] >= 1).all()
    assert chosen(rows, quantity="curvature_change")["value"].median() > 1.2
    both = chosen(table, quantity="loss", split="test", origin="batch_size", arm="equal_loss")
    wide = both.pivot(index=["seed", "batch_size"], columns="weights", values="value")
    np.testing.assert_allclose(wide["found"], wide["rescaled"], rtol=0.3)  # at the crossing, and just after it
    assert len(wide) == SETTINGS["n_seeds"] * len(SETTINGS["batch_sizes"])


def test_perturbed_loss_rises_by_half_the_variance_times_the_trace(dataset):
    settings = {**SETTINGS, "perturbation": 0.005, "n_perturbations": 200, "n_seeds": 2}
    rows = chosen(flat_minima.measure(settings, dataset), weights="found", origin="initialisation")
    increase, expected = (
        chosen(rows, quantity=quantity)["value"].to_numpy() for quantity in ("loss_increase", "expected_increase")
    )
    np.testing.assert_allclose(increase, expected, rtol=0.2)
    assert np.mean(increase / expected) == pytest.approx(1, abs=0.08)


def test_long_perturbations_are_measured_of_rescaled_weights_and_are_expected_to_cost_their_square(table):
    assert set(chosen(table, reach="far")["weights"]) == {"rescaled"}
    expected = chosen(table, quantity="expected_increase", weights="rescaled").pivot(
        index=["seed", "origin", "learning_rate", "start", "batch_size"], columns="reach", values="value"
    )
    ratio = (SETTINGS["far_perturbation"] / SETTINGS["perturbation"]) ** 2
    np.testing.assert_allclose(expected["far"], ratio * expected["near"])
    assert len(expected) == SETTINGS["n_seeds"] * (4 + SETTINGS["n_starts"] + len(SETTINGS["batch_sizes"]))


def test_edge_and_places_are_those_of_the_rows(table):
    curvature, edge = (chosen(table, quantity=name).set_index(KEYS) for name in ("curvature", "edge"))
    found = curvature[curvature["value"].notna() & (curvature.index.get_level_values("weights") == "found")]
    expected = found["value"] * found.index.get_level_values("learning_rate")
    np.testing.assert_allclose(edge.loc[found.index, "value"], expected)
    np.testing.assert_allclose(found["sharpness"], found["value"])
    trace = chosen(table, quantity="trace")
    np.testing.assert_allclose(trace["total_sharpness"], trace["value"])


def test_the_same_settings_give_the_same_table_at_any_memory(table, dataset):
    again = flat_minima.measure({**SETTINGS, "memory_mb": 3}, dataset)
    same = table["quantity"].isin(["loss", "error"]) & table["method"].eq("explicit")
    pd.testing.assert_frame_equal(
        table[same].drop(columns=["sharpness", "total_sharpness", "slope"]),
        again[same].drop(columns=["sharpness", "total_sharpness", "slope"]),
        rtol=1e-9,
    )
    pd.testing.assert_frame_equal(table, flat_minima.measure(SETTINGS, dataset), check_exact=True)


def test_images_must_be_enough(dataset):
    with pytest.raises(UserError, match="n_train is 301, but digits has 300 training images"):
        flat_minima.measure({**SETTINGS, "n_train": 301}, dataset)


def test_figures_draw_and_their_texts_have_the_numbers(table):
    measurements, verdict = judged("G2", table)
    verdict["data"] = {"label": "digits"}
    axes = larger_steps_find_flatter_minima.draw(measurements, verdict).axes
    assert len(axes) == 2 and axes[0].get_ylabel() == "λₘₐₓ, in λ*" and axes[1].get_xlabel() == "step size h, in 2/λ*"
    rows = chosen(table, model="network", quantity="curvature", arm="equal_time")
    flow = chosen(rows, method="explicit", learning_rate=0).set_index("seed")["value"]
    largest = chosen(rows, method="descent", origin="step_size", learning_rate=2).set_index("seed")["value"]
    text = larger_steps_find_flatter_minima.alt_text(measurements, verdict)
    assert f"{(largest / flow).mean():.3f} times it at 2 · 2/λ*" in text
    rows = chosen(table, quantity="loss_increase", weights="found", origin="initialisation", arm="equal_loss")
    ranks = [part["sharpness"].corr(part["value"], method="spearman") for _, part in rows.groupby("seed")]
    assert f"{np.mean(ranks):.2f} over starts" in flat_minima_generalise.alt_text(table, verdict)
