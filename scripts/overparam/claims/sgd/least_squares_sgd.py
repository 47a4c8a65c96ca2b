"""SGD, one sample per step, on ℓ_i(w) = ½(x_iᵀw − y_i)² and L = mean_i ℓ_i: exact moments and bounds.

With δ = w − w*, r_i = y_i − x_iᵀw* and i drawn uniformly at every step,

    δ_{t+1} = (I − η x_i x_iᵀ) δ_t + η x_i r_i.

All expectations follow from this line: since i is independent of δ_t, the first and second moments of δ_t obey linear
recursions. In homogeneous coordinates u = (δ, 1) the step is u ← (I + η G_i) u with
G_i = [[−x_i x_iᵀ, x_i r_i], [0, 0]].
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class LeastSquares:
    """A least-squares problem, its minimiser and the constants of the convergence theorems.

    Attributes
    ----------
    inputs
        Samples x_i, shape (n_train, n_params).
    labels
        Labels y_i, shape (n_train,).
    minimiser
        Minimiser of L with the smallest norm, shape (n_params,).
    hessian
        H = XᵀX / n_train, shape (n_params, n_params).
    strong_convexity
        α: smallest non-zero eigenvalue of H; below 1e-12 of the largest it counts as zero.
    smoothness
        λ: largest eigenvalue of H.
    sample_smoothness
        β = max_i ‖x_i‖²: largest curvature of a single loss.
    """

    inputs: np.ndarray
    labels: np.ndarray
    minimiser: np.ndarray
    hessian: np.ndarray
    strong_convexity: float
    smoothness: float
    sample_smoothness: float

    @property
    def residuals(self) -> np.ndarray:
        """Residuals r_i = y_i − x_iᵀw*, shape (n_train,)."""
        return self.labels - self.inputs @ self.minimiser


def problem(inputs: np.ndarray, labels: np.ndarray) -> LeastSquares:
    """Build the :class:`LeastSquares` problem of ``inputs`` (n_train, n_params) and ``labels`` (n_train,)."""
    inputs, labels = np.asarray(inputs, dtype=np.float64), np.asarray(labels, dtype=np.float64)
    singular = np.linalg.svd(inputs, compute_uv=False)
    eigenvalues = singular**2 / len(inputs)
    eigenvalues = eigenvalues[eigenvalues > 1e-12 * eigenvalues[0]]
    return LeastSquares(
        inputs=inputs,
        labels=labels,
        minimiser=np.linalg.lstsq(inputs, labels, rcond=None)[0],
        hessian=inputs.T @ inputs / len(inputs),
        strong_convexity=float(eigenvalues[-1]),
        smoothness=float(eigenvalues[0]),
        sample_smoothness=float((inputs**2).sum(axis=1).max()),
    )


def stationary_covariance(task: LeastSquares, learning_rate: float) -> np.ndarray:
    """Return Σ = E[δδᵀ] of constant-step SGD in its stationary state, shape (n_params, n_params).

    Σ solves the linear equation Σ = E[(I − ηx xᵀ) Σ (I − ηx xᵀ)] + η² E[r² x xᵀ]; the cross terms vanish because
    E[δ] = 0 in the stationary state. Memory grows like n_params⁴, so this is meant for small problems.

    Raises
    ------
    ValueError
        If the step is so large that the second moment diverges, or H is singular (no unique stationary state).
    """
    x, eta = task.inputs, learning_rate
    identity = np.eye(x.shape[1])
    fourth = np.einsum("ia,ib,ic,id->acbd", x, x, x, x).reshape(len(identity) ** 2, -1) / len(x)
    step = np.eye(len(fourth)) - eta * (np.kron(task.hessian, identity) + np.kron(identity, task.hessian))
    step += eta**2 * fourth
    if np.abs(np.linalg.eigvalsh(step)).max() >= 1:
        raise ValueError(f"no stationary state at learning rate {eta}: the second moment does not contract")
    noise = (x * task.residuals[:, None] ** 2).T @ x / len(x)
    return np.linalg.solve(np.eye(len(fourth)) - step, eta**2 * noise.ravel()).reshape(identity.shape)


def expected_squared_error(
    task: LeastSquares, start: np.ndarray, learning_rates: np.ndarray, record: np.ndarray
) -> np.ndarray:
    """Return E‖w_t − w*‖² of SGD exactly, for several step-size schedules at once.

    Parameters
    ----------
    task
        Problem. It should have few parameters: the second moment of u = (δ, 1) has (n_params + 1)² entries.
    start
        Fixed start w_0, shape (n_params,).
    learning_rates
        η_t of each schedule, shape (n_steps, n_schedules).
    record
        Increasing step numbers t at which to record, shape (n_records,), 1 ≤ t ≤ n_steps.

    Returns
    -------
    numpy.ndarray
        E‖w_t − w*‖², shape (n_records, n_schedules).
    """
    n_train, n_params = task.inputs.shape
    size = n_params + 1
    sample_steps = np.zeros((n_train, size, size))  # G_i
    sample_steps[:, :-1, :-1] = -np.einsum("ia,ib->iab", task.inputs, task.inputs)
    sample_steps[:, :-1, -1] = task.inputs * task.residuals[:, None]
    mean, identity = sample_steps.mean(axis=0), np.eye(size)
    first = np.kron(mean, identity) + np.kron(identity, mean)
    second = np.mean([np.kron(step, step) for step in sample_steps], axis=0)
    both = np.concatenate([first, second])  # one product per step

    u = np.append(start - task.minimiser, 1.0)
    moment = np.repeat(np.outer(u, u).reshape(-1, 1), learning_rates.shape[1], axis=1)
    diagonal = [i * size + i for i in range(n_params)]
    errors, wanted = [], set(record.tolist())
    for t, eta in enumerate(learning_rates, start=1):
        change = both @ moment
        moment = moment + eta * change[: size**2] + eta**2 * change[size**2 :]
        if t in wanted:
            errors.append(moment[diagonal].sum(axis=0))
    return np.array(errors)


def promised_contraction(task: LeastSquares) -> float:
    """Return the factor 1 − α/β per step that theory promises for E‖w − w*‖² at the constant step η = 1/β.

    Ma, Bassily & Belkin (2018), arXiv 1712.06559, theorem 1 with batch size 1: E L(w_t) ≤ (λ/2)(1 − α/β)ᵗ ‖w_0 − w*‖²
    if every sample is interpolated. On a quadratic, strong convexity is needed only on the row space, which δ_t never
    leaves.
    """
    return 1 - task.strong_convexity / task.sample_smoothness


def worst_contraction(task: LeastSquares, learning_rate: float) -> float:
    """Return sup_δ E‖δ_{t+1}‖² / ‖δ_t‖² over the row space, exactly, if every sample is interpolated (r = 0).

    This is the largest eigenvalue of I − 2ηH + η² E[‖x‖² x xᵀ] on the row space: one step in expectation, in the worst
    direction.
    """
    x = task.inputs
    basis = np.linalg.svd(x, full_matrices=False)[2][: np.linalg.matrix_rank(x)]
    x = x @ basis.T
    weighted = (x * (x**2).sum(axis=1, keepdims=True)).T @ x / len(x)
    step = np.eye(x.shape[1]) - 2 * learning_rate * (x.T @ x) / len(x) + learning_rate**2 * weighted
    return float(np.linalg.eigvalsh(step)[-1])
