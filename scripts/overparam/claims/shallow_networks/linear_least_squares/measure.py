"""Gradient descent on linear least squares: how fast it converges, where it ends, and how long its path is."""

from typing import Any

import numpy as np
import pandas as pd

from overparam.errors import UserError
from overparam.progress import Progress
from overparam.seeding import generator

CASES = ("gradient descent", "step near 2/σ_max²", "preconditioned", "more samples than parameters")
LARGE_STEP = 1.9  # in units of 1/σ_max²: below 2 the descent is stable, but it overshoots
SMALLEST_WEIGHT = 0.1  # the least entry of the fixed diagonal preconditioner


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return where gradient descent on ½‖Xθ − y‖² from a random θ₀ ends and how far it travels, in float64.

    X has logarithmically spaced singular values with ratio κ = σ_max/σ_min, random singular vectors and a random scale;
    y and θ₀ are standard normal. A run stops when ‖r‖ has fallen to ``loss_tolerance`` of its start, or at the limit.
    The closest optimum is θ* = θ₀ + X⁺(y − Xθ₀), by a singular value decomposition. The controls exchange n and p
    (``more samples than parameters``), step by θ ← θ − ηD Xᵀr with a fixed random diagonal D (``preconditioned``), or
    take the step η = 1.9/σ_max² (``step near 2/σ_max²``).

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If there are more samples than parameters.
    """
    if settings["n_train"] > settings["n_params"]:
        raise UserError(f"linear_least_squares: n_train ({settings['n_train']}) must be at most n_params")
    rates = {"gradient descent": settings["step_shares"], CASES[1]: [LARGE_STEP]}
    cases = [(case, rate) for case in CASES for rate in rates.get(case, [1.0])]
    progress = Progress(len(cases), "cases")
    tables = []
    for case, rate in cases:
        tables.append(_one_case(settings, case, rate))
        progress.advance()
    return pd.concat(tables, ignore_index=True)


def _one_case(settings: dict[str, Any], case: str, rate: float) -> pd.DataFrame:
    """Run all seeds and condition numbers of one case as one batch."""
    index = pd.MultiIndex.from_product(
        [range(settings["n_seeds"]), settings["conditions"]], names=["seed", "condition"]
    ).to_frame(index=False)
    shape = (settings["n_train"], settings["n_params"])
    shape = shape[::-1] if case == "more samples than parameters" else shape
    drawn = [
        _problem(shape, condition, generator(settings["seed"], "linear_least_squares", seed, condition))
        for seed, condition in index.itertuples(index=False, name=None)
    ]
    x, y, start, weights = (np.stack(part) for part in zip(*drawn, strict=True))
    closest = start + (np.linalg.pinv(x) @ (y - _times(x, start))[:, :, None])[:, :, 0]
    scaling = weights if case == "preconditioned" else np.ones_like(weights)
    # the fastest direction of the preconditioned descent decides its step, so that it is as stable as the plain one
    top = np.linalg.norm(x * np.sqrt(scaling)[:, None, :], 2, axis=(1, 2))
    found = descend(x, y, start, scaling * (rate / top**2)[:, None], settings["loss_tolerance"], settings["step_limit"])
    end = found.pop("end")
    distance = np.linalg.norm(closest - start, axis=1)
    kappa = index["condition"].to_numpy()
    with np.errstate(divide="ignore"):
        promised_rate = -np.log(np.maximum(1 - rate / kappa**2, 0))
    found |= {
        "promised_rate": promised_rate,
        "closest_error": np.linalg.norm(end - closest, axis=1) / distance,
        "distance": distance,
        "promised_path": np.minimum(kappa, min(shape) ** 0.5) * distance,
        "path_over_distance": found["path"] / distance,
    }
    index = index.assign(case=case, learning_rate=rate)
    frames = [index.assign(quantity=name, value=value) for name, value in found.items()]
    return pd.concat(frames)[["seed", "condition", "case", "learning_rate", "quantity", "value"]]


def _problem(shape: tuple[int, int], condition: float, draw: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Return X (n, p), y (n,), θ₀ (p,) and a diagonal preconditioner (p,)."""
    rank = min(shape)
    left, _ = np.linalg.qr(draw.standard_normal((shape[0], rank)))
    right, _ = np.linalg.qr(draw.standard_normal((shape[1], rank)))
    values = np.geomspace(1, 1 / condition, rank) * np.exp(draw.standard_normal())
    y, start = draw.standard_normal(shape[0]), draw.standard_normal(shape[1])
    return (left * values) @ right.T, y, start, draw.uniform(SMALLEST_WEIGHT, 1, shape[1])


def _times(x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return (x @ theta[:, :, None])[:, :, 0]


def descend(
    x: np.ndarray, y: np.ndarray, start: np.ndarray, step: np.ndarray, tolerance: float, step_limit: int
) -> dict[str, np.ndarray]:
    """Run θ ← θ − step ⊙ Xᵀ(Xθ − y) on a batch of problems.

    Parameters
    ----------
    x, y, start, step
        Shapes (B, n, p), (B, n), (B, p), (B, p); the step may differ between coordinates.
    tolerance
        A run stops when ‖r‖ ≤ ``tolerance`` ‖r₀‖.
    step_limit
        The largest number of steps.

    Returns
    -------
    dict
        The last θ as ``end`` (B, p), and arrays (B,) of the quantities ``rate``, ``residual_ratio``, ``path``,
        ``gradient_steps`` and ``limit_hit``.
    """
    count = len(x)
    end, path, ratio, rate = start.copy(), np.zeros(count), np.ones(count), np.full(count, np.inf)
    taken, active = np.full(count, float(step_limit)), np.arange(count)
    theta, residual = start, _times(x, start) - y
    first = np.linalg.norm(residual, axis=1)
    for number in range(1, step_limit + 1):
        move = -step * _times(x.transpose(0, 2, 1), residual)
        theta = theta + move
        residual = _times(x, theta) - y
        path[active] += np.linalg.norm(move, axis=1)
        share = np.linalg.norm(residual, axis=1) / first
        with np.errstate(divide="ignore"):  # the residual may be exactly zero
            rate[active] = np.minimum(rate[active], -np.log(share) / number)
        done = share <= tolerance
        if done.any() or number == step_limit:
            end[active], ratio[active], taken[active[done]] = theta, share, number
            kept = ~done
            active, x, y, step = active[kept], x[kept], y[kept], step[kept]
            theta, residual, first = theta[kept], residual[kept], first[kept]
        if not len(active):
            break
    limit_hit = np.isin(np.arange(count), active).astype(float)
    return {
        "end": end, "rate": rate, "residual_ratio": ratio, "path": path, "gradient_steps": taken,
        "limit_hit": limit_hit,
    }  # fmt: skip
