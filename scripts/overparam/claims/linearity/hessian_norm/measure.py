"""Decay of the Hessian norm with width in a two-layer network (Liu, Zhu & Belkin, arXiv 2010.01092, theorem 3.1)."""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.linearity import listed_activations
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import activations, two_layer
from overparam.theory.curvature import rank_one_update_norm


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return ‖H‖ of f(θ) = m^(−1/2) Σ vᵢ σ(wᵢ·x), all weights trained, in float64, at every width.

    The maximum over the ball is certified by branch and bound in the closed form of the blocks. The control is ½f²,
    whose norm is computed at the initialisation θ₀ only: θ₀ lies in every ball, so that this is a lower bound on the
    maximum. The control and the check by all eigenvalues use the first of ``input_norms``, the check at small widths.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.
    """
    exponents = range(settings["smallest_exponent"], settings["largest_exponent"] + 1)
    progress = Progress(settings["n_seeds"] * len(exponents), "initialisations")
    rows: list[dict[str, Any]] = []
    for seed in range(settings["n_seeds"]):
        for exponent in exponents:
            draw = generator(settings["seed"], "hessian_norm", seed, exponent)
            rows += _one_network(settings, seed, exponent, draw)
            progress.advance()
    return pd.DataFrame(rows)


def _one_network(settings: dict[str, Any], seed: int, exponent: int, draw: np.random.Generator) -> list[dict[str, Any]]:
    width, dimension = 2**exponent, settings["dimension"]
    direction = two_layer.unit_vectors(1, dimension, draw)[0]
    hidden = draw.standard_normal((width, dimension))  # W, (m, d)
    along = hidden @ direction
    rows: list[dict[str, Any]] = []
    for distribution in ("gaussian", "sign"):
        v = two_layer.output_weights(width, distribution, draw)
        for name, activation in listed_activations.LISTED.items():
            for x_norm in settings["input_norms"] if distribution == "gaussian" else settings["input_norms"][:1]:
                z = x_norm * along
                case = {
                    "seed": seed, "width": width, "activation": name, "output_weights": distribution,
                    "input_norm": x_norm, "output": "linear",
                }  # fmt: skip
                for radius in (0.0, settings["radius"]):
                    bounds = two_layer.largest_block_norm_in_ball(v, z, x_norm, radius, activation)
                    lower, upper = (bound / width**0.5 for bound in bounds)
                    rows += _norms({**case, "radius": radius}, lower)
                    rows.append({**case, "radius": radius, "quantity": "hessian_norm_upper", "value": upper})
                if exponent <= settings["dense_largest_exponent"] and x_norm == settings["input_norms"][0]:
                    found = _by_all_eigenvalues(v, hidden, x_norm * direction, name)
                    rows.append({**case, "radius": 0.0, "quantity": "hessian_norm_dense", "value": found})
                if x_norm == settings["input_norms"][0]:
                    squared = _squared_output(v, z, x_norm, activation)
                    for radius in (0.0, settings["radius"]):  # θ₀ lies in every ball, so one value bounds both
                        rows += _norms({**case, "output": "squared", "radius": radius}, squared)
    return rows


def _norms(case: dict[str, Any], norm: float) -> list[dict[str, Any]]:
    compensated = norm / np.log(case["width"]) ** 0.5
    return [
        {**case, "quantity": "hessian_norm", "value": norm},
        {**case, "quantity": "hessian_norm_over_root_log", "value": compensated},
    ]


def _by_all_eigenvalues(v: np.ndarray, hidden: np.ndarray, x: np.ndarray, activation: str) -> float:
    """Return ‖H(θ₀)‖ from the whole Hessian in all m(d+1) weights, by automatic differentiation.

    Lanczos iteration will not do: with v = ±1 the largest eigenvalues lie within a part of 1e-4 of one another.
    """
    width, at, sigma = v.size, torch.as_tensor(x), activations.ACTIVATIONS[activation].value
    theta = torch.as_tensor(np.concatenate([v, hidden.ravel()]))
    copies = theta.expand(theta.numel(), -1).clone().requires_grad_()  # of θ, one for each row of the Hessian
    outputs = (copies[:, :width] * sigma(copies[:, width:].unflatten(1, hidden.shape) @ at)).sum(dim=1) / width**0.5
    (slopes,) = torch.autograd.grad(outputs.sum(), copies, create_graph=True)
    (hessian,) = torch.autograd.grad(slopes.diagonal().sum(), copies)
    return float(torch.linalg.eigvalsh(hessian).abs().max())


def _squared_output(v: np.ndarray, z: np.ndarray, x_norm: float, activation: activations.Activation) -> float:
    """Return the Hessian norm of ½f² at θ₀: ‖f H + ∇f ∇fᵀ‖, whose second term does not shrink with width."""
    values, vectors = two_layer.hessian_modes(v, z, x_norm, activation)
    slope = np.einsum("ikj,ik->ij", vectors, two_layer.gradient(v, z, x_norm, activation))
    return rank_one_update_norm(two_layer.output(v, z, activation) * values.ravel(), slope.ravel())
