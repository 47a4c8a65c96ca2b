"""Fast and slow parts of the residual on corrupted labels (Li, Soltanolkotabi & Oymak, arXiv 1903.11680)."""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.label_noise import clustered_descent, nearest_interpolation
from overparam.claims.label_noise.clustered_descent import ClusteredProblems
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import hidden_layer
from overparam.theory.activations import ACTIVATIONS
from overparam.theory.clusterable_data import ClusterableData, corrupt_per_cluster, corrupt_uniformly, draw_clusters

CLUSTERED, WIDER, SPREAD = "clusters", "wider clusters", "no clusters"
N_CLASSES = 2
SLOW_LEVEL = 0.5  # the time of the slow part is its half-life: until this share of it is left
FIT_LIMIT = 60  # largest number of steps of the search for the closest weights


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return how the residual r = f − y splits over F, the top L left singular vectors of J(W₀), and S = F⊥.

    With the true labels ȳ the residual has two parts, r = (f − ȳ) + (ȳ − y): the clean one and the corruption. The arm
    ``start`` looks at both before training, with labels that are flipped independently. The arm ``descent`` follows
    gradient descent at η = 1/‖X‖², in float64, with ρ of every cluster flipped, until ‖f − y‖ is ``fitted_share`` of
    ‖y − ȳ‖ or ``step_limit`` is reached; there the closest weights that fit as well are searched for.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    spreads = [(radius, CLUSTERED) for radius in settings["split_radii"]]
    spreads += [(settings["radius"], WIDER), (settings["unclustered_radius"], SPREAD)]
    arms = [(settings["radius"], CLUSTERED), (settings["unclustered_radius"], SPREAD)]
    progress = Progress(len(spreads) * settings["n_seeds_split"] + len(arms) * settings["n_seeds"], "problems")
    rows: list[dict[str, Any]] = []
    for radius, data in spreads:
        for seed in range(settings["n_seeds_split"]):
            rows += [{"arm": "start", "data": data, "radius": radius, **row} for row in _split(settings, radius, seed)]
            progress.advance()
    for radius, data in arms:
        for seed in range(settings["n_seeds"]):
            rows += [
                {"arm": "descent", "data": data, "radius": radius, **row} for row in _follow(settings, radius, seed)
            ]
            progress.advance()
    return pd.DataFrame(rows).astype({"step": "Int64"})


def _draw(settings: dict[str, Any], arm: str, radius: float, seed: int) -> tuple[ClusterableData, np.ndarray]:
    draw = generator(settings["seed"], "corruption_dynamics", arm, seed)
    sizes = (settings["n_clusters"], N_CLASSES, settings["n_per_cluster"], settings["dimension"])
    data = draw_clusters(*sizes, radius, draw)
    return data, draw.standard_normal((settings["width"], settings["dimension"]))


def fast_subspace(problems: ClusteredProblems, n_vectors: int) -> torch.Tensor:
    """Return the top left singular vectors of J(W₀) of every problem, orthonormal columns, (B, n, n_vectors)."""
    activation = ACTIVATIONS[clustered_descent.ACTIVATION]
    v = problems.v.expand(len(problems.inputs), -1)
    kernel = hidden_layer.gram(problems.hidden, v, problems.inputs, activation)
    return torch.linalg.eigh(kernel).eigenvectors[..., -n_vectors:]


def expected_share(n_corrupted: int, n_clusters: int, n_train: int) -> float:
    """Return E[‖Π_F e‖²/‖e‖²] for e = y − ȳ, where F is spanned by the indicators of L clusters of m = n/L samples.

    All flipped samples have the same e_i². If B_ℓ of the s = ρn flips fall into cluster ℓ, where they have the same
    sign, the share is Σ_ℓ B_ℓ²/(m s). Given s, every set of s samples is equally likely, so B_ℓ is hypergeometric and
    the mean is exactly ρ + (1 − ρ)(L − 1)/(n − 1). The ratio of the two mean energies, for independent flips of
    probability ρ, is ρ + (1 − ρ)L/n, which is larger by less than 1/n.
    """
    noise = n_corrupted / n_train
    return noise + (1 - noise) * (n_clusters - 1) / (n_train - 1)


def _split(settings: dict[str, Any], radius: float, seed: int) -> list[dict[str, Any]]:
    data, hidden = _draw(settings, "start", radius, seed)
    rows = []
    n_train, n_clusters = len(data.cluster), settings["n_clusters"]
    fast = None
    for noise in settings["label_noises"]:
        flips = generator(settings["seed"], "corruption_dynamics, flips", noise, seed)
        problems = clustered_descent.stacked([data], [flipped(data, noise, flips)], [hidden])
        fast = fast_subspace(problems, n_clusters) if fast is None else fast  # does not depend on the labels
        outputs, _ = next(clustered_descent.descend(problems, torch.ones(1, dtype=torch.float64)))
        corruption = _share(fast, problems.given - problems.true)
        expected = expected_share(int((problems.given != problems.true).sum()), n_clusters, n_train)
        values = {
            "clean_share": _share(fast, outputs - problems.true),
            "corruption_share": corruption,
            "expected_share": expected,
            "formula_share": noise + (1 - noise) * n_clusters / n_train,
            "corruption_share_excess": corruption - expected,
        }
        rows += [{"label_noise": noise, "seed": seed, "quantity": q, "value": value} for q, value in values.items()]
    return rows


