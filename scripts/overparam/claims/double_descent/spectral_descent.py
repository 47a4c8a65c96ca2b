"""Least squares on features by gradient descent, in closed form: one SVD serves every number of steps and every start.

Full-batch descent on ½‖Φβ − Y‖² takes the constant step 1/λ_max, where λ_max is the largest eigenvalue of ΦᵀΦ. Each
step multiplies the error along the i-th right singular vector by 1 − s_i²/s_1², and leaves what the start has in the
null space of Φ. Written out, t steps from β₀ end at β₀ + V diag((1 − (1 − s_i²/s_1²)^t)/s_i) Uᵀ(Y − Φβ₀); t → ∞ gives
the interpolating (or least-squares) solution that is nearest to the start.
"""

import dataclasses

import numpy as np

GRAM_CUTOFF = 1e-6  # a Gram matrix has squared singular values, so that those below 1e-8 are rounding


@dataclasses.dataclass(frozen=True)
class Spectrum:
    """Left singular vectors and singular values of features ``(n, N)``, float64, q ≤ min(n, N) of them.

    Attributes
    ----------
    u, s
        Shapes ``(n, q)`` and ``(q,)``, descending.
    rank
        Number of singular values that count as positive.
    """

    u: np.ndarray
    s: np.ndarray
    rank: int

    def shrinkage(self, steps: float | None) -> np.ndarray:
        """Return the part of each singular direction's error that ``steps`` steps remove, ``(q,)``; None: t → ∞.

        In the limit, directions below the cut-off are left out, as in the minimum-norm solution; after finitely many
        steps nothing needs to be cut off.
        """
        if steps is None:
            return (np.arange(len(self.s)) < self.rank).astype(float)
        if steps == 0:
            return np.zeros_like(self.s)
        with np.errstate(divide="ignore"):  # one step removes the first direction whole: log 0
            return -np.expm1(steps * np.log1p(-((self.s / self.s[0]) ** 2)))

    def fitted(self, targets: np.ndarray, steps: float | None = None) -> np.ndarray:
        """Return the predictions on the training samples, ``(n, K)``, after ``steps`` steps from zero."""
        return self.u @ (self.shrinkage(steps)[:, None] * (self.u.T @ targets))


@dataclasses.dataclass(frozen=True)
class Decomposition(Spectrum):
    """Thin singular value decomposition Φ = U diag(s) Vᵀ of features ``(n, N)``, q = min(n, N).

    Attributes
    ----------
    vt
        Shape ``(q, N)``.
    """

    vt: np.ndarray

    def coefficients(self, targets: np.ndarray, steps: float | None = None) -> np.ndarray:
        """Return the coefficients, ``(N, K)``, after ``steps`` steps from zero; None: the minimum-norm solution."""
        scale = np.divide(self.shrinkage(steps), self.s, out=np.zeros_like(self.s), where=self.s > 0)
        return self.vt.T @ (scale[:, None] * (self.u.T @ targets))

    def null_part(self, coefficients: np.ndarray) -> np.ndarray:
        """Return the projection of ``coefficients``, ``(N, K)``, on the null space of the features."""
        rows = self.vt[: self.rank]
        return coefficients - rows.T @ (rows @ coefficients)


def decompose(features: np.ndarray, cutoff: float) -> Decomposition:
    """Decompose features ``(n, N)``; singular values up to ``cutoff`` times the largest count as zero in the rank."""
    u, s, vt = np.linalg.svd(features, full_matrices=False)
    return Decomposition(u, s, int((s > cutoff * s[0]).sum()), vt)


def decompose_gram(features: np.ndarray) -> Spectrum:
    """Decompose the smaller Gram matrix of features ``(n, N)``, for predictions on the training samples alone.

    This takes a third of the time of :func:`decompose`. Directions below ``GRAM_CUTOFF`` times the largest singular
    value are left out: t steps remove less than t · 1e-12 of their error.
    """
    wide = features.shape[1] > features.shape[0]
    values, vectors = np.linalg.eigh(features @ features.T if wide else features.T @ features)
    values, vectors = values[::-1], vectors[:, ::-1]
    rank = int((values > GRAM_CUTOFF**2 * values[0]).sum())
    s = np.sqrt(values[:rank])
    return Spectrum(vectors[:, :rank] if wide else features @ (vectors[:, :rank] / s), s, rank)
