"""Gradient descent on the hidden weights: rates, sufficient widths, controls."""

import numpy as np
import pandas as pd
import pytest
from altered_verdicts import altered, uprights
from judged_claims import judged

from overparam.claims.shallow_networks.hidden_layer_convergence import measure as experiment
from overparam.claims.shallow_networks.hidden_layer_convergence import relu_convergence, smooth_activation_convergence
from overparam.drawing import direct_labels
from overparam.plan import experiment_settings

SETTINGS = experiment_settings.resolve("hidden_layer_convergence", "smoke", {})[0] | {"seed": 2, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return experiment.measure(SETTINGS)


def test_sufficient_width_of_orthogonal_inputs_is_known():
    inputs = np.eye(4)  # Σ = E φ'² I, so λ(X) = E φ'² and κ = 1/λ
    assert experiment.sufficient_width(inputs, "relu") == pytest.approx(2**6 * 4**4 / 4**3)
    second_moment = 4 / np.pi / 5**0.5  # of erf', by the Gaussian integral (4/π) E exp(−2g²)
    assert experiment.sufficient_width(inputs, "erf") == pytest.approx(second_moment**-2 * 4**2 / 4)
    double = inputs.copy()
    double[1] = double[0]
    assert experiment.sufficient_width(double, "relu") > 1e60


def test_networks_at_the_theorems_width_are_as_wide_as_it_asks(table):
    widths = table[table["arm"] == "sufficient width"].groupby("activation")["width"].agg(["min", "max"])
    for activation, n_train in (("softplus", 4), ("tanh", 4), ("relu", 3)):
        inputs = experiment._random_inputs(SETTINGS, "sufficient width", n_train, 16)
        most = max(experiment.sufficient_width(each, activation) for each in inputs)
        assert (most <= widths.loc[activation]).all() and (widths.loc[activation] < most + 2).all()


def test_pair_has_the_separation_asked_for():
    pair = experiment._pair(0.7, 4)
    assert np.linalg.norm(pair[0] - pair[1]) == pytest.approx(0.7)
    np.testing.assert_allclose(np.linalg.norm(pair, axis=1), 1)


def test_generic_inputs_are_fitted_and_contradictions_are_not(table):
    fitted = table[table["quantity"] == "fitted"].groupby("arm")["value"].mean()
    assert fitted["sufficient width"] == fitted["close pair"] == 1
    assert fitted["duplicated"] == 0
    residual = table[(table["quantity"] == "residual_ratio") & (table["arm"] == "duplicated")]["value"]
    # the two labels 1 and −1 of one input leave at least √2 of a residual of about √n
    assert residual.min() > 0.5 * (2 / 4) ** 0.5


def test_rate_of_a_wide_pair_is_that_of_the_kernel():
    settings = SETTINGS | {"activations": ["softplus"], "residual_tolerance": 1e-4, "n_seeds": 2}
    pair = np.repeat(experiment._pair(0.5, 4)[None], 2, axis=0)
    case = experiment.Case("close pair", "softplus", "balanced", 2, 4, 4000, 0.5, pair)
    rows = pd.DataFrame(experiment._run(settings, case))
    rates = rows[rows["quantity"] == "rate"]
    np.testing.assert_allclose(rates["value"], rates["kernel_rate"], rtol=0.1)
    over = rows[rows["quantity"] == "over_promise"]["value"]
    assert (over <= 1).all() and (over > 0.1).all()


def test_smallest_width_is_the_least_from_which_on_all_fit():
    case = experiment.Case("width sweep", "relu", "balanced", 3, 4, 2, None, np.eye(4)[None, :3])
    rows = [
        {"arm": "width sweep", "quantity": "fitted", "activation": "relu", "n_train": 3, "dimension": 4, "seed": 0,
         "width": width, "value": value}
        for width, value in ((2, 1.0), (4, 0.0), (8, 1.0), (16, 1.0))
    ]  # fmt: skip
    found = experiment._smallest_widths(pd.DataFrame(rows), [case]).set_index("quantity")["value"]
    assert found["smallest_width"] == 8
    none = experiment._smallest_widths(pd.DataFrame(rows).assign(value=0.0), [case]).set_index("quantity")["value"]
    assert np.isinf(none["smallest_width"])


def test_same_settings_give_the_same_table(table):
    pd.testing.assert_frame_equal(table, experiment.measure(SETTINGS))


FIGURES = [("E10", smooth_activation_convergence, ["softplus", "tanh"]), ("E11", relu_convergence, ["relu"])]


@pytest.mark.parametrize(("claim", "figure", "activations"), FIGURES)
def test_figures_draw_and_their_text_has_the_numbers(table, claim, figure, activations):
    drawn = judged(claim, table)
    text = figure.alt_text(*drawn)
    rows = table[table["activation"].isin(activations)]
    steps = rows[(rows["arm"] == "large step") & (rows["quantity"] == "fitted")]["value"]
    assert f"{int((1 - steps).sum())} of {len(steps)} runs do not fit" in text
    assert len(figure.draw(*drawn).axes) == 2


@pytest.mark.parametrize(("claim", "figure", "activations"), FIGURES)
def test_figures_show_the_limit_and_the_activations_that_were_judged(table, claim, figure, activations):
    declared, verdict = judged(claim, table)
    found = altered(verdict, "fits-at-the-theorem's-width", greater=0.07, where={"activation": activations[:1]})
    residuals, pair = figure.draw(declared, found).axes
    assert uprights(residuals) == [0.07]
    names = [label.get_text() for label in pair.texts if isinstance(label, direct_labels.EndLabel)]
    assert names == [{"relu": "ReLU"}.get(name, name) for name in activations[:1]]
