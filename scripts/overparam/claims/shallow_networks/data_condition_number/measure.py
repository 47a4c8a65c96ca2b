"""The condition number κ(X) of a data set for a one-hidden-layer network, and what it does to gradient descent.

κ(X) = √(d/n) ‖X‖ / λ(X) with λ(X) the smallest eigenvalue of the covariance Σ(X) (Oymak & Soltanolkotabi,
arXiv 1902.04674); Σ(X) in closed form for ReLU, by its Hermite series otherwise, never by Monte Carlo.
"""

from typing import Any

import numpy as np
import pandas as pd
import torch
from scipy.special import comb

from overparam.claims.shallow_networks import hidden_layer_descent
from overparam.claims.shallow_networks.hidden_layer_descent import HiddenLayerProblems
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import activations, hermite, hidden_layer, two_layer
from overparam.theory.clusterable_data import draw_clusters

ACTIVATIONS = ("relu", "softplus", "tanh")
TRAINED = ("relu", "softplus")
LABELS = ("random", "by cluster")
STEP_SIZES = ("own", "common")
Rows = list[dict[str, Any]]


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return κ(X) for random points on the sphere, and the rate of gradient descent on clustered and spread inputs.

    Eigenvalues are those of LAPACK's eigvalsh, in float64; a λ(X) below n·ε·λ_max is rounding, and κ(X) is then
    infinite. What λ(X) and κ(X) are derived to be is :func:`derived_eigenvalue` and :func:`limit`. Gradient descent
    runs on the hidden weights of f(x) = vᵀφ(Wx) with the loss ½‖f − y‖²; v is half +1/√k and half −1/√k, and W₀ has
    N(0, 1) entries. It always takes ``steps`` steps (but a run ends where ‖f − y‖ exceeds 10⁶ times its start).

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    rows = [*_sphere(settings), *_descents(settings)]
    return pd.DataFrame(rows).astype({"n_train": "Int64", "n_features": "Int64"})


def _sphere(settings: dict[str, Any]) -> Rows:
    arms = ((settings["ratios"], settings["dimensions"]), (settings["crowded_ratios"], settings["crowded_dimensions"]))
    sizes: list[tuple[str, float | None, int, int]] = [
        ("grows", ratio, round(ratio * dimension**2), dimension)
        for ratios, dimensions in arms
        for ratio in ratios
        for dimension in dimensions
    ]
    sizes += [
        ("kept", None, n_train, dimension)
        for dimension in settings["kept_dimensions"]
        for n_train in settings["kept_n_train"]
    ]
    rows: Rows = []
    progress = Progress(len(sizes), "sizes")
    for rule, ratio, n_train, dimension in sizes:
        for seed in range(settings["n_seeds"]):
            draw = generator(settings["seed"], "data_condition_number", seed, n_train, dimension)
            inputs = two_layer.unit_vectors(n_train, dimension, draw)
            for activation in ACTIVATIONS:
                case = {
                    "seed": seed, "activation": activation, "dimension": rule, "n_over_d2": ratio, "n_train": n_train,
                    "n_features": dimension,
                }  # fmt: skip
                found = condition_number(inputs, activation)
                derived = derived_eigenvalue(n_train, dimension, activation)
                found["eigenvalue_over_derived"] = found["covariance_eigenvalue"] / derived
                if ratio is not None:
                    found["limit"] = limit(ratio, activation)
                rows += [{**case, "quantity": quantity, "value": value} for quantity, value in found.items()]
        progress.advance()
    return rows


def condition_number(inputs: np.ndarray, activation: str) -> dict[str, float]:
    """Return κ(X) and what it is made of, for unit inputs (n, d)."""
    n_train, dimension = inputs.shape
    eigenvalues = np.linalg.eigvalsh(hermite.covariance(hermite.gram_of(inputs), activation))
    smallest = float(eigenvalues[0])
    norm = float((dimension / n_train) ** 0.5 * np.linalg.norm(inputs, 2))
    # the λ(X) of a singular covariance comes out as ± rounding: κ is then infinite
    kappa = norm / smallest if smallest > n_train * np.finfo(float).eps * eigenvalues[-1] else np.inf
    return {"condition_number": kappa, "covariance_eigenvalue": smallest, "scaled_norm": norm}


