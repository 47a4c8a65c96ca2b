"""The two-layer network's closed forms against automatic differentiation and brute force."""

import numpy as np
import pytest
import torch

from overparam.theory import two_layer
from overparam.theory.activations import ACTIVATIONS

TORCH = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}
SMOOTH = ("tanh", "sigmoid")


def network(name: str, x: np.ndarray, width: int):
    """Return f of θ with one row (v_i, w_i) per unit, flattened."""

    def f(theta: torch.Tensor) -> torch.Tensor:
        rows = theta.reshape(width, -1)
        return rows[:, 0] @ TORCH[name](rows[:, 1:] @ torch.as_tensor(x)) / width**0.5

    return f


def drawn(width: int, dimension: int, seed: int = 0, x_norm: float = 1.0):
    draw = np.random.default_rng(seed)
    x = x_norm * two_layer.unit_vectors(1, dimension, draw)[0]
    return draw.standard_normal(width), draw.standard_normal((width, dimension)), x


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("x_norm", [1.0, 2.5])
def test_blocks_gradient_and_modes_match_the_full_hessian(name, x_norm):
    width, dimension = 5, 3
    v, hidden, x = drawn(width, dimension, x_norm=x_norm)
    theta = torch.as_tensor(np.column_stack([v, hidden]).ravel())
    f = network(name, x, width)
    full = torch.func.hessian(f)(theta).reshape(width, dimension + 1, width, dimension + 1).numpy()
    z, activation = hidden @ x, ACTIVATIONS[name]
    own = [np.linalg.norm(full[i, :, i], 2) for i in range(width)]
    np.testing.assert_allclose(two_layer.block_norms(v, z, x_norm, activation) / width**0.5, own, rtol=1e-12)
    for i, j in np.ndindex(width, width):
        assert i == j or not full[i, :, j].any()
    slope = torch.func.grad(f)(theta).numpy().reshape(width, -1)
    along = np.column_stack([slope[:, 0], slope[:, 1:] @ x / x_norm])
    np.testing.assert_allclose(two_layer.gradient(v, z, x_norm, activation), along, rtol=1e-12)
    values, vectors = two_layer.hessian_modes(v, z, x_norm, activation)
    basis = np.zeros((dimension + 1, 2))
    basis[0, 0], basis[1:, 1] = 1, x / x_norm
    for i in range(width):
        restricted = basis.T @ full[i, :, i] @ basis
        np.testing.assert_allclose(restricted @ vectors[i], vectors[i] * values[i], atol=1e-13)
    assert two_layer.output(v, z, activation) == pytest.approx(float(f(theta)), rel=1e-12)


@pytest.mark.parametrize("name", TORCH)
@pytest.mark.parametrize("distribution", ["gaussian", "sign"])
@pytest.mark.parametrize("x_norm", [1.0, 3.0])
def test_certified_maximum_over_the_ball(name, distribution, x_norm):
    draw, activation, radius = np.random.default_rng(1), ACTIVATIONS[name], 0.8
    v, z = two_layer.output_weights(64, distribution, draw), x_norm * draw.standard_normal(64)
    lower, upper = two_layer.largest_block_norm_in_ball(v, z, x_norm, radius, activation)
    assert lower <= upper <= lower * (1 + 1.1e-6)
    angles = np.linspace(0, 2 * np.pi, 20_001)
    boundary = max(
        two_layer.block_norms(v + radius * np.cos(a), z + x_norm * radius * np.sin(a), x_norm, activation).max()
        for a in angles[::10]
    )
    inside = two_layer.block_norms(v, z, x_norm, activation).max()
    assert max(boundary, inside) <= upper
    assert boundary == pytest.approx(lower, rel=1e-3)
    for _ in range(200):  # displacements that share the budget among units never reach further
        shift = draw.standard_normal((2, 64))
        shift *= radius * draw.random() / np.linalg.norm(shift)
        moved = two_layer.block_norms(v + shift[0], z + x_norm * shift[1], x_norm, activation)
        assert moved.max() <= upper


def test_no_radius_is_the_initialisation():
    v, hidden, x = drawn(16, 3)
    activation = ACTIVATIONS["tanh"]
    expected = two_layer.block_norms(v, hidden @ x, 1.0, activation).max()
    assert two_layer.largest_block_norm_in_ball(v, hidden @ x, 1.0, 0.0, activation) == (expected, expected)


@pytest.mark.parametrize("name", SMOOTH)
def test_remainder_is_the_taylor_remainder_and_obeys_its_bound(name):
    v, hidden, x = drawn(12, 4, seed=3)
    activation, z = ACTIVATIONS[name], hidden @ x
    f = network(name, x, 12)
    draw = np.random.default_rng(4)
    shift = draw.standard_normal((12, 5)) * 0.3
    theta = torch.as_tensor(np.column_stack([v, hidden]).ravel())
    moved = torch.as_tensor(np.column_stack([v, hidden]).ravel() + shift.ravel())
    exact = float(f(moved) - f(theta) - torch.func.grad(f)(theta) @ (moved - theta))
    shifts = shift[:, 0], shift[:, 1:] @ x
    found = two_layer.remainders(v, z, *shifts, activation).sum() / 12**0.5
    assert found == pytest.approx(exact, rel=1e-9)
    beta = two_layer.largest_block_norm_on_segment(v, z, *shifts, 1.0, activation)
    assert abs(found) <= beta * np.sum(shift**2) / (2 * 12**0.5)


@pytest.mark.parametrize("name", TORCH)
def test_units_that_are_left_out_do_not_have_the_largest_norm_on_a_segment(name):
    draw, activation = np.random.default_rng(6), ACTIVATIONS[name]
    v, z, shift_v, shift_z = draw.standard_normal((4, 3000))
    found = two_layer.largest_block_norm_on_segment(v, z, 0.3 * shift_v, shift_z, 1.5, activation)
    every = [
        two_layer.block_norms(v + t * (0.3 * shift_v), z + t * shift_z, 1.5, activation).max()
        for t in np.linspace(0, 1, 17)
    ]
    assert found == max(every)


@pytest.mark.parametrize("name", TORCH)
def test_worst_displacement_beats_random_ones_and_has_its_norm(name):
    draw, activation, x_norm, radius = np.random.default_rng(5), ACTIVATIONS[name], 2.0, 1.5
    v, z = draw.standard_normal(40), x_norm * draw.standard_normal(40)
    unit, shift_v, shift_z = two_layer.worst_unit_displacement(v, z, x_norm, radius, activation)
    assert np.hypot(shift_v, shift_z / x_norm) == pytest.approx(radius)
    worst = abs(two_layer.remainders(v[unit], z[unit], shift_v, shift_z, activation))
    for angle in draw.uniform(0, 2 * np.pi, 500):
        other = two_layer.remainders(v, z, radius * np.cos(angle), radius * x_norm * np.sin(angle), activation)
        assert np.abs(other).max() <= worst * (1 + 1e-4)


def test_unknown_distribution_is_named():
    with pytest.raises(ValueError, match="uniform"):
        two_layer.output_weights(3, "uniform", np.random.default_rng(0))
