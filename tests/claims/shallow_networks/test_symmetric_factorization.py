"""Fitting labels by ⟨A, UUᵀ⟩: derivatives, degrees of freedom and solvers."""

import numpy as np
import pytest
import torch
from scipy.optimize import least_squares

from overparam.claims.shallow_networks import symmetric_factorization as factorization


def problem(n: int, d: int, r: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draws = np.random.default_rng(seed)
    features, labels = factorization.draw_features(n, d, draws), draws.standard_normal(n)
    return features, labels, factorization.draw_start(d, r, labels, draws)


def test_outputs_and_jacobian_agree_with_their_definitions():
    features, _, start = problem(5, 4, 2)
    expected = [np.trace(a @ start @ start.T) for a in features]
    np.testing.assert_allclose(factorization.outputs(features, start), expected, atol=1e-12)

    def traces(u: torch.Tensor) -> torch.Tensor:
        return (torch.as_tensor(features) * (u @ u.T)).sum(dim=(1, 2))

    jacobian = torch.func.jacrev(traces)(torch.as_tensor(start)).reshape(5, -1).numpy()
    np.testing.assert_allclose(factorization.jacobian(features, start), jacobian, atol=1e-12)


@pytest.mark.parametrize(("d", "r"), [(5, 1), (5, 2), (6, 4), (4, 4)])
def test_degrees_of_freedom_are_the_rank_of_the_derivative(d, r):
    u = torch.as_tensor(np.random.default_rng(1).standard_normal((d, r)))
    derivative = torch.func.jacrev(lambda u: (u @ u.T).flatten())(u).reshape(d * d, d * r)
    assert factorization.degrees_of_freedom(d, r) == int(torch.linalg.matrix_rank(derivative))


def test_features_are_symmetric_parts_and_starts_have_the_scale_of_the_labels():
    draws = np.random.default_rng(2)
    features = factorization.draw_features(20_000, 4, draws)
    np.testing.assert_array_equal(features, features.mT)
    labels = 3 * draws.standard_normal(20_000)
    start = factorization.draw_start(4, 2, labels, draws)
    assert np.linalg.cond(start) == pytest.approx(1)
    outputs = factorization.outputs(features, start)
    assert outputs @ outputs == pytest.approx(labels @ labels, rel=0.05)


def test_turning_the_samples_changes_no_fit():
    features, labels, start = problem(6, 8, 2)
    turn = np.linalg.qr(np.random.default_rng(3).standard_normal((6, 6)))[0]
    turned = np.einsum("ij,jab->iab", turn, features), turn @ labels
    fits = [factorization.levenberg_marquardt(*pair, start) for pair in ((features, labels), turned)]
    assert fits[0].outcome == fits[1].outcome == "fitted" and fits[0].steps == fits[1].steps
    np.testing.assert_allclose(fits[0].factor, fits[1].factor, atol=1e-8)


def test_solvers_agree_with_scipy_on_what_can_be_fitted():
    for n, fitted in ((9, True), (20, False)):  # d = 8, r = 2: 15 degrees of freedom
        features, labels, start = problem(n, 8, 2, seed=4)

        def residual(flat: np.ndarray, features=features, labels=labels) -> np.ndarray:
            return factorization.outputs(features, flat.reshape(8, 2)) - labels

        known = least_squares(residual, start.ravel(), xtol=1e-15, ftol=1e-15, gtol=1e-15)
        fit = factorization.levenberg_marquardt(features, labels, start)
        assert (fit.outcome == "fitted") == fitted == (2 * known.cost < 1e-12)
        if not fitted:
            assert fit.loss * (labels @ labels) == pytest.approx(2 * known.cost, rel=0.02)
            assert fit.outcome == "flat"


def test_descent_fits_and_reports_its_limit():
    features, labels, start = problem(4, 8, 2)
    fit = factorization.gradient_descent(features, labels, start)
    error = factorization.outputs(features, fit.factor) - labels
    assert fit.loss == pytest.approx(error @ error / (labels @ labels))
    assert fit.outcome == "fitted" and fit.loss <= 1e-12
    short = factorization.gradient_descent(features, labels, start, step_limit=2)
    assert short.outcome == "limit" and short.steps == 2


def test_descent_gives_up_where_the_loss_is_flat_if_asked_to():
    features, labels, start = problem(20, 8, 2, seed=4)  # 15 degrees of freedom
    patient = factorization.gradient_descent(features, labels, start, step_limit=2000)
    fit = factorization.gradient_descent(features, labels, start, step_limit=2000, flat_steps=100)
    assert patient.outcome == "limit" and fit.outcome == "flat" and 100 <= fit.steps < 2000
    np.testing.assert_array_equal(fit.losses, patient.losses[: fit.steps + 1])
    assert fit.losses[-1] > 0.99 * fit.losses[-101] and fit.losses[-2] <= 0.99 * fit.losses[-102]
    assert patient.loss > 0.9 * fit.loss


def test_first_step_of_descent_is_along_the_gradient_of_autograd():
    features, labels, start = problem(4, 5, 2)
    u = torch.as_tensor(start).requires_grad_()
    loss = ((torch.as_tensor(features) * (u @ u.T)).sum(dim=(1, 2)) - torch.as_tensor(labels)).square().sum() / 2
    loss.backward()
    rate = 0.5 / np.linalg.norm(factorization.jacobian(features, start), 2) ** 2
    one = factorization.gradient_descent(features, labels, start, step_limit=0)
    np.testing.assert_array_equal(one.factor, start)
    moved = factorization.gradient_descent(features, labels, start, step_limit=1).factor
    np.testing.assert_allclose(moved, start - rate * u.grad.numpy(), atol=1e-12)


@pytest.mark.parametrize("solver", [factorization.levenberg_marquardt, factorization.gradient_descent])
def test_columns_that_are_zero_stay_zero(solver):
    features, labels, start = problem(4, 5, 3)
    fit = solver(features, labels, start * [1, 0, 0])
    assert (fit.factor[:, 1:] == 0).all() and (fit.factor[:, 0] != start[:, 0]).any()
