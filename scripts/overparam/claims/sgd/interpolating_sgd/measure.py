"""Constant-step SGD, one sample per step, on least squares: it converges exponentially where it can interpolate.

Inputs are standard normal, the loss is mean_i ½(x_iᵀw − y_i)², the start is w = 0 and the step is 1/β with
β = max_i ‖x_i‖², at which Ma, Bassily & Belkin (arXiv 1712.06559, theorem 1) promise the factor 1 − α/β per step.
Time is counted in units of β/α steps, so that one promised line serves every problem.
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam import seeding
from overparam.claims.sgd import least_squares_sgd
from overparam.claims.sgd.least_squares_sgd import LeastSquares
from overparam.progress import Progress

INTERPOLATING = {("over", "generic"), ("under", "realisable")}
BLOCK = 1024  # steps whose samples are drawn at once


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Measure the excess loss over time for every condition.

    A condition is a number of parameters and a kind of labels: more parameters than samples with generic labels, and at
    the last of ``over_ratios`` with contradictory ones as well; fewer parameters with generic and with realisable
    labels. The worst-case rate is computed only where every sample can be fitted (r = 0), since it holds only there.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.
    """
    conditions = [("over", ratio, "generic") for ratio in settings["over_ratios"]]
    conditions += [("over", settings["over_ratios"][-1], "contradictory")]
    for ratio in settings["under_ratios"]:
        conditions += [("under", ratio, "generic"), ("under", ratio, "realisable")]
    rows = []
    progress = Progress(len(conditions), "conditions")
    for regime, ratio, labels in conditions:
        n_params = round(ratio * settings["n_train"])
        tasks = [_draw(settings, n_params, labels, seed) for seed in range(settings["n_seeds"])]
        time, excess, distance, n_steps = _run(settings, tasks, (n_params, labels))
        condition = {
            "regime": regime, "labels": labels, "n_train": settings["n_train"], "n_params": n_params, "p_over_n": ratio,
        }  # fmt: skip
        for seed, task in enumerate(tasks):
            row = {"seed": seed, **condition}
            rows += [
                {"quantity": "excess_loss", "value": value, "time": t, **row}
                for t, value in zip(time.tolist(), (excess[:, seed] / excess[0, seed]).tolist(), strict=True)
            ]
            values = {
                "final_excess_loss": excess[-1, seed] / excess[0, seed],
                "rate": -np.log(distance[-1, seed] / distance[0, seed]) / n_steps[seed],
                "rate_promised": -np.log(least_squares_sgd.promised_contraction(task)),
            }
            if (regime, labels) in INTERPOLATING:
                values["rate_worst"] = -np.log(least_squares_sgd.worst_contraction(task, 1 / task.sample_smoothness))
            rows += [{"quantity": name, "value": float(value), **row} for name, value in values.items()]
        progress.advance()
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64"})


def _draw(settings: dict[str, Any], n_params: int, labels: str, seed: int) -> LeastSquares:
    """Draw one problem; conditions that differ in the labels alone share their inputs."""
    n_train = settings["n_train"]
    inputs = seeding.generator(settings["seed"], "interpolating_sgd", "inputs", n_params, seed).standard_normal(
        (n_train, n_params)
    )
    draws = seeding.generator(settings["seed"], "interpolating_sgd", "labels", labels, n_params, seed)
    if labels == "realisable":
        return least_squares_sgd.problem(inputs, inputs @ draws.standard_normal(n_params))
    if labels == "contradictory":
        repeated = max(1, round(settings["contradictory_fraction"] * n_train))
        inputs[-repeated:] = inputs[:repeated]
    return least_squares_sgd.problem(inputs, draws.standard_normal(n_train))


def _run(
    settings: dict[str, Any], tasks: list[LeastSquares], names: tuple
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Run ``n_chains`` runs of SGD on every problem, all problems at once.

    Returns
    -------
    tuple
        Times (n_records + 1,) in units of β/α steps; excess loss and squared distance to w*, averaged over chains,
        both (n_records + 1, n_problems); and the number of steps per problem.
    """
    n_records, n_chains = settings["n_records"], settings["n_chains"]
    unit = np.array([task.sample_smoothness / task.strong_convexity for task in tasks])
    segment = np.ceil(settings["duration"] * unit / n_records).astype(int)  # steps between two records
    order = np.argsort(-segment, kind="stable")  # longest first: the unfinished problems are always the leading ones
    tasks, segment = [tasks[k] for k in order], segment[order]
    inputs, labels = np.stack([task.inputs for task in tasks]), np.stack([task.labels for task in tasks])
    minimisers, hessians = np.stack([task.minimiser for task in tasks]), np.stack([task.hessian for task in tasks])
    rates = np.array([1 / task.sample_smoothness for task in tasks])[:, None]
    draws = seeding.generator(settings["seed"], "interpolating_sgd", "samples", *names)
    # all samples of all problems under one flat index, so that a step looks them up only once
    n_problems, n_train, n_params = inputs.shape
    flat_inputs, flat_labels = inputs.reshape(-1, n_params), labels.reshape(-1)
    offsets = np.arange(n_problems)[:, None] * n_train

    w = np.zeros((n_problems, n_chains, n_params))
    excess, distance = np.empty((n_records + 1, n_problems)), np.empty((n_records + 1, n_problems))
    for record in range(n_records + 1):
        error = w - minimisers[:, None]
        excess[record] = 0.5 * np.einsum("kca,kab,kcb->kc", error, hessians, error, optimize=True).mean(axis=1)
        distance[record] = (error**2).sum(axis=-1).mean(axis=1)
        if record == n_records:
            break
        for first in range(0, segment[0], BLOCK):
            samples = draws.integers(n_train, size=(min(BLOCK, segment[0] - first), n_problems, n_chains)) + offsets
            for step, chosen in enumerate(samples, start=first):
                active = int(np.searchsorted(-segment, -step, side="left"))  # problems with segment > step
                rows, current = chosen[:active], w[:active]
                x = flat_inputs[rows]
                residual = np.einsum("kcp,kcp->kc", current, x) - flat_labels[rows]
                current -= (rates[:active] * residual)[..., None] * x
    back = np.argsort(order, kind="stable")
    time = np.linspace(0, settings["duration"], n_records + 1)
    return time, excess[:, back], distance[:, back], (segment * n_records)[back]
