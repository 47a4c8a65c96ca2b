"""Gradient descent and the flow of the modified loss."""

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged
from scipy.optimize import minimize_scalar

from overparam.claims.implicit_regularization.modified_loss import measure as modified_loss
from overparam.claims.implicit_regularization.modified_loss import modified_loss as figure
from overparam.claims.implicit_regularization.modified_loss import modified_loss_details as details
from overparam.plan import experiment_settings

SETTINGS, _ = experiment_settings.resolve("modified_loss", "smoke", {"n_seeds": 2})
SETTINGS |= {"seed": 0, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return modified_loss.measure(SETTINGS)


def torch_loss(problems: modified_loss.TanhProblems, row: int, chosen: slice = slice(None)):
    """Return L of one row as a function of its parameters, by torch."""
    x, y = torch.as_tensor(problems.inputs[row, chosen]), torch.as_tensor(problems.labels[row, chosen])
    size = problems.width * x.shape[1]

    def loss(theta: torch.Tensor) -> torch.Tensor:
        output = torch.tanh(x @ theta[:size].reshape(problems.width, -1).T) @ theta[size:]
        return 0.5 * ((output - y) ** 2).mean() / problems.scale[row]

    return loss


@pytest.mark.parametrize("chosen", [slice(None), slice(4, 8)])
def test_derivatives_agree_with_autograd(chosen):
    problems, start = modified_loss.draw_problems(SETTINGS)
    gradient, curved = problems.derivatives(start, chosen, twice=True)
    for row in range(2):
        loss, theta = torch_loss(problems, row, chosen), torch.as_tensor(start[row])
        expected = torch.func.grad(loss)(theta)
        np.testing.assert_allclose(gradient[row], expected.numpy(), atol=1e-13)
        np.testing.assert_allclose(curved[row], (torch.func.hessian(loss)(theta) @ expected).numpy(), atol=1e-12)


def test_loss_is_scaled_to_unit_curvature():
    problems, start = modified_loss.draw_problems(SETTINGS)
    for row in range(2):
        hessian = torch.func.hessian(torch_loss(problems, row))(torch.as_tensor(start[row]))
        assert torch.linalg.eigvalsh(hessian)[-1] == pytest.approx(1, rel=1e-7)
        expected = torch_loss(problems, row)(torch.as_tensor(start[row]))
        assert modified_loss.loss(problems, start)[row] == pytest.approx(float(expected))


@pytest.mark.parametrize("of_batches", [False, True])
def test_flow_starts_along_the_gradient_of_the_modified_loss(of_batches):
    problems, start = modified_loss.draw_problems(SETTINGS)
    rho, time = 0.3, 1e-4
    ends = [
        modified_loss.flow_ends(
            problems, start, np.full(2, rho), SETTINGS["batch_size"], np.full(2, of_batches), np.array([t]), 1e-12
        )[0]
        for t in (time, 2 * time)
    ]
    velocity = (4 * ends[0] - ends[1] - 3 * start) / (2 * time)  # second order in time
    batches = [slice(k, k + 4) for k in (0, 4, 8)] if of_batches else [slice(None)]
    for row in range(2):
        losses = [torch_loss(problems, row, chosen) for chosen in batches]

        def modified(theta: torch.Tensor, losses=losses) -> torch.Tensor:
            penalty = sum(torch.func.grad(loss)(theta).square().sum() for loss in losses) / len(losses)
            return sum(loss(theta) for loss in losses) / len(losses) + rho * penalty

        expected = -torch.func.grad(modified)(torch.as_tensor(start[row])).numpy()
        np.testing.assert_allclose(velocity[row], expected, atol=1e-6)


def test_best_coefficient_is_that_of_a_search(table):
    problems, start = modified_loss.draw_problems(SETTINGS)
    h = table["learning_rate"].min()
    end = modified_loss._run(problems, start, h, [slice(None)], SETTINGS)[-1]
    times = np.array([SETTINGS["duration"]])

    def distance(c: float) -> float:
        flow = modified_loss.flow_ends(problems, start, np.full(2, c * h), 4, np.zeros(2, bool), times, 1e-10)[0]
        return float(((flow - end)[0] ** 2).sum())

    found = minimize_scalar(distance, bounds=(0.1, 0.4), method="bounded", options={"xatol": 1e-4}).x
    best = table[(table["quantity"] == "best_coefficient") & (table["seed"] == 0) & table["smallest_step"].eq(True)]
    assert best["value"].iloc[0] == pytest.approx(found, abs=5e-4)


def test_orders_are_those_of_the_theory(table):
    errors = table[table["quantity"] == "tracking_error"]
    slopes = {}
    for key, rows in errors.groupby(["method", "flow"]):
        middle = rows.groupby("learning_rate")["value"].mean()
        slopes[key] = np.polyfit(np.log(middle.index), np.log(middle), 1)[0]
    assert slopes["gradient_descent", "modified"] == pytest.approx(2, abs=0.1)
    assert slopes["sgd_mean", "sgd_modified"] == pytest.approx(2, abs=0.15)
    for key in (("gradient_descent", "plain"), ("gradient_descent", "reversed"), ("sgd_mean", "modified")):
        assert slopes[key] == pytest.approx(1, abs=0.15)


def test_solver_adds_nothing_that_matters(table):
    change = table[table["quantity"] == "flow_change"]["value"].max()
    assert change < 0.01 * table[table["quantity"] == "tracking_error"]["value"].min()
    assert (table[table["quantity"] == "diverged"]["value"] == 0).all()


def test_figure_draws_and_states_the_coefficient(table):
    measurements, verdict = judged("G1", table)
    assert len(figure.draw(measurements, verdict).axes) == 2
    text = figure.alt_text(measurements, verdict)
    assert "best coefficient at the smallest h is 0.25" in text
    own = verdict["forms"]["corrected"]["predictions"][-1]["estimates"][0]["estimate"]
    assert f"the modified loss of its batches with {own:.2f}." in text


def test_band_and_orders_are_the_declared_ones(table):
    measurements, verdict = judged("G1", table)
    declared = {one["name"]: one["declared"] for one in verdict["forms"]["corrected"]["predictions"]}
    declared["best-coefficient"]["band"] = [0.2, 0.4]
    declared["descent-tracks-the-modified-flow"]["band"] = [2.9, 3.1]
    axes = figure.draw(measurements, verdict).axes
    assert "slope 3" in [text.get_text() for text in axes[0].texts]
    assert axes[0].get_xlabel() == "step size h, in 1/λₘₐₓ"
    (best,) = details.draw(measurements, verdict).axes
    assert best.patches[0].get_y() == 0.2 and best.patches[0].get_height() == pytest.approx(0.2)
