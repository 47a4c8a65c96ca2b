"""Least squares of smallest norm on more features than fit into memory, a block of them at a time.

The solution is a = Φᵀ K⁻¹ y with the Gram matrix K = ΦΦᵀ, which has the size of the samples alone. Solving with K
squares the condition number of Φ, which is harmless away from the interpolation threshold; nothing is returned where it
is not.
"""

import dataclasses

import numpy as np
import scipy.linalg

from overparam.claims.double_descent import normal_equations
from overparam.claims.double_descent.random_feature_maps import FeatureMap

WIDTH = 2048  # features at once


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
    factor = normal_equations.factorised(gram)
    if factor is None:
        return None
    dual = normal_equations.solved(factor, targets)
    return LargeFit(features, [block.T @ dual for block in features.blocks(x, WIDTH)])
