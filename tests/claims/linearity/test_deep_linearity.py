"""Deep networks: Hessian norms, controls and rotations."""

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged

from overparam import seeding
from overparam.claims.linearity.deep_linearity import deep_network
from overparam.claims.linearity.deep_linearity import deep_transition_to_linearity as figure
from overparam.claims.linearity.deep_linearity import deep_transition_to_linearity_details as details
from overparam.claims.linearity.deep_linearity import measure as deep_linearity
from overparam.drawing import width_curves
from overparam.plan import experiment_settings


def settings(**overrides) -> dict:
    found, problems = experiment_settings.resolve("deep_linearity", "smoke", overrides)
    assert not problems
    return found | {"seed": 1, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return deep_linearity.measure(settings())


def test_network_follows_the_formula_layer_by_layer():
    draw = torch.Generator().manual_seed(0)
    layers, x = (3, 4, 5, 1), torch.randn(3, generator=draw, dtype=torch.float64)
    theta = torch.randn(sum(deep_network.sizes(layers)), generator=draw, dtype=torch.float64)
    first, second, last = theta[:12].reshape(4, 3), theta[12:32].reshape(5, 4), theta[32:]
    hidden = torch.tanh(second @ torch.tanh(first @ x / 3**0.5) / 2)
    expected = last @ hidden / 5**0.5
    torch.testing.assert_close(deep_network.network(layers)(theta, x), expected)
    torch.testing.assert_close(deep_network.network(layers, head="squared")(theta, x), expected**2 / 2)


def test_norms_agree_with_all_eigenvalues_and_do_not_depend_on_memory(table):
    keys = ["seed", "width", "network"]
    start = table[(table["place"] == "start") & (table["depth"] == 3)].pivot_table(
        index=keys, columns="quantity", values="value", aggfunc="first"
    )
    checked = start.dropna(subset=["hessian_norm_dense"])
    assert len(checked) == 4 * 3  # seeds, networks; one width
    np.testing.assert_allclose(checked["hessian_norm"], checked["hessian_norm_dense"], rtol=1e-6)
    assert not table[table["quantity"] == "limit_hit"]["value"].any()
    alone = deep_linearity.measure(settings() | {"memory_mb": 1e-6})
    np.testing.assert_allclose(alone["value"], table["value"], rtol=1e-5, atol=1e-12)


def test_norm_falls_with_width_but_not_in_the_controls(table):
    keys = ["network", "depth", "place", "width"]
    norms = table[table["quantity"] == "hessian_norm"].groupby(keys)["value"].mean().unstack()
    fall = norms[64] / norms[8]
    assert (fall["linear output"] < 0.6).all() and len(fall["linear output"]) == 4  # depths 2 and 4 at the start only
    assert (fall["bottleneck"] > 0.7).all() and (fall["squared output"] > 0.7).all()


def test_two_layers_of_constant_weights_have_the_norm_of_one_block_over_root_width(table):
    """A block is [[0, a], [a, b]] in (v, w·x/√d), with v = 1, |x| = √d, and the same z = Σx/√d in every unit."""
    rows = table[(table["network"] == "constant weights") & (table["quantity"] == "hessian_norm")]
    scaled = (rows["value"] * rows["width"] ** 0.5).groupby(rows["seed"])
    assert (scaled.max() / scaled.min() < 1 + 1e-6).all()
    given = settings()
    draw = seeding.torch_generator(given["seed"], "deep_linearity", "inputs")
    x = torch.randn(given["n_seeds"], given["dimension"], generator=draw, dtype=torch.float64)
    x *= given["dimension"] ** 0.5 / x.norm(dim=1, keepdim=True)
    z = x.sum(dim=1) / given["dimension"] ** 0.5
    first, second = 1 - z.tanh() ** 2, -2 * z.tanh() * (1 - z.tanh() ** 2)
    expected = (second.abs() + (second**2 + 4 * first**2).sqrt()) / 2
    np.testing.assert_allclose(scaled.mean(), expected, rtol=1e-6)


def test_eigenvectors_remove_every_cross_block_in_the_controls_too(table):
    shares = table[table["quantity"] == "cross_share"]
    own = shares[shares["rotation"] == "eigenvectors"]
    assert set(own["network"]) == set(deep_linearity.NETWORKS)
    assert own["value"].abs().max() < 1e-12
    assert shares[shares["rotation"] == "none"]["value"].min() > 1e-3


def test_cross_shares_are_those_of_the_hessian_in_all_first_weights():
    draw = torch.Generator().manual_seed(3)
    layers = (3, 4, 4, 1)
    x = torch.randn(3, generator=draw, dtype=torch.float64)
    theta = torch.randn(sum(deep_network.sizes(layers)), generator=draw, dtype=torch.float64)
    full = torch.func.hessian(deep_network.network(layers))(theta, x)[:12, :12].reshape(4, 3, 4, 3)
    blocks = (full**2).sum(dim=(1, 3))
    expected = float(1 - blocks.diagonal().sum() / blocks.sum())
    found = deep_linearity._cross_shares(theta, x, layers, "linear output")
    assert found["none"] == pytest.approx(expected, rel=1e-10)


def test_figure_states_the_exponents(table):
    drawn = judged("D5", table)
    assert figure.draw(*drawn).axes
    rows = figure.rows_of(table, "hessian_norm", "linear output", 3, place="start")
    text = figure.alt_text(*drawn)
    assert "without a rotation" in details.alt_text(*drawn)
    assert f"exponents {width_curves.exponent(rows):.2f} and" in text and "unknown" not in text
