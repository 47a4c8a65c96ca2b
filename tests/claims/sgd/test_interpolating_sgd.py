"""Constant-step SGD with and without interpolation."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged

from overparam import seeding
from overparam.claims.sgd import least_squares_sgd
from overparam.claims.sgd.interpolating_sgd import interpolating_sgd_converges
from overparam.claims.sgd.interpolating_sgd import measure as interpolating_sgd

SETTINGS = {
    "seed": 0, "n_seeds": 4, "n_chains": 2, "n_train": 20, "over_ratios": [1.5, 2.0], "under_ratios": [0.5],
    "contradictory_fraction": 0.1, "duration": 25, "n_records": 10,
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return interpolating_sgd.measure(SETTINGS)


def test_packed_runs_follow_the_exact_expectation():
    draws = seeding.generator(0, "test")
    tasks = []
    for spread in (1.0, 0.4, 3.0):  # unlike condition numbers, so that the runs differ in length and in order
        inputs = draws.standard_normal((5, 2)) * [1.0, spread]
        tasks.append(least_squares_sgd.problem(inputs, inputs @ draws.standard_normal(2)))
    settings = SETTINGS | {"n_chains": 20_000, "duration": 2, "n_records": 4}
    time, excess, distance, n_steps = interpolating_sgd._run(settings, tasks, ("test",))
    assert len(set(n_steps)) == 3
    np.testing.assert_allclose(time, [0, 0.5, 1, 1.5, 2])
    for k, task in enumerate(tasks):
        rates = np.full((n_steps[k], 1), 1 / task.sample_smoothness)
        record = n_steps[k] // 4 * np.arange(1, 5)
        exact = least_squares_sgd.expected_squared_error(task, np.zeros(2), rates, record)[:, 0]
        np.testing.assert_allclose(distance[1:, k], exact, rtol=0.06)  # one step more or less is 10 % and more
        assert excess[0, k] == pytest.approx(0.5 * np.mean(task.labels**2))  # L(0) - 0


def test_interpolation_decides_and_not_the_number_of_parameters(table):
    final = table[table["quantity"] == "final_excess_loss"].groupby(["regime", "labels"])["value"]
    assert final.max()["over", "generic"] < 1e-10
    assert final.max()["under", "realisable"] < 1e-10
    assert final.min()["under", "generic"] > 1e-3
    assert final.min()["over", "contradictory"] > 1e-3


def test_the_measured_rate_is_at_least_the_promised_one(table):
    wide = table.pivot_table(index=["regime", "labels", "p_over_n", "seed"], columns="quantity", values="value")
    interpolating = wide[wide["rate_worst"].notna()]
    assert len(interpolating) == 3 * SETTINGS["n_seeds"]
    assert (interpolating["rate_worst"] >= interpolating["rate_promised"] * (1 - 1e-9)).all()
    assert (interpolating["rate"] >= interpolating["rate_promised"]).all()
    assert (wide.loc["under", "generic"]["rate"] < wide.loc["under", "generic"]["rate_promised"]).all()


def test_curves_start_at_one_and_are_the_excess_over_the_minimum(table):
    curves = table[table["quantity"] == "excess_loss"]
    assert (curves[curves["time"] == 0]["value"] == 1).all()
    assert (curves["value"] >= 0).all()
    counts = curves.groupby(["regime", "labels", "n_params", "seed"]).size()
    assert (counts == SETTINGS["n_records"] + 1).all()


def test_contradictory_labels_cannot_be_fitted_though_there_are_more_parameters():
    task = interpolating_sgd._draw(SETTINGS, 40, "contradictory", seed=0)
    np.testing.assert_array_equal(task.inputs[-2:], task.inputs[:2])
    assert np.abs(task.residuals).max() > 1e-3
    assert np.abs(interpolating_sgd._draw(SETTINGS, 40, "generic", seed=0).residuals).max() < 1e-10


def test_figure_draws_the_promised_rate_and_the_level_that_are_judged(table):
    measurements, verdict = judged("C3", table)
    left, right = interpolating_sgd_converges.draw(measurements, verdict).axes
    for axis in (left, right):
        promised = next(line for line in axis.lines if line.get_linestyle() == ":")
        np.testing.assert_allclose(promised.get_ydata(), np.exp([0, -25]))
        (reached,) = axis.patches
        assert reached.get_y() + reached.get_height() == pytest.approx(1e-10)
    assert left.get_ylabel() == "excess loss (L − L*)/(L₀ − L*)"
    assert "times as fast as promised" in interpolating_sgd_converges.alt_text(measurements, verdict)