def derived_eigenvalue(n_train: int, dimension: int, activation: str) -> float:
    """Return Σ_r μ_r² (1 − √(n/N_r))₊², what λ(X) is near for random points in high dimension; N_r = C(d + r, r + 1).

    x ↦ x^{⊗(r+1)} takes a unit vector to a symmetric tensor with N_r coordinates. If these were independent, the
    smallest eigenvalue of the n × n Gram matrix (XXᵀ)^{⊙(r+1)} would be (1 − √(n/N_r))² by Marchenko and Pastur's law,
    and 0 for n > N_r, where that matrix is singular. The sum assumes that all terms are smallest in the same direction.
    """
    squares = hermite.coefficients(activation, 40) ** 2
    order = np.arange(len(squares))
    edge = np.maximum(1 - np.sqrt(n_train / comb(dimension + order, order + 1)), 0) ** 2
    # every term beyond 40 (ReLU has many) is the identity at these sizes
    return float(squares @ edge + _diagonal(activation) - squares.sum())


def limit(ratio: float, activation: str) -> float:
    """Return what κ(X) tends to as d → ∞ with n = ``ratio``·d²: 1/(μ_1²(1 − √(2·ratio))₊² + Σ_{r≥2} μ_r²)."""
    squares = hermite.coefficients(activation, 2) ** 2
    edge = max(1 - (2 * ratio) ** 0.5, 0) ** 2
    return float(1 / (squares[1] * edge + _diagonal(activation) - squares.sum()))


def _diagonal(activation: str) -> float:
    """Return Σ_r μ_r² = E[φ'(g)²], g ~ N(0, 1)."""
    return float(hermite.covariance(np.ones((1, 1)), activation)[0, 0])


def _descents(settings: dict[str, Any]) -> Rows:
    cases, inputs, labels = [], [], []
    for seed in range(settings["n_seeds"]):
        draw = generator(settings["seed"], "data_condition_number", "clusters", seed)
        n_clusters, n_per_cluster = settings["n_clusters"], settings["n_per_cluster"]
        centres = two_layer.unit_vectors(n_clusters, settings["cluster_dimension"], draw)
        signs = draw.choice([-1.0, 1.0], n_clusters * n_per_cluster)
        for radius in settings["radii"]:
            # the same draws at every radius give one arrangement, more or less spread
            draw = generator(settings["seed"], "data_condition_number", "points", seed)
            data = draw_clusters(n_clusters, 2, n_per_cluster, settings["cluster_dimension"], radius, draw, centres)
            for kind, values in zip(LABELS, (signs, data.labels), strict=True):
                cases.append({"seed": seed, "radius": radius, "labels": kind})
                inputs.append(data.inputs)
                labels.append(values)
    x, y = (torch.as_tensor(np.stack(part)) for part in (inputs, labels))
    width = settings["width"]
    weights = [
        generator(settings["seed"], "data_condition_number", "weights", seed).standard_normal((width, x.shape[2]))
        for seed in range(settings["n_seeds"])
    ]
    start = torch.as_tensor(np.stack([weights[case["seed"]] for case in cases]))
    problems = HiddenLayerProblems(x, y, start, hidden_layer.half_signs(width, width**-0.5).expand(len(x), -1))
    seeds = torch.tensor([case["seed"] for case in cases])
    rows: Rows = []
    for activation in TRAINED:
        kappas = [condition_number(points, activation)["condition_number"] for points in inputs]
        for step_size in STEP_SIZES:
            ratios, shares = descend(problems, activation, settings["steps"], seeds if step_size == "common" else None)
            for case, kappa, ratio, share in zip(cases, kappas, ratios, shares, strict=True):
                case = {**case, "activation": activation, "step_size": step_size, "data_condition_number": kappa}
                values = {
                    "rate": -float(np.log(ratio)) / settings["steps"],
                    "residual_ratio": float(ratio),
                    "diverged": float(not ratio <= 1),
                    "eigenvalue_share": float(share),
                }
                rows += [{**case, "quantity": quantity, "value": value} for quantity, value in values.items()]
    return rows


def descend(
    problems: HiddenLayerProblems, activation: str, steps: int, groups: torch.Tensor | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return ‖f − y‖ after ``steps`` steps over that before, and λ_min/λ_max of J(W₀)J(W₀)ᵀ, both (B,).

    Every problem has its own step 1/λ_max(J(W₀)J(W₀)ᵀ) or, if ``groups`` (B,) of integers are given, the smallest of
    its group.
    """
    phi = activations.ACTIVATIONS[activation]
    rates, shares = hidden_layer_descent.largest_step(problems, phi)
    if groups is not None:
        smallest = torch.full((int(groups.max()) + 1,), torch.inf, dtype=rates.dtype)
        rates = smallest.scatter_reduce(0, groups, rates, "amin")[groups]
    outcome = hidden_layer_descent.descend(problems, phi, rates, 0.0, steps, torch.ones_like(rates))
    return outcome.residual_ratio, shares.numpy()
