"""Polynomial regression against numpy.polynomial, scikit-learn and the definition of the smallest norm."""

import numpy as np
import pandas as pd
import pytest
from declared_tables import declared
from numpy.polynomial import legendre, polynomial
from scipy.integrate import trapezoid
from sklearn.linear_model import Ridge
from undecided_verdicts import undecided

from overparam.claims.interpolation.polynomial_regression import (
    polynomial_overfitting,
    polynomial_overfitting_interactive,
    polynomial_second_descent,
)
from overparam.claims.interpolation.polynomial_regression.measure import (
    BASES,
    design_matrix,
    measure,
    minimum_norm,
    ridge_path,
    target,
)
from overparam.seeding import generator

SETTINGS = {
    "seed": 0,
    "n_train": 16,
    "n_seeds": 3,
    "n_params": [1, 4, 8, 16, 17, 64],
    "noise": 0.2,
    "cutoff": 1e-13,
    "n_validation": 50,
    "shown": [4, 64],
}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return measure(SETTINGS)


@pytest.fixture
def samples() -> tuple[np.ndarray, np.ndarray]:
    draws = generator(0, "test_polynomial_regression")
    x = draws.uniform(-1, 1, 12)
    return x, target(x) + 0.1 * draws.standard_normal(12)


def test_the_orthonormal_basis_is_orthonormal_for_the_uniform_distribution():
    points, weights = legendre.leggauss(60)
    basis = design_matrix(points, 50, "legendre_orthonormal")
    gram = basis.T @ (weights[:, None] / 2 * basis)  # the density of the uniform distribution on [-1, 1] is 1/2
    assert np.allclose(gram, np.eye(50), atol=1e-12)


def test_the_other_bases_are_those_of_numpy():
    x = np.linspace(-1, 1, 9)
    assert np.allclose(design_matrix(x, 7, "monomial"), polynomial.polyvander(x, 6), rtol=1e-14)
    legendre_basis = design_matrix(x, 7, "legendre")
    assert np.allclose(legendre_basis @ np.eye(7)[5], legendre.legval(x, np.eye(7)[5]), rtol=1e-14)
    assert np.abs(legendre_basis).max() == pytest.approx(1)
    with pytest.raises(ValueError, match="chebyshev"):
        design_matrix(x, 7, "chebyshev")


@pytest.mark.parametrize("basis", BASES)
def test_with_fewer_coefficients_than_samples_it_is_ordinary_least_squares(samples, basis):
    x, y = samples
    coefficients, rank = minimum_norm(design_matrix(x, 5, basis), y, 1e-13)
    points = np.linspace(-1, 1, 11)
    expected = polynomial.Polynomial.fit(x, y, 4)(points)
    assert rank == 5
    assert np.allclose(design_matrix(points, 5, basis) @ coefficients, expected, rtol=1e-9)


def test_beyond_interpolation_the_solution_has_the_smallest_norm(samples):
    x, y = samples
    design = design_matrix(x, 40, "legendre_orthonormal")
    coefficients, rank = minimum_norm(design, y, 1e-13)
    assert rank == 12
    assert np.allclose(design @ coefficients, y, atol=1e-10)
    null_space = np.linalg.svd(design)[2][12:]
    assert np.abs(null_space @ coefficients).max() < 1e-10 * np.linalg.norm(coefficients)
    other = coefficients + 0.1 * null_space.T @ np.ones(28)
    assert np.allclose(design @ other, y, atol=1e-10)
    assert np.linalg.norm(other) > np.linalg.norm(coefficients)


def test_singular_values_below_the_cutoff_count_as_zero():
    design = np.diag([1.0, 1e-6])
    kept, rank = minimum_norm(design, np.ones(2), 1e-7)
    dropped, lower_rank = minimum_norm(design, np.ones(2), 1e-5)
    assert (rank, lower_rank) == (2, 1)
    assert np.allclose(kept, [1, 1e6])
    assert np.allclose(dropped, [1, 0])


@pytest.mark.parametrize("n_params", [5, 40])
def test_ridge_is_that_of_scikit_learn(samples, n_params):
    x, y = samples
    design = design_matrix(x, n_params, "legendre_orthonormal")
    path = ridge_path(design, y, np.array([1e-3, 0.1]))
    for coefficients, penalty in zip(path.T, (1e-3, 0.1), strict=True):
        expected = Ridge(alpha=len(y) * penalty, fit_intercept=False, solver="svd").fit(design, y).coef_
        assert np.allclose(coefficients, expected, rtol=1e-8, atol=1e-12)


