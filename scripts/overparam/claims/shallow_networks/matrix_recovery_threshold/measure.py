"""How many random labels can ⟨A_i, UUᵀ⟩ fit? Success over the number of samples, by a second-order solver and descent.

Labels are N(0, 1), which stand for any labels where the A_i are Gaussian (see ``symmetric_factorization``, also for the
two solvers and their stopping rules). All is float64.
"""

import itertools
from typing import Any

import numpy as np
import pandas as pd

from overparam import seeding
from overparam.claims.shallow_networks import symmetric_factorization as factorization
from overparam.progress import Progress


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Fit nested sets of samples of every problem: its first n samples are the same at every n.

    Samples are counted as n − ½ where they are compared with a limit, which centres the step between the last number of
    samples that is fitted and the first that is not.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    cases = list(itertools.product(settings["ranks"], range(settings["n_seeds"])))
    progress = Progress(len(cases), "problems")
    rows: list[dict[str, Any]] = []
    for rank, seed in cases:
        rows += _problem(rank, seed, settings)
        progress.advance()
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64"})


def sample_counts(dimension: int, rank: int, shares: list[float]) -> list[int]:
    """Return the numbers of samples at ``shares`` of the largest fit, and dr if it lies in their range; ascending."""
    limit = factorization.largest_fit(dimension, rank)
    counts = {max(1, round(share * limit)) for share in shares}
    return sorted(counts | ({dimension * rank} if min(counts) < dimension * rank < max(counts) else set()))


def _problem(rank: int, seed: int, settings: dict[str, Any]) -> list[dict[str, Any]]:
    dimension = settings["dimension"]
    grid = sample_counts(dimension, rank, settings["shares"])
    draws = seeding.generator(settings["seed"], "matrix_recovery_threshold", rank, seed)
    largest = max(grid[-1], dimension * rank)
    features = factorization.draw_features(largest, dimension, draws)
    labels = draws.standard_normal(largest)
    starts = [factorization.draw_start(dimension, rank, labels, draws) for _ in range(settings["n_starts"])]
    one_column = [start * (np.arange(rank) == 0) for start in starts]

    tasks = [(n, "levenberg_marquardt", "orthogonal", starts, "grid") for n in grid]
    if rank in settings["descent_ranks"]:
        counts = sample_counts(dimension, rank, settings["descent_shares"])
        tasks += [(n, "gradient_descent", "orthogonal", starts[:1], "grid") for n in counts]
    if rank in settings["control_ranks"]:
        tasks += [(n, "levenberg_marquardt", "one_column", one_column, "grid") for n in grid]
        tasks += [(dimension * rank, "levenberg_marquardt", "one_column", one_column, "degrees")]
    tasks += [(dimension * rank, "levenberg_marquardt", "orthogonal", starts, "degrees")]

    rows = []
    for n, solver, start, attempts, place in tasks:
        case = {
            "seed": seed, "rank": rank, "n_train": n, "solver": solver, "start": start, "place": place,
            "samples_over_limit": (n - 0.5) / factorization.largest_fit(dimension, rank),
            "samples_over_dr": (n - 0.5) / (dimension * rank),
            "samples_over_rank_squared": (n - 0.5) / rank**2,
        }  # fmt: skip
        for attempt in attempts:
            if solver == "gradient_descent":
                options = {"tolerance": settings["descent_tolerance"], "step_limit": settings["descent_step_limit"]}
                options["flat_steps"] = settings["descent_flat_steps"]
                fit = factorization.gradient_descent(features[:n], labels[:n], attempt, **options)
            else:
                fit = factorization.levenberg_marquardt(features[:n], labels[:n], attempt)
            if fit.outcome == "fitted":
                break
        values = {
            "fitted": fit.outcome == "fitted", "steps": fit.steps, "limit_hit": fit.outcome == "limit",
            "gave_up": fit.outcome == "flat",
        }  # fmt: skip
        rows += [{"quantity": name, "value": float(value), **case} for name, value in values.items()]
    return rows
