"""How far gradient descent ends from its initialisation (Oymak & Soltanolkotabi, arXiv 1902.04674, theorem 2.1)."""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import two_layer
from overparam.theory.activations import ACTIVATIONS, Activation

SCALES = ("one over root width", "steep")


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return how far gradient descent on W takes f(x) = vᵀφ(Wx) from W₀ with N(0, 1) entries.

    Inputs are uniform on the unit sphere of R^d and labels ±1 at random, both the same at every width; v is half
    positive and half negative with one absolute value, the loss is ½‖f − y‖², and all is float64. The step is
    1/λ_max(J(W₀)J(W₀)ᵀ), halved for good whenever it would raise the loss. A run ends when ‖f − y‖ reaches
    ``residual_tolerance`` of its start, or at ``step_limit``.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    widths = [2**e for e in range(settings["smallest_exponent"], settings["largest_exponent"] + 1)]
    sizes = {(width, settings["n_train"], SCALES[0], name) for width in widths for name in settings["activations"]}
    first = settings["activations"][0]
    sizes |= {(width, settings["n_train"], SCALES[1], first) for width in widths}
    sizes |= {(2 ** settings["sweep_exponent"], n_train, SCALES[0], first) for n_train in settings["n_train_sweep"]}
    progress = Progress(len(sizes), "sizes")
    rows: list[dict[str, Any]] = []
    for size in sorted(sizes):
        rows += _one_size(settings, *size)
        progress.advance()
    return pd.DataFrame(rows)


def _one_size(settings: dict[str, Any], width: int, n_train: int, scale: str, activation: str) -> list[dict[str, Any]]:
    dimension, n_seeds = settings["dimension"], settings["n_seeds"]
    inputs, labels, start = [], [], []
    for seed in range(n_seeds):
        draw = generator(settings["seed"], "distance_from_initialisation", seed, n_train)
        inputs.append(two_layer.unit_vectors(n_train, dimension, draw))
        labels.append(draw.choice([-1.0, 1.0], n_train))
        draw = generator(settings["seed"], "distance_from_initialisation", "weights", seed, n_train, width)
        start.append(draw.standard_normal((width, dimension)))
    x, y, w = (torch.as_tensor(np.stack(part)) for part in (inputs, labels, start))
    size = n_train**0.5 / (width * n_train) ** 0.5  # ‖y‖/√(kn)
    if scale == "steep":
        size *= n_train / (dimension * width)
    v = size * torch.where(torch.arange(width) < width // 2, 1.0, -1.0).double()
    found = descend(x, y, v, w, ACTIVATIONS[activation], settings["residual_tolerance"], settings["step_limit"])

    printed, corrected = (width * dimension / n_train) ** 0.5, (n_train / (width * dimension)) ** 0.5
    rows = []
    for seed in range(n_seeds):
        case = {
            "seed": seed, "width": width, "n_train": n_train, "n_params": width * dimension,
            "activation": activation, "output_scale": scale,
            "sweep": "width" if n_train == settings["n_train"] else "n_train",
            "widest": width == 2 ** settings["largest_exponent"],
        }  # fmt: skip
        values = {name: float(value[seed]) for name, value in found.items()}
        values |= {"printed_bound": printed, "corrected_rate": corrected}
        values["printed_over_measured"] = printed / values["relative_distance"]
        rows += [{**case, "quantity": quantity, "value": value} for quantity, value in values.items()]
    return rows


def descend(
    x: torch.Tensor, y: torch.Tensor, v: torch.Tensor, start: torch.Tensor, activation: Activation, tolerance: float,
    step_limit: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """Run gradient descent on W for several problems at once, each of which stops on its own.

    Parameters
    ----------
    x, y, start
        Inputs (s, n, d), labels (s, n) and initial weights (s, k, d) of s problems.
    v
        Output weights, shape (k,), not trained.
    activation
        φ with its derivative.
    tolerance
        A run stops when ‖f − y‖ is this fraction of its start.
    step_limit
        The largest number of steps, rejected ones included.

    Returns
    -------
    dict of arrays of shape (s,)
        Quantities that are measured, by name: how far the runs went and how they ended.
    """
    pre = start @ x.mT  # (s, k, n)
    residual = v @ activation.value(pre) - y  # (s, n)
    slopes = v[:, None] * activation.first(pre)
    kernel = (slopes.mT @ slopes) * (x @ x.mT)  # JJᵀ, (s, n, n)
    rate = 1 / torch.linalg.eigvalsh(kernel)[:, -1]
    start_norm = start.flatten(1).norm(dim=1)
    linear = (residual * torch.linalg.solve(kernel, residual)).sum(dim=1).sqrt() / start_norm
    first = last = residual.norm(dim=1)
    steps = torch.zeros(len(x))
    weights, active = start.clone(), torch.arange(len(x))
    here = {"x": x, "y": y, "w": weights, "slopes": slopes, "residual": residual, "rate": rate}
    final = last.clone()
    for _ in range(step_limit):
        gradient = (here["slopes"] * here["residual"][:, None]) @ here["x"]  # (s, k, d)
        proposed = here["w"] - here["rate"][:, None, None] * gradient
        pre = proposed @ here["x"].mT
        residual = v @ activation.value(pre) - here["y"]
        norm = residual.norm(dim=1)
        better = norm <= final[active]
        steps[active] += 1
        here["rate"] = torch.where(better, here["rate"], here["rate"] / 2)
        choose = better[:, None, None]
        here["w"] = torch.where(choose, proposed, here["w"])
        here["slopes"] = torch.where(choose, v[:, None] * activation.first(pre), here["slopes"])
        here["residual"] = torch.where(better[:, None], residual, here["residual"])
        final[active] = torch.where(better, norm, final[active])
        weights[active] = here["w"]
        going = final[active] > tolerance * first[active]
        if not going.all():
            active = active[going]
            here = {name: value[going] for name, value in here.items()}
            if not len(active):
                break
    moved = (weights - start).flatten(1).norm(dim=1) / start_norm
    results = {
        "relative_distance": moved,
        "linear_distance": linear,
        "gradient_steps": steps,
        "residual_ratio": final / first,
        "limit_hit": (final > tolerance * first).double(),
        "diverged": (~torch.isfinite(moved)).double(),
    }
    return {name: value.numpy() for name, value in results.items()}
