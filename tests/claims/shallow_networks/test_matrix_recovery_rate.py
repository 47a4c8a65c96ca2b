"""Rate and distance of gradient descent on a symmetric factorization."""

import numpy as np
import pandas as pd
import pytest
from altered_verdicts import altered, uprights
from judged_claims import judged
from scipy.optimize import minimize

from overparam.claims.shallow_networks import symmetric_factorization as factorization
from overparam.claims.shallow_networks.matrix_recovery_rate import matrix_recovery_rate as figure
from overparam.claims.shallow_networks.matrix_recovery_rate import measure as matrix_recovery_rate
from overparam.plan import experiment_settings


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    settings, _ = experiment_settings.resolve("matrix_recovery_rate", "smoke", {})
    return matrix_recovery_rate.measure({**settings, "seed": 0, "memory_mb": 100})


def test_unit_of_time_is_that_of_the_lemma():
    draws = np.random.default_rng(0)
    features, start = factorization.draw_features(3, 4, draws), draws.standard_normal((4, 2))
    jacobian = np.stack([2 * (a @ start).ravel() for a in features])
    values = np.linalg.eigvalsh(jacobian @ jacobian.T)
    rate, alpha = 1 / (2 * values[-1]), values[0] ** 0.5 / 2
    assert matrix_recovery_rate.time_unit(features, start) == pytest.approx(rate * alpha**2 / 2)


def test_nearest_fit_agrees_with_a_general_solver():
    draws = np.random.default_rng(1)
    features, labels = factorization.draw_features(3, 5, draws), draws.standard_normal(3)
    start = factorization.draw_start(5, 2, labels, draws)
    fit = factorization.gradient_descent(features, labels, start)
    nearest = factorization.nearest_fit(features, labels, start, fit.factor)
    np.testing.assert_allclose(factorization.outputs(features, nearest), labels, atol=1e-9)

    def gap(flat: np.ndarray) -> np.ndarray:
        return factorization.outputs(features, flat.reshape(5, 2)) - labels

    known = minimize(
        lambda flat: ((flat - start.ravel()) ** 2).sum(), fit.factor.ravel(), method="SLSQP",
        constraints={"type": "eq", "fun": gap}, options={"ftol": 1e-14, "maxiter": 500},
    )  # fmt: skip
    assert np.linalg.norm(nearest - start) == pytest.approx(known.fun**0.5, rel=1e-5)
    assert np.linalg.norm(nearest - start) <= np.linalg.norm(fit.factor - start)


def test_descent_records_its_losses_and_path():
    draws = np.random.default_rng(2)
    features, labels = factorization.draw_features(3, 6, draws), draws.standard_normal(3)
    start = factorization.draw_start(6, 2, labels, draws)
    fit = factorization.gradient_descent(features, labels, start)
    assert len(fit.losses) == fit.steps + 1 and (np.diff(fit.losses) <= 0).all()
    first = factorization.outputs(features, start) - labels
    assert fit.losses[0] == pytest.approx(first @ first / (labels @ labels))
    assert fit.path >= np.linalg.norm(fit.factor - start) > 0


def test_well_conditioned_starts_converge_as_promised_and_stay_close(table):
    usual = table[table["case"] == "well_conditioned"]
    residuals = usual[usual["quantity"] == "squared_residual"]
    assert (residuals["value"] <= np.exp(-residuals["time"]) * (1 + 1e-9)).all() and len(residuals) >= 4 * 3 * 8
    value = {name: rows["value"] for name, rows in usual.groupby("quantity")}
    assert value["final_residual"].max() <= 1e-6 and value["limit_hit"].max() == 0
    assert value["distance_over_promised"].max() < 1
    assert (value["distance_over_nearest"] >= 1 - 1e-6).all()
    assert (value["path_over_distance"] >= 1).all()
    assert value["premise"].min() > 1  # the lemma does not apply, but its conclusion holds


def test_controls_fail(table):
    final = table[table["quantity"] == "final_residual"].groupby("case")["value"]
    assert final.min()["one_column"] > 0.01 and final.min()["too_many_samples"] > 0.01
    distance = table[table["quantity"] == "relative_distance"].groupby("case")["value"]
    assert distance.min()["small_start"] > 10


def test_figure_draws_and_states_the_residuals(table):
    drawn = judged("E18", table)
    assert len(figure.draw(*drawn).axes) == 2
    final = table[(table["quantity"] == "final_residual") & (table["case"] == "one_column")]["value"].min()
    assert f"With one column a residual of at least {int(final * 100) / 100:g}" in figure.alt_text(*drawn)


def test_figure_draws_the_rate_and_the_distance_that_were_judged(table):
    declared, verdict = judged("E18", table)
    found = altered(verdict, "close-to-the-start", greater=3)
    left, right = figure.draw(declared, altered(found, "geometric", band=[None, -2])).axes
    (promised,) = (line for line in left.get_lines() if line.get_linestyle() == ":")
    np.testing.assert_allclose(promised.get_ydata(), np.exp(-2 * promised.get_xdata()))
    assert uprights(right) == [3]
