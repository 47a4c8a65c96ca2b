"""Recovery of true labels by early-stopped gradient descent (Li, Soltanolkotabi & Oymak, arXiv 1903.11680)."""

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.label_noise import clustered_descent
from overparam.claims.label_noise.clustered_descent import ClusteredProblems
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory.clusterable_data import corrupt_per_cluster, draw_clusters

OVERRUN = 1.15  # multiple of τ until which runs go on, so that times a little beyond τ are seen
CHUNK = 60_000  # activations computed at a time, few enough to stay in the cache


@dataclasses.dataclass(frozen=True)
class Case:
    """One condition; ``sweep`` says what varies, and ``n_corrupted`` is the number of false labels per cluster."""

    sweep: str
    n_clusters: int
    n_classes: int
    n_per_cluster: int
    dimension: int
    radius: float
    width: int
    n_corrupted: int
    assignment: str = "clusters"
    centres: str = "random"

    @property
    def label_noise(self) -> float:
        return self.n_corrupted / self.n_per_cluster


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return whether the network at step τ of ``clustered_descent`` gives every sample its true label.

    Gradient descent in float64 at η = 1/n starts from weights drawn from N(0, 1). It goes on to 1.15 τ, but ends from τ
    on as soon as both times are known: the first step at which every label is right, and the settling time. In every
    cluster exactly a share ρ of the samples have a uniformly random wrong class. The class of a sample is the one whose
    value is nearest to f.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    cases = _cases(settings)
    progress = Progress(len(cases), "cases")
    rows: list[dict[str, Any]] = []
    done: dict[Case, dict[str, np.ndarray]] = {}
    for case in cases:
        n_seeds = settings[_seeds_setting(case)]
        alike = dataclasses.replace(case, sweep="")  # cases that differ by the sweep alone share their runs
        if alike not in done or len(done[alike]["recovered"]) < n_seeds:
            done[alike] = _one_case(settings, case, n_seeds)
        condition = _condition(case)
        rows += [
            {**condition, "seed": seed, "quantity": quantity, "value": float(value[seed])}
            for seed in range(n_seeds)
            for quantity, value in done[alike].items()
        ]
        progress.advance()
    return pd.DataFrame(rows)


def _seeds_setting(case: Case) -> str:
    if case.sweep in ("clusters", "noise"):
        return {"clusters": "n_seeds_times", "noise": "n_seeds_noise"}[case.sweep]
    return "n_seeds" if case.sweep == "theorem" and case.assignment == "clusters" else "n_seeds_sweep"


