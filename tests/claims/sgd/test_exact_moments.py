"""Exact second moments against enumeration, Kronecker products and closed forms."""

import itertools

import numpy as np
import pytest

from overparam.claims.sgd import exact_moments, least_squares_sgd

DRAWS = np.random.default_rng(0)


def unpacked(vector: np.ndarray, size: int) -> np.ndarray:
    matrix = np.zeros((size, size))
    rows, columns = np.triu_indices(size)
    matrix[rows, columns] = matrix[columns, rows] = vector / np.where(rows == columns, 1.0, 2**0.5)
    return matrix


def test_packing_keeps_the_inner_product():
    a, b = (matrix + matrix.T for matrix in DRAWS.standard_normal((2, 4, 4)))
    assert exact_moments.pack(a) @ exact_moments.pack(b) == pytest.approx((a * b).sum())
    np.testing.assert_allclose(unpacked(exact_moments.pack(a), 4), a)


def test_row_space_keeps_gram_and_diagonalises_the_hessian():
    inputs = DRAWS.standard_normal((4, 9))
    samples, eigenvalues = exact_moments.row_space(inputs)
    np.testing.assert_allclose(samples @ samples.T, inputs @ inputs.T, atol=1e-12)
    np.testing.assert_allclose(samples.T @ samples / 4, np.diag(eigenvalues), atol=1e-12)


@pytest.mark.parametrize("batch_size", [1, 2, 3])
def test_batch_step_is_the_mean_over_all_batches(batch_size):
    samples, eigenvalues = exact_moments.row_space(DRAWS.standard_normal((3, 5)))
    a = DRAWS.standard_normal((3, 3))
    a, eta = a + a.T, 0.1
    images = []
    for batch in itertools.product(range(3), repeat=batch_size):
        step = np.eye(3) - eta * samples[list(batch)].T @ samples[list(batch)] / batch_size
        images.append(step @ a @ step.T)
    found = exact_moments.batch_step(samples, eigenvalues, eta, batch_size) @ exact_moments.pack(a)
    np.testing.assert_allclose(unpacked(found, 3), np.mean(images, axis=0), atol=1e-12)


def test_one_sample_agrees_with_the_exact_moments_of_sgd():
    inputs = DRAWS.standard_normal((4, 2))
    task = least_squares_sgd.problem(inputs, inputs @ np.array([1.0, -2.0]))
    start = DRAWS.standard_normal(2)
    expected = least_squares_sgd.expected_squared_error(task, start, np.full((5, 1), 0.2), np.arange(1, 6))[:, 0]
    samples, eigenvalues = exact_moments.row_space(inputs)
    turn = np.linalg.svd(inputs, full_matrices=False)[2]
    error = turn @ (start - task.minimiser)
    moment = exact_moments.pack(np.outer(error, error))
    operator = exact_moments.batch_step(samples, eigenvalues, 0.2, 1)
    for value in expected:
        moment = operator @ moment
        assert exact_moments.pack(np.eye(2)) @ moment == pytest.approx(value, rel=1e-10)


def test_mean_square_step_agrees_with_kronecker_products():
    steps = DRAWS.standard_normal((3, 4, 4))
    a = DRAWS.standard_normal((4, 4))
    a = a + a.T
    full = np.mean([np.kron(step, step) for step in steps], axis=0) @ a.ravel()
    found = exact_moments.mean_square_step(steps) @ exact_moments.pack(a)
    np.testing.assert_allclose(unpacked(found, 4).ravel(), full, atol=1e-12)


def test_first_step_below_a_level_is_found_by_doubling_and_bisection():
    assert exact_moments.first_step_below(lambda t: 0.5**t, 0.5**37) == 37
    assert exact_moments.first_step_below(lambda t: 0.5**t, 0.6 * 0.5**37) == 38
    assert np.isinf(exact_moments.first_step_below(lambda t: 1.0, 0.5, limit=64))
    assert np.isinf(exact_moments.first_step_below(lambda t: np.nan, 0.5, limit=64))
