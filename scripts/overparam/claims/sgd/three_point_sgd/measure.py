"""Three points in the plane that no linear function fits: constant steps leave a floor, decreasing steps do not.

Liu, "The benefits of over-parameterization" (lecture, 2024), "Automatic variance reduction": inputs (1, 2), (−2, 1),
(1, −4) with labels 4, 2, 4. The loss is L(w) = mean_i ½(x_iᵀw − y_i)², so that H = XᵀX/3 has the eigenvalues 5/3 and
22/3, and w* = (6/11, −2/11).
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam import seeding
from overparam.claims.sgd import least_squares_sgd
from overparam.progress import Progress

INPUTS = np.array([[1.0, 2.0], [-2.0, 1.0], [1.0, -4.0]])
LABELS = np.array([4.0, 2.0, 4.0])
BLOCK = 2048  # steps whose samples are drawn at once


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Measure the stationary error at constant steps, and the error over time with decreasing ones.

    Both are simulated, several chains per seed. The same expectations are also computed exactly from linear recursions
    of the second moment (``least_squares_sgd``), so that figures and tests can compare the two.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.
    """
    table = pd.concat([_constant(settings), _scheduled(settings)], ignore_index=True)
    return table.astype({"quantity": str, "value": float, "seed": "int64"})


def systems() -> dict[str, least_squares_sgd.LeastSquares]:
    """Return the inconsistent system of the lecture and, as control, its consistent twin with the same minimiser."""
    inconsistent = least_squares_sgd.problem(INPUTS, LABELS)
    consistent = least_squares_sgd.problem(INPUTS, INPUTS @ inconsistent.minimiser)
    return {"inconsistent": inconsistent, "consistent": consistent}


def _generators(settings: dict[str, Any], *names: str | float) -> list[np.random.Generator]:
    return [seeding.generator(settings["seed"], "three_point_sgd", *names, seed) for seed in range(settings["n_seeds"])]


def _starts(settings: dict[str, Any]) -> np.ndarray:
    """Return standard normal starting points, shape (n_seeds, n_chains, 2)."""
    draws = _generators(settings, "start")
    return np.stack([draw.standard_normal((settings["n_chains"], 2)) for draw in draws])


def _sample_blocks(settings: dict[str, Any], n_steps: int, *names: str | float):
    """Yield sample numbers in blocks of steps, shape (steps, n_seeds, n_chains)."""
    draws = _generators(settings, *names)
    for first in range(0, n_steps, BLOCK):
        size = (min(BLOCK, n_steps - first), settings["n_chains"])
        yield np.stack([draw.integers(len(INPUTS), size=size) for draw in draws], axis=1)


def _step(w: np.ndarray, x: np.ndarray, y: np.ndarray, learning_rate: float | np.ndarray) -> np.ndarray:
    """Return w − η ∇ℓ_i(w) for every chain; w and x: (..., 2), y: (...)."""
    gradient = w[..., 0] * x[..., 0] + w[..., 1] * x[..., 1] - y  # two products are faster than a sum over an axis of 2
    return w - (learning_rate * gradient)[..., None] * x


def _constant(settings: dict[str, Any]) -> pd.DataFrame:
    """Measure the stationary error at every constant step, for both systems and for full-batch gradient descent."""
    tasks = systems()
    task = tasks["inconsistent"]
    rates = np.geomspace(settings["min_learning_rate"], settings["max_learning_rate"], settings["n_learning_rates"])
    labels = np.stack([each.labels for each in tasks.values()])
    rows = []
    progress = Progress(len(rates), "constant steps")
    for rate in rates.tolist():
        unit = 1 / (rate * task.strong_convexity)  # time constant of the slowest direction
        burn_in = round(settings["burn_in"] * unit)
        n_steps = burn_in + round(settings["averaging"] * unit)
        w = np.repeat(_starts(settings)[None], len(tasks) + 1, axis=0)  # (systems and full batch, n_seeds, n_chains, 2)
        total, t = np.zeros(w.shape[:-1]), 0
        for block in _sample_blocks(settings, n_steps, "constant", rate):
            for samples in block:
                w[:-1] = _step(w[:-1], INPUTS[samples], labels[:, samples], rate)
                w[-1] -= rate * ((w[-1] - task.minimiser) @ task.hessian)
                t += 1
                if t > burn_in:
                    error = w - task.minimiser
                    total += error[..., 0] ** 2 + error[..., 1] ** 2
        means = (total / (n_steps - burn_in)).mean(axis=-1)
        kinds = [(name, "sgd") for name in tasks] + [("inconsistent", "full_batch")]
        for (system, method), values in zip(kinds, means, strict=True):
            condition = {"system": system, "method": method, "learning_rate": rate}
            rows += [
                {"quantity": "stationary_error", "value": value, "seed": seed, **condition}
                for seed, value in enumerate(values.tolist())
            ]
        exact = float(np.trace(least_squares_sgd.stationary_covariance(task, rate)))
        condition = {"system": "inconsistent", "method": "sgd", "learning_rate": rate}
        rows.append({"quantity": "stationary_error_exact", "value": exact, "seed": 0, **condition})
        progress.advance()
    return pd.DataFrame(rows)


def _scheduled(settings: dict[str, Any]) -> pd.DataFrame:
    """Measure the error over time with η_t = c/(t + t₀), also with a c that is too small, ct₀/(t + t₀)² and c/t₀."""
    task = systems()["inconsistent"]
    offset, n_steps = settings["schedule_offset"], settings["n_steps"]
    decay = 1 / (np.arange(n_steps) + offset)
    schedules = {
        "decreasing": settings["schedule_scale"] * decay,
        "decreasing_slow": settings["slow_schedule_scale"] * decay,
        "decreasing_fast": settings["schedule_scale"] * offset * decay**2,
        "constant": np.full(n_steps, settings["schedule_scale"] / offset),
    }
    rates = np.stack(list(schedules.values()), axis=1)
    record = np.unique(np.geomspace(1, n_steps, settings["n_records"]).round().astype(int))
    wanted, errors, t = set(record.tolist()), [], 0
    w = np.zeros((len(schedules), settings["n_seeds"], settings["n_chains"], 2))
    progress = Progress(n_steps, "steps of decreasing size")
    for block in _sample_blocks(settings, n_steps, "schedules"):
        for samples in block:
            w = _step(w, INPUTS[samples], LABELS[samples], rates[t][:, None, None])
            t += 1
            if t in wanted:
                errors.append(((w - task.minimiser) ** 2).sum(axis=-1).mean(axis=-1))
        progress.advance(len(block))
    exact = least_squares_sgd.expected_squared_error(task, np.zeros(2), rates, record)
    rows = []
    for k, schedule in enumerate(schedules):
        for j, step in enumerate(record.tolist()):
            condition = {"system": "inconsistent", "method": "sgd", "schedule": schedule, "step": step}
            values = errors[j][k].tolist()
            rows += [
                {"quantity": "squared_error", "value": value, "seed": seed, **condition}
                for seed, value in enumerate(values)
            ]
            rows.append({"quantity": "squared_error_exact", "value": exact[j, k], "seed": 0, **condition})
    return pd.DataFrame(rows).astype({"step": "Int64"})