def test_the_test_loss_is_the_expected_squared_error_of_the_curve_that_is_shown(table):
    curve = table.query("quantity == 'prediction' and n_params == 4").sort_values("x")
    truth = table.query("quantity == 'target'").sort_values("x")
    error = (curve["value"].to_numpy() - truth["value"].to_numpy()) ** 2
    expected = trapezoid(error, curve["x"].to_numpy()) / 2 + SETTINGS["noise"] ** 2
    chosen = _losses(table, "legendre_orthonormal", "minimum_norm", "test")
    assert chosen.loc[(0, 4)] == pytest.approx(expected, rel=1e-4)


def test_every_sample_is_fitted_from_p_equal_n_on(table):
    train = _losses(table, "legendre_orthonormal", "minimum_norm", "train").unstack()
    assert (train[[16, 17, 64]] < 1e-9).all(axis=None)
    assert (train[[1, 4, 8]] > 1e-3).all(axis=None)
    ridge = _losses(table, "legendre_orthonormal", "ridge", "train").unstack()
    assert (ridge >= train - 1e-9).all(axis=None)


def test_below_the_threshold_the_basis_makes_no_difference_and_beyond_it_does(table):
    orthonormal, monomial = (_losses(table, basis, "minimum_norm", "test") for basis in (BASES[0], "monomial"))
    ratio = (orthonormal / monomial).unstack()
    assert np.allclose(ratio[[1, 4, 8]], 1, rtol=1e-6)
    assert (ratio[64] < 0.1).all()


def test_a_seed_depends_on_nothing_but_its_own_number(table):
    fewer = measure({**SETTINGS, "n_seeds": 2, "n_params": [1, 4, 8, 16, 64]})
    left, right = (
        _losses(part, "legendre_orthonormal", "minimum_norm", "test")
        for part in (fewer, table[table["n_params"] != 17])
    )
    pd.testing.assert_series_equal(left, right[right.index.get_level_values("seed") < 2], check_exact=False, rtol=1e-6)


def test_the_penalty_is_tuned_on_a_draw_of_its_own(table):
    other = measure({**SETTINGS, "n_validation": 10})
    same = [
        _losses(part, "legendre_orthonormal", "minimum_norm", split) for part in (table, other) for split in ("test",)
    ]
    pd.testing.assert_series_equal(*same, check_exact=True)
    penalties = [part.loc[part["quantity"] == "penalty", "value"].to_numpy() for part in (table, other)]
    assert (penalties[0] != penalties[1]).any()


def _losses(table: pd.DataFrame, basis: str, method: str, split: str) -> pd.Series:
    rows = table.query("quantity == 'loss' and basis == @basis and method == @method and split == @split")
    return rows.astype({"n_params": int}).set_index(["seed", "n_params"])["value"].sort_index()


@pytest.mark.parametrize("figure", [polynomial_overfitting, polynomial_second_descent])
def test_axes_of_a_figure_are_named_as_the_experiment_declares(figure, table):
    verdict = undecided(figure.__name__.rpartition(".")[2])
    axis = figure.draw(declared(table, "polynomial_regression"), verdict).axes[-1]
    assert axis.get_xlabel() == "parameters $p$ = degree + 1" and axis.get_ylabel() == "mean squared error\n(median)"
    assert "p = 64" in figure.alt_text(table, verdict)


def test_the_chart_fits_the_curves_that_were_measured(table):
    """Also those that the table does not keep: their errors are the measured ones of the first training set."""
    curves = polynomial_overfitting_interactive.fitted(table, SETTINGS["n_params"])
    assert list(curves) == SETTINGS["n_params"]
    x, y = (_of(table, "sample")[column].to_numpy(float) for column in ("x", "value"))
    points, weights = legendre.leggauss(114)
    for p, measured in _losses(table, "legendre_orthonormal", "minimum_norm", "test")[0].items():
        off = polynomial_overfitting_interactive._fit(x, y, p, points) - target(points)
        assert weights @ off**2 / 2 + SETTINGS["noise"] ** 2 == pytest.approx(measured, rel=1e-5)
    kept = _of(table, "prediction")
    for p, rows in kept.groupby("n_params"):
        shown, there = curves[p], rows.set_index("x")["value"]
        both = shown.index.intersection(there.index)
        assert len(both) > 50
        assert np.allclose(shown[both], there[both], rtol=1e-5)


def test_the_chart_draws_no_curve_that_it_cannot_fit_again(table):
    other = table.copy()
    other.loc[other["quantity"] == "sample", "value"] += 0.1
    assert list(polynomial_overfitting_interactive.fitted(other, SETTINGS["n_params"])) == SETTINGS["shown"]


def _of(table: pd.DataFrame, quantity: str) -> pd.DataFrame:
    return table[table["quantity"] == quantity]
