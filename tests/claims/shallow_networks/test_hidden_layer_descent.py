"""Gradient descent and SGD on many one-hidden-layer networks at once."""

import dataclasses

import numpy as np
import pytest
import torch

from overparam import seeding
from overparam.claims.shallow_networks import hidden_layer_descent
from overparam.claims.shallow_networks.hidden_layer_descent import HiddenLayerProblems
from overparam.theory import hidden_layer
from overparam.theory.activations import ACTIVATIONS


def problems(count: int = 3, n_train: int = 5, dimension: int = 4, width: int = 40) -> HiddenLayerProblems:
    draw = seeding.generator(0, "descent")
    inputs = torch.as_tensor(draw.standard_normal((count, n_train, dimension)))
    return HiddenLayerProblems(
        torch.nn.functional.normalize(inputs, dim=2),
        torch.as_tensor(draw.choice([-1.0, 1.0], (count, n_train))),
        torch.as_tensor(draw.standard_normal((count, width, dimension))),
        hidden_layer.half_signs(width, width**-0.5).repeat(count, 1),
    )


def autograd_step(
    given: HiddenLayerProblems, k: int, hidden: torch.Tensor, rate: float, activation, rows
) -> torch.Tensor:
    def loss(weights: torch.Tensor) -> torch.Tensor:
        outputs = activation.value(given.inputs[k, rows] @ weights.T) @ given.v[k]
        return ((outputs - given.labels[k, rows]) ** 2).sum() / 2

    return hidden - rate * torch.func.grad(loss)(hidden)


@pytest.mark.parametrize("name", ["softplus", "tanh", "relu"])
def test_descent_follows_autograd_and_each_run_stops_on_its_own(name):
    given, activation = problems(), ACTIVATIONS[name]
    rate, _ = hidden_layer_descent.largest_step(given, activation)
    promised = torch.full((3,), 0.999, dtype=torch.float64)
    found = hidden_layer_descent.descend(given, activation, rate, 0.05, 500, promised)
    assert (found.residual_ratio <= 0.05).all() and not found.limit_hit.any() and not found.diverged.any()
    assert len(set(found.steps.tolist())) > 1
    for k in range(3):
        hidden, ratios = given.hidden[k], []
        first = given.residual(activation)[k].norm()
        for _ in range(found.steps[k]):
            hidden = autograd_step(given, k, hidden, rate[k], activation, slice(None))
            end = dataclasses.replace(given, hidden=given.hidden.clone())
            end.hidden[k] = hidden
            ratios.append(float(end.residual(activation)[k].norm() / first))
        assert found.residual_ratio[k] == pytest.approx(ratios[-1], rel=1e-8)
        expected = max(ratio / 0.999**step for step, ratio in enumerate(ratios, start=1))
        assert found.over_promise[k] == pytest.approx(expected, rel=1e-8)
        assert found.rate[k] == pytest.approx(-np.log(ratios[-1]) / found.steps[k])
        assert found.distance[k] == pytest.approx(float((hidden - given.hidden[k]).norm()), rel=1e-8)
        assert found.fitted_steps[k] == found.steps[k]  # it stops where it has fitted, so that no late rate is left
        assert np.isnan(found.late_rate[k])


def test_a_run_that_goes_on_has_a_late_rate_from_the_fit_on():
    given, activation = problems(), ACTIVATIONS["tanh"]
    rate, _ = hidden_layer_descent.largest_step(given, activation)
    promised = torch.ones(3, dtype=torch.float64)
    stopped = hidden_layer_descent.descend(given, activation, rate, 0.05, 500, promised)
    found = hidden_layer_descent.descend(given, activation, rate, 0.05, 500, promised, 1e-4)
    assert (found.residual_ratio <= 1e-4).all() and not found.limit_hit.any()
    np.testing.assert_array_equal(found.fitted_steps, stopped.steps)
    expected = np.log(stopped.residual_ratio / found.residual_ratio) / (found.steps - stopped.steps)
    np.testing.assert_allclose(found.late_rate, expected)


