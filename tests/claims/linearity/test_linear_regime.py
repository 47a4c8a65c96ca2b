"""Training in the linear regime: kernel, rates and lines."""

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged

from overparam.claims.linearity.linear_regime import linearity_gives_convergence as linear_convergence
from overparam.claims.linearity.linear_regime import measure as linear_regime
from overparam.claims.linearity.linear_regime import tangent_kernel_constancy as tangent_kernel
from overparam.drawing import width_curves
from overparam.plan import experiment_settings
from overparam.theory import activations, two_layer
from overparam.theory.two_layer_descent import Network

IDENTITY = activations.Activation(lambda z: z, np.ones_like, np.zeros_like, (1.0, 0.0, 0.0))
SETTINGS = {"loss_tolerance": 1e-3, "step_limit": 5000, "epoch_limit": 2000}


def settings(**overrides) -> dict:
    found, problems = experiment_settings.resolve("linear_regime", "smoke", overrides)
    assert not problems
    return found | {"seed": 1, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return linear_regime.measure(settings(n_seeds=3))


def linear_network(draw: np.random.Generator) -> tuple[Network, np.ndarray]:
    """Return a network that is linear in what is trained, W, and labels for it."""
    inputs = two_layer.unit_vectors(3, 6, draw)
    v, hidden = draw.standard_normal(20), draw.standard_normal((20, 6))
    return Network(v, hidden, inputs, 3, 20**-0.5, IDENTITY, trains_output=False), draw.choice([-1.0, 1.0], 3)


def test_exactly_linear_network_keeps_its_kernel_and_twice_the_promised_rate():
    network, labels = linear_network(np.random.default_rng(0))
    found = linear_regime._descended(SETTINGS, network, labels, 1.0, "one over root width")
    assert found["kernel_change"] == 0
    assert found["linearisation_error"] < 1e-12
    assert found["slowest_rate"] >= 2 * found["promised_rate"]
    assert found["limit_hit"] == found["diverged"] == 0


def test_sgd_on_a_linear_network_contracts_in_expectation_as_promised():
    draw = np.random.default_rng(1)
    network, labels = linear_network(draw)
    kernel, residual = network.kernel(), network.outputs[:3] - labels
    rate = 1 / kernel.diagonal().max()
    start = residual @ np.linalg.solve(kernel, residual)
    after = [residual - rate * residual[i] * kernel[:, i] for i in range(3)]
    mean = np.mean([one @ np.linalg.solve(kernel, one) for one in after])  # over the three choices of the sample
    order = draw.integers(3, size=(2000, 3))
    promised = linear_regime._sampled(SETTINGS, network, labels, order)["promised_rate"]
    assert -np.log(mean / start) >= promised * (1 - 1e-12)


def test_loss_of_a_linear_network_is_a_parabola_and_that_of_another_is_not():
    draw = np.random.default_rng(2)
    v, z, labels = draw.standard_normal(30), draw.standard_normal((30, 3)), np.array([1.0, -1.0, 1.0])
    along = (np.zeros(30), draw.standard_normal((30, 3)))
    assert linear_regime._from_parabola(v, z, labels, IDENTITY, along, 2.0) < 1e-12
    assert linear_regime._from_parabola(v, z, labels, activations.ACTIVATIONS["tanh"], along, 2.0) > 1e-3


def test_gradient_line_is_that_of_automatic_differentiation():
    draw = np.random.default_rng(3)
    inputs, labels = two_layer.unit_vectors(3, 5, draw), draw.choice([-1.0, 1.0], 3)
    v, hidden = draw.standard_normal(11), draw.standard_normal((11, 5))
    x, y = torch.as_tensor(inputs), torch.as_tensor(labels)
    weights = (torch.as_tensor(v), torch.as_tensor(hidden))

    start = torch.tanh(x @ weights[1].T) @ weights[0]

    def loss(v: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        return (((torch.tanh(x @ hidden.T) @ v - start) / 11**0.5 - y) ** 2).sum() / 2

    in_v, in_hidden = torch.func.grad(loss, (0, 1))(*weights)
    size = torch.sqrt((in_v**2).sum() + (in_hidden**2).sum())
    found = linear_regime._gradient(v, hidden @ inputs.T, inputs, labels, activations.ACTIVATIONS["tanh"])
    np.testing.assert_allclose(found[0], in_v / size, rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(found[1], in_hidden @ x.T / size, rtol=1e-10, atol=1e-14)


def test_loss_nears_a_parabola_along_its_gradient_unless_the_output_is_not_linear(table):
    rows = table[(table["quantity"] == "parabola_deviation") & (table["method"] == "gradient lines")]
    means = rows.groupby(["output", "activation", "width"])["value"].mean().unstack()
    fall = means[1024] / means[16]
    assert (fall["linear"] < 0.2).all()
    assert (fall["tanh"] > 0.3).all()


def test_kernel_settles_with_width_unless_the_factor_is_one_over_width(table):
    rows = table[(table["quantity"] == "kernel_change") & (table["output"] == "linear")]
    means = rows.groupby(["scaling", "activation", "width"])["value"].mean().unstack()
    usual = means.loc["one over root width"]
    assert (usual[1024] < 0.2 * usual[16]).all()
    assert (means.loc["one over width"][1024] > 0.3).all()


def test_non_linear_output_breaks_the_promise(table):
    shares = linear_convergence.ratios(table)
    wide = shares[(shares["width"] >= 256) & (shares["method"] == "gradient descent")]
    least = wide.groupby("case")["value"].min()
    assert least["claimed"] > 1 > least["control"]


def test_measurements_repeat_and_figures_state_their_numbers(table):
    pd.testing.assert_frame_equal(table, linear_regime.measure(settings(n_seeds=3)))
    kernel, convergence = judged("D4", table), judged("D6", table)
    assert tangent_kernel.draw(*kernel).axes and linear_convergence.draw(*convergence).axes
    text = linear_convergence.alt_text(*convergence)
    wide = linear_convergence.ratios(table).query("case == 'claimed' and width >= 256")
    worst = wide[wide["method"] == "sgd"]["value"].min()
    assert f"SGD at least {linear_convergence.at_least(worst)} times" in text and "From m = 256 on" in text
    lines = table[(table["method"] == "gradient lines") & (table["case"] == "claimed")]
    exponent = width_curves.exponent(lines[lines["activation"] == "tanh"])
    assert f"Along the gradient the loss nears a parabola with exponents {exponent:.2f}" in text
    rows = tangent_kernel.rows_of(table, "kernel_change", "tanh", "one over root width")
    assert f"kernel {width_curves.exponent(rows):.2f}" in tangent_kernel.alt_text(*kernel)
