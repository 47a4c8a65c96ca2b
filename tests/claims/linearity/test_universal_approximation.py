"""Least sup errors against Chebyshev's theory and closed forms."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged

from overparam.claims.linearity.universal_approximation import measure as universal_approximation
from overparam.claims.linearity.universal_approximation import universal_approximation as figure
from overparam.claims.linearity.universal_approximation.measure import best_sup_error
from overparam.plan import experiment_settings

PLACES = np.linspace(-1, 1, 401)


def settings(**overrides) -> dict:
    found, problems = experiment_settings.resolve("universal_approximation", "smoke", overrides)
    assert not problems
    return found | {"seed": 1, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return universal_approximation.measure(settings())


def powers(highest: int):
    return lambda t: t[:, None] ** np.arange(1, highest + 1)


@pytest.mark.parametrize("degree", [1, 3, 6])
def test_best_polynomial_misses_the_next_power_by_chebyshevs_constant(degree):
    error, failed = best_sup_error(powers(degree), lambda t: t ** (degree + 1), True, PLACES, PLACES)
    assert not failed
    assert error == pytest.approx(2.0**-degree, rel=1e-3)  # the monic Chebyshev polynomial of degree + 1


def test_best_line_misses_the_absolute_value_by_one_half():
    assert best_sup_error(powers(1), np.abs, True, PLACES, PLACES)[0] == pytest.approx(0.5, rel=1e-6)
    assert best_sup_error(powers(1), np.abs, False, PLACES, PLACES)[0] == pytest.approx(1, rel=1e-6)


def test_collinear_features_do_no_harm():
    def features(t: np.ndarray) -> np.ndarray:
        return np.column_stack([powers(2)(t), 3 * powers(2)(t), 0 * t])

    error, failed = best_sup_error(features, lambda t: t**3, True, PLACES, PLACES)
    assert not failed
    assert error == pytest.approx(0.25, rel=1e-3)


def test_equal_breakpoints_attain_the_least_error_and_none_goes_below(table):
    parabola = table[table["target"] == "parabola"].pivot_table(
        index=["network", "seed", "width"], columns="quantity", values="value"
    )
    equal = parabola.loc["equal breakpoints"]
    np.testing.assert_allclose(equal["sup_error"], equal["least_sup_error"], rtol=1e-6)
    assert (parabola["sup_error"] >= parabola["least_sup_error"] * (1 - 1e-6)).all()


def test_error_falls_only_with_biases_and_a_true_activation(table):
    errors = table[(table["quantity"] == "sup_error") & (table["target"] != "parabola")]
    middle = errors.groupby(["network", "activation", "target", "width"])["value"].median().unstack()
    fall = middle[32] / middle[8]
    assert (fall["with biases"] < 0.5).all()
    assert (fall["without biases"] > 0.7).all()
    assert (fall["polynomial activation"] > 0.9).all()
    assert table[table["quantity"] == "no_solution"]["value"].sum() == 0


def test_figure_states_its_numbers(table):
    drawn = judged("D7", table)
    assert figure.draw(*drawn).axes
    least = table[(table["quantity"] == "least_sup_error") & (table["width"] == 32)]["value"].iloc[0]
    assert f"goes below {least:.3g}" in figure.alt_text(*drawn)
