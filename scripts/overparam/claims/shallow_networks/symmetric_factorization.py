"""Fitting labels by ⟨A_i, UUᵀ⟩ with U of shape (d, r): the non-convex factorization min ½ Σ (y_i − ⟨A_i, UUᵀ⟩)².

Only the symmetric part of A_i counts. UUᵀ does not change when U is turned from the right, so UUᵀ has
dr − r(r − 1)/2 degrees of freedom (for r ≤ d), not dr. With i.i.d. Gaussian A_i one label vector stands for all of the
same length: turning the samples, (A, y) → (QA, Qy), keeps the distribution of the A_i and every loss. That UUᵀ is
positive semidefinite sets a second limit: n random equations meet the cone of such matrices until n ≈ d(d + 1)/4. That
is its statistical dimension, half of the dimension of the symmetric matrices (Amelunxen et al., arXiv 1303.6672).
"""

import dataclasses

import numpy as np
from scipy.linalg import lapack

FLAT_STEPS, FLAT_SHARE = 15, 0.99  # Levenberg–Marquardt gives up when it gains less than 1 % in 15 steps
LARGEST_DAMPING = 1e12


@dataclasses.dataclass(frozen=True)
class Fit:
    """Where a solver ended.

    Attributes
    ----------
    factor
        U, shape (d, r).
    loss
        ‖y − f(U)‖² / ‖y‖².
    steps
        Steps that were taken.
    outcome
        ``fitted``, ``flat`` (it made no more progress) or ``limit`` (it reached the limit of steps).
    losses
        The loss before every step and at the end, shape (steps + 1,).
    path
        Length of the path of U.
    """

    factor: np.ndarray
    loss: float
    steps: int
    outcome: str
    losses: np.ndarray
    path: float


def degrees_of_freedom(dimension: int, rank: int) -> int:
    """Return dr − r(r − 1)/2, the dimension of the set of d × d matrices UUᵀ of rank r."""
    return dimension * rank - rank * (rank - 1) // 2


def largest_fit(dimension: int, rank: int) -> float:
    """Return the smaller of the degrees of freedom and of the limit d(d + 1)/4 set by positive semidefiniteness."""
    return min(degrees_of_freedom(dimension, rank), dimension * (dimension + 1) / 4)


def draw_features(n_train: int, dimension: int, draws: np.random.Generator) -> np.ndarray:
    """Draw the symmetric parts of ``n_train`` matrices with N(0, 1) entries, shape (n_train, d, d)."""
    features = draws.standard_normal((n_train, dimension, dimension))
    return (features + features.mT) / 2


def draw_start(dimension: int, rank: int, labels: np.ndarray, draws: np.random.Generator) -> np.ndarray:
    """Draw U₀ with orthogonal columns of equal length at the scale of the labels: E‖f(U₀)‖² = ‖y‖².

    E⟨A_i, UUᵀ⟩² is ‖UUᵀ‖_F², which is r c⁴ for columns of length c.
    """
    turn = np.linalg.qr(draws.standard_normal((dimension, rank)))[0]
    return turn * float((labels @ labels / len(labels) / rank) ** 0.25)


