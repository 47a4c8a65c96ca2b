"""Ridge regression on features, with a penalty that is tuned on held-out samples.

The loss is ‖Φβ − Y‖²/n + λ‖β‖². The smaller of the two Gram matrices is factorised: ΦᵀΦ, or ΦΦᵀ where features are more
than samples.
"""

import numpy as np
from scipy.linalg import lapack

PENALTIES = np.logspace(-7, 0, 15)  # a factor of √10 apart, for features whose norm is about 1


def ridge(
    features: np.ndarray, targets: np.ndarray, penalty: float | np.ndarray, gram: np.ndarray | None = None
) -> np.ndarray:
    """Return the minimiser of ‖features β − targets‖²/n + λ‖β‖², shape ``(N, K)``, by Cholesky, for λ > 0.

    ``penalty`` is λ, or one λ per column of the targets, ``(K,)``; ``gram`` is the smaller Gram matrix, if it is known.
    """
    n, n_features = features.shape
    wide = n_features > n
    gram = _gram(features, wide) if gram is None else gram
    right = targets if wide else features.T @ targets
    penalties, solution = np.broadcast_to(penalty, right.shape[1]), np.empty_like(right)
    for value in np.unique(penalties):
        shifted, columns = gram.copy(), penalties == value
        shifted[np.diag_indices_from(shifted)] += n * value
        _, solution[:, columns], failed = lapack.dposv(shifted, right[:, columns])
        assert not failed, "λ > 0 makes the matrix positive definite"
    return features.T @ solution if wide else solution


def tuned_ridge(
    features: np.ndarray, targets: np.ndarray, groups: int, heldout_fraction: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return ridge coefficients, ``(N, K)``, whose penalty has the least squared loss on held-out samples.

    Parameters
    ----------
    features
        Shape ``(n, N)``, in random order: the last ones are held out, and the fit is then repeated on all of them.
    targets
        Shape ``(n, K)``.
    groups
        Number of equal, adjacent groups of columns of the targets; each has its own penalty.
    heldout_fraction
        Part of the samples that is held out.

    Returns
    -------
    coefficients, penalties
        Shapes ``(N, K)`` and ``(groups,)``; the penalties are of :data:`PENALTIES`.
    """
    n, n_features = features.shape
    heldout = max(1, round(heldout_fraction * n))
    kept, whole = n - heldout, None
    if n_features > n:  # one Gram matrix of all samples serves both fits
        whole = _gram(features, True)
        predicted = predictions(whole[:kept, :kept], targets[:kept], whole[kept:, :kept], kept * PENALTIES)
    else:
        predicted = ridge_path(features[:kept], targets[:kept], PENALTIES, features[kept:])
    squares = (predicted - targets[kept:]) ** 2  # (penalties, heldout, K)
    losses = squares.reshape(len(PENALTIES), heldout, groups, -1).sum(axis=(1, 3))  # (penalties, groups)
    penalties = PENALTIES[losses.argmin(axis=0)]
    return ridge(features, targets, np.repeat(penalties, targets.shape[1] // groups), whole), penalties


def ridge_path(features: np.ndarray, targets: np.ndarray, penalties: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the predictions of ridge regression on other samples for every penalty, by one factorisation.

    Parameters
    ----------
    features
        Shape ``(n, N)``, float64; the smaller of the two Gram matrices is factorised.
    targets
        Shape ``(n, K)``.
    penalties
        λ, shape ``(L,)``, positive.
    others
        Features of the other samples, ``(m, N)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(L, m, K)``.
    """
    n, n_features = features.shape
    wide = n_features > n
    right, across = (targets, others @ features.T) if wide else (features.T @ targets, others)
    return predictions(_gram(features, wide), right, across, n * penalties)


def predictions(gram: np.ndarray, right: np.ndarray, across: np.ndarray, shifts: np.ndarray) -> np.ndarray:
    """Return A(G + s)⁻¹R for every shift s > 0, by one reduction of G to a tridiagonal matrix.

    With G = QTQᵀ this is AQ(T + s)⁻¹QᵀR. An eigendecomposition would give the same in three times the time.

    Parameters
    ----------
    gram
        G, symmetric and positive semidefinite, ``(q, q)``; only its upper half is looked at.
    right
        R, ``(q, K)``.
    across
        A, ``(m, q)``.
    shifts
        s, ``(L,)``.

    Returns
    -------
    numpy.ndarray
        Shape ``(L, m, K)``.
    """
    size = len(gram)
    # the upper half of a matrix in C order is the lower half of the transposed one, which LAPACK takes without a copy
    reflectors, diagonal, beside, scales, _ = lapack.dsytrd(gram.T, lower=1, lwork=max(1, 64 * size))
    turned, rotated = np.array(right, order="F"), np.array(across, order="F")
    if size > 1:  # Q leaves the first coordinate as it is
        basis = np.asfortranarray(reflectors[1:, :-1])
        turned[1:] = lapack.dormqr("L", "T", basis, scales, turned[1:], 64 * right.shape[1])[0]
        rotated[:, 1:] = lapack.dormqr("R", "N", basis, scales, rotated[:, 1:], 64 * len(across))[0]
    else:
        beside = np.zeros(1)  # LAPACK wants memory for it all the same
    found = np.empty((len(shifts), len(across), right.shape[1]))
    for place, shift in enumerate(shifts):
        values, factors, failed = lapack.dpttrf(diagonal + shift, beside)
        assert not failed, "a shift above zero makes the matrix positive definite"
        found[place] = rotated @ lapack.dpttrs(values, factors, turned)[0]
    return found


def _gram(features: np.ndarray, wide: bool) -> np.ndarray:
    """Return the Gram matrix of the samples if they are fewer than the features, else that of the features."""
    return features @ features.T if wide else features.T @ features
