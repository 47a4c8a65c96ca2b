"""Extreme eigenvalues of Hessians that are known only through their products with vectors, or through their parts."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Bool, Float, Shaped
from scipy.linalg import eigvalsh_tridiagonal
from scipy.optimize import brentq

Product = Callable[[Float[np.ndarray, " p"]], Float[np.ndarray, " p"]]


def hessian_vector_product(
    function: Callable[[Float[torch.Tensor, " p"]], Float[torch.Tensor, ""]], point: Float[torch.Tensor, " p"]
) -> Product:
    """Return u ↦ ∇²function(point) u, by reverse mode over reverse mode.

    Parameters
    ----------
    function
        A scalar function of one flat tensor.
    point
        Where the Hessian is taken; its dtype is the precision, and products are taken on its device.
    """
    at = point.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(function(at), at, create_graph=True)

    def product(vector: np.ndarray) -> np.ndarray:
        if not slope.requires_grad:  # the function is linear: there is nothing to differentiate a second time
            return np.zeros(point.numel())
        along = slope @ torch.as_tensor(vector, dtype=point.dtype, device=point.device)
        (result,) = torch.autograd.grad(along, at, retain_graph=True, materialize_grads=True)
        return result.cpu().numpy()

    return product


def spectral_norm(
    product: Product, size: int, generator: np.random.Generator, steps: int = 200, tolerance: float = 1e-10
) -> float:
    """Return the largest |eigenvalue| of a symmetric operator, from below, by Lanczos iteration.

    Every vector is orthogonalised against all vectors before it, and only Ritz values are read off. ARPACK, which waits
    until a vector has converged, stalls on a two-layer network, whose extreme eigenvalues cluster and come in pairs ±λ.

    Parameters
    ----------
    product
        u ↦ Au for u of ``size`` entries.
    size
        Dimension.
    generator
        Draws the starting vector.
    steps
        Most products with the operator. An operator of rank r needs r + 1.
    tolerance
        The iteration stops when the value grew by less than this fraction in ten steps.

    Returns
    -------
    float
        A Ritz value, which lies above the true norm by rounding errors at most.
    """
    basis = np.empty((min(steps, size), size))
    vector = generator.standard_normal(size)
    vector /= np.linalg.norm(vector)
    diagonal: list[float] = []
    beside: list[float] = []
    history = [0.0]
    for step in range(len(basis)):
        basis[step] = vector
        vector = product(vector)
        diagonal.append(basis[step] @ vector)
        for _ in range(2):  # twice is enough (Parlett 1998, section 6.9)
            vector = vector - basis[: step + 1].T @ (basis[: step + 1] @ vector)
        history.append(float(np.abs(eigvalsh_tridiagonal(np.array(diagonal), np.array(beside))).max()))
        length = np.linalg.norm(vector)
        invariant = length <= 1e-13 * history[-1]
        if invariant or (step >= 10 and history[-1] - history[-11] <= tolerance * history[-1]):
            break
        beside.append(float(length))
        vector /= length
    return history[-1]


def hessian_norms(
    function: Callable[..., Float[torch.Tensor, ""]],
    points: Float[torch.Tensor, "problems p"],
    data: tuple[Shaped[torch.Tensor, "problems ..."], ...],
    generator: torch.Generator,
    memory_mb: float,
    steps: int = 120,
    tolerance: float = 1e-8,
) -> tuple[Float[np.ndarray, " problems"], Bool[np.ndarray, " problems"]]:
    """Return the spectral norms of many Hessians at once, from below, by Lanczos iterations side by side.

    All Hessians share every product with a vector (one reverse pass over one reverse pass), which for small networks
    costs little more than the product of one. Vectors are not kept, so that memory does not grow with the steps.
    Without orthogonalisation a Lanczos process finds the extreme eigenvalues just as well; it only repeats them (Paige
    1972).

    Parameters
    ----------
    function
        Takes a flat tensor and one entry of each of ``data`` to a scalar; it must be fit for
        :func:`torch.func.vmap`.
    points
        Where the Hessians are taken; the dtype is the precision, and products are taken on the device.
    data
        Further arguments, each with one entry per problem, on the same device.
    generator
        Draws the starting vectors, on the CPU.
    memory_mb
        Memory in MB: Hessians are taken in groups that need about as much.
    steps, tolerance
        A group stops when each norm grew by less than this fraction in ten steps, or after ``steps``.

    Returns
    -------
    norms
        Ritz values, never above the true norms but by rounding.
    settled
        Whether each norm had stopped growing within ``steps``.
    """
    # bytes for Lanczos vectors, the graph and its temporaries, as measured
    each = 40 * points.shape[1] * points.element_size()
    size = max(1, int(memory_mb * 1e6 // each))
    found = []
    for start in range(0, len(points), size):
        chosen = slice(start, start + size)
        at = points[chosen].detach().clone().requires_grad_()
        values = torch.func.vmap(function)(at, *(part[chosen] for part in data))
        (slope,) = torch.autograd.grad(values.sum(), at, create_graph=True)
        vector = torch.randn(at.shape, generator=generator, dtype=at.dtype).to(at.device)
        found.append(_lanczos_side_by_side(slope, at, vector, steps, tolerance))
    norms, settled = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return norms, settled


def _lanczos_side_by_side(
    slope: Float[torch.Tensor, "problems p"],
    at: Float[torch.Tensor, "problems p"],
    vector: Float[torch.Tensor, "problems p"],
    steps: int,
    tolerance: float,
) -> tuple[Float[np.ndarray, " problems"], Bool[np.ndarray, " problems"]]:
    if not slope.requires_grad:  # linear functions: there is nothing to differentiate a second time
        return np.zeros(len(at)), np.ones(len(at), dtype=bool)
    vector = vector / vector.norm(dim=1, keepdim=True)
    length = torch.zeros(len(at), dtype=at.dtype, device=at.device)
    before, rest, parts = (torch.zeros_like(vector) for _ in range(3))  # memory that every step writes to
    tridiagonal = np.zeros((len(at), steps, steps))
    norms, settled = [np.zeros(len(at))], np.zeros(len(at), dtype=bool)
    for step in range(steps):
        (product,) = torch.autograd.grad(slope, at, vector, retain_graph=True, materialize_grads=True)
        torch.sub(product, torch.mul(before, length[:, None], out=parts), out=rest)
        along = torch.mul(rest, vector, out=parts).sum(dim=1)
        rest.sub_(torch.mul(vector, along[:, None], out=parts))
        tridiagonal[:, step, step] = along.cpu().numpy()
        if step % 5 == 4 or step == steps - 1:
            spectra = np.linalg.eigvalsh(tridiagonal[:, : step + 1, : step + 1])
            norms.append(np.abs(spectra[:, [0, -1]]).max(axis=1))
            settled = norms[-1] - norms[-3] <= tolerance * norms[-1] if len(norms) > 3 else settled
            if settled.all():
                break
        if step == steps - 1:
            break
        length = rest.norm(dim=1)
        scale = torch.as_tensor(np.abs(tridiagonal[:, : step + 1, : step + 1]).max(axis=(1, 2)), device=at.device)
        length = torch.where(length > 1e-13 * scale, length, 0.0)  # an invariant subspace: only zeros follow
        tridiagonal[:, step, step + 1] = tridiagonal[:, step + 1, step] = length.cpu().numpy()
        before, vector = vector, torch.div(rest, length[:, None], out=before)
        vector[length == 0] = 0.0
    return norms[-1], settled


def rank_one_update_norm(diagonal: Float[np.ndarray, " size"], vector: Float[np.ndarray, " size"]) -> float:
    """Return the spectral norm of diag(``diagonal``) + ``vector vectorᵀ`` from its secular equation.

    The eigenvalues interlace with the diagonal (Golub & Van Loan, section 8.4.3): the largest lies above the largest
    entry by at most ‖vector‖², the smallest between the two smallest entries. O(size) per evaluation.
    """
    order = np.argsort(diagonal)
    entries, weights = diagonal[order], vector[order] ** 2

    def secular(shift: float, origin: float) -> float:
        return 1 + float(np.sum(weights / (entries - origin - shift)))

    def root(origin: float, low: float, high: float) -> float:
        """Return origin + the shift in (low, high) where the secular function, rising there, is zero."""
        if secular(low, origin) >= 0:
            return origin + low
        if secular(high, origin) <= 0:
            return origin + high
        return origin + brentq(secular, low, high, args=(origin,), xtol=1e-300, rtol=1e-13)

    total = float(weights.sum())
    if total == 0:
        return float(np.abs(entries).max())
    top = root(entries[-1], 1e-14 * total, total)
    if -entries[0] <= top:  # the smallest eigenvalue is no smaller than this entry: it can't decide the norm
        return float(top)
    gap = min(total, entries[1] - entries[0] if entries.size > 1 else np.inf)
    bottom = entries[0] if gap == 0 else root(entries[0], 1e-14 * gap, gap * (1 - 1e-14))
    return float(max(top, -bottom))
