"""How much of a vector of labels lies in the top singular directions of a network's Jacobian.

The labels of n images are one vector y of n·K numbers, in the order of the rows of the Jacobian: the K outputs of an
image follow one another. The columns of U are r orthonormal directions; the share of y in them is ‖Uᵀy‖/‖y‖.

*Centring.* One-hot labels of K equally frequent classes are the constant 1/K plus a rest of norm √(1 − 1/K)‖y‖. A
network with biases has the constant vectors among its first directions. So the share of any labels, whatever they are,
is about √(1/K) or more. In centred labels the mean over the images is subtracted from every output; for one-hot labels
the mean over the outputs is then zero as well.

*Chance.* If labels are drawn uniformly and independently of the network, the covariance of the centred y is a multiple
of P = (I − 11ᵀ/n) ⊗ (I − 11ᵀ/K), whose rank is (n − 1)(K − 1). Hence

    E‖Uᵀy‖² / E‖y‖² = tr(UᵀPU) / ((n − 1)(K − 1)) ≤ r / ((n − 1)(K − 1)).

*Corruption.* Let every label be replaced with probability ρ, by a uniformly random one (a = 1 − ρ) or by a uniformly
random wrong one (a = 1 − ρK/(K − 1)). Given y, the mean of the centred corrupted labels is a·y, and their covariance,
averaged over equally frequent classes, is (1 − a²)/K times P. So, where c is the share by chance and s the share of y,

    E‖Uᵀy_ρ‖² / E‖y_ρ‖² ≈ a² s² + (1 − a²) c.
"""

from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh

LARGEST_WHOLE = 12_000  # rows up to which all eigenvalues of a kernel are computed, in four times its own memory
LANCZOS_TOLERANCE = 1e-6  # relative accuracy of the eigenvalues of larger kernels


def targets(labels: np.ndarray, n_classes: int, single: bool = False) -> np.ndarray:
    """Return the label vectors (…, n·K) of class numbers (…, n): one-hot; or, if ``single``, 1 for class 0, else −1."""
    if single:
        return np.where(labels == 0, 1.0, -1.0)
    return (labels[..., None] == np.arange(n_classes)).astype(float).reshape(*labels.shape[:-1], -1)


def centred(vectors: np.ndarray, n_outputs: int) -> np.ndarray:
    """Return vectors (…, n·K) less the mean over the n images in each of ``n_outputs`` outputs."""
    parts = vectors.reshape(*vectors.shape[:-1], -1, n_outputs)
    return (parts - parts.mean(axis=-2, keepdims=True)).reshape(vectors.shape)


def share(directions: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Return ‖Uᵀy‖/‖y‖ for every vector, (…), given directions (n·K, r) and vectors (…, n·K)."""
    return np.linalg.norm(vectors @ directions, axis=-1) / np.linalg.norm(vectors, axis=-1)


def share_by_chance(directions: np.ndarray, n_outputs: int) -> float:
    """Return the root of the expected ‖Uᵀy‖²/‖y‖² of centred, uniformly random labels, as derived above.

    A single output stands for two classes with the labels ±1; then P is I − 11ᵀ/n.
    """
    parts = directions.reshape(-1, n_outputs, directions.shape[1])
    parts = parts - parts.mean(axis=0)
    if n_outputs > 1:
        parts = parts - parts.mean(axis=1, keepdims=True)
    return float(np.sqrt(np.sum(parts**2) / ((len(parts) - 1) * max(n_outputs - 1, 1))))


def kept(corruption: float, definition: str, n_classes: int) -> float:
    """Return a, which the true centred labels are multiplied by to give the mean of the corrupted ones."""
    return 1 - corruption * (n_classes / (n_classes - 1) if definition == "wrong_label" else 1)


def share_corrupted(true_share: float, by_chance: float, kept: float) -> float:
    """Return the root of the expected ‖Uᵀy_ρ‖²/‖y_ρ‖² of corrupted labels, where a is ``kept``, as derived above."""
    return float(np.sqrt(kept**2 * true_share**2 + (1 - kept**2) * by_chance**2))


def top_directions(kernel: torch.Tensor, rank: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the largest eigenvalues of a kernel JJᵀ and their eigenvectors, the top left singular directions of J.

    Up to :data:`LARGEST_WHOLE` rows all eigenvalues are computed, by LAPACK's (or cuSOLVER's) symmetric solver in
    float64. For larger kernels the ``rank`` largest ones are computed by ARPACK's Lanczos iterations in float64, to the
    relative accuracy :data:`LANCZOS_TOLERANCE`; products with the kernel are taken in its own precision.

    Parameters
    ----------
    kernel
        (m, m), symmetric, on any device.
    rank
        Number r of directions, below m.

    Returns
    -------
    eigenvalues
        σ_i² in descending order, (m,) or (r,), float64. Rounding may leave some of them below zero.
    directions
        U, (m, r), float64.
    residual
        max_i ‖K u_i − λ_i u_i‖/λ_1 over the r directions.
    """
    if len(kernel) <= LARGEST_WHOLE:
        values, vectors = torch.linalg.eigh(kernel.double())
        values, vectors = values.flip(0).cpu().numpy(), vectors[:, -rank:].flip(1).cpu().numpy()
    else:
        values, vectors = _largest(kernel, rank, lambda vector: vector)
    found = torch.as_tensor(vectors, dtype=kernel.dtype, device=kernel.device)
    error = (kernel @ found).double().cpu().numpy() - vectors * values[:rank]
    return values, vectors, float(np.linalg.norm(error, axis=0).max() / values[0])


def centred_energy_share(kernel: torch.Tensor, rank: int, n_outputs: int) -> float:
    """Return Σ_{i≤r} σ_i²/‖J‖_F² of the Jacobian without its mean over the images, from JJᵀ.

    Without the mean the part of the constant vectors is gone. In a deep network, which maps all images to nearly the
    same outputs, that part alone makes J nearly a matrix of rank K. Lanczos iterations are used as in
    :func:`top_directions`.
    """
    n = len(kernel) // n_outputs
    blocks = kernel.view(n, n_outputs, n, n_outputs).diagonal(dim1=1, dim2=3)  # (n, n, K)
    energy = float(kernel.diagonal().double().sum() - blocks.sum(dim=0).double().sum() / n)
    values, _ = _largest(kernel, rank, lambda vector: centred(vector, n_outputs))
    return float(values.sum() / energy)


def _largest(
    kernel: torch.Tensor, rank: int, project: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest eigenvalues of PKP in descending order, with eigenvectors, for an orthogonal projection P."""

    def product(vector: np.ndarray) -> np.ndarray:
        given = torch.as_tensor(project(vector.ravel()), dtype=kernel.dtype, device=kernel.device)
        return project((kernel @ given).double().cpu().numpy())

    size = len(kernel)
    # fixed, so that results are the same every time; any vector will do that is not orthogonal to a wanted eigenvector
    start = np.cos(np.arange(size, dtype=float) ** 2)
    operator = LinearOperator((size, size), matvec=product, dtype=np.float64)
    values, vectors = eigsh(operator, k=rank, v0=start, tol=LANCZOS_TOLERANCE)
    return values[::-1].copy(), vectors[:, ::-1].copy()