def products(features: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return A_i U, shape (n, d·r): half the Jacobian of :func:`outputs`, row by row."""
    n_train, dimension, _ = features.shape
    return (features.reshape(n_train * dimension, dimension) @ factor).reshape(n_train, -1)


def outputs(features: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return ⟨A_i, UUᵀ⟩, shape (n,)."""
    return products(features, factor) @ factor.ravel()


def jacobian(features: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return the Jacobian of :func:`outputs` in U, flattened row by row, shape (n, d·r)."""
    return 2 * products(features, factor)


def levenberg_marquardt(
    features: np.ndarray, labels: np.ndarray, start: np.ndarray, tolerance: float = 1e-8, step_limit: int = 300
) -> Fit:
    """Fit by Levenberg–Marquardt in the space of the samples: U ← U − Jᵀ(JJᵀ + μ)⁻¹ r.

    μ is relative to the mean of the diagonal of JJᵀ, starts at 0.01, falls eightfold after a step that lowers the loss
    and grows fourfold before another try. Stops at ‖r‖ ≤ ``tolerance`` ‖y‖, where the loss is flat, or at the limit.
    """
    factor, goal = start, tolerance**2 * float(labels @ labels)
    half = products(features, factor)
    residual = half @ factor.ravel() - labels
    loss, damping, losses, path = float(residual @ residual), 1e-2, [], 0.0
    for step in range(step_limit + 1):
        losses.append(loss)
        if loss <= goal:
            return _fit(factor, losses, path, labels, "fitted")
        if step >= FLAT_STEPS and loss > FLAT_SHARE * losses[-1 - FLAT_STEPS]:
            return _fit(factor, losses, path, labels, "flat")
        if step == step_limit:
            break
        gram = 4 * half @ half.T
        unit = np.trace(gram) / len(gram)
        while True:
            shifted = gram.copy()
            np.fill_diagonal(shifted, gram.diagonal() + damping * unit)
            multipliers = lapack.dposv(shifted, residual)[1]  # Cholesky
            moved = factor - 2 * (multipliers @ half).reshape(factor.shape)
            new_half = products(features, moved)
            new_residual = new_half @ moved.ravel() - labels
            new_loss = float(new_residual @ new_residual)
            if new_loss < loss:
                break
            damping *= 4
            if damping > LARGEST_DAMPING:
                return _fit(factor, losses, path, labels, "flat")
        path += float(np.linalg.norm(moved - factor))
        factor, half, residual, loss = moved, new_half, new_residual, new_loss
        damping = max(damping / 8, 1e-12)
    return _fit(factor, losses, path, labels, "limit")


def gradient_descent(
    features: np.ndarray, labels: np.ndarray, start: np.ndarray, tolerance: float = 1e-6, step_limit: int = 3000,
    flat_steps: int | None = None,
) -> Fit:  # fmt: skip
    """Fit by gradient descent U ← U − η Jᵀ r with the step η = 1/(2‖J(U₀)‖²), halved whenever the loss would grow.

    Stops at ‖r‖ ≤ ``tolerance`` ‖y‖, or at the limit of steps, halvings included. If ``flat_steps`` is given, it also
    stops where the loss falls by less than 1 % in so many steps.
    """
    factor, goal = start, tolerance**2 * float(labels @ labels)
    rate = 0.5 / np.linalg.norm(jacobian(features, factor), 2) ** 2
    flat = features.reshape(len(features), -1)  # gives ⟨A_i, UUᵀ⟩ and Σ r_i A_i with less work than every A_i U
    residual = flat @ (factor @ factor.T).ravel() - labels
    loss, losses, path = float(residual @ residual), [], 0.0
    for step in range(step_limit + 1):
        losses.append(loss)
        if loss <= goal:
            return _fit(factor, losses, path, labels, "fitted")
        if flat_steps and step >= flat_steps and loss > FLAT_SHARE * losses[-1 - flat_steps]:
            return _fit(factor, losses, path, labels, "flat")
        if step == step_limit:
            break
        moved = factor - 2 * rate * (residual @ flat).reshape(features.shape[1:]) @ factor
        new_residual = flat @ (moved @ moved.T).ravel() - labels
        new_loss = float(new_residual @ new_residual)
        if new_loss <= loss:
            path += float(np.linalg.norm(moved - factor))
            factor, residual, loss = moved, new_residual, new_loss
        else:
            rate /= 2
    return _fit(factor, losses, path, labels, "limit")


def nearest_fit(
    features: np.ndarray, labels: np.ndarray, start: np.ndarray, guess: np.ndarray, tolerance: float = 1e-6
) -> np.ndarray | None:
    """Return a fit that is locally nearest to ``start``, min ‖U − U₀‖ with f(U) = y, as found from the fit ``guess``.

    This is sequential quadratic programming with the Hessian of the Lagrangian, (1 + 2Σλ_i A_i) on every column, whose
    eigenvalues are raised to at least 0.1. Steps are halved until ½‖U − U₀‖² + μ‖f(U) − y‖₁ falls. The result is None
    where the gradient of the Lagrangian and the residual are not below ``tolerance`` ‖U₀‖ and ``tolerance``/100 ‖y‖
    after 300 steps. The tolerance need not be smaller, as the gradient enters the distance squared; and it can't be,
    as below 1e-8 rounding keeps the merit from falling. The solution is a local one, so its distance is an upper bound
    on that of the nearest fit of all.
    """
    factor, weight = guess, 0.0
    multipliers = np.zeros(len(labels))
    for _ in range(300):
        slopes = jacobian(features, factor)
        gap = outputs(features, factor) - labels
        values, vectors = np.linalg.eigh(np.eye(len(factor)) + 2 * np.tensordot(multipliers, features, axes=1))
        inverse = (vectors / np.maximum(values, 0.1)) @ vectors.T
        away = factor - start
        pulled = (inverse @ slopes.reshape(len(labels), *factor.shape)).reshape(len(labels), -1)  # rows B⁻¹ J_iᵀ
        multipliers = np.linalg.solve(slopes @ pulled.T, gap - pulled @ away.ravel())
        gradient = away + (multipliers @ slopes).reshape(factor.shape)
        step = -inverse @ gradient
        small = np.linalg.norm(gradient) <= tolerance * np.linalg.norm(start)
        if small and np.linalg.norm(gap) <= tolerance / 100 * np.linalg.norm(labels):
            return factor
        weight = max(weight, 2 * float(np.abs(multipliers).max()))

        def merit(moved: np.ndarray, weight: float = weight) -> float:
            return 0.5 * np.linalg.norm(moved - start) ** 2 + weight * np.abs(outputs(features, moved) - labels).sum()

        before, share = merit(factor), 1.0
        while merit(factor + share * step) > before and share > 1e-6:
            share /= 2
        factor = factor + share * step
    return None


def _fit(factor: np.ndarray, losses: list[float], path: float, labels: np.ndarray, outcome: str) -> Fit:
    shares = np.array(losses) / float(labels @ labels)
    return Fit(factor, float(shares[-1]), len(losses) - 1, outcome, shares, path)
