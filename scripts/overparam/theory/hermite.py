"""The covariance Σ(X) of a one-hidden-layer network as a Hermite series, with coefficients of the activation's slope.

For unit inputs x, x' with ρ = xᵀx' and w ~ N(0, I_d), E[φ'(wᵀx) φ'(wᵀx')] = Σ_r μ_r² ρ^r with
μ_r = E[φ'(g) He_r(g)] / √r!, g ~ N(0, 1) (Mehler's formula). Hence Σ(X) = Σ_r μ_r² (XXᵀ)^{⊙(r+1)}. The term r = 1 is
the Hadamard product of two factors XXᵀ, with μ₁ = E[φ'(g) g] = E[φ''(g)] by Stein's identity (Oymak & Soltanolkotabi,
arXiv 1902.04674).

Inputs that all have another norm s have s² times the covariance of unit inputs under the slope z ↦ φ'(sz).
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
from numpy.polynomial import hermite_e, polynomial
from scipy.interpolate import BarycentricInterpolator
from scipy.special import expit, gammaln

Function = Callable[[np.ndarray], np.ndarray]

NODES = 300  # of Gauss–Hermite quadrature; the nearest poles, those of tanh at ±iπ/2, leave an error below 1e-15
TERMS = 150  # all later terms together are below 1e-13 of Σ for tanh, and far smaller for the other smooth slopes
DEGREE = 127  # of the polynomial that interpolates between quadratures
ENTRIES = 4096  # of a matrix that are taken at a time: few enough to stay in the cache
NEGLIGIBLE = 1e-20  # squared coefficients below this are rounding errors


@dataclasses.dataclass(frozen=True)
class Slope:
    """φ' and φ'' as functions of arrays; ``second`` is None for ReLU, whose slope is a step and taken as 0 at 0."""

    first: Function
    second: Function | None


SLOPES = {
    "softplus": Slope(expit, lambda z: expit(z) * expit(-z)),
    "relu": Slope(lambda z: (z > 0).astype(float), None),
    "tanh": Slope(lambda z: 1 / np.cosh(z) ** 2, lambda z: -2 * np.tanh(z) / np.cosh(z) ** 2),
    "sigmoid": Slope(lambda z: expit(z) * expit(-z), lambda z: expit(z) * expit(-z) * (expit(-z) - expit(z))),
    "erf": Slope(lambda z: 2 / np.pi**0.5 * np.exp(-(z**2)), lambda z: -4 / np.pi**0.5 * z * np.exp(-(z**2))),
    "quadratic": Slope(lambda z: z, np.ones_like),
}


def coefficients(activation: str, terms: int = TERMS, norm: float = 1.0, nodes: int = NODES) -> np.ndarray:
    """Return the coefficients μ_0, μ_1, … of z ↦ φ'(``norm``·z), shape (terms,), float64.

    They come from Gauss–Hermite quadrature. ReLU, whose step no quadrature resolves, has a closed form: μ_0 = 1/2 and
    μ_r = He_{r−1}(0) / √(2π r!), which vanishes for even r ≥ 2.
    """
    return _coefficients(activation, terms, norm, nodes).copy()


@functools.cache
def _coefficients(activation: str, terms: int, norm: float, nodes: int) -> np.ndarray:
    if activation == "relu":
        return _step_coefficients(terms)
    points, weights = _rule(nodes)
    values = weights * SLOPES[activation].first(norm * points)
    found = np.empty(terms)
    here, before = np.ones_like(points), np.zeros_like(points)  # He_r / √r!, by its recurrence
    for r in range(terms):
        found[r] = values @ here
        here, before = (points * here - r**0.5 * before) / (r + 1) ** 0.5, here
    return found


def mean_curvature(activation: str, nodes: int = NODES) -> float:
    """Return E[φ''(g)], g ~ N(0, 1), by quadrature of φ'' itself; for ReLU, where φ'' = δ, it is the density at 0."""
    second = SLOPES[activation].second
    if second is None:
        return (2 * np.pi) ** -0.5
    points, weights = _rule(nodes)
    return float(weights @ second(points))


