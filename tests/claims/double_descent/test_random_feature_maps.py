"""Random features, least squares, ridge and descent on them: against closed forms and scikit-learn."""

import numpy as np
import pytest
from digits_data import digits_dataset
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import rbf_kernel

from overparam.claims.double_descent import normal_equations
from overparam.claims.double_descent.random_feature_maps import (
    arc_cosine_kernel,
    fourier_features,
    gaussian_kernel,
    gradient_descent,
    minimum_norm,
    normalised_inputs,
    relu_features,
)
from overparam.claims.double_descent.ridge import PENALTIES, ridge, ridge_path, tuned_ridge
from overparam.datasets.arrow import Dataset
from overparam.seeding import generator


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(100, 100)


@pytest.fixture
def draws() -> np.random.Generator:
    return generator(0, "test_random_features")


@pytest.mark.parametrize("kind", ["relu", "fourier"])
def test_the_gram_matrix_of_the_features_converges_to_the_kernel(draws, kind):
    x = draws.standard_normal((6, 4))
    n_features, bandwidth = 200_000, 1.7
    if kind == "relu":
        features, kernel = relu_features(4, n_features, draws)(x), arc_cosine_kernel(x, x)
    else:
        features, kernel = fourier_features(4, n_features, bandwidth, draws)(x), gaussian_kernel(x, x, bandwidth)
    products = features[:, None, :] * features[None, :, :] * n_features  # (6, 6, N): the mean over N is the Gram matrix
    if kind == "fourier":  # cosine and sine of one frequency are one draw
        products = products.reshape(6, 6, 2, -1).mean(axis=2)
    error = products.std(axis=2) / np.sqrt(products.shape[2])
    assert (np.abs(products.mean(axis=2) - kernel) < 4.5 * error + 1e-12).all()


def test_the_gaussian_kernel_is_that_of_scikit_learn(draws):
    x, z = draws.standard_normal((5, 3)), draws.standard_normal((7, 3))
    assert np.allclose(gaussian_kernel(x, z, 0.7), rbf_kernel(x, z, gamma=1 / (2 * 0.7**2)), rtol=1e-12)


def test_the_arc_cosine_kernel_has_its_values_at_known_angles():
    x = np.array([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0], [0.0, 0.0]])
    kernel = arc_cosine_kernel(x, x)
    assert np.allclose(np.diag(kernel), [2, 4.5, 0.5, 0])  # ‖x‖²/2
    assert kernel[0, 1] == pytest.approx(6 / (2 * np.pi))  # orthogonal: ‖x‖‖z‖/2π
    assert kernel[0, 2] == pytest.approx(0, abs=1e-15)  # opposite
    assert (kernel[3] == 0).all()


def test_fourier_features_come_in_pairs_and_have_norm_one(draws):
    assert np.allclose(np.linalg.norm(fourier_features(3, 10, 1.0, draws)(np.ones((2, 3))), axis=1), 1)
    with pytest.raises(ValueError, match="even"):
        fourier_features(3, 11, 1.0, draws)


@pytest.mark.parametrize("n_features", [10, 30, 90])
def test_minimum_norm_is_the_pseudoinverse(draws, n_features):
    features, targets = draws.standard_normal((30, n_features)), draws.standard_normal((30, 4))
    features[:, 3] = 0  # a feature that is dead on every sample
    coefficients, rank = minimum_norm(features, targets, 1e-13)
    assert rank == min(30, n_features - 1)
    assert np.allclose(coefficients, np.linalg.pinv(features, rcond=1e-13) @ targets, rtol=1e-8, atol=1e-10)
    assert np.abs(coefficients[3]).max() < 1e-12


@pytest.mark.parametrize("n_features", [10, 30, 90])
def test_minimum_norm_of_full_rank_is_the_pseudoinverse_and_that_of_doubled_rows_too(draws, n_features):
    features, targets = draws.standard_normal((30, n_features)), draws.standard_normal((30, 4))
    coefficients, rank = minimum_norm(features, targets, 1e-13)
    assert rank == min(30, n_features)
    assert np.allclose(coefficients, np.linalg.pinv(features) @ targets, rtol=1e-8, atol=1e-10)
    twice, rank = minimum_norm(np.repeat(features, 2, axis=0), np.repeat(targets, 2, axis=0), 1e-13)
    assert rank == min(30, n_features)
    assert np.allclose(twice, coefficients, rtol=1e-8, atol=1e-10)


def test_a_singular_value_just_above_the_cut_off_counts_and_one_below_does_not(draws):
    u, v = (np.linalg.qr(draws.standard_normal((20, 20)))[0] for _ in range(2))
    for smallest, rank in ((1e-5, 20), (1e-7, 19)):
        features = u @ np.diag([*np.linspace(2, 1, 19), smallest]) @ v
        assert minimum_norm(features, u[:, :3], 1e-6)[1] == rank


def test_minimum_norm_is_the_kernel_interpolant_of_the_features(draws):
    features, new = draws.standard_normal((20, 100)), draws.standard_normal((5, 100))
    targets = draws.standard_normal((20, 2))
    dual = KernelRidge(alpha=1e-12, kernel="linear").fit(features, targets)
    assert np.allclose(new @ minimum_norm(features, targets, 1e-13)[0], dual.predict(new), rtol=1e-7)


