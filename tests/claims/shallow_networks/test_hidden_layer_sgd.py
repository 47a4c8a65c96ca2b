"""SGD on the hidden weights: iterations and controls."""

import numpy as np
import pandas as pd
import pytest
from altered_verdicts import altered, levels, uprights
from judged_claims import judged

from overparam.claims.shallow_networks import hidden_layer_descent
from overparam.claims.shallow_networks.hidden_layer_sgd import faster_convergence, sgd_convergence
from overparam.claims.shallow_networks.hidden_layer_sgd import measure as experiment
from overparam.plan import experiment_settings
from overparam.theory.activations import ACTIVATIONS

SETTINGS = experiment_settings.resolve("hidden_layer_sgd", "smoke", {})[0] | {"seed": 2, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return experiment.measure(SETTINGS)


def test_problems_are_as_described():
    given = experiment.problems(SETTINGS, "duplicated", 8)
    assert given.inputs.shape == (2, 16, 8) and given.v.shape == (2, 24)
    np.testing.assert_allclose(given.inputs.norm(dim=2), 1)
    np.testing.assert_array_equal(given.inputs[:, 0], given.inputs[:, 1])
    assert (given.labels[:, 0] == -given.labels[:, 1]).all()
    np.testing.assert_allclose(given.v.sum(dim=1), 0, atol=1e-12)
    generic = experiment.problems(SETTINGS, "theorem step", 8)
    np.testing.assert_array_equal(generic.hidden, given.hidden)
    np.testing.assert_array_equal(generic.inputs[:, 2:], given.inputs[:, 2:])


def test_steps_are_compared_under_seeds_of_their_own_number(table):
    seeds = table.groupby(table["arm"].isin(experiment.STEPS))["seed"].nunique()
    assert (seeds[True], seeds[False]) == (SETTINGS["small_n_seeds"], SETTINGS["n_seeds"]) == (3, 2)


def test_iterations_are_finite_exactly_where_labels_were_fitted(table):
    keys = ["arm", "dimension", "seed"]
    wide = table[~table["arm"].isin(experiment.STEPS)].pivot(index=keys, columns="quantity", values="value")
    fitted = wide["residual_ratio"] <= SETTINGS["residual_tolerance"]
    np.testing.assert_array_equal(np.isfinite(wide["iterations"]), fitted)
    assert not fitted.loc["duplicated"].any()
    assert fitted.loc["gradient descent"].mean() > 0.5
    assert (wide.loc[fitted, "rate_over_promise"].drop("too large step") > 1).all()
    assert (
        wide["rate_over_promise"]
        .notna()
        .equals(wide.index.get_level_values("arm").to_series(wide.index) != "duplicated")
    )
    assert (wide["limit_hit"] + wide["diverged"] + fitted == 1).all()


def test_small_steps_take_longer_by_about_the_ratio_of_steps():
    settings = SETTINGS | {"n_seeds": 4, "step_limit_per_sample": 2000, "residual_tolerance": 0.1}
    medians = []
    for arm in ("theorem step", "largest step"):
        rows = pd.DataFrame(experiment._run(settings, arm, 12))
        medians.append(rows[rows["quantity"] == "iterations"]["value"].median())
    assert 0.6 * 36 / 12 < medians[0] / medians[1] < 1.6 * 36 / 12  # n/d = 3


def test_networks_at_the_theorems_width_are_as_wide_as_it_asks():
    given = experiment.problems(SETTINGS, "sufficient width", 16)
    asked = max(experiment.sufficient_width(one.numpy(), "tanh") for one in given.inputs)
    assert given.labels.shape[1] == 8 and asked <= given.v.shape[1] < asked + 2
    # for orthogonal inputs κ = √(d/n)‖X‖/λ(X) is 1/E φ'², and d = n
    second_moment = 4 / np.pi / 5**0.5  # of erf', by the Gaussian integral (4/π) E exp(−2g²)
    assert experiment.sufficient_width(np.eye(4), "erf") == pytest.approx(4 / second_moment**2)


def test_the_earlier_step_takes_longer_by_the_ratio_of_steps():
    rows = pd.DataFrame(experiment._compare_steps(SETTINGS | {"residual_tolerance": 0.3}, 3))
    advantage = rows[(rows["quantity"] == "advantage") & (rows["arm"] == "step 1/λ_max")]["value"]
    given = experiment.problems(SETTINGS, "small", 3)
    largest, _ = hidden_layer_descent.largest_step(given, ACTIVATIONS["tanh"])
    earlier = [experiment.smallest_eigenvalue(one.numpy(), "tanh") / 4 for one in given.inputs]
    np.testing.assert_allclose(advantage, largest.numpy() / earlier, rtol=0.5)
    own = rows[(rows["quantity"] == "advantage") & (rows["arm"] == "step λ/n²")]["value"]
    assert (own == 1).all()


def test_figure_of_the_steps_draws_and_its_text_has_the_numbers(table):
    drawn = judged("E19", table)
    ratio = table[(table["arm"] == "step 1/λ_max") & (table["quantity"] == "advantage")].groupby("n_train")["value"]
    assert f"a median of {ratio.median().iloc[0]:.0f} at n = 2" in faster_convergence.alt_text(*drawn)
    declared, verdict = drawn
    axes = faster_convergence.draw(declared, altered(verdict, "ten-times-fewer-iterations", less=7)).axes
    assert levels(axes[1]) == [7]


def test_figure_draws_and_its_text_has_the_numbers(table):
    drawn = judged("E12", table)
    text = sgd_convergence.alt_text(*drawn)
    failed = table[(table["arm"] == "too large step") & (table["quantity"] == "iterations")]["value"]
    assert f"{np.isinf(failed).sum()} of {len(failed)} runs do not fit" in text
    assert len(sgd_convergence.draw(*drawn).axes) == 2


def test_the_line_of_fitted_runs_is_the_limit_that_was_judged(table):
    declared, verdict = judged("E12", table)
    assert uprights(sgd_convergence.draw(declared, altered(verdict, "fits", greater=0.07)).axes[1]) == [0.07]
