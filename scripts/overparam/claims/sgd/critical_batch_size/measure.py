"""Steps of mini-batch SGD to a fixed accuracy against the batch size, on interpolating least squares, exactly.

Loss mean_i ½(x_iᵀw − y_i)², H = XᵀX/n with largest eigenvalue λ₁, β = max ‖x_i‖², batches of m samples drawn with
replacement, and the step that Ma, Bassily & Belkin (arXiv 1712.06559, theorem 1) give for each m:

    η(m) = m / (β + λ₁(m − 1)),     η(∞) = 1/λ₁.

Nothing is sampled: the second moment of w − w* obeys a linear recursion (``exact_moments``), which is diagonalised
(LAPACK, float64). The start is random and isotropic in the span of the samples; losses are averages over it.
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam import seeding
from overparam.claims.sgd import exact_moments
from overparam.progress import Progress

KINDS_OF_INPUTS = ("isotropic", "power_law", "relu_features", "gaussian_kernel", "unequal_norms")


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Count steps for every kind of inputs, seed and batch size.

    Steps are counted until E[L − L*] has fallen to ``accuracy`` of its start. With noisy labels every sample occurs
    twice, with two labels that lie ``label_noise`` above and below what can be fitted, in units of its root mean
    square. The range in which the knee can lie is derived in :func:`latest_knee`.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.
    """
    rows: list[dict[str, Any]] = []
    progress = Progress(len(KINDS_OF_INPUTS) * settings["n_seeds"], "problems")
    for kind in KINDS_OF_INPUTS:
        for seed in range(settings["n_seeds"]):
            draws = seeding.generator(settings["seed"], "critical_batch_size", kind, seed)
            rows += _measured_problem(draw_inputs(kind, settings, draws), settings, {"inputs": kind, "seed": seed})
            progress.advance()
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64"})


def draw_inputs(kind: str, settings: dict[str, Any], draws: np.random.Generator) -> np.ndarray:
    """Draw the samples X, shape (n_train, n_params); for the Gaussian kernel a square root of its Gram matrix.

    ``isotropic`` inputs are Gaussian; ``power_law`` ones are Gaussian with variance 1/j in coordinate j;
    ``relu_features`` are ReLU features of 10-dimensional unit vectors; ``gaussian_kernel`` is a Gaussian kernel of
    variance 2 on 5-dimensional normal points; ``unequal_norms`` are isotropic with log-normal lengths (σ = 0.75).
    """
    shape = (settings["n_train"], settings["n_params"])
    if kind == "relu_features":
        points = draws.standard_normal((shape[0], 10))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        return np.maximum(points @ draws.standard_normal((10, shape[1])), 0)
    if kind == "gaussian_kernel":
        points = draws.standard_normal((shape[0], 5))
        squared = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
        values, vectors = np.linalg.eigh(np.exp(-squared / (2 * 2.0)))
        return vectors * np.sqrt(np.maximum(values, 0))
    inputs = draws.standard_normal(shape)
    if kind == "power_law":
        return inputs / np.sqrt(np.arange(1, shape[1] + 1))
    if kind == "unequal_norms":
        return inputs * np.exp(0.75 * draws.standard_normal((shape[0], 1)))
    return inputs


def theorem_step(batch_size: float, sample_smoothness: float, smoothness: float) -> float:
    """Return η(m) = m/(β + λ₁(m − 1)) of 1712.06559, theorem 1; 1/λ₁ for an infinite batch."""
    if np.isinf(batch_size):
        return 1 / smoothness
    return batch_size / (sample_smoothness + smoothness * (batch_size - 1))