def covariance_series(gram: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return Σ_r μ_r² gram^{⊙(r+1)} for coefficients μ (terms,), in the shape of ``gram``."""
    squares = np.where(found**2 > NEGLIGIBLE, found**2, 0)
    # most slopes are even or odd up to a constant, so that one of the two sums has at most one term
    return _entry_by_entry(lambda rho: _series(rho, squares), gram)


def _series(rho: np.ndarray, squares: np.ndarray) -> np.ndarray:
    return rho * (_polynomial(squares[::2], rho**2) + rho * _polynomial(squares[1::2], rho**2))


def _entry_by_entry(function: Function, gram: np.ndarray) -> np.ndarray:
    """Return ``function`` of all entries, of a symmetric matrix by those of one triangle.

    So many are taken at a time as stay in the cache, since a series passes over them many times.
    """
    symmetric = gram.ndim == 2 and gram.shape[0] == gram.shape[1] and np.array_equal(gram, gram.T)
    chosen = np.triu_indices(len(gram)) if symmetric else ...
    entries = gram[chosen].ravel()
    for start in range(0, entries.size, ENTRIES):
        part = slice(start, start + ENTRIES)
        entries[part] = function(entries[part])
    if not symmetric:
        return entries.reshape(gram.shape)
    found = np.empty_like(gram)
    found[chosen] = found.T[chosen] = entries
    return found


def _polynomial(terms: np.ndarray, places: np.ndarray) -> np.ndarray | float:
    """Return Σ_r terms_r places^r; zeros at the end of ``terms`` are skipped."""
    present = np.flatnonzero(terms)
    return polynomial.polyval(places, terms[: present[-1] + 1]) if len(present) else 0.0


def relu_covariance(gram: np.ndarray) -> np.ndarray:
    """Return the sum of the whole series for ReLU, ρ(π − arccos ρ)/2π, entry by entry; |ρ| ≤ 1.

    This is half of the arc-cosine kernel of order 0 (Cho & Saul 2009), times ρ.
    """
    return gram * (np.pi - np.arccos(np.clip(gram, -1, 1))) / (2 * np.pi)


def covariance(gram: np.ndarray, activation: str, norm: float = 1.0) -> np.ndarray:
    """Return Σ(X) for inputs of norm ``norm`` from XXᵀ (n, n): for ReLU in closed form, else the sum of 150 terms.

    A larger norm brings the poles nearer, so that the terms fall more slowly: at norm 2 the error is up to 1e-6 (tanh).

    Raises
    ------
    ValueError
        If an input has another norm: the law of (wᵀx, wᵀx') then depends on more than xᵀx'.
    """
    cosines = _cosines(gram, norm)
    if activation == "relu":
        return norm**2 * relu_covariance(cosines)
    return norm**2 * covariance_series(cosines, coefficients(activation, norm=norm))


def covariance_by_quadrature(gram: np.ndarray, activation: str, norm: float = 1.0, nodes: int = 200) -> np.ndarray:
    """Return Σ(X) for a smooth activation by a product of two Gauss–Hermite rules, without the series.

    (wᵀx, wᵀx') is ``norm`` times (g, ρg + √(1 − ρ²) g') with g, g' independent. The rules are applied at 128 Chebyshev
    points ρ; in between, the polynomial through these points is exact to about 1e-14. Raises what :func:`covariance`
    raises.
    """
    return gram * _product(activation, norm, nodes)(_cosines(gram, norm))


@functools.cache
def _product(activation: str, norm: float, nodes: int) -> BarycentricInterpolator:
    """Return ρ ↦ E[φ'(norm·g) φ'(norm·h)] for standard normal g, h of correlation ρ."""
    points, weights = _rule(nodes)
    first = SLOPES[activation].first
    at_points = weights * first(norm * points)
    places = np.cos(np.pi * np.arange(DEGREE + 1) / DEGREE)
    barycentric = (-1.0) ** np.arange(DEGREE + 1)
    barycentric[[0, -1]] /= 2
    # numpy.polynomial.Chebyshev.interpolate would lose three digits at ρ = ±1
    values = [
        at_points @ first(norm * (rho * points[:, None] + (1 - rho**2) ** 0.5 * points)) @ weights for rho in places
    ]
    return BarycentricInterpolator(places, values, wi=barycentric)


def _cosines(gram: np.ndarray, norm: float) -> np.ndarray:
    if not np.allclose(np.diagonal(gram), norm**2, rtol=1e-9, atol=0):
        raise ValueError(f"all inputs must have norm {norm:g}")
    return np.clip(gram / norm**2, -1, 1)


def gram_of(inputs: np.ndarray) -> np.ndarray:
    """Return XXᵀ for inputs (…, n, d), with exact ones on the diagonal where inputs have unit norm."""
    gram = inputs @ np.swapaxes(inputs, -1, -2)
    diagonal = np.einsum("...ii->...i", gram)
    diagonal[np.isclose(diagonal, 1, rtol=0, atol=1e-12)] = 1
    return gram


@functools.cache
def _rule(nodes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return points and weights of the quadrature for expectations under N(0, 1)."""
    points, weights = hermite_e.hermegauss(nodes)
    return points, weights / weights.sum()


def _step_coefficients(terms: int) -> np.ndarray:
    found = np.zeros(terms)
    found[:1] = 0.5
    r = np.arange(1, terms, 2)
    m = (r - 1) / 2
    # |He_{2m}(0)| = (2m)! / (2^m m!)
    logarithm = gammaln(2 * m + 1) - m * np.log(2) - gammaln(m + 1) - 0.5 * gammaln(r + 1)
    found[1::2] = (-1) ** m * np.exp(logarithm) / (2 * np.pi) ** 0.5
    return found
