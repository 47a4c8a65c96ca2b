"""Hermite coefficients and the covariance of a network: against closed forms, scipy and automatic differentiation."""

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from overparam.seeding import generator
from overparam.theory import activations, hermite, hidden_layer, two_layer

SMOOTH = [name for name in hermite.SLOPES if name != "relu"]


def gram(n: int = 6, d: int = 3, norm: float = 1.0) -> np.ndarray:
    return hermite.gram_of(norm * two_layer.unit_vectors(n, d, generator(0, "test")))


@pytest.mark.parametrize("activation", hermite.SLOPES)
def test_slopes_are_those_of_the_networks(activation):
    z = torch.linspace(-4, 4, 33, dtype=torch.float64)
    first = hermite.SLOPES[activation].first(z.numpy())
    np.testing.assert_allclose(first, activations.ACTIVATIONS[activation].first(z), rtol=1e-12, atol=1e-15)
    if activation in SMOOTH:
        phi = activations.ACTIVATIONS[activation].first
        exact = torch.func.vmap(torch.func.grad(phi))(z)
        np.testing.assert_allclose(hermite.SLOPES[activation].second(z.numpy()), exact, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("activation", SMOOTH)
def test_coefficients_are_integrals_over_the_normal_density(activation):
    for r in (0, 1, 2, 5):
        basis = np.polynomial.hermite_e.HermiteE.basis(r)
        slope = hermite.SLOPES[activation].first
        exact = integrate.quad(lambda g: slope(g) * basis(g) * stats.norm.pdf(g), -30, 30, epsabs=1e-11)[0]  # noqa: B023
        exact /= np.sqrt(float(np.prod(np.arange(1, r + 1))))
        assert hermite.coefficients(activation, 8)[r] == pytest.approx(exact, abs=1e-11)


def test_coefficients_of_the_step():
    found = hermite.coefficients("relu", 12)
    for r in range(12):
        basis = np.polynomial.hermite_e.HermiteE.basis(r)
        exact = integrate.quad(lambda g: basis(g) * stats.norm.pdf(g), 0, 30, epsabs=1e-11)[0]  # noqa: B023
        assert found[r] == pytest.approx(exact / np.sqrt(float(np.prod(np.arange(1.0, r + 1)))), abs=1e-10)
    assert (hermite.coefficients("relu", 200_000) ** 2).sum() == pytest.approx(1 / 2, abs=1e-3)  # E[1(g > 0)²]


@pytest.mark.parametrize("activation", hermite.SLOPES)
def test_first_coefficient_is_the_mean_curvature(activation):
    found = hermite.mean_curvature(activation)
    assert hermite.coefficients(activation, 2)[1] == pytest.approx(found, abs=1e-14)
    even = activation in ("tanh", "sigmoid", "erf")  # their slopes
    assert (abs(found) < 1e-14) == even


@pytest.mark.parametrize("activation", SMOOTH)
def test_covariance_agrees_with_adaptive_integration(activation):
    slope = hermite.SLOPES[activation].first

    def inner(g: float, rho: float) -> float:
        over = integrate.quad(lambda h: slope(rho * g + (1 - rho**2) ** 0.5 * h) * np.exp(-(h**2) / 2), -9, 9)[0]
        return over * slope(g) * np.exp(-(g**2) / 2) / (2 * np.pi)

    for rho in (-0.9, 0.4):
        expected = rho * integrate.quad(inner, -9, 9, args=(rho,), epsabs=1e-9)[0]
        pair = np.array([[1, rho], [rho, 1]])
        assert hermite.covariance(pair, activation)[0, 1] == pytest.approx(expected, abs=1e-8)
        assert hermite.covariance_by_quadrature(pair, activation)[0, 1] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("compute", [hermite.covariance, hermite.covariance_by_quadrature])
def test_covariance_of_erf_and_the_quadratic_in_closed_form(compute):
    cosines = gram()
    np.testing.assert_allclose(compute(cosines, "quadratic"), cosines**2, atol=1e-14)
    gaussian_integral = 4 / np.pi / np.sqrt(9 - 4 * cosines**2)
    np.testing.assert_allclose(compute(cosines, "erf"), gaussian_integral * cosines, atol=1e-14)


@pytest.mark.parametrize("activation", ["softplus", "relu", "tanh"])
def test_covariance_is_the_mean_gram_matrix(activation):
    inputs, n_units = two_layer.unit_vectors(6, 3, generator(0, "test")), 200_000
    hidden = torch.as_tensor(generator(1, "test").standard_normal((1, n_units, 3)))
    v = torch.ones(1, n_units, dtype=torch.float64)
    phi = activations.ACTIVATIONS[activation]
    empirical = hidden_layer.gram(hidden, v, torch.as_tensor(inputs)[None], phi)[0] / n_units
    found = hermite.covariance(hermite.gram_of(inputs), activation)
    np.testing.assert_allclose(found, empirical, atol=4 * 0.5 / n_units**0.5)
    np.testing.assert_array_equal(found, found.T)


def test_covariance_of_relu_from_the_bivariate_normal():
    cosines = gram()
    rho = cosines[0, 1]
    both = stats.multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([0, 0])
    assert hermite.covariance(cosines, "relu")[0, 1] == pytest.approx(rho * both, abs=1e-8)
    exact = cosines * (np.pi - np.arccos(cosines)) / (2 * np.pi)
    np.testing.assert_allclose(hermite.relu_covariance(cosines), exact, atol=1e-12)
    missing = exact - hermite.covariance_series(cosines, hermite.coefficients("relu", 4000))
    off_diagonal = ~np.eye(len(exact), dtype=bool)
    assert np.abs(missing[off_diagonal]).max() < 1e-12
    assert missing[0, 0] == pytest.approx((2 * np.pi**3 * 4000) ** -0.5, rel=1e-3)  # the tail is (2π³R)^(−1/2)


@pytest.mark.parametrize("norm", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("activation", SMOOTH)
def test_series_agrees_with_quadrature_at_any_norm(activation, norm):
    inner = gram(norm=norm)
    exact = hermite.covariance_by_quadrature(inner, activation, norm)
    np.testing.assert_allclose(hermite.covariance(inner, activation, norm), exact, rtol=2e-6 if norm > 1 else 1e-11)


@pytest.mark.parametrize("compute", [hermite.covariance, hermite.covariance_by_quadrature])
def test_inputs_must_be_of_the_given_norm(compute):
    with pytest.raises(ValueError, match="must have norm 1"):
        compute(gram(norm=2.0), "softplus")


def test_gram_has_an_exact_diagonal_for_unit_inputs_only():
    assert (np.diag(gram()) == 1).all()
    np.testing.assert_allclose(np.diag(gram(norm=2.0)), 4)


def test_a_large_matrix_has_the_series_of_each_of_its_entries():
    draw, squares = np.random.default_rng(0), hermite.coefficients("softplus") ** 2
    for gram in (hermite.gram_of(two_layer.unit_vectors(120, 5, draw)), draw.uniform(-1, 1, (50, 100))):
        assert gram.size > hermite.ENTRIES
        expected = sum(term * gram ** (r + 1) for r, term in enumerate(squares))
        np.testing.assert_allclose(hermite.covariance_series(gram, squares**0.5), expected, rtol=1e-13, atol=1e-15)


def test_coefficients_that_a_caller_changes_stay_as_they_were():
    hermite.coefficients("tanh")[:] = 0
    assert hermite.coefficients("tanh").any()
