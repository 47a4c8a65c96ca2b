"""How many steps SGD, one sample each, takes to fit any labels with the hidden weights of a one-hidden-layer network.

Oymak & Soltanolkotabi, arXiv 1902.04674 (SGD theorem), by 1812.10004, theorem 3.1: let α = σ_min(J(W₀))/2, β ≥ ‖J‖ and
B ≥ ‖∇f(x_i)‖. At a step η proportional to α²/(β²B²) the mean of ‖f_τ − y‖² is at most (1 − ηα²/2n)^τ ‖f₀ − y‖².

*Law.* With |v_i| = ‖y‖/√(kn) and generic inputs, α² and B² are both proportional to ‖y‖²/n, and β² to ‖y‖²/d. So the
theorem's step is d/n of the largest sensible one, 1/B². One step contracts by ηα²/n ∝ d/n², and the number of
iterations grows like n²/d. With the largest step itself it grows like n only, which is better than promised.
"""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.shallow_networks import hidden_layer_descent
from overparam.claims.shallow_networks.hidden_layer_descent import HiddenLayerProblems
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import hermite, hidden_layer
from overparam.theory.activations import ACTIVATIONS

TOO_LARGE = 16.0  # a linear model diverges above 2, but the units of this one saturate, so that it still fits at 4
ARMS = {  # at how many of the dimensions, ascending, each of them runs
    "theorem step": None, "largest step": None, "gradient descent": None, "duplicated": 2, "too large step": 2,
}  # fmt: skip
STEPS = ("step λ/n²", "step 1/λ_max")
GOES_ON = 2  # at so many of the dimensions runs go on when they have fitted


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Run SGD on ½(f(x_i) − y_i)² of a random sample i per step, at a constant step, until it fits or gives up.

    There are n = ``samples_per_squared_dimension`` d² inputs, uniform on the unit sphere, with labels ±1 at random; W₀
    is standard normal with k = ``params_per_sample`` n/d units; v is half +1/√k and half −1/√k. A run has fitted when
    ‖f − y‖, looked at every n steps, is ``residual_tolerance`` of its start. It ends there, after
    ``step_limit_per_sample`` n steps, or when it has diverged (10⁶ times its start); at the first two dimensions it
    goes on to ``end_tolerance``, so that no run stops where it is judged. All is float64. The arms, with steps in units
    of 1/max_i ‖∇f(x_i)‖² at the start:

    - ``theorem step``: d/n; ``largest step``: 1; ``too large step`` (control): 16.
    - ``duplicated`` (control): step 1, but one input occurs twice, with both labels. J(W₀) has a null space then; what
      is promised is what the next singular value promises.
    - ``sufficient width``: d/n, at most 1, with as many units as the theorem asks for, √(kd) = κ(X) n, at a size of its
      own: at those of the other arms they would be too many.
    - ``step λ/n²``, ``step 1/λ_max``: gradient descent at the small dimensions. The first is the step of Du
      et al. (arXiv 1810.02054, theorem 4.1), η = O(λ(X)/n²), its constant taken as 1.
    - ``gradient descent``: on ½‖f − y‖² with the step 1/λ_max(J(W₀)J(W₀)ᵀ), looked at every step.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    cases = [
        (arm, dimension)
        for dimension in settings["dimensions"]
        for arm, count in ARMS.items()
        if dimension in settings["dimensions"][:count]
    ]
    cases.append(("sufficient width", settings["sufficient_dimension"]))
    progress = Progress(len(cases) + len(settings["small_dimensions"]), "sizes")
    rows: list[dict[str, Any]] = []
    for arm, dimension in cases:
        rows += _run(settings, arm, dimension)
        progress.advance()
    for dimension in settings["small_dimensions"]:
        rows += _compare_steps({**settings, "n_seeds": settings["small_n_seeds"]}, dimension)
        progress.advance()
    return pd.DataFrame(rows)


def sufficient_width(inputs: np.ndarray, activation: str) -> float:
    """Return κ(X)² n²/d, the k of √(kd) = κ(X) n, for ``inputs`` X (n, d)."""
    return float(len(inputs) * np.linalg.norm(inputs, 2) ** 2 / smallest_eigenvalue(inputs, activation) ** 2)


def smallest_eigenvalue(inputs: np.ndarray, activation: str) -> float:
    """Return λ(X) for ``inputs`` X (n, d)."""
    return float(np.linalg.eigvalsh(hermite.covariance(hermite.gram_of(inputs), activation))[0])


