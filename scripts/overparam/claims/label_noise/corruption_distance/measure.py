"""Distance from the initialisation at the early stop, and where the corrupted labels are fitted (arXiv 1903.11680)."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.label_noise import clustered_descent, nearest_interpolation
from overparam.errors import UserError
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory.activations import ACTIVATIONS
from overparam.theory.clusterable_data import ClusterableData, corrupt_per_cluster, draw_clusters

WITHIN, WHOLE = "within clusters", "whole clusters"
EARLY, FITTED = "early", "fitted"
N_CLASSES = 2


@dataclasses.dataclass(frozen=True)
class Case:
    """One condition: ``corrupted_clusters`` clusters have ``n_corrupted_each`` false labels each, or no true one."""

    sweep: str
    n_clusters: int
    n_per_cluster: int
    radius: float
    width: int
    corrupted_clusters: int
    n_corrupted_each: int
    corruption: str = WITHIN
    centres: str = "random"
    stages: tuple[str, ...] = (EARLY, FITTED)


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return ‖W − W₀‖_F at two stages, for two classes of clustered data whose labels are flipped, in float64.

    At the stage ``early`` gradient descent with η = 1/‖X‖² is stopped at step τ of ``clustered_descent``; this stage is
    measured only where it is judged. The stage ``fitted`` has the closest weights that fit all given labels, as
    ``nearest_interpolation`` finds them, with ‖f − y‖ ≤ ``residual_tolerance`` ‖y‖. To overfit, the network must travel
    at least as far as that; the search finds a local minimum of the distance.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.

    Raises
    ------
    UserError
        If more clusters are to be corrupted than there are.
    """
    if max(settings["corrupted"]) > settings["n_clusters"]:
        raise UserError(
            f"corruption_distance: corrupted has {max(settings['corrupted'])}, but there are only "
            f"n_clusters = {settings['n_clusters']} clusters, of which each gets one false label"
        )
    cases = _cases(settings)
    seeds = {case: range(settings["n_seeds" if FITTED in case.stages else "n_seeds_early"]) for case in cases}
    progress = Progress(sum(map(len, seeds.values())), "problems")
    rows: list[dict[str, Any]] = []
    for case in cases:
        for seed in seeds[case]:
            rows += _one_problem(settings, case, seed)
            progress.advance()
    return pd.DataFrame(rows)


def _cases(settings: dict[str, Any]) -> list[Case]:
    size, noise, small = settings["n_per_cluster"], settings["inverse_noise"], settings["radii"][0]
    cases = [
        Case(
            "clusters", count, size, small, settings["early_width"], count, max(1, size // noise),
            centres="orthonormal", stages=(EARLY,),
        )
        for count in settings["cluster_counts"]
    ]  # fmt: skip
    count = settings["fewer_clusters"]
    cases += [
        Case("samples", count, size, small, settings["width"], count, max(1, size // noise), centres="orthonormal")
        for size in settings["samples_per_cluster"]
    ]
    fewest, most = min(settings["corrupted"]), max(settings["corrupted"])
    early = {WITHIN: (fewest, most), WHOLE: (most,)}
    sweep = [
        (s, small, kind, (EARLY, FITTED) if s in early[kind] else (FITTED,))
        for kind in (WITHIN, WHOLE)
        for s in settings["corrupted"]
    ]
    sweep += [(s, radius, WITHIN, (FITTED,)) for radius in settings["radii"][1:] for s in settings["corrupted"]]
    cases += [
        Case("corruption", settings["n_clusters"], size, radius, settings["width"], s, 1, kind, stages=stages)
        for s, radius, kind, stages in sweep
    ]
    return cases


def _one_problem(settings: dict[str, Any], case: Case, seed: int) -> list[dict[str, Any]]:
    dimension, root = settings["dimension"], settings["seed"]
    # cases that differ in their corruption have the same data and weights; cases that differ in the number of samples
    # have the same centres, classes of clusters and weights
    address = (case.n_clusters, seed)
    draw = generator(root, "corruption_distance", case.centres, *address)
    centres = None
    if case.centres == "orthonormal":
        centres = clustered_descent.orthonormal_centres(case.n_clusters, dimension)
    data = draw_clusters(case.n_clusters, N_CLASSES, case.n_per_cluster, dimension, case.radius, draw, centres)
    given = given_classes(data, case, generator(root, "corruption_distance, labels", *address))
    weights = generator(root, "corruption_distance, weights", case.width, seed)
    hidden = weights.standard_normal((case.width, dimension))
    problems = clustered_descent.stacked([data], [given], [hidden])
    n_train, smallest = len(data.cluster), clustered_descent.slowest(data)
    rate = float(1 / torch.linalg.matrix_norm(problems.inputs, 2)[0] ** 2)
    noise = case.n_corrupted_each / case.n_per_cluster
    stop = clustered_descent.stopping_step(rate, case.n_per_cluster, smallest, noise)
    descent = clustered_descent.descend(problems, torch.tensor([rate], dtype=torch.float64))
    start, _ = next(descent)
    norm = float(problems.given.norm())
    bound = (case.n_clusters / smallest) ** 0.5 * float((start - problems.given).norm()) / n_train**0.5
    stages = {}
    if EARLY in case.stages:
        outputs, weights = next(itertools.islice(descent, stop - 1, None))
        stages[EARLY] = (weights[0], float((outputs - problems.given).norm()), stop, False)
    if FITTED in case.stages:
        fit = nearest_interpolation.closest(
            problems.hidden[0], problems.v, problems.inputs[0], problems.given[0],
            ACTIVATIONS[clustered_descent.ACTIVATION], settings["residual_tolerance"] * norm, settings["step_limit"],
        )  # fmt: skip
        stages[FITTED] = (fit.hidden, fit.residual, fit.steps, fit.limit_hit)
    condition = {name: value for name, value in dataclasses.asdict(case).items() if name != "stages"} | {
        "n_train": n_train, "n_params": case.width * dimension, "n_corrupted": int((given != data.classes).sum()),
        "smallest_radius": case.radius == settings["radii"][0], "seed": seed,
    }  # fmt: skip
    rows = []
    for stage, (weights, residual, steps, limit_hit) in stages.items():
        distance = float((weights - problems.hidden[0]).norm())
        values = {
            "distance": distance, "root_l_bound": bound, "residual_share": residual / norm, "steps": steps,
            "limit_hit": limit_hit, "diverged": not np.isfinite(distance),
        }  # fmt: skip
        rows += [
            {**condition, "stage": stage, "quantity": name, "value": float(value)} for name, value in values.items()
        ]
    return rows


def given_classes(data: ClusterableData, case: Case, draw: np.random.Generator) -> np.ndarray:
    """Return the classes after flipping some or all samples of ``corrupted_clusters`` randomly chosen clusters."""
    chosen = np.isin(data.cluster, draw.permutation(case.n_clusters)[: case.corrupted_clusters])
    share = 1.0 if case.corruption == WHOLE else case.n_corrupted_each / case.n_per_cluster
    return np.where(chosen, corrupt_per_cluster(data, share, draw), data.classes)
