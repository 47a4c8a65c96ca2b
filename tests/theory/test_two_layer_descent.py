"""Descent by pre-activations against automatic differentiation in all weights."""

import numpy as np
import pytest
import torch

from overparam.theory import activations, jacobians
from overparam.theory.two_layer_descent import Network

TORCH = {"tanh": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu}
WIDTH, DIMENSION, N_TRAIN, RATE = 7, 5, 3, 0.3


def drawn(name: str, trains_output: bool, head: str):
    """Return a network, its weights as tensors, its points, labels and the same function of weights and one input."""
    draw = np.random.default_rng(0)
    v, hidden = draw.standard_normal(WIDTH), draw.standard_normal((WIDTH, DIMENSION))
    points, labels = draw.standard_normal((5, DIMENSION)), draw.choice([-1.0, 1.0], N_TRAIN)
    network = Network(v, hidden, points, N_TRAIN, 0.4, activations.ACTIVATIONS[name], trains_output, head)
    weights = {"hidden": torch.as_tensor(hidden)} | ({"v": torch.as_tensor(v)} if trains_output else {})

    def function(theta: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
        raw = 0.4 * theta.get("v", torch.as_tensor(v)) @ TORCH[name](theta["hidden"] @ x)
        return torch.tanh(raw) if head == "tanh" else raw

    return network, weights, torch.as_tensor(points), labels, function


def test_centred_outputs_start_at_zero_and_fit_the_same_residuals():
    draw = np.random.default_rng(1)
    v, hidden, points = draw.standard_normal(WIDTH), draw.standard_normal((WIDTH, DIMENSION)), np.eye(DIMENSION)
    tanh, labels = activations.ACTIVATIONS["tanh"], draw.choice([-1.0, 1.0], N_TRAIN)
    plain = Network(v, hidden, points, N_TRAIN, 0.4, tanh)
    centred = Network(v, hidden, points, N_TRAIN, 0.4, tanh, centred=True)
    start = plain.outputs.copy()
    assert (centred.outputs == 0).all()
    np.testing.assert_array_equal(centred.kernel(DIMENSION), plain.kernel(DIMENSION))
    for network, wanted in ((plain, labels + start[:N_TRAIN]), (centred, labels)):
        network.step(network.outputs[:N_TRAIN] - wanted, RATE)
        network.step_on(1, wanted[1], RATE)
        network.refresh()
    np.testing.assert_allclose(centred.outputs, plain.outputs - start, rtol=1e-10, atol=1e-14)


CASES = [("tanh", True, "linear"), ("sigmoid", False, "linear"), ("relu", True, "linear"), ("tanh", True, "tanh")]


@pytest.mark.parametrize("case", CASES)
def test_kernel_and_steps_match_automatic_differentiation(case):
    network, weights, points, labels, function = drawn(*case)
    start = {name: value.clone() for name, value in weights.items()}

    def loss(theta: dict[str, torch.Tensor], chosen: slice) -> torch.Tensor:
        outputs = torch.vmap(function, (None, 0))(theta, points[chosen])
        return ((outputs - torch.as_tensor(labels)[chosen]) ** 2).sum() / 2

    for step in range(4):
        exact = jacobians.tangent_kernel(function, weights, points, memory_mb=10).numpy()
        np.testing.assert_allclose(network.kernel(5), exact, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(network.kernel(), exact[:3, :3], rtol=1e-10, atol=1e-12)
        chosen = slice(0, N_TRAIN) if step < 2 else slice(step - 2, step - 1)  # the last two on one sample each
        slope = torch.func.grad(loss)(weights, chosen)
        weights = {name: value - RATE * slope[name] for name, value in weights.items()}
        if step < 2:
            network.step(network.outputs[:N_TRAIN] - labels, RATE)
        else:
            network.step_on(step - 2, labels[step - 2], RATE)
            network.refresh()
        outputs = torch.vmap(function, (None, 0))(weights, points)
        np.testing.assert_allclose(network.outputs, outputs.numpy(), rtol=1e-10, atol=1e-12)
        moved = torch.sqrt(sum(((weights[name] - start[name]) ** 2).sum() for name in weights))
        assert network.distance == pytest.approx(float(moved), rel=1e-10)