@pytest.mark.parametrize("n_features", [10, 90])
def test_the_ways_to_the_smallest_norm_agree(draws, monkeypatch, n_features):
    features, targets = draws.standard_normal((30, n_features)), draws.standard_normal((30, 4))
    by_cholesky = normal_equations.least_squares(features, targets)
    monkeypatch.setattr(normal_equations, "LEAST", 1.1)  # no matrix is that far from a singular one
    assert normal_equations.least_squares(features, targets) is None
    by_reflectors, rank = minimum_norm(features, targets, 1e-13)
    assert rank == min(features.shape)
    assert np.allclose(by_cholesky, by_reflectors, rtol=1e-12, atol=1e-14)
    assert np.allclose(by_cholesky, minimum_norm(features, targets, 1e-2)[0], rtol=1e-12, atol=1e-14)  # by gelsd


def test_a_correction_makes_the_normal_equations_as_precise_as_a_decomposition(draws):
    u, v = np.linalg.qr(draws.standard_normal((60, 20)))[0], np.linalg.qr(draws.standard_normal((20, 20)))[0]
    features = (u * np.geomspace(1, 1e-4, 20)) @ v  # the condition number of its Gram matrix is 1e8
    for matrix in (features, features.T):
        targets = draws.standard_normal((len(matrix), 3))
        expected = np.linalg.pinv(matrix) @ targets
        error = np.linalg.norm(normal_equations.least_squares(matrix, targets) - expected)
        assert error < 1e-10 * np.linalg.norm(expected)


@pytest.mark.parametrize("n_features", [10, 90])
def test_ridge_is_that_of_scikit_learn(draws, n_features):
    features, targets = draws.standard_normal((30, n_features)), draws.standard_normal((30, 4))
    others = draws.standard_normal((7, n_features))
    path = ridge_path(features, targets, np.array([1e-3, 1.0]), others)
    for predicted, penalty in zip(path, (1e-3, 1.0), strict=True):
        expected = Ridge(alpha=30 * penalty, fit_intercept=False, solver="svd").fit(features, targets).coef_.T
        assert np.allclose(predicted, others @ expected, rtol=1e-8, atol=1e-12)
        assert np.allclose(ridge(features, targets, penalty), expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("n_features", [10, 90])
def test_each_group_of_targets_has_the_penalty_that_is_best_for_it_on_held_out_samples(draws, n_features):
    features, signal = draws.standard_normal((60, n_features)), draws.standard_normal((n_features, 2))
    noisy = features @ signal + 20 * draws.standard_normal((60, 2))
    targets = np.concatenate([features @ signal, noisy], axis=1)
    coefficients, penalties = tuned_ridge(features, targets, 2, 0.2)
    assert penalties[0] < penalties[1]
    for group, columns in enumerate((slice(0, 2), slice(2, 4))):
        losses = []
        for penalty in PENALTIES:
            model = Ridge(alpha=48 * penalty, fit_intercept=False, solver="svd").fit(
                features[:48], targets[:48, columns]
            )
            losses.append(((model.predict(features[48:]) - targets[48:, columns]) ** 2).sum())
        assert penalties[group] == PENALTIES[np.argmin(losses)]
        whole = Ridge(alpha=60 * penalties[group], fit_intercept=False, solver="svd").fit(features, targets[:, columns])
        assert np.allclose(coefficients[:, columns], whole.coef_.T, rtol=1e-7, atol=1e-11)


def test_the_penalty_can_be_tuned_on_one_of_two_samples():
    features, targets = np.array([[1.0, 0.0, 1.0], [0.0, 1.0, 1.0]]), np.array([[1.0], [1.0]])
    coefficients, penalties = tuned_ridge(features, targets, 1, 0.2)
    assert np.allclose(coefficients, ridge(features, targets, penalties[0]))


def test_gradient_descent_keeps_the_null_space_of_its_start(draws):
    features, targets = draws.standard_normal((10, 60)), draws.standard_normal((10, 3))
    start = draws.standard_normal((60, 3))
    inverse = np.linalg.pinv(features)
    for begin in (np.zeros((60, 3)), start):
        found, steps = gradient_descent(features, targets, begin, 1e-11, 100_000)
        assert 0 < steps < 100_000
        assert np.allclose(found, begin + inverse @ (targets - features @ begin), atol=1e-9)


def test_gradient_descent_follows_its_closed_form_and_stops_when_told(draws):
    features, targets = np.diag([2.0, 1.0]), np.array([[2.0], [3.0]])
    found, steps = gradient_descent(features, targets, np.zeros((2, 1)), 1e-300, 5)
    assert steps == 5
    assert np.allclose(found[:, 0], [1, 3 * (1 - 0.75**5)])  # step 1/4: errors times 1 - λ/4, λ = 4 and 1
    solution = np.array([[1.0], [3.0]])
    found, steps = gradient_descent(features, targets, solution, 1e-8, 5)
    assert steps == 0


def test_inputs_are_centred_and_scaled_by_the_training_images(dataset):
    train, test = normalised_inputs(dataset)
    assert train.dtype == np.float64
    assert np.allclose(train.mean(axis=0), 0, atol=1e-14)
    assert (train**2).sum(axis=1).mean() == pytest.approx(1)
    raw = [split.images.reshape(100, -1).astype(float) for split in (dataset.train, dataset.test)]
    centre = raw[0].mean(axis=0)
    scale = np.linalg.norm(raw[0] - centre) / np.sqrt(100)
    assert np.allclose(test, (raw[1] - centre) / scale)
