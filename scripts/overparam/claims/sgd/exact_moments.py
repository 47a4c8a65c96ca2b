"""Exact second moments of linear random recursions z ← M z, M drawn independently at every step.

E[z zᵀ] obeys the linear recursion A ← E[M A Mᵀ], so the expected losses of stochastic methods on interpolating least
squares can be computed without sampling. Symmetric matrices are packed as vectors, with off-diagonal entries times √2:
the inner product of two such vectors is the Frobenius one, and the operator of a symmetric M is symmetric itself.
"""

from collections.abc import Callable

import numpy as np

STEPS_AT_MOST = 2**40


def pack(matrices: np.ndarray) -> np.ndarray:
    """Return symmetric matrices (…, d, d) as vectors (…, d(d+1)/2), upper triangle row by row."""
    rows, columns = np.triu_indices(matrices.shape[-1])
    return matrices[..., rows, columns] * np.where(rows == columns, 1.0, 2**0.5)


def row_space(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the samples in the eigenbasis of H = XᵀX/n, restricted to their span, and the non-zero eigenvalues of H.

    Parameters
    ----------
    inputs
        Samples, shape (n_train, n_params). Singular values below 1e-12 of the largest count as zero.

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

    H_m is the mean of x xᵀ over m samples drawn with replacement, so that
    E[H_m A H_m] = E[x xᵀ A x xᵀ]/m + (1 − 1/m) H A H.

    Parameters
    ----------
    samples, eigenvalues
        As :func:`row_space` returns them, so that H is diagonal.
    learning_rate
        η, for the loss ½(x_iᵀw − y_i)² averaged over the batch.
    batch_size
        m; ``inf`` stands for the full gradient.
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
    scale = np.where(rows == columns, 0.5, 0.5**0.5)  # makes e_a e_bᵀ + e_b e_aᵀ a unit vector
    operator = np.zeros((len(rows), len(rows)))
    for step in steps:
        first, second = step[:, rows].T, step[:, columns].T  # (D, d)
        image = first[:, :, None] * second[:, None, :]
        operator += pack((image + image.mT) * scale[:, None, None]).T
    return operator / len(steps)


def first_step_below(value: Callable[[int], float], level: float, limit: int = STEPS_AT_MOST) -> float:
    """Return the first step t at which a falling ``value(t)`` is at most ``level``, by doubling and bisection.

    The result is ``inf`` if the value is still above the level, or is no number, at the largest power of two that does
    not exceed ``limit``.
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
