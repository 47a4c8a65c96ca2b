"""Exact second moments of linear random recursions z ← M z, M drawn independently at every step.

E[z zᵀ] obeys the linear recursion A ← E[M A Mᵀ], so expected losses of stochastic methods on interpolating least
squares need no sampling. Symmetric matrices are packed as vectors, off-diagonal entries times √2, so that the inner
product is the Frobenius one and the operator of a symmetric M is symmetric itself.
"""

from collections.abc import Callable

import numpy as np

STEPS_AT_MOST = 2**40


def pack(matrices: np.ndarray) -> np.ndarray:
    """Return symmetric matrices (…, d, d) as vectors (…, d(d+1)/2), upper triangle row by row."""
    rows, columns = np.triu_indices(matrices.shape[-1])
    return matrices[..., rows, columns] * np.where(rows == columns, 1.0, 2**0.5)


def row_space(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return samples in the eigenbasis of H = XᵀX/n within their span, and its non-zero eigenvalues.

    Parameters
    ----------
    inputs
        Samples, shape (n_train, n_params); relative cut-off of singular values 1e-12.

    Returns
    -------
    tuple
        Coordinates (n_train, rank) and eigenvalues (rank,), largest first.
    """
    left, singular, _ = np.linalg.svd(inputs, full_matrices=False)
    kept = singular > 1e-12 * singular[0]
    return left[:, kept] * singular[kept], singular[kept] ** 2 / len(inputs)


def batch_step(samples: np.ndarray, eigenvalues: np.ndarray, learning_rate: float, batch_size: float) -> np.ndarray:
    """Return the operator A ← E[(I − ηH_m) A (I − ηH_m)] of mini-batch SGD, packed: shape (D, D), D = r(r+1)/2.

    H_m = mean of x xᵀ over m samples drawn with replacement, so E[H_m A H_m] = E[x xᵀ A x xᵀ]/m + (1 − 1/m) H A H.

    Parameters
    ----------
    samples, eigenvalues
        From :func:`row_space`: H is diagonal.
    learning_rate
        η, for the loss ½(x_iᵀw − y_i)² averaged over the batch.
    batch_size
        m; infinite is the full gradient.
    """
    rows, columns = np.triu_indices(len(eigenvalues))
    outer = pack(samples[:, :, None] * samples[:, None, :])  # x xᵀ A x xᵀ = ⟨x xᵀ, A⟩ x xᵀ
    left, right = eigenvalues[rows], eigenvalues[columns]
    operator = (learning_rate**2 / batch_size / len(samples)) * (outer.T @ outer)
    diagonal = 1 - learning_rate * (left + right) + learning_rate**2 * (1 - 1 / batch_size) * left * right
    operator[np.diag_indices_from(operator)] += diagonal
    return operator


def mean_square_step(steps: np.ndarray) -> np.ndarray:
    """Return the operator A ← mean_i M_i A M_iᵀ on packed symmetric matrices, for steps M (n, d, d): shape (D, D)."""
    rows, columns = np.triu_indices(steps.shape[-1])
    scale = np.where(rows == columns, 0.5, 0.5**0.5)  # of e_a e_bᵀ + e_b e_aᵀ in the orthonormal basis
    operator = np.zeros((len(rows), len(rows)))
    for step in steps:
        first, second = step[:, rows].T, step[:, columns].T  # (D, d)
        image = first[:, :, None] * second[:, None, :]
        operator += pack((image + image.mT) * scale[:, None, None]).T
    return operator / len(steps)


def crossing(value: Callable[[int], float], level: float, limit: int = STEPS_AT_MOST) -> float:
    """Return the first t, by doubling and bisection, at which a falling ``value(t)`` is at most ``level``.

    ``inf`` if it is above the level (or no number) at the last power of two that is at most ``limit``.
    """
    low, high = 0, 1
    while not value(high) <= level:
        low, high = high, 2 * high
        if high > limit:
            return np.inf
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if value(middle) <= level else (middle, high)
    return float(high)
