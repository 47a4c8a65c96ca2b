"""The quadratic part of the covariance as a lower bound."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged

from overparam.claims.shallow_networks.hermite_lower_bound import hermite_lower_bound as figure
from overparam.claims.shallow_networks.hermite_lower_bound import measure as hermite_lower_bound
from overparam.theory import hermite

SETTINGS = {
    "seed": 0, "memory_mb": 50, "n_seeds": 3, "dimension": 4, "inputs_per_dimension": [0.5, 2, 6], "control_norm": 2,
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return hermite_lower_bound.measure(SETTINGS)


def smallest(table: pd.DataFrame, **conditions) -> pd.Series:
    rows = table[table["quantity"] == "smallest_eigenvalue"]
    for column, value in conditions.items():
        rows = rows[rows[column] == value]
    return rows.groupby("activation")["value"].agg(["min", "max"])


def test_corrected_bound_holds_and_the_control_breaks_it(table):
    assert (smallest(table, coefficient="corrected", input_norm=1)["min"] > -1e-12).all()
    control = smallest(table, coefficient="corrected", input_norm=2, n_train=24)["max"]
    assert (control[["relu", "softplus"]] < -0.1).all()


def test_printed_bound_breaks_where_slopes_are_even_and_is_empty_where_they_are_odd(table):
    beyond = smallest(table, coefficient="printed", input_norm=1, n_train=8)["max"]
    assert (beyond[["tanh", "sigmoid", "erf"]] < -1e-4).all()
    factors = table[(table["quantity"] == "coefficient_value") & (table["coefficient"] == "printed")]
    values = factors.groupby("activation")["value"].max()
    assert (values[["softplus", "relu", "quadratic"]] < 1e-20).all()
    assert (values[["tanh", "sigmoid", "erf"]] > 1e-3).all()


def test_antipodal_inputs_break_the_printed_bound_by_twice_its_coefficient():
    # x and −x: on (1, 1) every odd power of XXᵀ vanishes, and (XXᵀ) ⊙ (XXᵀ) is 2
    rows = pd.DataFrame(hermite_lower_bound._eigenvalues({}, np.array([[1.0, 0.0], [-1.0, 0.0]]), 2.0))
    rows = rows[(rows["quantity"] == "smallest_eigenvalue") & (rows["input_norm"] == 1)]
    found = rows.set_index(["activation", "coefficient"])["value"]
    for activation in ("tanh", "sigmoid", "erf"):
        expected = -2 * hermite.coefficients(activation, 3)[2] ** 2
        assert found[activation, "printed"] == pytest.approx(expected, rel=1e-9)
        assert found[activation, "corrected"] == pytest.approx(0, abs=1e-12)


def test_quadratic_activation_is_its_quadratic_part(table):
    rows = table[(table["activation"] == "quadratic") & (table["coefficient"] == "corrected")]
    values = rows.pivot_table(index=["seed", "n_train"], columns="quantity", values="value")
    np.testing.assert_allclose(values["guaranteed"], values["covariance_eigenvalue"], atol=1e-12)
    beyond = table[table["beyond_quadratic_rank"].fillna(False) & (table["quantity"] == "covariance_eigenvalue")]
    largest = beyond.groupby("activation")["value"].max()
    assert abs(largest["quadratic"]) < 1e-12
    assert (largest.drop("quadratic") > 1e-6).all()


def test_figure_and_its_text(table):
    drawn = judged("E8", table)
    text = figure.alt_text(*drawn)
    unit = hermite.covariance(np.ones((1, 1)), "tanh")[0, 0]  # every entry of diag Σ
    assert f"{-smallest(table, coefficient='printed', input_norm=1)['min']['tanh'] / unit:.2g} (tanh)" in text
    assert "0.0427 and 0.159 for them" in text and "no eigenvalue of these two and the quadratic is below" in text
    assert len(figure.draw(*drawn).axes) == 2
