"""Clusters whose centres come in pairs: what the angle between them does to recovery and to its time.

The theorem of Li, Soltanolkotabi & Oymak (arXiv 1903.11680) asks for kd ≳ κ²(C)L⁴, with κ(C) = √(d/L) ‖C‖/λ(C) and
λ(C) = λ_min(Σ(C)). For two centres at the angle α, λ(C) is about α² times a constant: the direction in which the two
differ is learned slowly. Its residual shrinks by 1 − λ(C)/L per step of size 1/n (see ``clustered_descent``), so that
labels which differ within pairs are right only after a time in proportion to 1/λ(C), and equal ones at once.
"""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.label_noise import clustered_descent
from overparam.claims.label_noise.clustered_descent import ClusteredProblems
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory.clusterable_data import ClusterableData, corrupt_per_cluster, draw_clusters

CHUNK = 20  # problems run at a time, few enough to stay in the cache
N_CLASSES = 3  # the values −1, 0 and 1, so that an output must come within 1/2 of its label


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return recovery at τ and the first step at which all labels are right, over angle, width and kind of labels.

    Gradient descent in float64 at η = 1/n starts from weights drawn from N(0, 1) and is stopped at τ. One sample of
    every cluster has a uniformly random wrong class. Angles of one seed share weights and directions.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    widths = [*settings["narrow_widths"], settings["width"]]
    cases = [(angle, "opposite", width) for angle in settings["angles"] for width in widths]
    cases += [(angle, kind, settings["width"]) for angle in settings["angles"] for kind in ("same", "permuted")]
    progress = Progress(len(cases), "cases")
    rows: list[dict[str, Any]] = []
    for angle, kind, width in cases:
        rows += _one_case(settings, angle, kind, width)
        progress.advance()
    return pd.DataFrame(rows)


def _one_case(settings: dict[str, Any], angle: float, kind: str, width: int) -> list[dict[str, Any]]:
    n_pairs, size, dimension = settings["n_pairs"], settings["n_per_cluster"], settings["dimension"]
    centres = paired_centres(n_pairs, dimension, angle)
    n_clusters, noise = 2 * n_pairs, 1 / size
    data, given, hidden = [], [], []
    for seed in range(settings["n_seeds"]):
        own = ("centre_angle", seed)
        one = draw_clusters(
            n_clusters, 2, size, dimension, settings["radius"], generator(settings["seed"], *own), centres
        )
        one = labelled(one, kind, generator(settings["seed"], *own, "classes"))
        data.append(one)
        given.append(corrupt_per_cluster(one, noise, generator(settings["seed"], *own, "labels")))
        hidden.append(generator(settings["seed"], *own, "weights", width).standard_normal((width, dimension)))
    problems = clustered_descent.stacked(data, given, hidden)
    smallest = clustered_descent.slowest(data[0])  # that of the centres, which all seeds share
    n_train = n_clusters * size
    stop = clustered_descent.stopping_step(1 / n_train, size, smallest, noise)
    found = run(problems, stop, data[0].class_values) | {"formula_step": np.full(settings["n_seeds"], float(stop))}
    condition = {
        "angle": float(angle), "inverse_eigenvalue": 1 / smallest,
        "condition": (dimension / n_clusters) ** 0.5 * float(np.linalg.norm(centres, 2)) / smallest,
        "pairs": kind, "width": width, "wide": width == settings["width"], "n_clusters": n_clusters,
        "n_train": n_train, "n_params": width * dimension, "label_noise": noise,
    }  # fmt: skip
    return [
        {**condition, "seed": seed, "quantity": quantity, "value": float(values[seed])}
        for quantity, values in found.items()
        for seed in range(settings["n_seeds"])
    ]


def paired_centres(n_pairs: int, dimension: int, angle: float) -> np.ndarray:
    """Return 2 · n_pairs unit vectors, each two at ``angle`` degrees, and at right angles to all others."""
    first, second = np.split(np.eye(2 * n_pairs, dimension), 2)
    radians = np.deg2rad(angle)
    return np.stack([first, np.cos(radians) * first + np.sin(radians) * second], axis=1).reshape(-1, dimension)


def labelled(data: ClusterableData, kind: str, generator: np.random.Generator) -> ClusterableData:
    """Return the data with the outermost two of three classes: opposite or the same within pairs, or permuted."""
    signs = generator.permutation(np.arange(len(data.centres) // 2) % 2)  # by pair
    second = signs if kind == "same" else 1 - signs
    classes = 2 * np.stack([signs, second], axis=1).ravel()[data.cluster]
    if kind == "permuted":
        classes = generator.permutation(classes)
    return dataclasses.replace(data, classes=classes, class_values=np.linspace(-1, 1, N_CLASSES))


def run(problems: ClusteredProblems, stop: int, class_values: np.ndarray) -> dict[str, np.ndarray]:
    """Run gradient descent at η = 1/n to the step ``stop``; return what is found there and on the way."""
    parts = [
        _run_chunk(problems.part(chosen), stop, class_values)
        for chosen in torch.arange(len(problems.inputs)).split(CHUNK)
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _run_chunk(problems: ClusteredProblems, stop: int, class_values: np.ndarray) -> dict[str, np.ndarray]:
    count, n_train = problems.inputs.shape[:2]
    first = np.full(count, np.inf)
    rates = torch.full((count,), 1 / n_train, dtype=torch.float64)
    for step, (outputs, _) in zip(range(stop + 1), clustered_descent.descend(problems, rates), strict=False):
        perfect = (clustered_descent.nearest(outputs, class_values) == problems.true).all(dim=1).numpy()
        if step:
            first = np.where(perfect, np.minimum(first, step), first)
    diverged = ~torch.isfinite(outputs).all(dim=1).numpy()
    return {"recovered": perfect, "first_perfect_step": first, "diverged": diverged}
