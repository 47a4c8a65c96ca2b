"""Steps of mini-batch SGD to a fixed accuracy against the batch size, on interpolating least squares, exactly.

Loss mean_i ½(x_iᵀw − y_i)², H = XᵀX/n with largest eigenvalue λ₁, β = max ‖x_i‖², batches of m samples drawn with
replacement, and the step that Ma, Bassily & Belkin (arXiv 1712.06559, theorem 1) give for each m:

    η(m) = m / (β + λ₁(m − 1)),     η(∞) = 1/λ₁.

No sampling: the second moment of w − w* obeys a linear recursion (``exact_moments``), which is
diagonalised (LAPACK, float64). The start is random, isotropic in the span of the samples, and averaged over.
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam import seeding
from overparam.claims.sgd import exact_moments
from overparam.progress import Progress

INPUTS = ("isotropic", "power_law", "relu_features", "gaussian_kernel", "unequal_norms")


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Count steps for every kind of inputs, seed and batch size.

    Returns
    -------
    pandas.DataFrame
        By ``inputs``, ``seed``, ``batch_size`` m, and ``case``: ``interpolated`` (the theorem's step for m),
        ``fixed_step`` (the step for one sample, 1/β, at every m), ``noisy_labels`` (every sample occurs twice, its two
        labels ± ``label_noise`` root mean squares apart from what can be fitted; the theorem's step).

        - ``steps_over_full``: steps until E[L − L*] is ``accuracy`` of its start, over those of the full gradient at
          1/λ₁; infinite if never. With ``batch_over_critical`` m/(β/λ₁ + 1), ``batch_over_half_step`` m/(β/λ₁ − 1)
          and ``batch_over_latest`` (see :func:`latest_knee`) as columns.
        - ``samples_over_one``: m · steps(m) over the steps with m = 1, where labels can be fitted.
        - ``steps_full_batch``, ``critical_batch_size`` (β/λ₁ + 1): once per problem.
        - ``never_reached``: batch sizes that miss the accuracy, of those tried, by case.
    """
    rows: list[dict[str, Any]] = []
    progress = Progress(len(INPUTS) * settings["n_seeds"], "problems")
    for kind in INPUTS:
        for seed in range(settings["n_seeds"]):
            draws = seeding.generator(settings["seed"], "critical_batch_size", kind, seed)
            rows += _problem(draw_inputs(kind, settings, draws), settings, {"inputs": kind, "seed": seed})
            progress.advance()
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64"})


def draw_inputs(kind: str, settings: dict[str, Any], draws: np.random.Generator) -> np.ndarray:
    """Draw X, shape (n_train, n_params); for the Gaussian kernel a square root of its Gram matrix.

    Isotropic Gaussian; Gaussian with variances 1/j; ReLU features of 10-dimensional unit vectors; a Gaussian kernel of
    variance 3 on 5-dimensional normal points; isotropic with log-normal lengths (σ = 0.75).
    """
    shape = (settings["n_train"], settings["n_params"])
    if kind == "relu_features":
        points = draws.standard_normal((shape[0], 10))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        return np.maximum(points @ draws.standard_normal((10, shape[1])), 0)
    if kind == "gaussian_kernel":
        points = draws.standard_normal((shape[0], 5))
        squared = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
        values, vectors = np.linalg.eigh(np.exp(-squared / (2 * 3.0)))
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
    """Return the largest m with steps at most twice the full batch's that E‖w − w*‖² allows, from β/λ₁.

    With the theorem's step, E‖w − w*‖² falls in the slowest direction, of eigenvalue λ, by a factor of at most
    1 − ηλ(2 − ηβ/m) per step, to first order in λ/λ₁; the full batch's is (1 − λ/λ₁)². Half the rate is reached at
    m(β/λ₁ + 2m − 2) = (β/λ₁ + m − 1)². In between lies the knee: at m = β/λ₁ − 1 the step is half of 1/λ₁, and as
    1 − z ≤ (1 − z/2)² the mean of w alone needs twice the steps there.
    """
    return (ratio + (ratio**2 + 4 * (ratio - 1) ** 2) ** 0.5) / 2


def steps_to_accuracy(
    samples: np.ndarray, eigenvalues: np.ndarray, learning_rate: float, batch_size: float, accuracy: float,
    label_noise: float = 0.0,
) -> tuple[float, float]:  # fmt: skip
    """Return steps until E[L − L*] is ``accuracy`` of its start: with labels that can be fitted, and with noisy ones.

    With noise the samples occur twice, with labels ± σ, so that H and the operator stay the same and each step adds
    η²σ²H/m; σ² is ``label_noise``² times the mean square of what can be fitted.
    """
    operator = exact_moments.batch_step(samples, eigenvalues, learning_rate, batch_size)
    factors, vectors = np.linalg.eigh(operator)
    hessian = exact_moments.pack(np.diag(eigenvalues))
    seen = vectors.T @ hessian  # loss of each mode, times 2
    start = seen * (vectors.T @ exact_moments.pack(np.eye(len(eigenvalues))))
    noise = (learning_rate * label_noise) ** 2 * eigenvalues.sum() / batch_size * seen**2
    total, gap = start.sum(), 1 - factors

    def fitted(step: int) -> float:
        return float((factors**step) @ start / total)

    def noisy(step: int) -> float:
        decay = factors**step
        return float((decay @ start + ((1 - decay) / gap) @ noise) / total)

    first = exact_moments.crossing(fitted, accuracy)
    return first, exact_moments.crossing(noisy, accuracy) if label_noise else first


def _problem(inputs: np.ndarray, settings: dict[str, Any], case: dict[str, Any]) -> list[dict[str, Any]]:
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
