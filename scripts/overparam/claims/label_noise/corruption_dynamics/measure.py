"""Fast and slow parts of the residual on corrupted labels (Li, Soltanolkotabi & Oymak, arXiv 1903.11680)."""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.label_noise import clustered_descent, nearest_interpolation
from overparam.claims.label_noise.clustered_descent import Problems
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import hidden_layer
from overparam.theory.activations import ACTIVATIONS
from overparam.theory.clusterable_data import ClusterableData, corrupt_per_cluster, corrupt_uniformly, draw_clusters

CLUSTERED, WIDER, SPREAD = "clusters", "wider clusters", "no clusters"
N_CLASSES = 2
SLOW_LEVEL = 0.5  # the slow part counts as fitted when it is down to this share: its half-life
FIT_LIMIT = 60  # steps to the closest weights


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return how the residual r = f − y splits over F, the top L left singular vectors of J(W₀), and S = F⊥.

    With the true labels ȳ, r = (f − ȳ) + (ȳ − y): clean part and corruption. Before training, labels are flipped
    independently; then gradient descent at η = 1/‖X‖², in float64, is followed with ρ of every cluster flipped, until
    ‖f − y‖ is ``fitted_share`` of ‖y − ȳ‖ or to ``step_limit``.

    Parameters
    ----------
    settings
        See ``corruption_dynamics.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        By ``seed``, ``arm`` (start, descent), ``data`` (clusters; wider clusters: before training, those of the other
        arm; no clusters: the control), ``radius``, ``label_noise``, ``step`` (null where a quantity has none).

        Arm start: ``clean_share``, ``corruption_share``: what share of ‖f₀ − ȳ‖² and ‖y − ȳ‖² lies in F;
        ``expected_share``: :func:`expected_share` of the number of flips that were drawn, and
        ``corruption_share_excess``, measured minus expected; ``formula_share``: ρ + (1 − ρ)L/n.

        Arm descent, by step: ``clean_residual`` ‖f − ȳ‖, ``fast_residual`` and ``slow_residual`` ‖Π_F r‖ and ‖Π_S r‖,
        all over their start, ``distance`` ‖W − W₀‖_F, ``error_clean`` and ``error_noisy`` against true and given
        labels. Without step: ``stopping_step`` τ; ``fast_step``, the first at which the fast residual is at ρ of its
        start, and ``slow_step``, at which the slow one is at half of it; ``slow_over_fast``, their ratio;
        ``fast_left`` and ``slow_left`` at τ,
        ``fast_left_over_noise``, the former over ρ; ``clean_smallest``, the least of the clean residual;
        ``clean_share_at_stop``, its share in F at τ; ``fitted_step``, ``fitted_distance``; ``nearest_distance``, that
        of the closest weights that fit as well or better; ``limit_hit``, ``diverged``.
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


def fast_subspace(problems: Problems, n_vectors: int) -> torch.Tensor:
    """Return the top left singular vectors of J(W₀) of every problem, orthonormal columns, (B, n, n_vectors)."""
    activation = ACTIVATIONS[clustered_descent.ACTIVATION]
    v = problems.v.expand(len(problems.inputs), -1)
    kernel = hidden_layer.gram(problems.hidden, v, problems.inputs, activation)
    return torch.linalg.eigh(kernel).eigenvectors[..., -n_vectors:]


def expected_share(n_corrupted: int, n_clusters: int, n_train: int) -> float:
    """Return E[‖Π_F e‖²/‖e‖²], e = y − ȳ, F spanned by the indicators of L clusters of m = n/L samples, all e_i² alike.

    If B_ℓ of the s = ρn flips fall into cluster ℓ, all of the same sign, the share is Σ_ℓ B_ℓ²/(m s). Given s every
    subset is as likely, so that B_ℓ is hypergeometric, and the mean is exactly ρ + (1 − ρ)(L − 1)/(n − 1). The ratio of
    the two mean energies, for independent flips of probability ρ, is ρ + (1 − ρ)L/n, larger by less than 1/n.
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
        fast = fast_subspace(problems, n_clusters) if fast is None else fast  # the same for every label
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
    """Return classes after independent flips, drawn again until there is one: no flip has no share of an energy.

    The mean of :func:`expected_share` is conditional on the number of flips, so that this leaves it as it is.
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
    curve, once = descend(problems, rate, stop, noise, settings)
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


def descend(
    problems: Problems, rate: torch.Tensor, stop: int, noise: float, settings: dict[str, Any]
) -> tuple[dict[int, dict[str, float]], dict[str, float]]:
    """Follow gradient descent on one problem; return the recorded steps, and what :func:`measure` gives once."""
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
            once |= {"fast_left": now["fast_residual"], "slow_left": now["slow_residual"]}
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
    """Return which share of ‖values‖² lies in the span of the orthonormal ``basis``; nan for a zero vector."""
    return float((basis.mT @ values[..., None]).norm() ** 2 / values.norm() ** 2)


def _error(outputs: torch.Tensor, labels: torch.Tensor) -> float:
    return float((clustered_descent.nearest(outputs, np.array([-1.0, 1.0])) != labels).double().mean())
