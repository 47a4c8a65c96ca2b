"""SGD, Nesterov's momentum and MaSS on interpolating least squares, one sample a step: exact moments.

The loss is mean_i ½(x_iᵀw − y_i)², with more parameters than samples, so that every sample is fitted at w*; outside the
span of the samples nothing moves. With g the gradient of one sample's loss at u, MaSS (Liu & Belkin, arXiv 1810.13395)
is

    w' = u − η₁ g,     u' = (1 + γ) w' − γ w + η₂ g;

With η₂ = 0 it is Nesterov's method, with γ = η₂ = 0 it is SGD. Let L₁ and κ̃ be the smallest numbers for which
E[‖x‖² x xᵀ] ≼ L₁ H and E[(xᵀH⁻¹x) x xᵀ] ≼ κ̃ H, let μ be the smallest eigenvalue of H = XᵀX/n in the span, κ = L₁/μ and
s = √(κκ̃). Then the paper's hyper-parameters and its promise (theorem on the convergence of MaSS, batch size 1) are

    η₁ = 1/L₁,   γ = (s − 1)/(s + 1),   η₂ = η₁ s/(s + 1) (1 − 1/κ̃),   E‖w_t − w*‖² ≤ C (1 − 1/s)^t.

For n linearly independent samples L₁ = max ‖x_i‖² and κ̃ = n. Nothing is sampled: (w − w*, u − w*) obeys a linear
random recursion, whose second moment is followed exactly (``exact_moments``), in float64. The coordinates are
H^(1/2)(w − w*) and (u − w)/√η₁, in which energy hardly grows within a step; in w − w* and u − w* themselves rounding
errors would swamp the moments when γ is near 1.
"""

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize

from overparam import seeding
from overparam.claims.sgd import exact_moments
from overparam.progress import Progress

LONGEST_RUN = 2**34  # steps


@dataclasses.dataclass(frozen=True)
class Rates:
    """Hyper-parameters of one method: steps η₁ and η₂, momentum γ."""

    learning_rate: float
    momentum: float = 0.0
    compensation: float = 0.0


@dataclasses.dataclass(frozen=True)
class Constants:
    """Constants of a problem: L₁, μ, κ = L₁/μ, κ̃."""

    sample_smoothness: float
    strong_convexity: float
    condition_number: float
    statistical_condition_number: float


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Measure steps and rates of every method on every problem.

    Tuned methods use, of the steps and momenta that are tried, those with the best rate. For Nesterov's method a
    simplex search for the best rate starts from there (scipy's Nelder–Mead with at most ``search_evaluations``
    evaluations, to 1 % in the step and in 1 − γ). The squared distance is recorded over time only at the conditioning
    ``shown``. Pairs are two rotated samples, at the smallest conditioning only.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.
    """
    rows: list[dict[str, Any]] = []
    kinds = [("orthonormal", 1.0), ("pair", float(min(settings["conditionings"])))]
    kinds += list(itertools.product(("rotated", "orthogonal"), map(float, settings["conditionings"])))
    progress = Progress(len(kinds) * settings["n_seeds"], "problems")
    for (kind, conditioning), seed in itertools.product(kinds, range(settings["n_seeds"])):
        draws = seeding.generator(settings["seed"], "momentum_acceleration", seed)
        samples = draw_samples(kind, 2 if kind == "pair" else settings["n_train"], conditioning, draws)
        rows += _measured_problem(samples, {"seed": seed, "samples": kind, "conditioning": conditioning}, settings)
        progress.advance()
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64"})


def draw_samples(kind: str, n_train: int, conditioning: float, draws: np.random.Generator) -> np.ndarray:
    """Draw n samples in the coordinates of their span, shape (n, n).

    The eigenvalues of H are 1, 1/conditioning, and n − 2 values in between that are uniform in the logarithm.
    ``rotated`` samples are √n Q H^(1/2) with a random orthogonal Q, so that every sample has a part in every
    eigenspace; a ``pair`` is two of these. ``orthogonal`` ones have Q = 1, so that every step moves along one
    eigenvector, as in the paper's example against Nesterov's method. ``orthonormal`` ones are orthogonal at
    conditioning 1. With one seed, Q and the places of the inner eigenvalues are the same at every conditioning.
    """
    turn = np.linalg.qr(draws.standard_normal((n_train, n_train)))[0]
    inner = draws.uniform(0, 1, n_train - 2)
    eigenvalues = conditioning ** -np.concatenate([[0.0], np.sort(inner), [1.0]])
    return n_train**0.5 * (turn if kind in ("rotated", "pair") else np.eye(n_train)) * np.sqrt(eigenvalues)


def constants(samples: np.ndarray) -> Constants:
    """Return L₁, μ, κ and κ̃ of samples (n, r) that span their space."""
    hessian = samples.T @ samples / len(samples)
    inverse = np.linalg.inv(np.linalg.cholesky(hessian))
    white = samples @ inverse.T  # whitened: E[white whiteᵀ] = 1
    lengths = (samples**2).sum(axis=1), (white**2).sum(axis=1)
    smooth, statistical = (
        float(np.linalg.eigvalsh((white * length[:, None]).T @ white / len(samples))[-1]) for length in lengths
    )
    convex = float(np.linalg.eigvalsh(hessian)[0])
    return Constants(smooth, convex, smooth / convex, statistical)


def paper_rates(known: Constants) -> Rates:
    """Return the hyper-parameters of MaSS for batch size 1, from the constants of the problem alone."""
    root = (known.condition_number * known.statistical_condition_number) ** 0.5
    step = 1 / known.sample_smoothness
    shorter = 1 - 1 / known.statistical_condition_number
    return Rates(step, (root - 1) / (root + 1), step * root / (root + 1) * shorter)


def moment_recursion(samples: np.ndarray, rates: Rates) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the recursion of the second moment of (H^(1/2)(w − w*), (u − w)/√η₁), one sample drawn uniformly a step.

    Returns
    -------
    tuple
        The operator on the packed moment, shape (D, D); the vector whose inner product with a moment is E‖w − w*‖²,
        shape (D,); and the moment of an isotropic start with u₀ = w₀, shape (D,).
    """
    size = samples.shape[1]
    values, vectors = np.linalg.eigh(samples.T @ samples / len(samples))
    root, inverse = (vectors * values**power @ vectors.T for power in (0.5, -0.5))
    identity, pace = np.eye(size), rates.learning_rate**0.5
    into = np.block([[root, 0 * identity], [-identity / pace, identity / pace]])
    back = np.block([[inverse, 0 * identity], [inverse, pace * identity]])
    gradients = samples[:, :, None] * samples[:, None, :]
    moved = identity - rates.learning_rate * gradients  # u − w* to w' − w*
    steps = np.zeros((len(samples), 2 * size, 2 * size))
    steps[:, :size, size:] = moved
    steps[:, size:, :size] = -rates.momentum * identity
    steps[:, size:, size:] = (1 + rates.momentum) * moved + rates.compensation * gradients
    seen, start = np.zeros((2, 2 * size, 2 * size))
    seen[:size, :size], start[:size, :size] = inverse @ inverse, root @ root
    return exact_moments.mean_square_step(into @ steps @ back), exact_moments.pack(seen), exact_moments.pack(start)


