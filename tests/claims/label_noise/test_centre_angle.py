"""Pairs of clusters: the slow eigenvalue against its closed form, descent against a plain loop, and the angle."""

import numpy as np
import pytest
import smoke_settings
import torch

from overparam.claims.label_noise import clustered_descent
from overparam.claims.label_noise.centre_angle import measure
from overparam.theory import hermite
from overparam.theory.clusterable_data import draw_clusters


@pytest.fixture(scope="module")
def table():
    return measure.measure(smoke_settings.settings("centre_angle"))


@pytest.mark.parametrize("angle", [90, 50, 20])
def test_centres_come_in_pairs_and_the_slow_direction_is_their_difference(angle):
    centres = measure.paired_centres(2, 6, angle)
    cosine = np.cos(np.deg2rad(angle))
    np.testing.assert_allclose(centres @ centres.T, np.kron(np.eye(2), [[1, cosine], [cosine, 1]]), atol=1e-12)
    covariance = hermite.covariance(centres @ centres.T, clustered_descent.ACTIVATION)
    data = draw_clusters(4, 2, 3, 6, 0.1, np.random.default_rng(0), centres)
    assert clustered_descent.slowest(data) == pytest.approx(covariance[0, 0] - covariance[0, 1], rel=1e-9)


@pytest.mark.parametrize(("kind", "products"), [("opposite", [-1, -1]), ("same", [1, 1])])
def test_labels_are_opposite_or_the_same_within_pairs(kind, products):
    data = draw_clusters(4, 2, 3, 4, 0.0, np.random.default_rng(0), measure.paired_centres(2, 4, 30))
    values = measure.labelled(data, kind, np.random.default_rng(1)).labels.reshape(2, 2, 3)
    assert (values[:, 0] * values[:, 1] == np.array(products)[:, None]).all()
    assert sorted(values[:, 0, 0]) == [-1, 1]


def test_the_first_perfect_step_is_that_of_a_plain_loop():
    data = draw_clusters(2, 2, 4, 3, 0.05, np.random.default_rng(0), measure.paired_centres(1, 3, 60))
    data = measure.labelled(data, "opposite", np.random.default_rng(1))
    weights = np.random.default_rng(2).standard_normal((6, 3))
    problems = clustered_descent.stacked([data], [data.classes], [weights])
    found = measure.run(problems, 200, data.class_values)

    w, x = torch.as_tensor(weights), torch.as_tensor(data.inputs)
    y, v = torch.as_tensor(data.labels), problems.v
    for step in range(201):
        outputs = torch.nn.functional.softplus(x @ w.T) @ v
        if step and (outputs.sub(y).abs() < 0.5).all():
            break
        slopes = (outputs - y)[:, None] * torch.sigmoid(x @ w.T) * v
        w = w - slopes.T @ x / len(x)
    assert found["first_perfect_step"][0] == step < 200


def test_closer_centres_take_longer_only_if_their_labels_differ(table):
    steps = table[(table["quantity"] == "first_perfect_step") & (table["width"] == table["width"].max())]
    medians = steps.groupby(["pairs", "angle"])["value"].median()
    assert medians["opposite"][40] > 2 * medians["opposite"][90]
    assert medians["same"][40] < 1.5 * medians["same"][90]
    assert np.isinf(steps[steps["pairs"] == "permuted"]["value"]).all()


def test_a_seed_draws_the_same_whatever_else_is_measured(table):
    few = measure.measure(smoke_settings.settings("centre_angle", n_seeds=2))
    kept = table[table["seed"] < 2].reset_index(drop=True)
    assert (
        few.sort_values(list(few.columns)).to_numpy().tolist()
        == kept.sort_values(list(few.columns)).to_numpy().tolist()
    )