def problems(settings: dict[str, Any], arm: str, dimension: int) -> HiddenLayerProblems:
    """Return the networks of one size, one per seed."""
    if arm == "sufficient width":
        n_train = settings["sufficient_n_train"]
    else:
        n_train = round(settings["samples_per_squared_dimension"] * dimension**2)
    width = 2 * int(np.ceil(settings["params_per_sample"] * n_train / dimension / 2))
    points, labels = [], []
    for seed in range(settings["n_seeds"]):
        draw = generator(settings["seed"], "hidden_layer_sgd", "data", seed, dimension)
        drawn = draw.standard_normal((n_train, dimension))
        points.append(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))
        labels.append(draw.choice([-1.0, 1.0], n_train))
        if arm == "duplicated":
            points[-1][1], labels[-1][:2] = points[-1][0], (1, -1)
    if arm == "sufficient width":
        width = 2 * int(np.ceil(max(sufficient_width(one, settings["activation"]) for one in points) / 2))
    hidden = [
        generator(settings["seed"], "hidden_layer_sgd", "weights", seed, dimension).standard_normal((width, dimension))
        for seed in range(settings["n_seeds"])
    ]
    v = np.repeat(hidden_layer.half_signs(width, width**-0.5).numpy()[None], settings["n_seeds"], axis=0)
    return HiddenLayerProblems(*(torch.as_tensor(np.stack(part)) for part in (points, labels, hidden, v)))


def _compare_steps(settings: dict[str, Any], dimension: int) -> list[dict[str, Any]]:
    """Run gradient descent with every step of ``STEPS`` on the networks of one small size."""
    activation, given = ACTIVATIONS[settings["activation"]], problems(settings, "small", dimension)
    n_train, tolerance = given.labels.shape[1], settings["residual_tolerance"]
    largest, _ = hidden_layer_descent.largest_step(given, activation)
    earlier = torch.tensor([smallest_eigenvalue(one.numpy(), settings["activation"]) for one in given.inputs])
    promised, iterations = torch.ones_like(largest), {}
    for name, step in zip(STEPS, (earlier / n_train**2, largest), strict=True):
        limit = settings["small_step_limit"]
        found = hidden_layer_descent.descend(given, activation, step, tolerance, limit, promised)
        # a run with the earlier step that has not fitted by then takes longer still
        iterations[name] = found.steps if name == STEPS[0] else found.fitted_steps
    rows = []
    for name, steps in iterations.items():
        for seed in range(settings["n_seeds"]):
            condition = {
                "seed": seed, "arm": name, "activation": settings["activation"], "n_train": n_train,
                "dimension": dimension, "width": given.v.shape[1], "scale": n_train**2 / dimension,
            }  # fmt: skip
            own, earliest = steps[seed], iterations[STEPS[0]][seed]
            values = {"iterations": own, "advantage": earliest / own if np.isfinite(own) else 0.0}
            rows += [{**condition, "quantity": key, "value": float(value)} for key, value in values.items()]
    return rows


def _run(settings: dict[str, Any], arm: str, dimension: int) -> list[dict[str, Any]]:
    activation, given = ACTIVATIONS[settings["activation"]], problems(settings, arm, dimension)
    n_train, tolerance = given.labels.shape[1], settings["residual_tolerance"]
    goes_on = arm == "sufficient width" or dimension in settings["dimensions"][:GOES_ON]
    end = settings["end_tolerance"] if goes_on else None
    limit = settings["step_limit_per_sample"] * n_train
    step, ratio = hidden_layer_descent.largest_step(given, activation)
    if arm == "duplicated":
        ratio = hidden_layer_descent.ratio_without_null_space(given, activation)
    smallest = ratio / step  # λ_min of JJᵀ at the start
    if arm == "gradient descent":
        promised = (1 - ratio / 8) ** 0.5  # α² = λ_min/4
        found = hidden_layer_descent.descend(given, activation, step, tolerance, limit, promised, end)
    else:
        small = min(dimension / n_train, 1.0)
        factor = {"theorem step": small, "sufficient width": small, "too large step": TOO_LARGE}.get(arm, 1.0)
        step = factor * hidden_layer_descent.largest_sample_step(given, activation)
        promised = (1 - step * smallest / (8 * n_train)) ** 0.5
        draw = generator(settings["seed"], "hidden_layer_sgd", "samples", dimension, arm)
        found = hidden_layer_descent.descend_by_samples(given, activation, step, tolerance, limit, promised, draw, end)
    promised_distance = (8 * given.residual(activation).norm(dim=1) / smallest.sqrt()).numpy()  # 4‖f₀ − y‖/α
    length = given.hidden.flatten(1).norm(dim=1).numpy()
    rows = []
    for seed in range(settings["n_seeds"]):
        condition = {
            "seed": seed, "arm": arm, "activation": settings["activation"], "n_train": n_train,
            "dimension": dimension, "width": given.v.shape[1], "scale": n_train**2 / dimension,
        }  # fmt: skip
        values = {
            "iterations": found.fitted_steps[seed],
            "residual_ratio": found.residual_ratio[seed],
            "limit_hit": found.limit_hit[seed],
            "diverged": found.diverged[seed],
            "over_promise": found.over_promise[seed],
        }
        if arm != "duplicated":  # to which no decrease is promised; runs that did not fit have a rate too
            values["rate_over_promise"] = found.rate[seed] / -float(promised[seed].log())
        if goes_on:
            values["late_rate_over_promise"] = found.late_rate[seed] / -float(promised[seed].log())
            values["relative_distance"] = found.distance[seed] / length[seed]
            values["distance_over_promised"] = found.distance[seed] / promised_distance[seed]
        rows += [{**condition, "quantity": name, "value": float(value)} for name, value in values.items()]
    return rows
