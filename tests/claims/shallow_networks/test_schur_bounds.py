"""Extreme eigenvalues of Hadamard products, by the product's definition and by special cases."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged

from overparam.claims.shallow_networks.schur_bounds import measure as schur_bounds
from overparam.claims.shallow_networks.schur_bounds import schur_bounds as figure
from overparam.seeding import generator

SETTINGS = {"seed": 0, "memory_mb": 50, "n_seeds": 30, "sizes": [2, 6]}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return schur_bounds.measure(SETTINGS)


def wide(table: pd.DataFrame) -> pd.DataFrame:
    return table.pivot(index=["pair", "size", "seed"], columns="quantity", values="value")


def test_draws_are_what_they_are_called(table):
    found = wide(table)
    positive = found.drop("indefinite", level="pair")
    assert positive["not_positive"].max() == 0
    assert (found.loc["indefinite", 6]["smallest_eigenvalue_b"] < -0.1).all()
    for pair, rank in (("singular", 3), ("full rank", 6)):
        first, second = schur_bounds._draw(pair, 6, generator(0, pair))
        assert np.linalg.matrix_rank(first) == np.linalg.matrix_rank(second) == rank
        assert np.trace(first) == pytest.approx(6)


def test_bounds_hold_and_are_attained(table):
    found = wide(table)
    positive = found.drop("indefinite", level="pair")
    assert (positive["smallest_eigenvalue"] >= positive["lower_bound"] - 1e-12).all()
    assert (positive["largest_eigenvalue"] <= positive["upper_bound"] + 1e-12).all()
    difference = positive["smallest_eigenvalue"] - positive["lower_bound"]
    np.testing.assert_array_equal(positive["lower_excess"], difference)
    attained = found.loc["attained"]
    np.testing.assert_allclose(attained["smallest_eigenvalue"], attained["lower_bound"], rtol=1e-9)
    np.testing.assert_allclose(attained["largest_eigenvalue"], attained["upper_bound"], rtol=1e-12)


def test_indefinite_factors_break_both_bounds(table):
    control = wide(table).loc["indefinite"]
    assert (control["smallest_eigenvalue"] < control["lower_bound"]).any()
    assert (control["largest_eigenvalue"] > control["upper_bound"]).any()


def test_hadamard_product_is_a_principal_part_of_the_kronecker_product():
    first, second = schur_bounds._draw("full rank", 4, generator(0, "test"))
    kept = np.arange(4) * 5
    product = np.kron(first, second)[np.ix_(kept, kept)]
    expected = np.linalg.eigvalsh(product)
    found = schur_bounds._extremes(first[None], second[None])
    assert found["smallest_eigenvalue"][0] == pytest.approx(expected[0], rel=1e-12)
    assert found["largest_eigenvalue"][0] == pytest.approx(expected[-1], rel=1e-12)
    assert found["upper_bound"][0] == pytest.approx(second.diagonal().max() * np.linalg.norm(first, 2), rel=1e-12)
    assert found["lower_bound"][0] == pytest.approx(second.diagonal().min() / np.linalg.norm(np.linalg.inv(first), 2))


def test_figure_and_its_text(table):
    drawn = judged("E6", table)
    text = figure.alt_text(*drawn)
    assert "300 pairs" in text and "0 fall below" in text
    assert len(figure.draw(*drawn).axes) == 2
