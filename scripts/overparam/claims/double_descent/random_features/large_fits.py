"""Least squares of smallest norm on more features than fit into memory, a block of them at a time.

The solution is a = Φᵀ K⁻¹ y with the Gram matrix K = ΦΦᵀ, which has the size of the samples alone. Solving with K
squares the condition number of Φ, which is harmless away from the interpolation threshold; nothing is returned where it
is not.
"""

import dataclasses

import numpy as np
import scipy.linalg

from overparam.claims.double_descent.random_feature_maps import FeatureMap

WIDTH = 2048  # features at once
LEAST = 1e-9  # reciprocal condition number of K: the solution is then right to about 1e-7 of itself, float64


@dataclasses.dataclass(frozen=True)
class LargeFit:
    """The solution of smallest norm.

    Attributes
    ----------
    features
        The map whose features are combined.
    coefficients
        Those of the features, block by block.
    """

    features: FeatureMap
    coefficients: list[np.ndarray]

    def predicted(self, x: np.ndarray) -> np.ndarray:
        """Return the fit at inputs, shape ``(m, K)``."""
        blocks = self.features.blocks(x, WIDTH)
        return sum(block @ part for block, part in zip(blocks, self.coefficients, strict=True))


def minimum_norm(features: FeatureMap, x: np.ndarray, targets: np.ndarray) -> LargeFit | None:
    """Return the least-squares solution of smallest norm on more features than samples; None where K is too singular.

    Parameters
    ----------
    features
        N features, more than n.
    x
        Inputs, shape ``(n, d)``.
    targets
        Shape ``(n, K)``.
    """
    gram = np.zeros((len(x), len(x)), order="F")
    for block in features.blocks(x, WIDTH):  # the upper half of K += ΦΦᵀ
        gram = scipy.linalg.blas.dsyrk(1.0, block.T, trans=1, beta=1.0, c=gram, overwrite_c=True)
    solved = dual(gram, targets)
    if solved is None:
        return None
    return LargeFit(features, [block.T @ solved for block in features.blocks(x, WIDTH)])


def dual(gram: np.ndarray, targets: np.ndarray) -> np.ndarray | None:
    """Return K⁻¹ · targets by Cholesky, or None if K is too close to a singular matrix for that.

    Parameters
    ----------
    gram
        K, symmetric, ``(n, n)``; only its upper half is looked at.
    targets
        Shape ``(n, K)``.
    """
    halves = np.abs(np.triu(gram))
    norm = (halves.sum(axis=0) + halves.sum(axis=1) - halves.diagonal()).max()
    del halves
    factor, failed = scipy.linalg.lapack.dpotrf(gram)
    if failed or scipy.linalg.lapack.dpocon(factor, norm)[0] < LEAST:
        return None
    return scipy.linalg.cho_solve((factor, False), targets, check_finite=False)
