"""Recovery of true labels: against a plain loop, its control, and the figures."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged
from scipy import special, stats

from overparam import seeding
from overparam.claims.label_noise import clustered_descent, seed_curves
from overparam.claims.label_noise.clusterable_recovery import clusterable_data_recovery as recovery_figure
from overparam.claims.label_noise.clusterable_recovery import early_stopping_time as time_figure
from overparam.claims.label_noise.clusterable_recovery import measure as clusterable_recovery
from overparam.drawing import theme
from overparam.plan import experiment_settings
from overparam.theory.clusterable_data import corrupt_per_cluster, draw_clusters


def settings(**overrides) -> dict:
    resolved, problems = experiment_settings.resolve("clusterable_recovery", "smoke", overrides)
    assert not problems
    return {**resolved, "seed": 0, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return clusterable_recovery.measure(settings())


def plain_loop(inputs, given, true, hidden, n_clusters, stop, noise):
    """Return what the experiment reports of one problem with classes −1 and 1, step by step in numpy."""
    n_train, width = len(inputs), len(hidden)
    v = np.repeat([1, -1], width // 2) / width**0.5
    first = settled = np.inf
    start = None
    for step in range(int(clusterable_recovery.OVERRUN * stop) + 1):
        z = inputs @ hidden.T
        outputs = np.logaddexp(0, z) @ v
        residual = outputs - given
        means = np.linalg.norm(residual.reshape(n_clusters, -1).mean(axis=1))
        start = means if start is None else start
        perfect = (np.sign(outputs) == true).all()
        first, settled = (
            (min(first, step) if perfect else first),
            (min(settled, step) if means <= noise * start else settled),
        )
        if step == stop:
            at_stop = (perfect, (np.sign(outputs) != true).mean(), means / start / noise)
        hidden = hidden - (special.expit(z) * v * residual[:, None]).T @ inputs / n_train
    return (*at_stop, first, settled)


@pytest.mark.parametrize("noise", [0.125, 0.375])
def test_runs_of_unlike_length_follow_a_plain_loop(noise):
    stops, data, given, hidden = np.array([60, 20, 40]), [], [], []
    for seed in range(3):
        draw = seeding.generator(0, "test_clusterable_recovery", seed)
        data.append(draw_clusters(4, 2, 8, 5, 0.2, draw))
        given.append(corrupt_per_cluster(data[-1], noise, draw))
        hidden.append(draw.standard_normal((6, 5)))
    problems = clustered_descent.stacked(data, given, hidden)
    found = clusterable_recovery.run(problems, stops, noise, data[0].class_values)
    names = ("recovered", "error_clean", "settling_share", "first_perfect_step", "settling_step")
    for b in range(3):
        values = data[b].class_values[given[b]]
        expected = plain_loop(data[b].inputs, values, data[b].labels, hidden[b], 4, stops[b], noise)
        np.testing.assert_allclose([found[name][b] for name in names], np.array(expected, dtype=float), rtol=1e-9)


def test_chunks_do_not_change_the_result(monkeypatch, table):
    monkeypatch.setattr(clusterable_recovery, "CHUNK", 1)
    few = {"inverse_noises": [2, 4, 8], "cluster_counts": [2, 3, 4], "n_seeds": 3, "widths": [2]}
    alone = clusterable_recovery.measure(settings(**few))
    monkeypatch.setattr(clusterable_recovery, "CHUNK", 10**9)
    together = clusterable_recovery.measure(settings(**few))
    pd.testing.assert_frame_equal(alone, together, rtol=1e-9)


def test_times_are_those_of_the_formulas(table):
    keys = ["sweep", "n_clusters", "n_per_cluster", "radius", "width", "label_noise", "assignment", "seed"]
    wide = table.pivot(index=keys, columns="quantity", values="value").reset_index()
    log_noise = np.log(1 / wide["label_noise"])
    expected = wide["n_clusters"] * log_noise / wide["smallest_eigenvalue"]
    np.testing.assert_array_equal(wide["formula_step"], np.ceil(expected))
    np.testing.assert_allclose(wide["printed_step"], -expected)
    assert (wide["printed_step"] < 0).all()
    right = table[(table["quantity"] == "smallest_eigenvalue") & (table["centres"] == "orthonormal")]
    assert np.ptp(right["value"]) < 1e-9


def test_a_sweep_through_the_judged_case_shows_its_runs(table):
    case = {"n_per_cluster": 16, "label_noise": 1 / 16, "width": 48, "assignment": "clusters", "centres": "random"}
    rows = table[(table[list(case)] == pd.Series(case)).all(axis=1) & (table["radius_times_l2"] == 1)]
    wide = rows.pivot(index=["quantity", "seed"], columns="sweep", values="value").dropna()
    assert {"theorem", "radius", "width", "corruption"} <= set(wide.columns) and len(wide)
    assert (wide.nunique(axis=1) == 1).all()


def test_control_fails_where_clusters_succeed(table):
    rows = table[(table["quantity"] == "recovered") & (table["sweep"] == "theorem")]
    shares = rows.groupby("assignment")["value"].mean()
    assert shares["clusters"] > 0.9
    assert shares["permuted"] == 0


def test_table_is_repeatable_and_has_no_double_rows(table):
    pd.testing.assert_frame_equal(table, clusterable_recovery.measure(settings()))
    assert not table.duplicated([column for column in table.columns if column != "value"]).any()


@pytest.mark.parametrize(("claim", "figure"), [("F4", recovery_figure), ("F5", time_figure)])
def test_figures_draw_and_say_their_numbers(table, claim, figure):
    measurements, verdict = judged(claim, table)
    assert figure.draw(measurements, verdict).axes
    text = figure.alt_text(measurements, verdict)
    assert "(control)" in text and "nan" not in text


def test_the_share_of_runs_that_is_asked_for_is_the_declared_one(table):
    measurements, verdict = judged("F4", table)
    verdict["forms"]["printed"]["predictions"][0]["declared"]["less"] = 0.75
    figure = recovery_figure.draw(measurements, verdict)
    assert all(0.75 in [patch.get_y() for patch in axis.patches] for axis in figure.axes)
    assert [axis.get_xlabel() for axis in figure.axes] == ["label noise ρ", "hidden units k"]


def test_exponents_of_the_settling_time_are_the_judges(table):
    _, verdict = judged("F5", table)
    for prediction in verdict["forms"]["corrected"]["predictions"]:
        for estimate in prediction["estimates"]:
            estimate["estimate"] = 0.123
    assert "0.12 in L and 0.12 in log(1/ρ)" in time_figure.alt_text(table, verdict)


def test_rates_carry_the_exact_binomial_interval():
    rows = pd.DataFrame({"x": [1] * 10, "value": [1.0] * 7 + [0.0] * 3})
    _, (axis,) = theme.panels()
    seed_curves.success_rate(axis, rows, "x", "runs", 0)
    (low, high) = axis.collections[0].get_segments()[0][:, 1]
    assert low == pytest.approx(stats.beta.ppf(0.025, 7, 4))  # Clopper and Pearson
    assert high == pytest.approx(stats.beta.ppf(0.975, 8, 3))
