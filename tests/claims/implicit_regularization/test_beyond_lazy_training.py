"""Movement of the tangent kernel at two scales of the output weights."""

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged

from overparam.claims.implicit_regularization.beyond_lazy_training import beyond_lazy_training as figure
from overparam.claims.implicit_regularization.beyond_lazy_training import measure as beyond_lazy_training
from overparam.plan import experiment_settings
from overparam.theory import two_layer
from overparam.theory.two_layer_descent import Network


def settings(**overrides) -> dict:
    found, problems = experiment_settings.resolve("beyond_lazy_training", "smoke", overrides)
    assert not problems
    return found | {"seed": 1, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return beyond_lazy_training.measure(settings())


def test_softplus_and_its_derivatives_match_torch_also_far_out():
    z = torch.tensor([-800.0, -30.0, -1.0, 0.0, 2.0, 40.0, 800.0], dtype=torch.float64, requires_grad=True)
    value = torch.nn.functional.softplus(z, threshold=1e9)
    (first,) = torch.autograd.grad(value.sum(), z)
    softplus, at = beyond_lazy_training.ACTIVATIONS["softplus"], z.detach().numpy()
    np.testing.assert_allclose(softplus.value(at)[:-1], value.detach().numpy()[:-1], rtol=1e-12)
    assert (softplus.value(at)[-1], softplus.first(at)[-1]) == (800, 1)  # where torch's derivative has no number
    np.testing.assert_allclose(softplus.first(at)[:-1], first.numpy()[:-1], rtol=1e-12, atol=1e-300)
    step = 1e-5
    slope = (softplus.first(at[1:-1] + step) - softplus.first(at[1:-1] - step)) / (2 * step)
    np.testing.assert_allclose(softplus.second(at[1:-1]), slope, atol=1e-9)


def test_fit_follows_autograd_step_by_step():
    draw = np.random.default_rng(0)
    inputs, labels = two_layer.unit_vectors(4, 5, draw), draw.choice([-1.0, 1.0], 4)
    signs, hidden = np.where(np.arange(30) < 15, 1.0, -1.0), draw.standard_normal((30, 5))
    network = Network(signs, hidden, inputs, 4, 0.1, beyond_lazy_training.ACTIVATIONS["softplus"], trains_output=False)
    found = beyond_lazy_training.fitted(network, labels, tolerance=0.0, step_limit=3)
    x, w = torch.as_tensor(inputs), torch.as_tensor(hidden)

    def outputs(weights: torch.Tensor) -> torch.Tensor:
        return 0.1 * torch.nn.functional.softplus(x @ weights.T) @ torch.as_tensor(signs)

    def kernel(weights: torch.Tensor) -> torch.Tensor:
        jacobian = torch.func.jacrev(outputs)(weights).flatten(1)
        return jacobian @ jacobian.T

    start = kernel(w)
    for _ in range(3):
        slope = torch.func.grad(lambda weights: ((outputs(weights) - torch.as_tensor(labels)) ** 2).sum() / 2)(w)
        w = w - slope / torch.linalg.eigvalsh(kernel(w))[-1]
    change = (kernel(w) - start).norm() / start.norm()
    assert found["kernel_change"] == pytest.approx(float(change), rel=1e-8)
    assert found["steps"] == 3
    assert found["limit_hit"] == 1


def test_kernel_settles_with_width_at_the_talks_scale_only(table):
    assert table[table["quantity"] == "limit_hit"]["value"].sum() == 0
    rows = table[(table["quantity"] == "kernel_change") & (table["sweep"] == "width")]
    means = rows.groupby(["output_scale", "activation", "width"])["value"].mean().unstack()
    fall = means[1024] / means[64]
    assert (fall["one over root width"] < 0.4).all()
    assert (fall["one over width"] > 0.7).all()


def test_relu_at_the_talks_weights_has_seeds_of_its_own(table):
    found = table.groupby(["activation", "sweep", "output_scale"])["seed"].nunique()
    more = ("relu", "width", "one over root width")
    assert found[more] == settings()["n_seeds_lazy"] > settings()["n_seeds"]
    assert set(found.drop(more)) == {settings()["n_seeds"]}


def test_both_sweeps_agree_where_they_meet(table):
    rows = table[(table["quantity"] == "kernel_change") & (table["width"] == 256) & (table["relative_scale"] == 1)]
    wide = rows.pivot_table(index=["seed", "activation"], columns="sweep", values="value").dropna()
    assert len(wide) == 2 * settings()["n_seeds"]
    np.testing.assert_array_equal(wide["scale"], wide["width"])


def test_figure_states_its_numbers(table):
    measurements, verdict = judged("G5", table)
    assert figure.draw(measurements, verdict).axes
    last = figure.rows_of(table, "relu", "width", "one over width").query("width == 1024")["value"].mean()
    (still,) = [one for one in verdict["forms"]["printed"]["predictions"] if one["name"].startswith("at smaller")]
    (slope,) = [one["estimate"] for one in still["estimates"] if one["name"] == "activation = relu: slope"]
    assert f"to {last:.2g} (exponent {slope:.2f})" in figure.alt_text(measurements, verdict)


def test_the_guide_has_the_largest_slope_that_is_predicted(table):
    measurements, verdict = judged("G5", table)
    verdict["forms"]["printed"]["predictions"][0]["declared"]["band"] = [None, -2]
    over_width, over_scale = figure.draw(measurements, verdict).axes
    (guide,) = [line for line in over_width.lines if line.get_linestyle() == ":"]
    assert "slope −2\nor steeper" in [
        text.get_text() for text in over_width.get_children() if hasattr(text, "get_text")
    ]
    x, y = guide.get_data()
    assert y[-1] / y[0] == pytest.approx((x[-1] / x[0]) ** -2)
    assert (over_width.get_xlabel(), over_scale.get_xlabel()) == ("hidden units k", "|v| √(kn) / ‖y‖")
