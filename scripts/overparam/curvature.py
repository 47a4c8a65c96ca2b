"""Extreme eigenvalues of Hessians that are known only through their products with vectors."""

from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

Product = Callable[[np.ndarray], np.ndarray]


def hessian_vector_product(function: Callable[[torch.Tensor], torch.Tensor], point: torch.Tensor) -> Product:
    """Return u ↦ ∇²function(point) u, by reverse mode over reverse mode.

    Parameters
    ----------
    function
        A scalar function of one flat tensor of shape (p,).
    point
        Where the Hessian is taken, shape (p,); its dtype is the precision.
    """
    at = point.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(function(at), at, create_graph=True)

    def product(vector: np.ndarray) -> np.ndarray:
        direction = torch.as_tensor(vector, dtype=point.dtype).reshape(point.shape)
        if not slope.requires_grad:  # the function is linear: autograd has nothing to differentiate twice
            return np.zeros(point.numel())
        (result,) = torch.autograd.grad(slope, at, direction, retain_graph=True, allow_unused=True)
        return np.zeros(point.numel()) if result is None else result.numpy()

    return product


def spectral_norm(product: Product, size: int, generator: np.random.Generator, tolerance: float = 1e-9) -> float:
    """Return the largest |eigenvalue| of a symmetric operator by Lanczos iteration (ARPACK).

    Parameters
    ----------
    product
        u ↦ Au for u of shape (size,).
    size
        Dimension, ``>= 2``.
    generator
        Draws the starting vector; the result depends on it only within ``tolerance``.
    tolerance
        Relative accuracy of the eigenvalue.

    Raises
    ------
    scipy.sparse.linalg.ArpackNoConvergence
        If the iteration does not reach ``tolerance``.
    """
    operator = LinearOperator((size, size), matvec=lambda u: product(np.ravel(u)), dtype=np.float64)
    start = generator.standard_normal(size)
    values = eigsh(operator, k=1, which="LM", v0=start, tol=tolerance, return_eigenvectors=False)
    return float(np.abs(values).max())
