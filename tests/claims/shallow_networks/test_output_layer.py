"""Interpolation by the output layer, in many digits."""

import mpmath
import numpy as np
import pandas as pd
import pytest
from altered_verdicts import altered
from judged_claims import judged

from overparam.claims.shallow_networks.output_layer import measure as output_layer
from overparam.claims.shallow_networks.output_layer import output_layer_interpolation as figure
from overparam.plan import experiment_settings


@pytest.fixture(scope="module")
def settings() -> dict:
    resolved, problems = experiment_settings.resolve("output_layer", "smoke", {})
    assert not problems
    return {**resolved, "seed": 1, "memory_mb": 500}


@pytest.fixture(scope="module")
def table(settings) -> pd.DataFrame:
    return output_layer.measure(settings)


def columns(features: np.ndarray):
    return (np.array([mpmath.mpf(value) for value in column], dtype=object) for column in features.T)


def test_residuals_are_those_of_least_squares_at_every_width():
    draw = np.random.default_rng(0)
    features, y = draw.standard_normal((7, 9)), draw.choice([-1.0, 1.0], 7)
    with mpmath.workdps(50):
        residuals, triangle = output_layer.eliminate(columns(features), y, 9, 1e-10, 50)
    for k in range(1, 7):
        fitted = features[:, :k] @ np.linalg.lstsq(features[:, :k], y, rcond=None)[0]
        assert residuals[k] == pytest.approx(np.linalg.norm(fitted - y) / np.linalg.norm(y), rel=1e-10)
    assert (residuals[7:] < 1e-40).all()
    expected = np.linalg.norm(features[:, :7]) * np.linalg.norm(np.linalg.inv(features[:, :7]))
    assert output_layer.condition_number(triangle) == pytest.approx(expected, rel=1e-10)


def test_the_slides_formula_gives_the_same_fit():
    draw = np.random.default_rng(1)
    features, y = mpmath.matrix(draw.standard_normal((5, 8)).tolist()), mpmath.matrix(draw.choice([-1, 1], 5).tolist())
    with mpmath.workdps(40):
        v = features.T * mpmath.cholesky_solve(features * features.T, y)
        assert mpmath.norm(features * v - y) < mpmath.mpf(10) ** -35


def test_dependent_columns_are_left_out_however_small_the_rest():
    draw = np.random.default_rng(2)
    features, y = draw.standard_normal((5, 6)), draw.choice([-1.0, 1.0], 5)
    features[:, 2] = features[:, 0]
    with mpmath.workdps(50):
        residuals, triangle = output_layer.eliminate(columns(features), y, 6, 1e-10, 50)
    assert residuals[3] == residuals[2] and residuals[5] > 1e-6 and residuals[6] < 1e-40
    assert triangle is not None or output_layer.condition_number(triangle) == np.inf


def test_softplus_interpolates_at_n_and_not_before(table):
    smallest = table[table["quantity"] == "smallest_width_over_n"].set_index(["activation", "dimension"])["value"]
    assert (smallest["softplus"] == 1).all()
    residual = table[table["quantity"] == "residual"]
    assert (residual[residual["width_minus_n"] < 0]["value"] > 1e-4).all()


def test_relu_in_the_plane_needs_more_than_n(table):
    smallest = table[(table["quantity"] == "smallest_width_over_n") & (table["activation"] == "relu")]
    assert smallest[smallest["dimension"] == 2]["value"].max() > 1


def test_singular_features_are_not_hidden_by_rounding():
    angles = np.array([0.10, 0.11, 0.12, 0.13])  # one unit active on all: cos is spanned by two of them
    x, units = np.stack([np.cos(angles), np.sin(angles)], 1), np.array([[1.0, 0.1], [0.3, 1.0], [2.0, 0.0], [1.0, 1.0]])
    with mpmath.workdps(100):
        given = (output_layer.unit_outputs(x, unit, "relu") for unit in units)
        residuals, triangle = output_layer.eliminate(given, np.array([1.0, -1.0, 1.0, -1.0]), 4, 1e-10, 100)
    assert residuals[-1] > 0.1 and triangle is None


@pytest.mark.parametrize("dimension", [2, 3])
def test_one_sample_more_than_dimensions_between_no_units_makes_relu_features_singular(dimension):
    draw = np.random.default_rng(3)
    hidden = draw.standard_normal((12, dimension))
    for count, singular in ((dimension, False), (dimension + 1, True)):
        x = np.eye(dimension)[0] + 1e-3 * draw.standard_normal((count, dimension))
        z = x @ hidden.T
        assert len({tuple(row) for row in z > 0}) == 1 and (z > 0).sum() >= dimension  # no unit separates these samples
        features = np.maximum(z, 0)
        assert (np.linalg.matrix_rank(features, tol=1e-9) < count) == singular


def test_figure_states_what_was_measured(table):
    drawn = judged("E14", table)
    text = figure.alt_text(*drawn)
    residual = table[(table["quantity"] == "residual") & (table["width_minus_n"] == -1)]["value"].min()
    assert f"{residual:.2g}" in text and "softplus 1.00" in text
    assert len(figure.draw(*drawn).axes) == 2


def test_measurements_are_repeatable(settings, table):
    pd.testing.assert_frame_equal(table, output_layer.measure(settings))


def test_figure_shows_the_dimensions_that_were_judged(table):
    declared, verdict = judged("E14", table)
    name = "ReLU mostly interpolates at k = n, d ≥ 5"
    found = altered(verdict, name, "corrected", where={"dimension": {"min": 3}})
    assert figure.draw(declared, found).axes[1].get_title() == "$d \\geq 3$"