def flipped(data: ClusterableData, noise: float, draw: np.random.Generator) -> np.ndarray:
    """Return classes after independent flips, drawn again until at least one label is flipped.

    Without any flip there would be no corruption, and no share of its energy. The mean of :func:`expected_share` is
    taken given the number of flips, so drawing again does not change it.
    """
    while True:
        given = corrupt_uniformly(data, noise, draw)
        if (given != data.classes).any():
            return given


def _follow(settings: dict[str, Any], radius: float, seed: int) -> list[dict[str, Any]]:
    data, hidden = _draw(settings, "descent", radius, seed)
    noise = 1 / settings["inverse_noise"]
    flips = generator(settings["seed"], "corruption_dynamics, flips", "descent", seed)
    problems = clustered_descent.stacked([data], [corrupt_per_cluster(data, noise, flips)], [hidden])
    rate = 1 / torch.linalg.matrix_norm(problems.inputs, 2) ** 2
    stop = clustered_descent.stopping_step(
        float(rate), settings["n_per_cluster"], clustered_descent.slowest(data), noise
    )
    curve, once = follow_descent(problems, rate, stop, noise, settings)
    fit = nearest_interpolation.closest(
        problems.hidden[0], problems.v, problems.inputs[0], problems.given[0],
        ACTIVATIONS[clustered_descent.ACTIVATION], once["fitted_residual"], FIT_LIMIT,
    )  # fmt: skip
    once |= {"nearest_distance": float((fit.hidden - problems.hidden[0]).norm()), "nearest_limit_hit": fit.limit_hit}
    common = {"label_noise": noise, "seed": seed}
    rows = [
        {**common, "step": step, "quantity": name, "value": value}
        for step, values in curve.items()
        for name, value in values.items()
    ]
    return rows + [{**common, "quantity": name, "value": float(value)} for name, value in once.items()]


def follow_descent(
    problems: ClusteredProblems, rate: torch.Tensor, stop: int, noise: float, settings: dict[str, Any]
) -> tuple[dict[int, dict[str, float]], dict[str, float]]:
    """Follow gradient descent on one problem; return the values at recorded steps, and those of the whole run."""
    limit, per_decade = settings["step_limit"], settings["records_per_decade"]
    exponents = np.arange(int(np.log10(limit) * per_decade) + 1) / per_decade
    recorded = {0, stop, *np.round(10**exponents).astype(int).tolist()}
    fast = fast_subspace(problems, settings["n_clusters"])
    corruption = float((problems.given - problems.true).norm())
    once = {"stopping_step": stop, "fast_step": np.inf, "slow_step": np.inf, "clean_smallest": np.inf}
    curve: dict[int, dict[str, float]] = {}
    first: dict[str, float] = {}
    for step, (outputs, weights) in enumerate(clustered_descent.descend(problems, rate)):
        residual, clean = outputs - problems.given, float((outputs - problems.true).norm())
        total, inside = float(residual.norm()), float((fast.mT @ residual[..., None]).norm())
        now = {"clean_residual": clean, "fast_residual": inside, "slow_residual": max(total**2 - inside**2, 0) ** 0.5}
        first = first or now
        now = {name: value / first[name] for name, value in now.items()}
        done = total <= settings["fitted_share"] * corruption or not np.isfinite(total) or step == limit
        for name, part, level in (("fast_step", "fast_residual", noise), ("slow_step", "slow_residual", SLOW_LEVEL)):
            if now[part] <= level:
                once[name] = min(once[name], step)
        once["clean_smallest"] = min(once["clean_smallest"], now["clean_residual"])
        if step in recorded or done:
            curve[step] = now | {
                "distance": float((weights - problems.hidden).norm()),
                "error_clean": _error(outputs, problems.true), "error_noisy": _error(outputs, problems.given),
            }  # fmt: skip
        if step == stop:
            once |= {f"{part}_left": now[f"{part}_residual"] for part in ("clean", "fast", "slow")}
            once["fast_left_over_noise"] = now["fast_residual"] / noise
            once["clean_share_at_stop"] = _share(fast, outputs - problems.true)
        if done:
            break
    once |= {
        "slow_over_fast": once["slow_step"] / once["fast_step"], "fitted_step": step, "fitted_residual": total,
        "fitted_distance": curve[step]["distance"], "early_distance": curve[stop]["distance"],
        "limit_hit": not total <= settings["fitted_share"] * corruption, "diverged": not np.isfinite(total),
    }  # fmt: skip
    return curve, once


def _share(basis: torch.Tensor, values: torch.Tensor) -> float:
    """Return the share of ‖values‖² that lies in the span of the orthonormal ``basis``; nan for a zero vector."""
    return float((basis.mT @ values[..., None]).norm() ** 2 / values.norm() ** 2)


def _error(outputs: torch.Tensor, labels: torch.Tensor) -> float:
    return float((clustered_descent.nearest(outputs, np.array([-1.0, 1.0])) != labels).double().mean())
