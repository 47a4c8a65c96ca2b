"""The split of the residual: its closed form by enumeration, the subspace by a singular value decomposition."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged

from overparam import seeding
from overparam.claims.label_noise import clustered_descent
from overparam.claims.label_noise.corruption_dynamics import fast_slow_dynamics, residual_splits
from overparam.claims.label_noise.corruption_dynamics import measure as corruption_dynamics
from overparam.plan import experiment_settings
from overparam.theory import activations, hidden_layer
from overparam.theory.clusterable_data import corrupt_per_cluster, draw_clusters


def settings(**overrides) -> dict:
    resolved, problems = experiment_settings.resolve("corruption_dynamics", "smoke", overrides)
    assert not problems
    return {**resolved, "seed": 0, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return corruption_dynamics.measure(settings(n_seeds_split=30))


@pytest.mark.parametrize(("n_clusters", "size"), [(1, 6), (2, 4), (3, 3), (4, 2)])
def test_expected_share_is_the_mean_over_every_set_of_flips(n_clusters, size):
    n_train = n_clusters * size
    fast = np.kron(np.eye(n_clusters), np.ones((size, 1))) / size**0.5
    labels = np.repeat(np.where(np.arange(n_clusters) % 2, 1.0, -1.0), size)
    for n_corrupted in range(1, n_train + 1):
        shares = []
        for flipped in itertools.combinations(range(n_train), n_corrupted):
            corruption = np.zeros(n_train)
            corruption[list(flipped)] = -2 * labels[list(flipped)]
            shares.append(np.sum((fast.T @ corruption) ** 2) / np.sum(corruption**2))
        expected = corruption_dynamics.expected_share(n_corrupted, n_clusters, n_train)
        assert expected == pytest.approx(np.mean(shares), rel=1e-12)


def test_a_draw_of_flips_has_one_at_least():
    draw = seeding.generator(0, "test_corruption_dynamics")
    data = draw_clusters(2, 2, 4, 3, 0.1, draw)
    counts = [int((corruption_dynamics.flipped(data, 0.1, draw) != data.classes).sum()) for _ in range(400)]
    assert min(counts) == 1  # without drawing again, 43 % would have none
    assert np.mean(counts) == pytest.approx(0.8 / (1 - 0.9**8), rel=0.1)


def one_problem(radius: float):
    draw = seeding.generator(0, "test_corruption_dynamics")
    data = draw_clusters(4, 2, 8, 32, radius, draw)
    given = corrupt_per_cluster(data, 0.125, draw)
    return clustered_descent.stacked([data], [given], [draw.standard_normal((12, 32))])


def test_fast_subspace_is_that_of_the_jacobian():
    problems = one_problem(0.3)
    basis = corruption_dynamics.fast_subspace(problems, 4)[0].numpy()
    activation = activations.ACTIVATIONS["softplus"]
    jacobian = hidden_layer.jacobian(problems.hidden, problems.v[None], problems.inputs, activation)[0].numpy()
    left = np.linalg.svd(jacobian)[0][:, :4]
    np.testing.assert_allclose(basis @ basis.T, left @ left.T, atol=1e-9)


def test_fast_subspace_without_radius_is_that_of_the_cluster_indicators():
    basis = corruption_dynamics.fast_subspace(one_problem(0.0), 4)[0].numpy()
    indicators = np.kron(np.eye(4), np.ones((8, 1))) / 8**0.5
    np.testing.assert_allclose(basis @ basis.T, indicators @ indicators.T, atol=1e-9)


def test_recorded_parts_are_those_of_the_residual():
    problems = one_problem(0.3)
    rate = 1 / torch.linalg.matrix_norm(problems.inputs, 2) ** 2
    curve, once = corruption_dynamics.follow_descent(problems, rate, 20, 0.125, settings(step_limit=8000))
    basis = corruption_dynamics.fast_subspace(problems, 4)[0]
    seen = [f[0] for f, _ in itertools.islice(clustered_descent.descend(problems, rate), 21)]
    start, stop = (outputs - problems.given[0] for outputs in (seen[0], seen[-1]))
    slow = torch.eye(32, dtype=torch.float64) - basis @ basis.T
    assert once["fast_left"] == pytest.approx(float((basis.T @ stop).norm() / (basis.T @ start).norm()), rel=1e-9)
    assert once["slow_left"] == pytest.approx(float((slow @ stop).norm() / (slow @ start).norm()), rel=1e-9)
    clean = [float((outputs - problems.true[0]).norm()) for outputs in seen]
    assert curve[20]["clean_residual"] == pytest.approx(clean[-1] / clean[0], rel=1e-12) == once["clean_left"]
    norms = [float((basis.T @ (outputs - problems.given[0])).norm()) for outputs in seen]
    assert once["fast_step"] == next(step for step, norm in enumerate(norms) if norm <= 0.125 * norms[0])
    assert once["limit_hit"] == 0 and curve[once["fitted_step"]]["error_noisy"] == 0
    assert once["fitted_residual"] <= 0.1 * float((problems.given - problems.true).norm())


def test_a_run_that_is_cut_off_says_so():
    problems = one_problem(0.3)
    rate = 1 / torch.linalg.matrix_norm(problems.inputs, 2) ** 2
    _, once = corruption_dynamics.follow_descent(problems, rate, 5, 0.125, settings(step_limit=10))
    assert once["limit_hit"] == 1 and np.isinf(once["slow_step"]) and once["fitted_step"] == 10


def test_clusters_split_as_derived_and_the_control_does_not(table):
    start = table[table["arm"] == "start"]
    means = start.groupby(["data", "quantity", "label_noise"])["value"].mean()
    assert means["clusters", "clean_share"].min() > 0.95
    assert means["no clusters", "clean_share"].max() < 0.5
    assert means["clusters", "corruption_share_excess"].drop(0.0625).abs().max() < 0.06
    assert means["no clusters", "corruption_share_excess"][0.5] < -0.2


def test_slow_part_outlives_the_fast_one_only_with_clusters(table):
    ratio = table[table["quantity"] == "slow_over_fast"].groupby("data")["value"]
    assert ratio.min()["clusters"] > 10
    assert ratio.max()["no clusters"] < 10


def test_table_is_repeatable():
    few = settings(n_seeds_split=2, n_seeds=2, step_limit=300)
    pd.testing.assert_frame_equal(corruption_dynamics.measure(few), corruption_dynamics.measure(few))


@pytest.mark.parametrize(("claim", "figure"), [("F9", residual_splits), ("F10", fast_slow_dynamics)])
def test_figures_draw_and_say_their_numbers(table, claim, figure):
    measurements, verdict = judged(claim, table)
    assert figure.draw(measurements, verdict).axes
    text = figure.alt_text(measurements, verdict)
    assert "(control)" in text and "inf" not in text


def test_the_printed_share_is_the_declared_one(table):
    measurements, verdict = judged("F9", table)
    (printed,) = [one for one in verdict["forms"]["printed"]["predictions"] if one["name"].startswith("corruption")]
    printed["declared"]["greater"] = 0.3
    figure = residual_splits.draw(measurements, verdict)
    (axis,) = figure.axes
    assert "printed: the corruption lies below 0.3" in [text.get_text() for text in axis.texts]
    assert 0.3 in [line.get_ydata()[0] for line in axis.lines]


def test_curves_are_named_and_axes_as_in_the_contract(table):
    figure = fast_slow_dynamics.draw(*judged("F10", table))
    names = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert {"slow part", "fast part"} <= set(names)
    assert {axis.get_xlabel() for axis in figure.axes} == {"gradient steps"}
