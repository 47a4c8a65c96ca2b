"""Quadratic units: curvature against autograd, the optimum against a plain solver, and descent against a plain loop."""

import numpy as np
import pytest
import scipy.optimize
import smoke_settings
import torch

from overparam.claims.shallow_networks.quadratic_landscape import measure
from overparam.theory.hidden_layer import half_signs


@pytest.fixture
def problem():
    """Return inputs, labels, weights and output weights of two problems with 3 inputs and 4 units."""
    draws = torch.Generator().manual_seed(3)
    x, y, w = (torch.randn(2, *shape, generator=draws, dtype=torch.float64) for shape in ((9, 3), (9,), (4, 3)))
    return x, y / y.norm(dim=1, keepdim=True), 0.3 * w, half_signs(4, 1.0)


def loss(w, x, y, v):
    return ((((x @ w.T) ** 2) @ v - y) ** 2).sum() / 2


def test_the_curvature_is_that_of_autograd(problem):
    x, y, w, v = problem
    found = measure.relative_curvature(x, y, w, v)
    for one in range(2):
        hessian = torch.func.hessian(loss)(w[one], x[one], y[one], v).reshape(12, 12)
        values = torch.linalg.eigvalsh(hessian)
        assert found[one].item() == pytest.approx((values[0] / values[-1]).item(), rel=1e-9)


def test_descent_ends_where_a_plain_solver_finds_the_convex_optimum(problem):
    x, y, w, _ = problem
    v = half_signs(6, 1.0)
    w = torch.cat([w, w[:, :2] / 2], dim=1)
    ends, losses, _ = measure.descend(x, y, w, v, 2000)
    optimum = measure.least_loss(x, y)
    for one in range(2):
        points, given = x[one].numpy(), y[one].numpy()

        def squares(a, points=points, given=given):  # of any matrix: its symmetric part alone counts
            return np.sum((np.einsum("ni,ij,nj->n", points, a.reshape(3, 3), points) - given) ** 2)

        form = scipy.optimize.minimize(squares, np.zeros(9))
        assert optimum[one].item() == pytest.approx(form.fun, abs=1e-8)
        assert losses[one].item() == pytest.approx(2 * loss(ends[one], x[one], y[one], v).item(), rel=1e-9)
        assert losses[one].item() == pytest.approx(optimum[one].item(), abs=1e-6)


def test_one_step_follows_the_gradient(problem):
    x, y, w, v = problem
    ends, losses, steps = measure.descend(x, y, w, v, 1)
    for one in range(2):
        slope = torch.func.grad(loss)(w[one], x[one], y[one], v)
        torch.testing.assert_close(ends[one], w[one] - 1e-2 * slope)
        assert losses[one].item() == pytest.approx(2 * loss(ends[one], x[one], y[one], v).item(), rel=1e-9)
    assert (steps == 1).all()


def test_a_minimum_stays_critical_in_the_wider_network_and_has_a_way_down(problem):
    x, y, w, v = problem
    ends, losses, _ = measure.descend(x, y, w[:, 1:3], v[1:3], 2000)
    wider, signs = measure.widened(ends, v[1:3], 4)
    assert signs.tolist() == [1, -1, 1, 1, -1, -1]
    for one in range(2):
        assert torch.func.grad(loss)(wider[one], x[one], y[one], signs).norm() < 1e-5
    assert (losses > measure.least_loss(x, y) + 1e-3).all()
    assert (measure.relative_curvature(x, y, ends, v[1:3]) > -1e-6).all()
    assert (measure.relative_curvature(x, y, wider, signs) < -1e-3).all()


def test_labels_of_one_sign_are_explained_best_by_a_definite_form():
    settings = {"dimension": 5, "n_seeds": 60, "seed": 100}
    inputs, labels = (part.numpy() for part in measure._problems(settings, "one sign", 24))
    for x, y in zip(inputs, labels, strict=True):
        form = np.linalg.lstsq(np.einsum("ni,nj->nij", x, x).reshape(24, 25), y, rcond=None)[0].reshape(5, 5)
        assert np.linalg.eigvalsh(form + form.T)[0] > 0


def test_twice_the_dimension_is_enough_and_fewer_are_not():
    table = measure.measure(smoke_settings.settings("quadratic_landscape"))
    solved = table[table["quantity"] == "at_optimum"].groupby("units_per_dimension")["value"].mean()
    assert solved[2] > 0.8 and solved[1] < 0.7