def latest_knee(ratio: float) -> float:
    """Return the largest batch size m at which the knee can lie, given β/λ₁.

    The knee is where the steps are twice those of the full batch. With the theorem's step, E‖w − w*‖² falls in the
    slowest direction, of eigenvalue λ, by a factor of at most 1 − ηλ(2 − ηβ/m) per step, to first order in λ/λ₁; with
    the full batch the factor is (1 − λ/λ₁)². Half of the full batch's rate is reached at
    m(β/λ₁ + 2m − 2) = (β/λ₁ + m − 1)², which this function solves for m. The knee lies at m = β/λ₁ − 1 or above: there
    the step is half of 1/λ₁, and since 1 − z ≤ (1 − z/2)² the mean of w alone needs twice the steps.
    """
    return (ratio + (ratio**2 + 4 * (ratio - 1) ** 2) ** 0.5) / 2


def steps_to_accuracy(
    samples: np.ndarray, eigenvalues: np.ndarray, learning_rate: float, batch_size: float, accuracy: float,
    label_noise: float = 0.0,
) -> tuple[float, float]:  # fmt: skip
    """Return the steps until E[L − L*] is ``accuracy`` of its start: with labels that can be fitted, with noisy ones.

    With noise every sample occurs twice, with labels σ above and below what can be fitted. H and the operator then stay
    the same, and each step adds η²σ²H/m to the second moment; σ² is ``label_noise``² times the mean square of what can
    be fitted.
    """
    operator = exact_moments.batch_step(samples, eigenvalues, learning_rate, batch_size)
    factors, vectors = np.linalg.eigh(operator)
    hessian = exact_moments.pack(np.diag(eigenvalues))
    seen = vectors.T @ hessian  # twice the loss of each mode
    start = seen * (vectors.T @ exact_moments.pack(np.eye(len(eigenvalues))))
    noise = (learning_rate * label_noise) ** 2 * eigenvalues.sum() / batch_size * seen**2
    total, gap = start.sum(), 1 - factors

    def fitted(step: int) -> float:
        return float((factors**step) @ start / total)

    def noisy(step: int) -> float:
        decay = factors**step
        return float((decay @ start + ((1 - decay) / gap) @ noise) / total)

    first = exact_moments.first_step_below(fitted, accuracy)
    return first, exact_moments.first_step_below(noisy, accuracy) if label_noise else first


def _measured_problem(inputs: np.ndarray, settings: dict[str, Any], case: dict[str, Any]) -> list[dict[str, Any]]:
    samples, eigenvalues = exact_moments.row_space(inputs)
    largest, smooth = float((samples**2).sum(axis=1).max()), float(eigenvalues[0])
    accuracy, noise, ratio = settings["accuracy"], settings["label_noise"], largest / smooth
    full, _ = steps_to_accuracy(samples, eigenvalues, 1 / smooth, np.inf, accuracy)
    one, _ = steps_to_accuracy(samples, eigenvalues, 1 / largest, 1, accuracy)
    rows = [
        {"quantity": "steps_full_batch", "value": full, **case},
        {"quantity": "critical_batch_size", "value": ratio + 1, **case},
    ]
    missed = {"interpolated": 0, "noisy_labels": 0, "fixed_step": 0}
    for m in settings["batch_sizes"]:
        eta = theorem_step(m, largest, smooth)
        found = dict(zip(missed, steps_to_accuracy(samples, eigenvalues, eta, m, accuracy, noise), strict=False))
        found["fixed_step"], _ = steps_to_accuracy(samples, eigenvalues, 1 / largest, m, accuracy)
        place = {
            "batch_size": m, "batch_over_critical": m / (ratio + 1), "batch_over_half_step": m / (ratio - 1),
            "batch_over_latest": m / latest_knee(ratio),
        }  # fmt: skip
        for name, steps in found.items():
            missed[name] += int(np.isinf(steps))
            row = {"case": name, **place, **case}
            rows.append({"quantity": "steps_over_full", "value": steps / full, **row})
            if name != "noisy_labels":
                rows.append({"quantity": "samples_over_one", "value": m * steps / one, **row})
    return rows + [{"quantity": "never_reached", "value": n, "case": name, **case} for name, n in missed.items()]