def _cases(settings: dict[str, Any]) -> list[Case]:
    n_clusters, few, many = settings["n_clusters"], settings["samples_per_cluster"][0], settings["samples_per_cluster"]
    unit = n_clusters**-2
    base = Case(
        "theorem", n_clusters, settings["n_classes"], few, settings["dimension"], unit, settings["width"],
        max(1, few // settings["inverse_noise"]),
    )  # fmt: skip

    def of_size(size: int, **changes: Any) -> Case:
        return dataclasses.replace(
            base, n_per_cluster=size, n_corrupted=max(1, size // settings["inverse_noise"]), **changes
        )

    cases = [dataclasses.replace(base, radius=0.0)] if 0 in settings["radius_factors"] else []
    cases += [of_size(size, assignment=assignment) for size in many for assignment in ("clusters", "permuted")]
    cases += [dataclasses.replace(base, sweep="radius", radius=unit * f) for f in settings["radius_factors"]]
    widths = sorted({*settings["widths"], settings["width"]})
    cases += [of_size(size, sweep="width", width=width) for size in (many[0], many[-1]) for width in widths]
    cases += [dataclasses.replace(base, sweep="corruption", n_corrupted=n) for n in settings["corrupted_per_cluster"]]
    right = {"centres": "orthonormal", "n_classes": 2, "dimension": settings["sweep_dimension"]}
    cases += [
        dataclasses.replace(base, sweep="clusters", n_clusters=count, **right) for count in settings["cluster_counts"]
    ]
    size = max(settings["inverse_noises"])
    cases += [
        dataclasses.replace(base, sweep="noise", n_per_cluster=size, n_corrupted=size // inverse, **right)
        for inverse in settings["inverse_noises"]
    ]
    return cases


def _condition(case: Case) -> dict[str, Any]:
    return dataclasses.asdict(case) | {
        "n_train": case.n_clusters * case.n_per_cluster, "n_params": case.width * case.dimension,
        "label_noise": case.label_noise, "radius_times_l2": case.radius * case.n_clusters**2,
        "log_inverse_noise": float(np.log(1 / case.label_noise)),
    }  # fmt: skip


def _one_case(settings: dict[str, Any], case: Case, n_seeds: int) -> dict[str, np.ndarray]:
    """Return what is measured, one value per seed."""
    data, given, hidden = [], [], []
    for seed in range(n_seeds):
        # one address per shape: cases that differ in radius or corruption alone share centres, directions and weights
        address = (case.n_clusters, case.n_per_cluster, case.dimension, seed)
        draw = generator(settings["seed"], "clusterable_recovery", *address)
        centres = None
        if case.centres == "orthonormal":
            centres = clustered_descent.orthonormal_centres(case.n_clusters, case.dimension)
        one = draw_clusters(
            case.n_clusters, case.n_classes, case.n_per_cluster, case.dimension, case.radius, draw, centres
        )
        if case.assignment == "permuted":
            one = clustered_descent.permuted(one, generator(settings["seed"], "clusterable_recovery, order", *address))
        data.append(one)
        labels = generator(settings["seed"], "clusterable_recovery, labels", *address)
        given.append(corrupt_per_cluster(one, case.label_noise, labels))
        weights = generator(settings["seed"], "clusterable_recovery, weights", case.width, case.dimension, seed)
        hidden.append(weights.standard_normal((case.width, case.dimension)))
    problems = clustered_descent.stacked(data, given, hidden)
    n_train = case.n_clusters * case.n_per_cluster
    smallest = np.array([clustered_descent.slowest(one) for one in data])
    stops = np.array(
        [clustered_descent.stopping_step(1 / n_train, case.n_per_cluster, s, case.label_noise) for s in smallest]
    )
    found = run(problems, stops, case.label_noise, data[0].class_values)
    return found | {
        "formula_step": stops.astype(float),
        "printed_step": case.n_clusters * np.log(case.label_noise) / smallest,
        "smallest_eigenvalue": smallest,
    }


def run(
    problems: ClusteredProblems, stops: np.ndarray, noise: float, class_values: np.ndarray
) -> dict[str, np.ndarray]:
    """Run gradient descent at η = 1/n; return what is found at the steps ``stops`` and on the way, a value per problem.

    Parameters
    ----------
    problems
        B problems.
    stops
        τ of each problem, (B,).
    noise
        ρ, the share of their start to which the cluster means of the residual fall by the settling time.
    class_values
        As in :class:`overparam.theory.clusterable_data.ClusterableData`.
    """
    names = ("recovered", "error_clean", "first_perfect_step", "settling_step", "settling_share", "diverged")
    found = {name: np.zeros(len(stops)) for name in names}
    size = max(1, CHUNK // (problems.inputs.shape[1] * len(problems.v)))
    order = np.argsort(stops, kind="stable")  # similar times share a chunk, which runs as long as its longest
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        part = _run_chunk(problems.part(torch.as_tensor(chosen)), stops[chosen], noise, class_values)
        for name, values in part.items():
            found[name][chosen] = values
    return found


def _run_chunk(
    problems: ClusteredProblems, stops: np.ndarray, noise: float, class_values: np.ndarray
) -> dict[str, np.ndarray]:
    count, n_train = problems.inputs.shape[:2]
    first, settled = np.full(count, np.inf), np.full(count, np.inf)
    at_stop = {name: np.full(count, np.nan) for name in ("recovered", "error_clean", "settling_share", "diverged")}
    rates = torch.full((count,), 1 / n_train, dtype=torch.float64)
    n_steps = int(OVERRUN * stops.max()) + 1
    n_classes, start = len(class_values), None
    wanted = clustered_descent.nearest_class(problems.true, n_classes)
    for step, (outputs, _) in zip(range(n_steps), clustered_descent.descend(problems, rates), strict=False):
        within, here = step <= OVERRUN * stops, np.equal(stops, step)
        if here.any() or np.isinf(first).any():
            right = clustered_descent.nearest_class(outputs, n_classes) == wanted
            perfect = right.all(dim=1).numpy()
            first = np.where(perfect & within, np.minimum(first, step), first)
            at_stop["recovered"][here] = perfect[here]
            at_stop["error_clean"][here] = 1 - right.double().mean(dim=1).numpy()[here]
        if here.any() or np.isinf(settled).any():
            means = torch.linalg.vector_norm(problems.cluster_means(outputs - problems.given), dim=1).numpy()
            start = means if start is None else start
            settled = np.where((means <= noise * start) & within, np.minimum(settled, step), settled)
            at_stop["settling_share"][here] = (means / start / noise)[here]
            at_stop["diverged"][here] = ~np.isfinite(means)[here]
        if step >= stops.max() and np.isfinite([first, settled]).all():
            break  # both times are known
    return {**at_stop, "first_perfect_step": first, "settling_step": settled}
