"""Gradient descent on clusterable data: against autograd, and the stopping time against its derivation."""

import dataclasses
import itertools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from overparam import seeding
from overparam.claims.label_noise import clustered_descent
from overparam.theory.clusterable_data import corrupt_per_cluster, draw_clusters


def drawn(n_clusters=4, n_per_cluster=8, dimension=6, width=10, radius=0.1, noise=0.25, centres=None, n_problems=1):
    data, given, hidden = [], [], []
    for problem in range(n_problems):
        draw = seeding.generator(0, "test_clustered_descent", problem)
        data.append(draw_clusters(n_clusters, 2, n_per_cluster, dimension, radius, draw, centres))
        given.append(corrupt_per_cluster(data[-1], noise, draw))
        hidden.append(draw.standard_normal((width, dimension)))
    return data, clustered_descent.stacked(data, given, hidden)


def test_descent_follows_autograd_for_every_problem():
    _, problems = drawn(n_problems=3)
    rates = torch.tensor([0.01, 0.02, 0.03], dtype=torch.float64)
    found = [outputs for outputs, _ in itertools.islice(clustered_descent.descend(problems, rates), 4)]
    for b in range(3):
        weights = problems.hidden[b].clone().requires_grad_()
        for outputs in found:
            expected = torch.nn.functional.softplus(problems.inputs[b] @ weights.T) @ problems.v
            torch.testing.assert_close(outputs[b], expected.detach(), rtol=1e-12, atol=1e-12)
            (gradient,) = torch.autograd.grad(((expected - problems.given[b]) ** 2).sum() / 2, weights)
            weights = (weights - rates[b] * gradient).detach().requires_grad_()


def test_outputs_are_right_where_the_sigmoid_vanishes():
    _, problems = drawn()
    far = dataclasses.replace(problems, hidden=1e4 * problems.hidden)
    outputs, _ = next(clustered_descent.descend(far, torch.ones(1, dtype=torch.float64)))
    expected = torch.nn.functional.softplus(far.inputs @ far.hidden.mT) @ far.v
    torch.testing.assert_close(outputs, expected, rtol=1e-12, atol=1e-9)


def test_initial_weights_are_left_alone():
    _, problems = drawn()
    before = problems.hidden.clone()
    for _ in itertools.islice(clustered_descent.descend(problems, torch.ones(1, dtype=torch.float64)), 3):
        pass
    assert torch.equal(problems.hidden, before)


def test_smallest_eigenvalue_at_right_angles_is_a_gaussian_integral():
    data, _ = drawn(centres=clustered_descent.orthonormal_centres(4, 6))
    expected = integrate.quad(lambda g: special.expit(g) ** 2 * stats.norm.pdf(g), -12, 12)[0]
    off = integrate.quad(lambda g: special.expit(g) * stats.norm.pdf(g), -12, 12)[0] ** 2
    assert off > 0.2  # what stands off the diagonal is multiplied by a cosine of zero
    assert clustered_descent.slowest(data[0]) == pytest.approx(expected, rel=1e-10)


def test_formula_is_that_of_the_docstring():
    assert clustered_descent.stopping_step(1 / 96, 16, 0.3, 1 / 16) == math.ceil(6 * math.log(16) / 0.3)
    assert clustered_descent.stopping_step(10.0, 16, 0.3, 0.9) == 1


@pytest.mark.parametrize("noise", [0.125, 0.25, 0.5])
def test_wide_networks_are_down_to_the_share_at_the_formulas_time(noise):
    data, problems = drawn(width=6000, radius=0.0, noise=noise)
    n_train = problems.inputs.shape[1]
    stop = clustered_descent.stopping_step(1 / n_train, 8, clustered_descent.slowest(data[0]), noise)
    rates = torch.full((1,), 1 / n_train, dtype=torch.float64)
    outputs = [f for f, _ in itertools.islice(clustered_descent.descend(problems, rates), stop + 1)]
    norms = [float(problems.cluster_means(f - problems.given).norm()) for f in outputs]
    assert norms[-1] <= 1.02 * noise * norms[0]
    assert norms[stop // 8] > noise * norms[0]  # the bound says something


def test_safe_step_bounds_the_kernel_everywhere():
    _, problems = drawn(width=12)
    for scale in (0.1, 1.0, 30.0):
        weights = scale * problems.hidden[0]
        slopes = torch.sigmoid(problems.inputs[0] @ weights.T) * problems.v
        kernel = (slopes @ slopes.T) * (problems.inputs[0] @ problems.inputs[0].T)
        assert torch.linalg.matrix_norm(kernel, 2) <= torch.linalg.matrix_norm(problems.inputs[0], 2) ** 2 * (1 + 1e-12)


def test_nearest_is_the_closest_class_value():
    values = np.linspace(-1, 1, 4)
    outputs = torch.as_tensor(seeding.generator(0, "nearest").uniform(-2, 2, (3, 50)))
    expected = values[np.abs(outputs.numpy()[..., None] - values).argmin(axis=-1)]
    np.testing.assert_array_equal(clustered_descent.nearest(outputs, values).numpy(), expected)
    assert clustered_descent.nearest(torch.tensor([[float("nan"), float("inf")]]), values).isnan().tolist() == [
        [True, False]
    ]


def test_permuted_classes_are_the_same_classes_elsewhere():
    data, _ = drawn()
    other = clustered_descent.permuted(data[0], seeding.generator(0, "order"))
    assert sorted(other.classes) == sorted(data[0].classes)
    assert (other.classes != data[0].classes).any()
    assert other.inputs is data[0].inputs
