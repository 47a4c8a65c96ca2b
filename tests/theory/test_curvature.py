"""Extreme eigenvalues against dense linear algebra."""

import numpy as np
import pytest
import torch

from overparam.theory import activations, two_layer
from overparam.theory.curvature import hessian_norms, hessian_vector_product, rank_one_update_norm, spectral_norm


def test_hessian_vector_product_matches_the_full_hessian():
    draw = np.random.default_rng(0)
    point = torch.as_tensor(draw.standard_normal(6))

    def function(t: torch.Tensor) -> torch.Tensor:
        return torch.sin(t[0] * t[1]) + (t[2:] ** 4).sum() * t[0]

    product, full = hessian_vector_product(function, point), torch.func.hessian(function)(point).numpy()
    for vector in draw.standard_normal((5, 6)):
        np.testing.assert_allclose(product(vector), full @ vector, rtol=1e-12, atol=1e-14)


def test_hessian_of_a_linear_function_is_zero():
    product = hessian_vector_product(lambda t: 3 * t.sum(), torch.zeros(4, dtype=torch.float64))
    assert not product(np.ones(4)).any()


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu"])
def test_lanczos_on_hessian_vector_products_matches_the_closed_form(name):
    width, dimension, draw = 32, 6, np.random.default_rng(1)
    x = torch.as_tensor(two_layer.unit_vectors(1, dimension, draw)[0])
    rows = draw.standard_normal((width, dimension + 1))

    def f(theta: torch.Tensor) -> torch.Tensor:
        units = theta.reshape(width, -1)
        return units[:, 0] @ getattr(torch, name)(units[:, 1:] @ x) / width**0.5

    product = hessian_vector_product(f, torch.as_tensor(rows.ravel()))
    z = rows[:, 1:] @ x.numpy()
    exact = two_layer.block_norms(rows[:, 0], z, 1.0, activations.ACTIVATIONS[name]).max() / width**0.5
    assert spectral_norm(product, rows.size, draw) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_lanczos_finds_either_end_and_stops_below_the_norm(sign):
    draw = np.random.default_rng(2)
    basis, _ = np.linalg.qr(draw.standard_normal((60, 60)))
    matrix = basis @ np.diag(sign * np.r_[-3.0, np.linspace(-1, 2.9, 59)]) @ basis.T
    assert spectral_norm(lambda u: matrix @ u, 60, draw) == pytest.approx(3, rel=1e-9)
    assert spectral_norm(lambda u: matrix @ u, 60, draw, steps=4) < 3


def test_rank_one_update_matches_dense_eigenvalues():
    draw = np.random.default_rng(3)
    for _ in range(500):
        size = draw.integers(1, 8)
        diagonal = draw.standard_normal(size) * draw.choice([0.1, 1, 10])
        vector = draw.standard_normal(size) * draw.choice([0, 1e-8, 0.1, 1, 3])
        if size > 1 and draw.random() < 0.3:
            diagonal[0] = diagonal[1]
        if draw.random() < 0.3:
            vector[draw.integers(size)] = 0
        exact = np.abs(np.linalg.eigvalsh(np.diag(diagonal) + np.outer(vector, vector))).max()
        assert rank_one_update_norm(diagonal, vector) == pytest.approx(exact, rel=1e-10)


def test_norms_side_by_side_match_dense_eigenvalues_and_the_closed_form():
    draw, start = np.random.default_rng(4), torch.Generator().manual_seed(0)
    width, dimension, count = 24, 4, 7
    theta, inputs = draw.standard_normal((count, width, dimension + 1)), draw.standard_normal((count, dimension))
    inputs /= np.linalg.norm(inputs, axis=1, keepdims=True)

    def f(flat: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        units = flat.reshape(width, -1)
        return units[:, 0] @ torch.tanh(units[:, 1:] @ x) / width**0.5

    points, data = torch.as_tensor(theta.reshape(count, -1)), torch.as_tensor(inputs)
    found, settled = hessian_norms(f, points, (data,), start, memory_mb=0.2)  # two groups and more
    assert settled.all()
    assert not hessian_norms(f, points, (data,), start, memory_mb=0.2, steps=12)[1].any()
    for norm, one, x in zip(found, theta, inputs, strict=True):
        exact = (
            two_layer.block_norms(one[:, 0], one[:, 1:] @ x, 1.0, activations.ACTIVATIONS["tanh"]).max() / width**0.5
        )
        assert norm == pytest.approx(exact, rel=1e-6)
    dense = torch.func.hessian(lambda at: f(at, data[0]))(points[0])
    assert found[0] == pytest.approx(float(torch.linalg.matrix_norm(dense, 2)), rel=1e-6)


def test_norms_side_by_side_survive_few_dimensions_and_linear_functions():
    start = torch.Generator().manual_seed(1)
    matrices = torch.randn(5, 3, 3, generator=start, dtype=torch.float64)
    matrices[2] = 0  # its Hessian vanishes, those beside it do not
    points = torch.randn(5, 3, generator=start, dtype=torch.float64)
    found, _ = hessian_norms(lambda at, a: at @ a @ at / 2, points, (matrices,), start, memory_mb=10)
    exact = torch.linalg.matrix_norm((matrices + matrices.mT) / 2, 2).numpy()
    np.testing.assert_allclose(found, exact, rtol=1e-10, atol=1e-14)
    linear, _ = hessian_norms(lambda at, a: (a @ at).sum(), points, (matrices,), start, memory_mb=10)
    assert not linear.any()
