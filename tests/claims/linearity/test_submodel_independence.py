"""Cross blocks of the Hessian vanish, but for the controls."""

import torch
from judged_claims import judged
from smoke_settings import settings

from overparam.claims.linearity.submodel_independence import measure as submodel_independence
from overparam.claims.linearity.submodel_independence import submodel_independence as submodel_independence_figure


def test_cross_blocks_vanish_only_where_units_share_nothing():
    table = submodel_independence.measure(settings("submodel_independence", n_seeds=2))
    cross = table[table["quantity"] == "largest_cross_block"].set_index(["network", "activation", "seed"])["value"]
    assert (cross["two layers"] == 0).all()
    assert (cross["squared output"] > 1e-4).all()
    assert (cross["three layers"].drop("relu", level="activation") > 1e-5).all()


def test_a_product_with_the_hessian_leaks_out_of_its_units_in_the_controls_only():
    given = settings("submodel_independence", n_seeds=2)
    table = submodel_independence.measure(given)
    leakage = table[table["quantity"] == "leakage"].set_index(["network", "activation", "width", "seed"])["value"]
    assert set(leakage.index.get_level_values("width")) == {16, 256}
    assert (leakage["two layers"] == 0).all()
    assert (leakage["squared output"] > 1e-6).all()
    assert (leakage["three layers"].drop("relu", level="activation") > 1e-6).all()
    drawn = judged("D3", table)
    assert submodel_independence_figure.draw(*drawn).axes[0].get_ylabel() == "hidden unit i"
    assert "Up to m = 256" in submodel_independence_figure.alt_text(*drawn)


def test_nothing_leaks_out_of_a_half_without_an_active_unit():
    """Half of two units is one, which a ReLU switches off with chance one half: its whole product is zero."""
    given, case = settings("submodel_independence"), {"activation": "relu", "network": "two layers"}
    found = [submodel_independence._leakage(given, case, 2, torch.Generator().manual_seed(k)) for k in range(12)]
    assert found == [0.0] * 12
