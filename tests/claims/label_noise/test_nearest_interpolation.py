"""The closest weights that fit: against the pseudoinverse, and against a general solver."""

import numpy as np
import pytest
import torch
from scipy import optimize

from overparam import seeding
from overparam.claims.label_noise import nearest_interpolation
from overparam.theory import hidden_layer
from overparam.theory.activations import ACTIVATIONS, Activation

LINEAR = Activation(lambda z: z, torch.ones_like, torch.zeros_like, (1.0, 0.0, 0.0))
SOFTPLUS = ACTIVATIONS["softplus"]


def problem(n_train: int, dimension: int, width: int) -> tuple[torch.Tensor, ...]:
    draw = seeding.generator(0, "test_nearest_interpolation")
    hidden, v, inputs = (
        torch.as_tensor(draw.standard_normal(shape)) for shape in ((width, dimension), width, (n_train, dimension))
    )
    return hidden, v, inputs, torch.as_tensor(draw.choice([-1.0, 1.0], n_train))


def test_a_linear_network_takes_one_step_to_the_pseudoinverse_solution():
    hidden, v, inputs, labels = problem(4, 6, 5)
    fit = nearest_interpolation.closest(hidden, v, inputs, labels, LINEAR, 1e-9, 5)
    jacobian = hidden_layer.jacobian(hidden[None], v[None], inputs[None], LINEAR)[0].numpy()
    residual = labels.numpy() - (inputs @ hidden.T @ v).numpy()
    expected = np.linalg.lstsq(jacobian, residual, rcond=None)[0]
    np.testing.assert_allclose((fit.hidden - hidden).flatten().numpy(), expected, rtol=1e-9, atol=1e-12)
    assert not fit.limit_hit and fit.residual <= 1e-9


def test_agrees_with_a_general_solver():
    hidden, v, inputs, signs = problem(3, 3, 4)
    labels = hidden_layer.predict(hidden[None], v[None], inputs[None], SOFTPLUS)[0] + signs  # not far, yet not linear
    fit = nearest_interpolation.closest(hidden, v, inputs, labels, SOFTPLUS, 1e-10, 200)

    def outputs(w: np.ndarray) -> np.ndarray:
        return np.logaddexp(0, inputs.numpy() @ w.reshape(hidden.shape).T) @ v.numpy() - labels.numpy()

    start = hidden.flatten().numpy()
    other = optimize.minimize(
        lambda w: ((w - start) ** 2).sum(), start, constraints={"type": "eq", "fun": outputs}, method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )  # fmt: skip
    assert other.success
    assert np.abs(outputs(fit.hidden.flatten().numpy())).max() < 1e-9
    distance = np.linalg.norm(other.x - start)
    assert float((fit.hidden - hidden).norm()) == pytest.approx(distance, rel=1e-3)
    jacobian = hidden_layer.jacobian(hidden[None], v[None], inputs[None], SOFTPLUS)[0].numpy()
    one_step = np.linalg.norm(np.linalg.lstsq(jacobian, signs.numpy(), rcond=None)[0])
    assert abs(one_step / distance - 1) > 0.01  # so that the pseudoinverse alone would not do


def test_labels_that_cannot_be_fitted_hit_the_limit():
    hidden, v, inputs, labels = problem(4, 3, 5)
    inputs[1], labels[0], labels[1] = inputs[0], 1.0, -1.0
    fit = nearest_interpolation.closest(hidden, v, inputs, labels, SOFTPLUS, 1e-3, 10)
    assert fit.limit_hit and fit.steps == 10
    assert fit.residual >= 2**0.5 * (1 - 1e-9)
