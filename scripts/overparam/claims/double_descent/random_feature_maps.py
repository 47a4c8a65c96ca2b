"""Random features of images, the kernels that they approach, and least squares on them.

A predictor is h(x) = Σ_j a_j φ_j(x), with one coefficient vector per class. The maps below return φ_j/√N, so that their
Gram matrix converges to the kernel and a coefficient of theirs is √N a_j. The norm of these coefficients is the norm of
the *function*, whose limit is the kernel's norm.
"""

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import scipy.linalg

from overparam.claims.double_descent import normal_equations
from overparam.datasets.arrow import Dataset


@dataclasses.dataclass(frozen=True)
class FeatureMap:
    """Random features of inputs.

    Attributes
    ----------
    n_features
        N.
    n_units
        Number of weight vectors: N, or half of it where each gives two features.
    of
        Takes inputs, ``(n, d)``, and a slice of the weight vectors to the features that these give, float64.
    """

    n_features: int
    n_units: int
    of: Callable[[np.ndarray, slice], np.ndarray]

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return all features of inputs, ``(n, N)``."""
        return self.of(x, slice(None))

    def blocks(self, x: np.ndarray, width: int) -> Iterator[np.ndarray]:
        """Yield the features of inputs, at most about ``width`` at a time; all together they are those of a call."""
        units = max(1, width * self.n_units // self.n_features)
        for start in range(0, self.n_units, units):
            yield self.of(x, slice(start, start + units))


def normalised_inputs(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Return the flattened training and test images, ``(n, d)``, float64.

    The mean training image is subtracted, and all are divided by one number, so that E‖x‖² = 1 over the training
    images: two of them are √2 apart (root mean square).
    """
    train, test = (split.images.reshape(len(split), -1).astype(np.float64) for split in (dataset.train, dataset.test))
    mean = train.mean(axis=0)
    scale = np.sqrt(((train - mean) ** 2).sum(axis=1).mean())
    return (train - mean) / scale, (test - mean) / scale


def relu_features(dimension: int, n_features: int, generator: np.random.Generator) -> FeatureMap:
    """Return x ↦ max(⟨w_j, x⟩, 0)/√N with w_j uniform on the sphere of radius √d (Belkin et al. 2019, 1812.11118, §2).

    Parameters
    ----------
    dimension
        d, length of an input.
    n_features
        N.
    generator
        Source of the random numbers; it is advanced.

    """
    w = generator.standard_normal((dimension, n_features))
    w *= np.sqrt(dimension) / np.linalg.norm(w, axis=0)
    return FeatureMap(n_features, n_features, lambda x, units: np.maximum(x @ w[:, units], 0) / np.sqrt(n_features))


