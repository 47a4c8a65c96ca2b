"""The packed optimisers against plain loops, autograd and scipy."""

import numpy as np
import pytest
import torch
from scipy import optimize, special

from overparam.claims.shallow_networks.phase_transition import hidden_layer_fitting as fitting
from overparam.theory import activations, hidden_layer


def networks(
    n_train=12, dimension=4, widths=(2, 5, 9), n_problems=3, seed=0, dtype=torch.float64
) -> fitting.RaggedNetworks:
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((n_problems, n_train, dimension))
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    y = draw.choice([-1.0, 1.0], (n_problems, n_train))
    hidden = [torch.as_tensor(draw.standard_normal((width, dimension))) for _ in range(n_problems) for width in widths]
    problem = torch.arange(n_problems).repeat_interleave(len(widths))
    return fitting.RaggedNetworks(torch.as_tensor(x), torch.as_tensor(y), problem, hidden).to(dtype)


def alone(given: fitting.RaggedNetworks, m: int) -> fitting.RaggedNetworks:
    """Return network m with its problem and nothing else."""
    chosen = given.problem[m : m + 1]
    return fitting.RaggedNetworks(
        given.inputs[chosen], given.labels[chosen], torch.zeros(1, dtype=torch.long), [given.hidden[m]]
    )


@pytest.mark.parametrize("activation", ["softplus", "relu"])
def test_value_and_slope_are_exact(activation):
    z = np.linspace(-60, 60, 2001)
    expected = {"softplus": (np.logaddexp(0, z), special.expit(z)), "relu": (np.maximum(z, 0), z > 0)}[activation]
    found = fitting.value_and_slope(torch.as_tensor(z), activation)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found[1], expected[1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("activation", ["softplus", "relu"])
def test_packed_descent_is_that_of_each_network_alone_by_autograd(activation):
    given = networks()
    limit, tolerance = 400, 1e-2
    packed = fitting.descend(given, activation, 0.9, tolerance, limit, spell=100)
    assert len(set(packed.steps.tolist())) > 3  # networks end at different steps, so they were packed anew
    phi = getattr(torch.nn.functional, activation)
    for m, start in enumerate(given.hidden):
        x, y = given.inputs[given.problem[m]], given.labels[given.problem[m]]
        v = fitting.output_weights(y, len(start))
        weights, velocity = start.clone().requires_grad_(), torch.zeros_like(start)
        rate = 1 / fitting.largest_curvature(alone(given, m), activation)[0]
        for _ in range(int(packed.steps[m])):
            loss = ((phi(x @ weights.T) @ v - y) ** 2).sum() / 2
            (gradient,) = torch.autograd.grad(loss, weights)
            velocity = 0.9 * velocity - rate * gradient
            weights = (weights + velocity).detach().requires_grad_()
        relative = (phi(x @ weights.T) @ v - y).norm() / y.norm()
        assert packed.residual[m].item() == pytest.approx(relative.item(), rel=1e-6)


def test_every_ending_is_told_apart():
    given = networks(widths=(1, 24), n_problems=4)
    outcome = fitting.descend(given, "softplus", 0.9, 1e-3, 3000, spell=100)
    narrow, wide = outcome.residual[::2], outcome.residual[1::2]
    assert (wide <= 1e-3).all() and (outcome.steps[1::2] < 3000).all()
    assert (narrow > 0.1).all()  # one unit has one sign only: it is stuck, and given up before the limit
    assert (outcome.steps[::2] < 3000).all() and not outcome.diverged.any()


def test_divergence_is_counted_and_not_taken_for_success(monkeypatch):
    monkeypatch.setattr(fitting, "largest_curvature", lambda given, activation: torch.full((len(given.hidden),), 1e-3))
    outcome = fitting.descend(networks(dtype=torch.float32), "relu", 0.9, 1e-3, 1000)
    assert outcome.diverged.any()
    assert not (outcome.diverged & (outcome.residual <= 1e-3)).any()


def test_largest_curvature_is_the_norm_of_the_jacobian():
    given = networks()
    found = fitting.largest_curvature(given, "softplus")
    for m, start in enumerate(given.hidden):
        x, y = given.inputs[given.problem[m]], given.labels[given.problem[m]]
        v = fitting.output_weights(y, len(start))
        jacobian = hidden_layer.jacobian(start[None], v[None], x[None], activations.ACTIVATIONS["softplus"])[0]
        exact = torch.linalg.matrix_norm(jacobian, 2).item() ** 2
        assert 0.97 * exact < found[m].item() <= exact * (1 + 1e-12)  # a power iteration approaches it from below


def test_levenberg_marquardt_finds_what_scipy_finds():
    given = networks(n_train=10, dimension=3, widths=(2, 8), n_problems=6)
    outcome = fitting.levenberg_marquardt(given, "softplus", 1e-10, 300)
    assert (outcome.residual[1::2] <= 1e-10).all()  # 24 parameters for 10 samples
    agree = 0
    for m in range(0, len(given.hidden), 2):  # 6 parameters for 10 samples end in a local minimum
        x, y = given.inputs[given.problem[m]], given.labels[given.problem[m]]
        v = fitting.output_weights(y, 2)

        def error(w, x=x, y=y, v=v):
            return (torch.nn.functional.softplus(x @ torch.as_tensor(w).reshape(2, 3).T) @ v - y).numpy()

        reference = optimize.least_squares(error, given.hidden[m].numpy().ravel(), method="lm")
        ours, theirs = float(outcome.residual[m]), float(np.linalg.norm(reference.fun) / y.norm())
        assert ours > 0.05
        agree += ours == pytest.approx(theirs, rel=0.02)
    assert agree >= 4  # of 6: there are several minima, and those at infinity are never reached


def test_levenberg_marquardt_with_relu_fits_what_is_wide_enough():
    outcome = fitting.levenberg_marquardt(networks(n_train=10, dimension=5, widths=(1, 30)), "relu", 1e-8, 300)
    assert (outcome.residual[1::2] <= 1e-8).all() and (outcome.residual[::2] > 0.1).all()


def test_float32_decides_as_float64_does():
    given = networks(n_train=40, dimension=8, widths=(3, 5, 7, 10, 20), n_problems=4)
    outcomes = [
        fitting.descend(given.to(dtype), "softplus", 0.9, 1e-3, 2000) for dtype in (torch.float32, torch.float64)
    ]
    fits = [outcome.residual <= 1e-3 for outcome in outcomes]
    assert fits[0].any() and not fits[0].all()
    assert torch.equal(*fits)