def squared_distance(operator: np.ndarray, seen: np.ndarray, start: np.ndarray) -> Callable[[int], float]:
    """Return the function t ↦ E‖w_t − w*‖² / E‖w_0 − w*‖² of a recursion, by repeated squaring of its operator."""
    powers, first = [operator], seen @ start

    def value(step: int) -> float:
        current = start
        with np.errstate(all="ignore"):  # where a method diverges, numbers overflow and end as nan
            for place in range(step.bit_length()):
                if place == len(powers):
                    powers.append(powers[-1] @ powers[-1])
                if step >> place & 1:
                    current = powers[place] @ current
            return float(seen @ current / first)

    return value


def factor(samples: np.ndarray, rates: Rates) -> float:
    """Return the factor by which the second moment changes per step in the end: the operator's spectral radius."""
    return float(np.abs(np.linalg.eigvals(moment_recursion(samples, rates)[0])).max())


def search(samples: np.ndarray, start: Rates, evaluations: int) -> tuple[Rates, float]:
    """Return the step and momentum γ ≥ 0 with the best rate near ``start``, and the factor per step there."""

    def rates(place: np.ndarray) -> Rates:
        return Rates(float(np.exp(place[0])), 1 - float(np.exp(min(place[1], 0.0))))

    first, origin = -np.log(factor(samples, start)), np.log([start.learning_rate, 1 - start.momentum])
    found = minimize(
        lambda place: np.log(factor(samples, rates(place))) / abs(first),  # of order −1 at any conditioning
        origin, method="Nelder-Mead",
        options={
            "maxfev": evaluations, "xatol": 0.01, "fatol": 1e-3,
            "initial_simplex": origin + 0.5 * np.array([[0, 0], [1, 0], [0, 1]]),  # about half of the grid's spacing
        },
    )  # fmt: skip
    best = rates(found.x)
    return best, factor(samples, best)


def _measured_problem(samples: np.ndarray, case: dict[str, Any], settings: dict[str, Any]) -> list[dict[str, Any]]:
    known = constants(samples)
    paper, safe = paper_rates(known), 1 / known.sample_smoothness
    case = {**case, "condition_number": known.condition_number}
    steps, momenta = settings["step_shares"], settings["momenta"]
    methods = {
        "sgd": [Rates(safe)],
        "sgd_tuned": [Rates(share * safe) for share in settings["sgd_step_shares"]],
        "nesterov": [Rates(safe, paper.momentum)],
        "nesterov_tuned": [Rates(share * safe, momentum) for share in steps for momentum in momenta],
        "mass": [paper],
    }
    rows = []
    for name, tried in methods.items():
        factors = [factor(samples, rates) for rates in tried]
        chosen, slowest = tried[int(np.argmin(factors))], min(factors)
        if name == "nesterov_tuned":
            chosen, slowest = search(samples, chosen, settings["search_evaluations"])
        distance, diverged = squared_distance(*moment_recursion(samples, chosen)), slowest >= 1
        values = {
            "steps": np.inf
            if diverged
            else exact_moments.first_step_below(distance, settings["accuracy"], LONGEST_RUN),
            "diverged": float(diverged),
            "rate": -np.log(slowest),
        }
        if name == "mass":
            root = (known.condition_number * known.statistical_condition_number) ** 0.5
            values["rate_promised"] = -np.log1p(-1 / root)
        if len(tried) > 1:
            values["learning_rate_over_safe"] = chosen.learning_rate / safe
            values["momentum"] = chosen.momentum
        rows += [{"quantity": key, "value": value, "method": name, **case} for key, value in values.items()]
        if case["conditioning"] == settings["shown"]:
            grid = np.unique(np.geomspace(1, settings["shown_steps"], settings["n_records"]).round().astype(int))
            rows += [
                {"quantity": "squared_distance", "value": distance(step), "step": step, "method": name, **case}
                for step in [0, *grid.tolist()]
            ]
    return rows
