"""Gradient descent on ½ Σ (y_i − ⟨A_i, UUᵀ⟩)² from a well-conditioned start: how fast, and how far from it does it end?

The lemma behind the slide (Oymak & Soltanolkotabi, arXiv 1812.10004, theorem 2.1) takes 2α ≤ σ_min(J(U₀)), β ≥ ‖J‖ and
a step η ≤ 1/(2β²), and concludes that ‖r_τ‖² ≤ (1 − ηα²/2)^τ ‖r₀‖² and ‖U_τ − U₀‖ ≤ 4‖r₀‖/α. Its premise of a small
first residual is *not* met at these sizes. What it concludes is measured all the same, with the singular values of
J(U₀). The solvers are those of ``symmetric_factorization``; all is float64.
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam import seeding
from overparam.claims.shallow_networks import symmetric_factorization as factorization
from overparam.progress import Progress

SMALL = 0.01  # scale of the small start, over the usual one
HALF = 0.5  # where J(U₀) has a null space, time is measured in the unit of this share of the degrees of freedom
ONE_COLUMN = 0.75  # share at which one column is tried: these are more than d samples for every rank from 2 on


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Run gradient descent on every problem, with the step η = 1/(2‖J(U₀)‖²).

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    rows: list[dict[str, Any]] = []
    progress = Progress(len(settings["ranks"]) * settings["n_seeds"], "problems")
    for rank in settings["ranks"]:
        for seed in range(settings["n_seeds"]):
            rows += _problem(rank, seed, settings)
            progress.advance()
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64"})


def time_unit(features: np.ndarray, start: np.ndarray) -> float:
    """Return ηα²/2 with η = 1/(2σ_max²) and α = σ_min/2: (σ_min/σ_max)²/16, with the singular values of J(U₀)."""
    singular = np.linalg.svd(factorization.jacobian(features, start), compute_uv=False)
    return float((singular[-1] / singular[0]) ** 2 / 16)


def _problem(rank: int, seed: int, settings: dict[str, Any]) -> list[dict[str, Any]]:
    dimension, excess = settings["dimension"], settings["excess_share"]
    degrees = factorization.degrees_of_freedom(dimension, rank)
    draws = seeding.generator(settings["seed"], "matrix_recovery_rate", rank, seed)
    features = factorization.draw_features(round(excess * degrees), dimension, draws)
    labels = draws.standard_normal(len(features))
    start = factorization.draw_start(dimension, rank, labels, draws)
    half = time_unit(features[: round(HALF * degrees)], start)

    tasks = [("well_conditioned", share, start) for share in settings["shares"]]
    tasks += [("small_start", settings["shares"][0], SMALL * start)]
    other = factorization.draw_start(dimension, rank, labels, draws)
    tasks += [("other_start", share, other) for share in settings["shares"]]
    tasks += [("one_column", ONE_COLUMN, start * (np.arange(rank) == 0)), ("too_many_samples", excess, start)]
    near: dict[float, float] = {}  # the distance from the start to the nearest fit found, by the share of samples
    rows = []
    for case, share, first in tasks:
        n = round(share * degrees)
        part = features[:n], labels[:n]
        fit = factorization.gradient_descent(*part, first, settings["tolerance"], settings["step_limit"])
        unit = half if case in ("one_column", "too_many_samples") else time_unit(part[0], first)
        place = {"seed": seed, "rank": rank, "share": share, "n_train": n, "case": case}
        kept = np.unique(np.linspace(0, fit.steps, settings["n_records"]).round().astype(int))
        rows += [
            {"quantity": "squared_residual", "value": fit.losses[step] / fit.losses[0], "time": step * unit, **place}
            for step in kept
        ]
        origin = start if case == "other_start" else first
        distance = float(np.linalg.norm(fit.factor - origin))
        values = {
            "final_residual": fit.loss**0.5,
            "steps": fit.steps,
            "limit_hit": float(fit.outcome == "limit"),
            "relative_distance": distance / np.linalg.norm(origin),
        }
        if case == "other_start":
            values["distance_over_nearest"] = distance / near[share]
        if case == "well_conditioned":
            alpha = np.linalg.svd(factorization.jacobian(part[0], first), compute_uv=False)[-1] / 2
            first_residual = np.linalg.norm(labels[:n]) * fit.losses[0] ** 0.5
            values["distance_over_promised"] = distance * alpha / (4 * first_residual)
            lipschitz = np.linalg.norm(factorization.jacobian(part[0], first), 2) / np.linalg.norm(first)
            values["premise"] = 4 * lipschitz * first_residual / alpha**2
            nearest = factorization.nearest_fit(*part, first, fit.factor)
            values["nearest_not_found"] = float(nearest is None)
            near[share] = np.nan if nearest is None else float(np.linalg.norm(nearest - first))
            values["distance_over_nearest"] = distance / near[share]
            values["path_over_distance"] = fit.path / distance
        rows += [{"quantity": name, "value": float(value), **place} for name, value in values.items()]
    return rows
