"""Gradient descent in closed form, against gradient descent step by step and against the pseudoinverse."""

import numpy as np
import pytest

from overparam.claims.double_descent.random_feature_maps import gradient_descent
from overparam.claims.double_descent.spectral_descent import decompose, decompose_gram
from overparam.seeding import generator


@pytest.fixture
def draws() -> np.random.Generator:
    return generator(0, "test_spectral_descent")


@pytest.mark.parametrize("shape", [(12, 5), (12, 12), (12, 40)])
@pytest.mark.parametrize("steps", [0, 1, 7, 300])
def test_any_number_of_steps_is_that_of_the_loop(draws, shape, steps):
    features, targets = draws.standard_normal(shape), draws.standard_normal((shape[0], 3))
    found, taken = gradient_descent(features, targets, np.zeros((shape[1], 3)), 0.0, steps)
    assert taken == steps
    parts = decompose(features, 1e-13)
    np.testing.assert_allclose(parts.coefficients(targets, steps), found, atol=1e-12)
    np.testing.assert_allclose(parts.fitted(targets, steps), features @ found, atol=1e-12)


def test_the_limit_is_the_pseudoinverse_though_a_feature_is_dead(draws):
    features, targets = draws.standard_normal((10, 30)), draws.standard_normal((10, 2))
    features[:, 4] = 0
    features[9], targets[9] = features[8], targets[8]  # a sample that occurs twice: rank 9
    parts = decompose(features, 1e-13)
    assert parts.rank == 9
    expected = np.linalg.pinv(features, rcond=1e-13) @ targets
    np.testing.assert_allclose(parts.coefficients(targets), expected, atol=1e-12)
    np.testing.assert_allclose(parts.fitted(targets), features @ expected, atol=1e-12)
    np.testing.assert_allclose(parts.coefficients(targets, 10**9), expected, atol=1e-6)


def test_the_null_part_is_what_descent_leaves_alone(draws):
    features, targets = draws.standard_normal((6, 25)), draws.standard_normal((6, 2))
    start = draws.standard_normal((25, 2))
    parts = decompose(features, 1e-13)
    null = parts.null_part(start)
    assert np.abs(features @ null).max() < 1e-12
    np.testing.assert_allclose(parts.null_part(null), null, atol=1e-12)
    found, steps = gradient_descent(features, targets, start, 1e-12, 100_000)
    assert steps < 100_000
    np.testing.assert_allclose(parts.coefficients(targets) + null, found, atol=1e-9)


@pytest.mark.parametrize("shape", [(12, 5), (12, 12), (12, 40)])
def test_gram_matrix_and_singular_value_decomposition_fit_alike(draws, shape):
    features, targets = draws.standard_normal(shape), draws.standard_normal((12, 3))
    features[:, 2] = features[:, 1]  # rank one less where there are fewer features
    whole, part = decompose(features, 1e-13), decompose_gram(features)
    assert part.rank == whole.rank == np.linalg.matrix_rank(features)
    np.testing.assert_allclose(part.s, whole.s[: whole.rank], rtol=1e-8)
    for steps in (0, 1, 50, 100_000, None):
        np.testing.assert_allclose(part.fitted(targets, steps), whole.fitted(targets, steps), atol=1e-8)
    np.testing.assert_allclose(part.fitted(targets), features @ np.linalg.pinv(features) @ targets, atol=1e-8)


def test_nothing_is_free_where_there_are_as_many_features_as_samples(draws):
    parts = decompose(draws.standard_normal((20, 20)), 1e-13)
    assert np.abs(parts.null_part(draws.standard_normal((20, 3)))).max() < 1e-12
