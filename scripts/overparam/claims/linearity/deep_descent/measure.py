"""Gradient descent on deep networks (Du et al., arXiv 1811.03804; Allen-Zhu, Li & Song, arXiv 1811.03962).

For wide networks with H layers theorem 5.1 of the former promises L(t) ≤ (1 − ηλ/2)^t L(0) for the loss L = ½‖f − y‖²,
with λ the smallest eigenvalue of the tangent kernel, here that at the start.
"""

import itertools
import math
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.linearity.deep_descent import deep_network
from overparam.progress import Progress
from overparam.seeding import generator

DIVERGED = 1e3  # factor by which a residual has grown that will not come back


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Train networks of every activation, depth and width by gradient descent with the step 1/λ_max.

    λ_max is the largest eigenvalue of the tangent kernel at the start. Everything is float64. Networks of one seed
    share their samples.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    widths = sorted(settings["widths"])
    cases = [(phi, depth, width) for phi in deep_network.SCALES for depth in settings["depths"] for width in widths]
    progress = Progress(len(cases), "cases")
    rows: list[dict[str, Any]] = []
    for activation, depth, width in cases:
        wide = width == widths[-1]
        n_seeds = settings["n_seeds" if wide else "n_seeds_narrow"]
        inputs, labels, weights = _problems(settings, activation, depth, width, n_seeds)
        found = descend(weights, inputs, labels, activation, settings["tolerance"], settings["step_limit"])
        condition = {
            "activation": activation, "depth": depth, "width": width, "wide": wide, "n_train": settings["n_train"],
            "n_params": sum(math.prod(matrix.shape[1:]) for matrix in weights),
        }  # fmt: skip
        rows += [
            {**condition, "seed": seed, "quantity": quantity, "value": float(values[seed])}
            for quantity, values in found.items()
            for seed in range(n_seeds)
        ]
        progress.advance()
    return pd.DataFrame(rows)


def _problems(
    settings: dict[str, Any], activation: str, depth: int, width: int, n_seeds: int
) -> tuple[torch.Tensor, torch.Tensor, deep_network.Weights]:
    """Return inputs (S, n, d), labels (S, n) and initial weights of all seeds."""
    sizes = [settings["dimension"], *[width] * depth, 1]
    inputs, labels, weights = [], [], []
    for seed in range(n_seeds):
        data = generator(settings["seed"], "deep_descent", seed)
        points = data.standard_normal((settings["n_train"], settings["dimension"]))
        inputs.append(points / np.linalg.norm(points, axis=1, keepdims=True))
        labels.append(data.choice([-1.0, 1.0], settings["n_train"]))
        start = generator(settings["seed"], "deep_descent", seed, "weights", activation, depth, width)
        weights.append([start.standard_normal((out, into)) for into, out in itertools.pairwise(sizes)])
    matrices = [torch.as_tensor(np.stack(layer)) for layer in zip(*weights, strict=True)]
    return torch.as_tensor(np.stack(inputs)), torch.as_tensor(np.stack(labels)), matrices


def descend(
    weights: deep_network.Weights,
    inputs: torch.Tensor,
    labels: torch.Tensor,
    activation: str,
    tolerance: float,
    step_limit: int,
) -> dict[str, np.ndarray]:
    """Run gradient descent on ½‖f − y‖² until each of B networks fits, diverges or has taken all steps.

    Returns
    -------
    dict
        One array (B,) per quantity, see ``measures`` in ``experiment.yaml``.
    """
    count = len(inputs)
    now = deep_network.through(weights, inputs, activation)
    eigenvalues = torch.linalg.eigvalsh(now.kernel())
    largest = eigenvalues[:, -1]
    rate = torch.where(largest > 0, 1 / largest, 0.0)  # a layer without an active unit has no gradient to follow
    promised = (rate * eigenvalues[:, 0] / 2).clamp(min=0)
    found = {
        "fitted": np.zeros(count), "residual_ratio": np.full(count, np.nan), "steps": np.full(count, np.inf),
        "over_promise": np.zeros(count), "promised_rate": promised.numpy(), "diverged": np.zeros(count),
    }  # fmt: skip
    index, start = torch.arange(count), (now.outputs - labels).norm(dim=1)
    residual, worst, log_kept = now.outputs - labels, torch.zeros(count, dtype=torch.float64), torch.log1p(-promised)
    for step in range(step_limit + 1):
        ratio = residual.norm(dim=1) / start
        worst = torch.maximum(worst, torch.exp(2 * ratio.log() - step * log_kept))
        fits, lost = ratio <= tolerance, ~(ratio < DIVERGED)
        done = fits | lost if step < step_limit else torch.ones_like(fits)
        if done.any():
            places = index[done].numpy()
            found["fitted"][places], found["diverged"][places] = fits[done].numpy(), lost[done].numpy()
            found["residual_ratio"][places] = torch.where(lost, torch.inf, ratio)[done].numpy()
            found["over_promise"][places] = torch.where(lost, torch.inf, worst)[done].numpy()
            found["steps"][index[fits].numpy()] = step
            keep = ~done
            if not keep.any():
                break
            index, start, worst, log_kept = index[keep], start[keep], worst[keep], log_kept[keep]
            inputs, labels, rate, residual = inputs[keep], labels[keep], rate[keep], residual[keep]
            weights = [matrix[keep] for matrix in weights]
            now = deep_network.through(weights, inputs, activation)
        slopes = now.gradients(rate[:, None] * residual)
        weights = [matrix - slope for matrix, slope in zip(weights, slopes, strict=True)]
        now = deep_network.through(weights, inputs, activation)
        residual = now.outputs - labels
    return found
