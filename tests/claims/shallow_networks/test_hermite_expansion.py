"""The measurements behind the Hermite expansion."""

import numpy as np
import pandas as pd
import pytest
import torch
from altered_verdicts import altered
from judged_claims import judged

from overparam.claims.shallow_networks.hermite_expansion import hermite_expansion as figure
from overparam.claims.shallow_networks.hermite_expansion import measure as hermite_expansion
from overparam.seeding import generator
from overparam.theory import activations, hermite, hidden_layer, two_layer

SETTINGS = {
    "seed": 0, "memory_mb": 50, "n_seeds": 2, "n_train": 4, "dimension": 3, "control_norm": 0.5, "terms": [4, 64, 512],
    "coefficients_shown": 4, "monte_carlo_samples": 4000, "widths": [16, 256], "n_initialisations": 24,
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return hermite_expansion.measure(SETTINGS)


def test_series_equals_quadrature_for_unit_inputs_only(table):
    rows = table[table["quantity"].isin(["series_entry", "quadrature_entry"])]
    keys = ["input_norm", "activation", "seed", "row", "column"]
    wide = rows.pivot(index=keys, columns="quantity", values="value")
    error = (wide["series_entry"] / wide["quadrature_entry"] - 1).abs()
    assert error.loc[1.0].max() < 1e-10
    other = error.loc[0.5].groupby("activation").max()
    assert (other.drop("quadratic") > 1e-3).all()
    assert other["quadratic"] < 1e-10  # φ'(z) = z has one term, whatever the norm


def test_finite_networks_have_the_gram_matrix_of_their_jacobian(table):
    inputs = two_layer.unit_vectors(4, 3, generator(0, "inputs"))
    lemma = hermite.covariance(hermite.gram_of(inputs), "tanh")
    ((width, found),) = hermite_expansion._concentration([5], 1, "tanh", inputs, lemma, generator(0, "weights"))
    weights = torch.as_tensor(generator(0, "weights").standard_normal((1, 5, 3)))
    v = hidden_layer.half_signs(5, 1.0)[None]
    exact = hidden_layer.gram(weights, v, torch.as_tensor(inputs)[None], activations.ACTIVATIONS["tanh"])[0].numpy() / 5
    assert width == 5
    assert found == pytest.approx(np.linalg.norm(exact - lemma, 2) / np.linalg.norm(lemma, 2), rel=1e-12)


def test_networks_concentrate_on_the_series_for_unit_inputs_only(table):
    rows = table[table["quantity"] == "concentration"]
    means = rows.groupby(["input_norm", "activation", "width"])["value"].mean()
    assert (means.loc[1.0].xs(16, level="width") / means.loc[1.0].xs(256, level="width")).between(2.5, 6).all()
    assert means.loc[0.5, "tanh", 256] > 0.5


def test_monte_carlo_means_lie_near_unless_the_norm_differs(table):
    deviations = table[table["quantity"] == "standard_errors"].groupby(["input_norm", "activation"])["value"].max()
    assert (deviations.loc[1.0] < 5).all()
    assert (deviations.loc[0.5][["tanh", "relu", "erf", "sigmoid"]] > 10).all()


def test_truncation(table):
    errors = (
        table[table["quantity"] == "truncation_error"].groupby(["input_norm", "activation", "terms"])["value"].max()
    )
    assert errors.loc[1.0, "tanh", 64] < 1e-7
    assert errors.loc[1.0, "relu", 64] / errors.loc[1.0, "relu", 512] == pytest.approx(8**0.5, rel=0.06)
    assert (table.loc[table["quantity"] == "runs_without_number", "value"] == 0).all()


def test_figure_and_its_text(table):
    drawn = judged("E7", table)
    text = figure.alt_text(*drawn)
    assert "12 Monte Carlo means" in text and "R = 512" in text
    assert len(figure.draw(*drawn).axes) == 2


def test_the_dotted_lines_have_the_exponents_that_were_judged(table):
    declared, verdict = judged("E7", table)
    found = altered(verdict, "ReLU's tail falls like R^(−1/2)", band=[-0.8, -0.7])
    lines = figure.draw(declared, found).axes[0].get_lines()
    (tail,) = (line for line in lines if line.get_linestyle() == ":")
    slope = np.polyfit(np.log(tail.get_xdata()), np.log(tail.get_ydata()), 1)[0]
    np.testing.assert_allclose(slope, -0.75)