def fourier_features(dimension: int, n_features: int, bandwidth: float, generator: np.random.Generator) -> FeatureMap:
    """Return x ↦ √(2/N) (cos⟨v_j, x⟩, sin⟨v_j, x⟩), j ≤ N/2, with v_j ~ N(0, I/σ²) (Rahimi & Recht 2007).

    N counts real coefficients, so that a frequency counts twice: N reaches n at the interpolation threshold, not the
    number of frequencies. (In 1812.11118, §2, a feature is a complex exponential with a complex coefficient.)

    Parameters
    ----------
    dimension
        d, length of an input.
    n_features
        N, even.
    bandwidth
        σ, in units of the inputs.
    generator
        Source of the random numbers; it is advanced.
    """
    if n_features % 2:
        raise ValueError(f"Fourier features come in pairs: n_features must be even, got {n_features}")
    v = generator.standard_normal((dimension, n_features // 2)) / bandwidth

    def features(x: np.ndarray, units: slice) -> np.ndarray:
        phase = x @ v[:, units]
        half = phase.shape[1]
        values = np.empty((len(x), 2 * half))
        np.cos(phase, out=values[:, :half])
        np.sin(phase, out=values[:, half:])
        values *= np.sqrt(2 / n_features)
        return values

    return FeatureMap(n_features, n_features // 2, features)


def arc_cosine_kernel(x: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the limit N → ∞ of the ReLU features' Gram matrix, ‖x‖‖z‖ (sin θ + (π − θ) cos θ)/2π, shape ``(n, m)``.

    Cho & Saul 2009, equation 6 (order 1), times 1/2. That the directions are uniform on a sphere and not Gaussian makes
    no difference: ReLU is homogeneous and E‖w‖² = d in both cases.
    """
    norms = np.linalg.norm(x, axis=1)[:, None] * np.linalg.norm(z, axis=1)
    cosine = np.clip(np.divide(x @ z.T, norms, out=np.zeros_like(norms), where=norms > 0), -1, 1)
    angle = np.arccos(cosine)
    return norms * (np.sin(angle) + (np.pi - angle) * cosine) / (2 * np.pi)


def gaussian_kernel(x: np.ndarray, z: np.ndarray, bandwidth: float) -> np.ndarray:
    """Return exp(−‖x − z‖²/2σ²), shape ``(n, m)``: the limit N → ∞ of the Fourier features' Gram matrix."""
    squared = (x**2).sum(axis=1)[:, None] + (z**2).sum(axis=1) - 2 * x @ z.T
    return np.exp(-np.maximum(squared, 0) / (2 * bandwidth**2))


def minimum_norm(features: np.ndarray, targets: np.ndarray, cutoff: float) -> tuple[np.ndarray, int]:
    """Return the least-squares solution of smallest Frobenius norm, and the numerical rank of ``features``.

    It is found by a Cholesky factor of the smaller Gram matrix where that is far from a singular one; else by a QR
    decomposition, where the condition number shows that no singular value lies below the cut-off; else by LAPACK's
    gelsd. Each takes several times as long as the one before.

    Parameters
    ----------
    features
        Shape ``(n, N)``, float64.
    targets
        Shape ``(n, K)``.
    cutoff
        Singular values up to ``cutoff`` times the largest count as zero.

    Returns
    -------
    coefficients, rank
        Shape ``(N, K)``, and an integer.
    """
    n, n_features = features.shape
    solution = normal_equations.least_squares(features, targets)
    if solution is not None:
        return solution, min(n, n_features)
    wide = n_features > n
    (q, scales), r = scipy.linalg.qr(features.T if wide else features, mode="raw", check_finite=False)
    r = r[: min(n, n_features)]
    inverse_condition, _ = scipy.linalg.lapack.dtrcon(r, norm="1")
    if inverse_condition > len(r) * cutoff:  # the rank is full: in the 2-norm it is at least 1/len(r) of this
        return _by_reflectors(q, scales, r, targets, wide), len(r)
    # gelsd: a singular value decomposition of the features themselves; their Gram matrix would square the condition
    coefficients, _, rank, _ = scipy.linalg.lstsq(features, targets, cond=cutoff, lapack_driver="gelsd")
    return coefficients, int(rank)


def _by_reflectors(q: np.ndarray, scales: np.ndarray, r: np.ndarray, targets: np.ndarray, wide: bool) -> np.ndarray:
    """Return the least-squares solution of smallest norm from a QR decomposition whose Q is a product of reflectors."""
    workspace = 64 * targets.shape[1]
    if wide:  # the decomposition is that of the transposed features
        padded = np.zeros((len(q), targets.shape[1]), order="F")
        padded[: len(r)] = scipy.linalg.solve_triangular(r, targets, trans="T", check_finite=False)
        return scipy.linalg.lapack.dormqr("L", "N", q, scales, padded, workspace)[0]
    turned = scipy.linalg.lapack.dormqr("L", "T", q, scales, targets, workspace)[0]
    return scipy.linalg.solve_triangular(r, turned[: len(r)], check_finite=False)


def gradient_descent(
    features: np.ndarray, targets: np.ndarray, start: np.ndarray, tolerance: float, max_steps: int
) -> tuple[np.ndarray, int]:
    """Descend ½‖features β − targets‖² from ``start`` with the constant step 1/λ_max.

    Parameters
    ----------
    features
        Shape ``(n, N)``.
    targets
        Shape ``(n, K)``.
    start
        Shape ``(N, K)``; left as it is.
    tolerance
        Stop when ‖residual‖ ≤ tolerance · ‖targets‖ (Frobenius).
    max_steps
        Stop there in any case.

    Returns
    -------
    coefficients, steps
        The last iterate, ``(N, K)``, and the number of steps taken.
    """
    step_size = 1 / np.linalg.norm(features, 2) ** 2
    coefficients = start.copy()
    goal = tolerance * np.linalg.norm(targets)
    for step in range(max_steps):
        residual = features @ coefficients - targets
        if np.linalg.norm(residual) <= goal:
            return coefficients, step
        coefficients -= step_size * (features.T @ residual)
    return coefficients, max_steps
