"""Steps of mini-batch SGD over the batch size."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged
from scipy.optimize import brentq

from overparam.claims.sgd import exact_moments
from overparam.claims.sgd.critical_batch_size import critical_batch_size as figure
from overparam.claims.sgd.critical_batch_size import critical_batch_size_details as details
from overparam.claims.sgd.critical_batch_size import knees
from overparam.claims.sgd.critical_batch_size import measure as critical_batch_size
from overparam.plan import experiment_settings


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    settings, _ = experiment_settings.resolve("critical_batch_size", "smoke", {})
    return critical_batch_size.measure({**settings, "seed": 0, "memory_mb": 100})


def test_steps_on_orthogonal_samples_follow_the_closed_form():
    n, eta, m = 5, 0.7, 2  # x_i = e_i: tr A ← (1 − 2η/n + η²(1/(nm) + (1 − 1/m)/n²)) tr A
    samples, eigenvalues = exact_moments.row_space(np.eye(n))
    factor = 1 - 2 * eta / n + eta**2 * (1 / (n * m) + (1 - 1 / m) / n**2)
    steps, _ = critical_batch_size.steps_to_accuracy(samples, eigenvalues, eta, m, 1e-6)
    assert steps == np.ceil(np.log(1e-6) / np.log(factor))


def test_steps_agree_with_the_recursion_of_matrices_with_and_without_noise():
    draws = np.random.default_rng(1)
    samples, h = exact_moments.row_space(draws.standard_normal((4, 6)))
    hessian, eta, m, noise = np.diag(h), 0.05, 3, 0.3
    fitted = noisy = np.eye(4)
    sigma = noise**2 * h.sum()

    def step(a: np.ndarray) -> np.ndarray:
        fourth = np.mean([x @ a @ x * np.outer(x, x) for x in samples], axis=0)
        return a - eta * (hessian @ a + a @ hessian) + eta**2 * (fourth / m + (1 - 1 / m) * hessian @ a @ hessian)

    losses = []
    for _ in range(400):
        fitted, noisy = step(fitted), step(noisy) + eta**2 / m * sigma * hessian
        losses.append([(h * np.diag(a)).sum() / h.sum() for a in (fitted, noisy)])
    first = [int(np.argmax(np.array(losses)[:, k] <= 0.1)) + 1 for k in (0, 1)]
    found = critical_batch_size.steps_to_accuracy(samples, h, eta, m, 0.1, noise)
    assert list(found) == first and first[1] > first[0] > 5
    assert np.isinf(critical_batch_size.steps_to_accuracy(samples, h, eta, m, 1e-6, noise)[1])


def test_step_of_the_theorem_has_its_limits():
    assert critical_batch_size.theorem_step(1, 8.0, 2.0) == 1 / 8
    assert critical_batch_size.theorem_step(np.inf, 8.0, 2.0) == 1 / 2
    assert critical_batch_size.theorem_step(8 / 2 - 1, 8.0, 2.0) == 1 / 4  # half of the full batch's
    assert critical_batch_size.theorem_step(1e12, 8.0, 2.0) == pytest.approx(1 / 2)


@pytest.mark.parametrize("ratio", [2.0, 5.0, 40.0])
def test_latest_knee_has_half_of_the_full_batch_rate_in_the_slowest_direction(ratio):
    slow = 1e-7  # its eigenvalue, with λ₁ = 1 and β = ratio

    def excess(m: float) -> float:
        eta = critical_batch_size.theorem_step(m, ratio, 1.0)
        factor = 1 - 2 * eta * slow + eta**2 * (ratio * slow / m + (1 - 1 / m) * slow**2)
        return np.log(factor) / np.log((1 - slow) ** 2) - 0.5

    assert critical_batch_size.latest_knee(ratio) == pytest.approx(brentq(excess, 1, 100 * ratio), rel=1e-4)


def test_unit_norm_kernel_and_all_kinds_are_interpolated():
    settings = {"n_train": 8, "n_params": 40}
    for kind in critical_batch_size.KINDS_OF_INPUTS:
        inputs = critical_batch_size.draw_inputs(kind, settings, np.random.default_rng(0))
        assert np.linalg.matrix_rank(inputs) == 8
    kernel = critical_batch_size.draw_inputs("gaussian_kernel", settings, np.random.default_rng(0))
    np.testing.assert_allclose((kernel**2).sum(axis=1), 1)


def test_knees_lie_between_the_derived_bounds_and_controls_have_none(table):
    places = knees.of_problems(table, level=2)
    assert len(places) == 5 * 3 and places["knee"].notna().all()
    np.testing.assert_allclose(places["earliest"], places["critical"] - 2)
    assert (places["knee"] >= 0.95 * places["earliest"]).all() and (places["knee"] <= 1.05 * places["latest"]).all()
    wasted = table[(table["quantity"] == "samples_over_one") & (table["batch_over_critical"] <= 1)]
    assert wasted.loc[wasted["case"] == "interpolated", "value"].between(0.99, 2.05).all()
    steps = table[table["quantity"] == "steps_over_full"]
    assert steps.loc[steps["case"] == "interpolated", "value"].between(0.99, 25).all()
    assert steps.loc[steps["case"] == "fixed_step", "value"].min() > 2
    assert np.isinf(steps.loc[steps["case"] == "noisy_labels", "value"]).all()


def test_figure_draws_and_states_the_knees(table):
    drawn = judged("C5", table)
    assert len(figure.draw(*drawn).axes) == 2
    places = knees.of_problems(table, level=2)
    share = (places["knee"] / places["critical"]).min()
    assert f"are twice those of the full batch at {int(share * 100) / 100:g} to" in figure.alt_text(*drawn)


def test_figure_takes_level_and_band_from_the_prediction(table):
    measurements, verdict = judged("C5", table)
    for prediction in verdict["forms"]["printed"]["predictions"]:
        prediction["declared"] |= {"level": 3, "band": [0.25, 4]}
    curves, places = figure.draw(measurements, verdict).axes
    assert 3 in [line.get_ydata()[0] for line in curves.lines if len(set(line.get_ydata())) == 1]
    assert places.get_ylabel().startswith("batch size with 3 times the steps")
    assert {0.25, 4} <= {line.get_ydata()[0] for line in places.lines if len(set(line.get_ydata())) == 1}
    (axis,) = details.draw(measurements, verdict).axes
    assert "0.25 to 4 times $m^*$" in [text.get_text() for text in axis.get_legend().get_texts()]
    lower = knees.of_problems(table, level=3)["knee"] / knees.of_problems(table, level=2)["knee"]
    assert (lower.dropna() < 1).all() and "are 3 times those of the full batch" in figure.alt_text(
        measurements, verdict
    )