def test_a_run_that_never_fits_has_the_late_rate_of_its_second_half():
    given, activation = problems(), ACTIVATIONS["tanh"]
    contradiction = dataclasses.replace(given, inputs=given.inputs.clone(), labels=given.labels.clone())
    contradiction.inputs[:, 1], contradiction.labels[:, :2] = given.inputs[:, 0], torch.tensor([1.0, -1.0]).double()
    rate, _ = hidden_layer_descent.largest_step(contradiction, activation)
    found, half = (
        hidden_layer_descent.descend(contradiction, activation, rate, 1e-3, limit, torch.ones(3).double())
        for limit in (400, 200)
    )
    assert np.isinf(found.fitted_steps).all() and found.limit_hit.all()
    np.testing.assert_allclose(found.late_rate, np.log(half.residual_ratio / found.residual_ratio) / 200, atol=1e-12)


def test_sgd_follows_autograd_with_the_same_samples():
    given, activation = problems(count=2), ACTIVATIONS["tanh"]
    rate = hidden_layer_descent.largest_sample_step(given, activation)
    promised = torch.ones(2, dtype=torch.float64)
    draw = seeding.generator(1, "samples")
    found = hidden_layer_descent.descend_by_samples(given, activation, rate, 1e-9, 10, promised, draw)
    assert found.steps.tolist() == [10, 10] and found.limit_hit.all()
    draw = seeding.generator(1, "samples")
    samples = np.concatenate([draw.integers(5, size=(5, 2)) for _ in range(2)])
    hidden = [given.hidden[0], given.hidden[1]]
    for step in samples:
        hidden = [autograd_step(given, k, hidden[k], rate[k], activation, [step[k]]) for k in range(2)]
    end = dataclasses.replace(given, hidden=torch.stack(hidden)).residual(activation).norm(dim=1)
    np.testing.assert_allclose(found.residual_ratio, end / given.residual(activation).norm(dim=1), rtol=1e-8)


def test_steps_are_those_of_the_jacobian():
    given, activation = problems(), ACTIVATIONS["softplus"]
    jacobian = hidden_layer.jacobian(given.hidden, given.v, given.inputs, activation)
    singular = torch.linalg.svdvals(jacobian)
    rate, ratio = hidden_layer_descent.largest_step(given, activation)
    torch.testing.assert_close(rate, singular[:, 0] ** -2)
    torch.testing.assert_close(ratio, (singular[:, -1] / singular[:, 0]) ** 2)
    rows = jacobian.norm(dim=2).amax(dim=1)
    torch.testing.assert_close(hidden_layer_descent.largest_sample_step(given, activation), rows**-2)


def test_wide_networks_converge_like_their_linearisation():
    given, activation = problems(width=20_000), ACTIVATIONS["softplus"]
    rate, _ = hidden_layer_descent.largest_step(given, activation)
    kernel = hidden_layer.gram(given.hidden, given.v, given.inputs, activation)
    residual = given.residual(activation)
    step = torch.eye(5, dtype=torch.float64) - rate[:, None, None] * kernel
    linear = (torch.linalg.matrix_power(step, 20) @ residual[:, :, None]).squeeze(-1).norm(dim=1)
    found = hidden_layer_descent.descend(given, activation, rate, 1e-12, 20, torch.ones(3, dtype=torch.float64))
    np.testing.assert_allclose(found.residual_ratio, linear / residual.norm(dim=1), rtol=0.05)


def test_a_step_that_is_far_too_large_diverges_and_is_counted():
    given, activation = problems(), ACTIVATIONS["softplus"]
    rate, _ = hidden_layer_descent.largest_step(given, activation)
    found = hidden_layer_descent.descend(given, activation, 1e4 * rate, 0.01, 2000, torch.ones(3, dtype=torch.float64))
    assert (found.diverged | found.limit_hit).all()
    assert np.isinf(found.residual_ratio[found.diverged]).all()
