"""Deep networks: outputs, gradients and kernel against autograd, and descent against a plain loop."""

import itertools

import numpy as np
import pytest
import smoke_settings
import torch
from scipy import integrate, stats

from overparam.claims.linearity.deep_descent import deep_network, measure
from overparam.theory.activations import ACTIVATIONS


def plain(weights, x, activation):
    """Return f of one network at all of its samples, shape (n,)."""
    act = {"tanh": torch.tanh, "relu": torch.relu}[activation]
    value = x
    for layer, matrix in enumerate(weights):
        value = value @ matrix.T / (value.shape[1] ** 0.5 if layer else 1)
        if layer < len(weights) - 1:
            value = deep_network.SCALES[activation] * act(value)
    return value[:, 0]


@pytest.fixture(params=["tanh", "relu"])
def networks(request):
    draws = torch.Generator().manual_seed(0)
    sizes = [3, 6, 5, 4, 1]
    options = {"generator": draws, "dtype": torch.float64}
    weights = [torch.randn(2, out, into, **options) for into, out in itertools.pairwise(sizes)]
    x = torch.nn.functional.normalize(torch.randn(2, 5, 3, **options), dim=2)
    return weights, x, torch.randn(2, 5, **options).sign(), request.param


def test_outputs_gradients_and_kernel_are_those_of_autograd(networks):
    weights, x, y, activation = networks
    found = deep_network.through(weights, x, activation)
    gradients = found.gradients(found.outputs - y)
    for one in range(2):
        own = [matrix[one].clone().requires_grad_() for matrix in weights]
        outputs = plain(own, x[one], activation)
        torch.testing.assert_close(found.outputs[one], outputs.detach())
        rows = []
        for output in outputs:
            rows.append(torch.cat([g.ravel() for g in torch.autograd.grad(output, own, retain_graph=True)]))
        jacobian = torch.stack(rows)
        torch.testing.assert_close(found.kernel()[one], jacobian @ jacobian.T)
        flat = torch.cat([gradient[one].ravel() for gradient in gradients])
        torch.testing.assert_close(flat, jacobian.T @ (outputs - y[one]).detach())


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_the_scale_keeps_the_size_of_the_signal(activation):
    phi = ACTIVATIONS[activation]
    second, _ = integrate.quad(lambda z: phi.value(np.array(z)) ** 2 * stats.norm.pdf(z), -12, 12, points=[0])
    assert deep_network.SCALES[activation] ** 2 * second == pytest.approx(1, rel=1e-8)


def test_descent_is_that_of_a_plain_loop(networks):
    weights, x, y, activation = networks
    found = measure.descend(weights, x, y, activation, 1e-12, 7)
    rate = 1 / torch.linalg.eigvalsh(deep_network.through(weights, x, activation).kernel())[:, -1]
    for one in range(2):
        own = [matrix[one].clone() for matrix in weights]
        start = (plain(own, x[one], activation) - y[one]).norm()
        for _ in range(7):
            now = [matrix.clone().requires_grad_() for matrix in own]
            loss = (plain(now, x[one], activation) - y[one]).square().sum() / 2
            own = [m - rate[one] * g for m, g in zip(own, torch.autograd.grad(loss, now), strict=True)]
        end = (plain(own, x[one], activation) - y[one]).norm()
        assert found["residual_ratio"][one] == pytest.approx((end / start).item(), rel=1e-9)
        assert found["fitted"][one] == 0 and np.isinf(found["steps"][one])


def test_wide_networks_fit_and_narrow_ones_do_not():
    table = measure.measure(smoke_settings.settings("deep_descent"))
    fitted = table[table["quantity"] == "fitted"].groupby("wide")["value"].mean()
    assert fitted[True] > 0.8 and fitted[False] == 0
    worst = table[(table["quantity"] == "over_promise") & table["wide"]]["value"].max()
    assert worst == pytest.approx(1, abs=1e-9)  # the promise is met with equality before the first step
