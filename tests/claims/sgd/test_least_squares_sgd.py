"""Exact moments of SGD on least squares, against enumeration of every sample path and Lyapunov equations."""

import itertools

import numpy as np
import pytest
import scipy.linalg

from overparam import seeding
from overparam.claims.sgd import least_squares_sgd

INPUTS = np.array([[1.0, 2.0], [-2.0, 1.0], [1.0, -4.0]])
LABELS = np.array([4.0, 2.0, 4.0])


@pytest.fixture
def task() -> least_squares_sgd.LeastSquares:
    return least_squares_sgd.problem(INPUTS, LABELS)


def random_problem(n_train: int, n_params: int, seed: int) -> least_squares_sgd.LeastSquares:
    draws = seeding.generator(seed, "test", n_train, n_params)
    inputs = draws.standard_normal((n_train, n_params))
    return least_squares_sgd.problem(inputs, inputs @ draws.standard_normal(n_params))


def test_constants_of_the_three_points(task):
    np.testing.assert_allclose(task.minimiser, [6 / 11, -2 / 11], rtol=1e-12)
    assert (task.strong_convexity, task.smoothness) == (pytest.approx(5 / 3), pytest.approx(22 / 3))
    assert task.sample_smoothness == 17
    np.testing.assert_allclose(task.inputs.T @ task.residuals, 0, atol=1e-12)  # normal equations
    assert np.abs(task.residuals).min() > 0.1  # no point is fitted: the system is inconsistent


def test_strong_convexity_ignores_the_null_space():
    task = random_problem(3, 7, seed=0)
    eigenvalues = np.linalg.eigvalsh(task.inputs @ task.inputs.T / 3)  # of the Gram matrix, which has full rank
    assert task.strong_convexity == pytest.approx(eigenvalues[0])
    assert task.smoothness == pytest.approx(eigenvalues[-1])


@pytest.mark.parametrize("learning_rate", [1e-3, 0.03, 0.08])
def test_stationary_covariance_is_the_fixed_point_of_one_expected_step(task, learning_rate):
    expected = np.zeros((2, 2))
    covariance = least_squares_sgd.stationary_covariance(task, learning_rate)
    for x, residual in zip(task.inputs, task.residuals, strict=True):
        contraction = np.eye(2) - learning_rate * np.outer(x, x)
        expected += contraction @ covariance @ contraction.T / 3
        expected += learning_rate**2 * residual**2 * np.outer(x, x) / 3
    np.testing.assert_allclose(covariance, expected, rtol=1e-10)
    assert np.linalg.eigvalsh(covariance)[0] > 0


def test_small_steps_approach_the_continuous_lyapunov_equation(task):
    noise = (task.inputs * task.residuals[:, None] ** 2).T @ task.inputs / 3
    limit = scipy.linalg.solve_continuous_lyapunov(task.hessian, noise)
    covariance = least_squares_sgd.stationary_covariance(task, 1e-6)
    np.testing.assert_allclose(covariance / 1e-6, limit, rtol=1e-4)


def test_too_large_a_step_has_no_stationary_state(task):
    with pytest.raises(ValueError, match="no stationary state"):
        least_squares_sgd.stationary_covariance(task, 0.3)


def test_expected_error_equals_the_mean_over_every_sample_path(task):
    rates, start = np.array([0.05, 0.02, 0.07, 0.01, 0.04]), np.array([1.5, -2.0])
    errors = np.zeros(5)
    for path in itertools.product(range(3), repeat=5):
        w = start
        for t, i in enumerate(path):
            w = w - rates[t] * (INPUTS[i] @ w - LABELS[i]) * INPUTS[i]
            errors[t] += ((w - task.minimiser) ** 2).sum() / 3**5
    found = least_squares_sgd.expected_squared_error(task, start, rates[:, None], np.arange(1, 6))
    np.testing.assert_allclose(found[:, 0], errors, rtol=1e-12)


def test_expected_error_at_a_constant_step_tends_to_the_stationary_one(task):
    rates = np.full((3000, 1), 0.02)
    last = least_squares_sgd.expected_squared_error(task, np.zeros(2), rates, np.array([3000]))[0, 0]
    assert last == pytest.approx(np.trace(least_squares_sgd.stationary_covariance(task, 0.02)), rel=1e-10)


@pytest.mark.parametrize(("n_train", "n_params"), [(6, 3), (5, 5), (4, 9)])
@pytest.mark.parametrize("seed", range(5))
def test_no_direction_contracts_less_than_promised(n_train, n_params, seed):
    task = random_problem(n_train, n_params, seed)
    eta = 1 / task.sample_smoothness
    worst, promised = least_squares_sgd.worst_contraction(task, eta), least_squares_sgd.promised_contraction(task)
    assert worst <= promised + 1e-12
    deltas = seeding.generator(seed, "directions").standard_normal((50, n_train)) @ task.inputs  # in the row space
    steps = [deltas - eta * np.outer(deltas @ x, x) for x in task.inputs]
    ratios = np.mean([(step**2).sum(axis=1) for step in steps], axis=0) / (deltas**2).sum(axis=1)
    assert ratios.max() <= worst + 1e-12


def test_the_promise_is_tight_for_orthonormal_samples():
    # Each step at η = 1 erases one of n coordinates, so that the expected squared distance falls by exactly 1 − 1/n.
    task = least_squares_sgd.problem(np.eye(4, 6), np.ones(4))
    assert least_squares_sgd.promised_contraction(task) == pytest.approx(1 - 1 / 4)
    assert least_squares_sgd.worst_contraction(task, 1.0) == pytest.approx(1 - 1 / 4)
