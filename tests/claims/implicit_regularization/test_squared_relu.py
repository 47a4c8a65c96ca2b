"""Packed networks of rectified squares, against torch.func and closed forms."""

import pytest
import torch

from overparam import seeding
from overparam.claims.implicit_regularization.flat_minima.squared_relu import (
    SquaredReluProblems,
    rescaled,
    single_loss,
    squared_length,
)


def drawn(*shape: int) -> torch.Tensor:
    return torch.as_tensor(seeding.generator(0, "test", *shape).standard_normal(shape))


@pytest.fixture(scope="module")
def problems() -> SquaredReluProblems:
    return SquaredReluProblems(drawn(2, 7, 3), drawn(2, 7).sign())


@pytest.fixture(scope="module")
def weights() -> torch.Tensor:
    return drawn(2, 4, 5, 6)


def each(problems: SquaredReluProblems, weights: torch.Tensor):
    """Yield problem, model, loss function and flat weights of every network."""
    for row in range(weights.shape[0]):
        for model in range(weights.shape[2]):

            def loss(flat: torch.Tensor, row: int = row) -> torch.Tensor:
                return single_loss(flat, problems.inputs[row], problems.labels[row])

            yield row, model, loss, weights[row, :, model].flatten()


def test_derivatives_and_trace_agree_with_autograd(problems, weights):
    loss, gradient, curved = problems.gradient(weights, twice=True)
    trace = problems.trace(weights)
    for row, model, function, flat in each(problems, weights):
        slope, hessian = torch.func.grad(function)(flat), torch.func.hessian(function)(flat)
        torch.testing.assert_close(loss[row, model], function(flat))
        torch.testing.assert_close(gradient[row, :, model].flatten(), slope)
        torch.testing.assert_close(curved[row, :, model].flatten(), hessian @ slope)
        torch.testing.assert_close(trace[row, model], hessian.trace())
    assert problems.gradient(weights)[2] is None
    torch.testing.assert_close(problems.loss(weights), loss)


def test_outputs_are_those_of_torch(problems, weights):
    outputs = problems.outputs(weights)
    hidden = torch.nn.functional.relu(problems.inputs[1] @ weights[1, :-1, 2]) ** 2
    torch.testing.assert_close(outputs[1, :, 2], hidden @ weights[1, -1, 2])
    wrong = (outputs[1, :, 2].sign() != problems.labels[1]).double().mean()
    assert problems.error(weights)[1, 2] == wrong


def test_linear_models_are_least_squares():
    problems, weights = SquaredReluProblems(drawn(2, 7, 3), drawn(2, 7).sign(), linear=True), drawn(2, 3, 5, 1)
    loss, gradient, curved = problems.gradient(weights, twice=True)
    x, y, w = problems.inputs[1], problems.labels[1], weights[1, :, 4, 0]
    torch.testing.assert_close(loss[1, 4], 0.5 * (x @ w - y).square().mean())
    torch.testing.assert_close(gradient[1, :, 4, 0], x.T @ (x @ w - y) / 7)
    torch.testing.assert_close(curved[1, :, 4, 0], x.T @ x / 7 @ gradient[1, :, 4, 0])


def test_rescaled_weights_are_the_same_function_with_another_curvature(problems, weights):
    factor = drawn(2, 5).exp()
    there = rescaled(weights, factor)
    torch.testing.assert_close(problems.outputs(there), problems.outputs(weights))
    torch.testing.assert_close(squared_length(there[:, :-1]), squared_length(weights[:, :-1]) * factor**2)
    ratio = problems.trace(there) / problems.trace(weights)
    assert (ratio.log().abs() > 0.01).all()


def test_increase_is_the_mean_over_shifts_both_ways(problems, weights):
    shifts = [0.3 * drawn(2, 4, 1, 6), 0.1 * drawn(2, 4, 1, 6) ** 2]
    around = [problems.loss(weights + sign * shift) for shift in shifts for sign in (1, -1)]
    expected = torch.stack(around).mean(dim=0) - problems.loss(weights)
    torch.testing.assert_close(problems.increase(weights, shifts), expected)


def test_increase_of_small_shifts_follows_the_hessian(problems, weights):
    shift = 1e-4 * drawn(2, 4, 1, 6)
    found = problems.increase(weights, [shift])
    for row, model, function, flat in each(problems, weights):
        direction = shift[row, :, 0].flatten()
        expected = direction @ torch.func.hessian(function)(flat) @ direction / 2
        assert found[row, model] == pytest.approx(float(expected), rel=1e-3, abs=1e-12)
