"""The Jacobian of a one-hidden-layer network, its Gram matrix, and what the printed formula leaves out."""

import numpy as np
import pandas as pd
import pytest
import torch
from altered_verdicts import altered, uprights
from judged_claims import judged

from overparam.claims.shallow_networks.jacobian_gram import jacobian_gram_identity as figure
from overparam.claims.shallow_networks.jacobian_gram import measure as jacobian_gram
from overparam.drawing.rounding import at_least
from overparam.theory import activations

SETTINGS = {"seed": 0, "memory_mb": 50, "n_seeds": 2, "n_train": 4, "dimension": 3, "width": 5}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return jacobian_gram.measure(SETTINGS)


def errors(table: pd.DataFrame, quantity: str, network: str = "two layers") -> pd.Series:
    rows = table[(table["quantity"] == quantity) & (table["network"] == network)]
    return rows.set_index(["output_weights", "activation", "seed"])["value"]


@pytest.mark.parametrize("activation", activations.ACTIVATIONS)
def test_slopes_are_derivatives_of_the_values(activation):
    phi, z = activations.ACTIVATIONS[activation], torch.linspace(-3, 3, 40, dtype=torch.float64)
    exact = torch.func.vmap(torch.func.grad(phi.value))(z)
    torch.testing.assert_close(phi.first(z), exact, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("quantity", ["jacobian_error", "gram_error", "unit_sum_error"])
def test_formulas_agree_with_automatic_differentiation(table, quantity):
    assert errors(table, quantity).max() < 1e-12
    assert errors(table, quantity, "squared output").min() > 1e-3  # so that the claim does fail in its control


def test_printed_gram_matrix_is_right_for_weights_of_size_one_only(table):
    printed = errors(table, "printed_gram_error")
    assert printed["±1"].max() < 1e-12
    assert printed.drop("±1", level="output_weights").min() > 1e-2


def test_printed_gram_matrix_lacks_exactly_the_square_of_the_weights(table):
    rows = table[(table["output_weights"] == "balanced, ‖y‖/√(kn)") & (table["network"] == "two layers")]
    wide = rows.pivot_table(index=["activation", "row", "column"], columns="quantity", values="value")
    shares = (wide["gram_entry"] / wide["printed_gram_entry"])[wide["printed_gram_entry"].abs() > 1e-9]
    np.testing.assert_allclose(shares, shares.iloc[0], rtol=1e-9)
    assert 0 < shares.iloc[0] < 1


def test_figure_and_its_text(table):
    drawn = judged("E5", table)
    text = figure.alt_text(*drawn)
    balanced = errors(table, "printed_gram_error")["balanced, ‖y‖/√(kn)"].min()
    assert f"by {at_least(balanced)} and more" in text
    assert len(figure.draw(*drawn).axes) == 2


def test_the_line_of_the_tolerance_is_the_limit_that_was_judged(table):
    declared, verdict = judged("E5", table)
    assert uprights(figure.draw(declared, altered(verdict, "Jacobian", limit=1e-6)).axes[0]) == [1e-6]
