"""The linear model with an information and a nuisance space."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged

from overparam import seeding
from overparam.claims.label_noise.nuisance_bias_variance import measure as experiment
from overparam.claims.label_noise.nuisance_bias_variance import nuisance_bias_variance as figure
from overparam.plan import experiment_settings

SETTINGS = experiment_settings.resolve("nuisance_bias_variance", "smoke", {})[0] | {"seed": 3, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return experiment.measure(SETTINGS)


def test_closed_form_follows_gradient_descent():
    inputs, truth, noise = experiment._draw(SETTINGS, 0)
    labels, svd, steps, rate = inputs @ truth + 0.5 * noise, experiment._svd(inputs), np.array([1, 4, 30]), 0.1
    found = experiment.iterates(svd, labels, steps, rate)
    eta, w, reached = rate / np.linalg.norm(inputs, 2) ** 2, np.zeros(inputs.shape[1]), []
    for _ in range(30):
        w = w - eta * inputs.T @ (inputs @ w - labels)
        reached.append(w)
    np.testing.assert_allclose(found, [reached[t - 1] for t in steps], rtol=1e-9, atol=1e-12)
    moment = experiment.second_moment(SETTINGS)
    curves = experiment.trajectory(svd, labels, truth, inputs @ truth, 0.5, moment, steps, rate)
    fresh = seeding.generator(0, "test").standard_normal((200_000, len(truth))) * np.sqrt(moment)
    np.testing.assert_allclose(curves["test_error"][1], np.mean((fresh @ (reached[3] - truth)) ** 2), rtol=0.02)
    shares = experiment.fitted_shares(svd, labels, steps, rate, 2)
    train = [np.sum((inputs @ reached[t - 1] - labels) ** 2) / np.sum(labels**2) for t in steps]
    np.testing.assert_allclose(shares["train_error"], train, rtol=1e-9)


def test_bias_and_variance_are_those_over_draws_of_the_noise():
    inputs, truth, _ = experiment._draw(SETTINGS, 1)
    svd, steps, moment = experiment._svd(inputs), np.array([3, 50, 1000]), experiment.second_moment(SETTINGS)
    draws = seeding.generator(0, "noise").standard_normal((4000, len(inputs)))
    curves = [
        experiment.trajectory(svd, inputs @ truth + 0.5 * noise, truth, inputs @ truth, 0.5, moment, steps, 0.1)
        for noise in draws
    ]
    mean = np.mean([curve["test_error"] for curve in curves], axis=0)
    np.testing.assert_allclose(curves[0]["bias"] + curves[0]["variance"], mean, rtol=0.05)


def test_interpolation_costs_what_the_inverse_wishart_matrix_says():
    settings = SETTINGS | {"n_train": 100, "n_params": 400, "slow_scale": 0.01, "n_seeds": 8}
    table = experiment.measure(settings)
    final = table[(table["quantity"] == "final_error") & (table["noise"] > 0)]["value"].mean()
    assert final == pytest.approx(settings["noise"] ** 2 * 100 / (400 - 2 - 100 - 1), rel=0.1)


def test_noise_makes_the_rise(table):
    once = table[table["step"].isna()].pivot_table(index=["noise", "seed"], columns="quantity", values="value")
    assert (once["limit_hit"] == 0).all()
    rise = once["final_error"] / once["early_error"]
    assert rise.loc[SETTINGS["noise"]].median() > 2
    assert rise.loc[0.0].max() < 1.1
    assert (once["early_information"] > once["early_nuisance"]).loc[SETTINGS["noise"]].all()


def test_figure_draws_and_its_text_has_the_numbers(table):
    measurements, verdict = judged("F12", table)
    text = figure.alt_text(measurements, verdict)
    final = table[(table["quantity"] == "final_error") & (table["noise"] > 0)]["value"].mean()
    assert f"{final:.2g}" in text
    left, right = figure.draw(measurements, verdict).axes
    assert left.get_xlabel() == "gradient steps" and right.get_ylabel() == "share of the labels' energy fitted"
    assert {"test", "bias", "variance", "train"} <= set(left.get_legend_handles_labels()[1])
