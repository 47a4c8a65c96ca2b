"""How many steps SGD, one sample each, takes to fit any labels with the hidden weights of a one-hidden-layer network.

Oymak & Soltanolkotabi, arXiv 1902.04674 (SGD theorem), by 1812.10004, theorem 3.1: with α = σ_min(J(W₀))/2 the mean of
‖f_τ − y‖² is at most (1 − ηα²/2n)^τ ‖f₀ − y‖², at a step η proportional to α²/(β²B²), β ≥ ‖J‖ and B ≥ ‖∇f(x_i)‖.

*Law.* With |v_i| = ‖y‖/√(kn), α² and B² are both proportional to ‖y‖²/n for generic inputs, and β² to ‖y‖²/d. So the
theorem's step is d/n of the largest sensible one, 1/B², the contraction of a step is ηα²/n ∝ d/n², and the iterations
go like n²/d. With the largest step itself they go like n: better than promised.
"""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.shallow_networks import hidden_layer_descent
from overparam.claims.shallow_networks.hidden_layer_descent import Problems
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import hidden_layer
from overparam.theory.activations import ACTIVATIONS

TOO_LARGE = 16.0  # a linear model diverges above 2, but the units of this one saturate: it still fits at 4
SMALLEST = ("duplicated", "too large step")  # arms that run at the first two dimensions only


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Run SGD on ½(f(x_i) − y_i)² of a random sample i per step, at a constant step, until it fits or gives up.

    Inputs are uniform on the unit sphere, n = ``samples_per_squared_dimension`` d² of them; labels ±1 at random; W₀
    standard normal, k = ``params_per_sample`` n/d units; v half +1/√k, half −1/√k. A run ends when ‖f − y‖, looked at
    every n steps, is ``residual_tolerance`` of its start, at ``step_limit_per_sample`` n steps, or diverged (10⁶ times
    its start). float64. The arms, with steps in units of 1/max_i ‖∇f(x_i)‖² at the start:

    - ``theorem step``: d/n; ``largest step``: 1; ``too large step`` (control): 16.
    - ``duplicated`` (control): step 1, but one input occurs twice, with both labels.
    - ``gradient descent``: on ½‖f − y‖², step 1/λ_max(J(W₀)J(W₀)ᵀ), looked at every step.

    Parameters
    ----------
    settings
        See ``hidden_layer_sgd.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        By ``seed``, ``arm``, ``activation``, ``n_train``, ``dimension``, ``width`` and ``scale`` (n²/d):

        - ``iterations`` (steps; infinite where the labels were not fitted), ``residual_ratio`` (last ‖f − y‖ over the
          first), ``limit_hit``, ``diverged``.
        - ``over_promise``: the largest ‖f_τ − y‖ over the root of the promised mean square, in this one run;
          ``rate_over_promise``: −log(residual_ratio) per step over that of the promise, but for ``duplicated``.
    """
    cases = [
        (arm, dimension)
        for dimension in settings["dimensions"]
        for arm in ("theorem step", "largest step", "gradient descent", *SMALLEST)
        if dimension in settings["dimensions"][:2] or arm not in SMALLEST
    ]
    progress = Progress(len(cases), "sizes")
    rows: list[dict[str, Any]] = []
    for arm, dimension in cases:
        rows += _run(settings, arm, dimension)
        progress.advance()
    return pd.DataFrame(rows)


def problems(settings: dict[str, Any], arm: str, dimension: int) -> Problems:
    """Return the networks of one size, one per seed."""
    n_train = round(settings["samples_per_squared_dimension"] * dimension**2)
    width = 2 * int(np.ceil(settings["params_per_sample"] * n_train / dimension / 2))
    points, labels, hidden = [], [], []
    for seed in range(settings["n_seeds"]):
        draw = generator(settings["seed"], "hidden_layer_sgd", "data", seed, dimension)
        drawn = draw.standard_normal((n_train, dimension))
        points.append(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
        labels.append(draw.choice([-1.0, 1.0], n_train))
        if arm == "duplicated":
            points[-1][1], labels[-1][:2] = points[-1][0], (1, -1)
        draw = generator(settings["seed"], "hidden_layer_sgd", "weights", seed, dimension)
        hidden.append(draw.standard_normal((width, dimension)))
    v = np.repeat(hidden_layer.half_signs(width, width**-0.5).numpy()[None], settings["n_seeds"], axis=0)
    return Problems(*(torch.as_tensor(np.stack(part)) for part in (points, labels, hidden, v)))


def _run(settings: dict[str, Any], arm: str, dimension: int) -> list[dict[str, Any]]:
    activation, given = ACTIVATIONS[settings["activation"]], problems(settings, arm, dimension)
    n_train, tolerance = given.labels.shape[1], settings["residual_tolerance"]
    limit = settings["step_limit_per_sample"] * n_train
    step, ratio = hidden_layer_descent.largest_step(given, activation)
    if arm == "gradient descent":
        promised = (1 - ratio / 8) ** 0.5  # α² = λ_min/4
        found = hidden_layer_descent.descend(given, activation, step, tolerance, limit, promised)
    else:
        smallest = ratio / step  # λ_min
        factor = {"theorem step": dimension / n_train, "too large step": TOO_LARGE}.get(arm, 1.0)
        step = factor * hidden_layer_descent.largest_sample_step(given, activation)
        promised = (1 - step * smallest / (8 * n_train)) ** 0.5
        draw = generator(settings["seed"], "hidden_layer_sgd", "samples", dimension, arm)
        found = hidden_layer_descent.descend_by_samples(given, activation, step, tolerance, limit, promised, draw)
    rows = []
    for seed in range(settings["n_seeds"]):
        condition = {
            "seed": seed, "arm": arm, "activation": settings["activation"], "n_train": n_train,
            "dimension": dimension, "width": given.v.shape[1], "scale": n_train**2 / dimension,
        }  # fmt: skip
        fitted = found.residual_ratio[seed] <= tolerance
        values = {
            "iterations": found.steps[seed] if fitted else np.inf,
            "residual_ratio": found.residual_ratio[seed],
            "limit_hit": found.limit_hit[seed],
            "diverged": found.diverged[seed],
            "over_promise": found.over_promise[seed],
        }
        if arm != "duplicated":  # whose promise is no decrease at all; also of runs that did not fit
            values["rate_over_promise"] = found.rate[seed] / -float(promised[seed].log())
        rows += [{**condition, "quantity": name, "value": float(value)} for name, value in values.items()]
    return rows
