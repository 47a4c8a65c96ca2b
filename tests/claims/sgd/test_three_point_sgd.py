"""SGD on three points: the simulation against the exact expectation."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged

from overparam.claims.sgd.three_point_sgd import constant_step_has_a_floor, decreasing_step_converges
from overparam.claims.sgd.three_point_sgd import measure as three_point_sgd

SETTINGS = {
    "seed": 0, "n_seeds": 10, "n_chains": 20, "min_learning_rate": 0.005, "max_learning_rate": 0.05,
    "n_learning_rates": 4, "burn_in": 10, "averaging": 40, "schedule_scale": 1.0, "slow_schedule_scale": 0.05,
    "schedule_offset": 20, "n_steps": 3000, "n_records": 12,
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return three_point_sgd.measure(SETTINGS)


def test_the_control_differs_in_its_labels_alone():
    systems = three_point_sgd.systems()
    np.testing.assert_array_equal(systems["inconsistent"].inputs, systems["consistent"].inputs)
    np.testing.assert_allclose(systems["inconsistent"].minimiser, systems["consistent"].minimiser, rtol=1e-12)
    np.testing.assert_allclose(systems["consistent"].residuals, 0, atol=1e-12)


def test_the_floor_is_the_exact_one_within_five_standard_errors(table):
    rows = table[(table["system"] == "inconsistent") & (table["method"] == "sgd") & table["schedule"].isna()]
    exact = rows[rows["quantity"] == "stationary_error_exact"].set_index("learning_rate")["value"]
    measured = rows[rows["quantity"] == "stationary_error"].groupby("learning_rate")["value"].agg(["mean", "sem"])
    assert len(exact) == SETTINGS["n_learning_rates"]
    assert ((measured["mean"] - exact).abs() < 5 * measured["sem"]).all()
    assert (measured["sem"] < 0.1 * exact).all()  # with larger errors the line above would hold for any floor


def test_no_floor_without_noise(table):
    rows = table[table["quantity"] == "stationary_error"]
    quiet = rows[(rows["system"] == "consistent") | (rows["method"] == "full_batch")]
    assert len(quiet) == 2 * SETTINGS["n_learning_rates"] * SETTINGS["n_seeds"]
    assert quiet["value"].between(0, 1e-6, inclusive="neither").all()


def test_every_schedule_follows_its_exact_expectation(table):
    rows = table[table["schedule"].notna()]
    exact = rows[rows["quantity"] == "squared_error_exact"].set_index(["schedule", "step"])["value"]
    measured = rows[rows["quantity"] == "squared_error"].groupby(["schedule", "step"])["value"].agg(["mean", "sem"])
    assert ((measured["mean"] - exact).abs() < 5 * measured["sem"] + 1e-12).all()
    last = exact.xs(SETTINGS["n_steps"], level="step")
    assert last["decreasing"] < last["decreasing_slow"] < last["constant"]


def test_a_seed_does_not_depend_on_how_many_there_are(table):
    fewer = three_point_sgd.measure(SETTINGS | {"n_seeds": 3})
    kept = table[table["seed"] < 3].reset_index(drop=True)
    pd.testing.assert_frame_equal(fewer, kept)


def test_figures_draw_the_predicted_slopes(table):
    floor, far = constant_step_has_a_floor.draw(*judged("C1", table)).axes
    assert "predicted slope 1" in [text.get_text() for text in floor.texts]
    assert far.get_xlabel() == "learning rate η" and floor.get_ylim()[0] > far.get_ylim()[1]
    (decay,) = decreasing_step_converges.draw(*judged("C2", table)).axes
    assert "predicted slope −1" in [text.get_text() for text in decay.texts]
    assert "as the step grows 10 times" in constant_step_has_a_floor.alt_text(*judged("C1", table))
    assert f"After {SETTINGS['n_steps']:,} steps" in decreasing_step_converges.alt_text(*judged("C2", table))
