"""The Jacobian of a one-hidden-layer network and its Gram matrix: formulas against automatic differentiation.

f(W; x) = vᵀφ(Wx), J = ∂f(W; x_i)/∂W (Oymak & Soltanolkotabi, arXiv 1902.04674, section 6.1).
"""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.seeding import generator
from overparam.theory import activations, hidden_layer, jacobians, two_layer

OUTPUT_WEIGHTS = ("±1", "balanced, ‖y‖/√(kn)", "gaussian")
NETWORKS = ("two layers", "squared output")


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return how far each formula is from the Jacobian of torch.func, in float64, at W with N(0, 1) entries.

    No solver takes part; ``runs_without_number`` counts cases whose Jacobian is not finite.

    Parameters
    ----------
    settings
        See ``jacobian_gram.yaml``; and the root ``seed`` and ``memory_mb``.

    Returns
    -------
    pandas.DataFrame
        By ``seed``, ``activation``, ``output_weights`` (±1: half + and half −; with ‖y‖/√(kn) for labels y ~ N(0, 1);
        or N(0, 1)) and ``network``: ``two layers`` is f; the control ``squared output`` is ½f², to which the formulas
        do not belong. Each error is the largest |difference| over the largest |entry| of the exact matrix:

        - ``jacobian_error``: of J = X ∗ (φ'(XWᵀ) diag(v)).
        - ``printed_gram_error``: of (φ'(XWᵀ) φ'(XWᵀ)ᵀ) ⊙ XXᵀ; ``gram_error``: with diag(v)² between the factors;
          ``unit_sum_error``: of Σ_ℓ v_ℓ² (φ'(Xw_ℓ) φ'(Xw_ℓ)ᵀ) ⊙ XXᵀ.
        - ``gram_entry`` and ``printed_gram_entry``: exact and printed value at (``row``, ``column``), from seed 0 only.
    """
    rows: list[dict[str, Any]] = []
    for seed in range(settings["n_seeds"]):
        draw = generator(settings["seed"], "jacobian_gram", seed)
        x = two_layer.unit_vectors(settings["n_train"], settings["dimension"], draw)
        weights = draw.standard_normal((settings["width"], settings["dimension"]))
        labels, gaussian = draw.standard_normal(settings["n_train"]), draw.standard_normal(settings["width"])
        size = float(np.linalg.norm(labels)) / (settings["width"] * settings["n_train"]) ** 0.5
        outputs = (
            hidden_layer.half_signs(settings["width"], 1.0),
            hidden_layer.half_signs(settings["width"], size),
            torch.as_tensor(gaussian),
        )
        for activation in activations.ACTIVATIONS:
            for kind, v in zip(OUTPUT_WEIGHTS, outputs, strict=True):
                for network in NETWORKS:
                    case = {"seed": seed, "activation": activation, "output_weights": kind, "network": network}
                    problem = (torch.as_tensor(x), torch.as_tensor(weights), v)
                    rows += _compare(case, *problem, settings["memory_mb"])
    return pd.DataFrame(rows).astype({"row": "Int64", "column": "Int64"})


def _compare(
    case: dict[str, Any], x: torch.Tensor, weights: torch.Tensor, v: torch.Tensor, memory_mb: float
) -> list[dict[str, Any]]:
    phi = activations.ACTIVATIONS[case["activation"]]

    def network(parameters: jacobians.Parameters, one: torch.Tensor) -> torch.Tensor:
        output = v @ phi.value(parameters["W"] @ one)
        return output if case["network"] == "two layers" else output**2 / 2

    exact = jacobians.jacobian(network, {"W": weights}, x, memory_mb)[:, 0]  # (n, k·d)
    kernel, gram = exact @ exact.mT, x @ x.mT
    slopes = phi.first(x @ weights.mT)  # (n, k)
    printed = (slopes @ slopes.mT) * gram
    units = [v[unit] ** 2 * torch.outer(column, column) * gram for unit, column in enumerate(slopes.mT)]
    batch = (weights[None], v[None], x[None], phi)
    values = {
        "jacobian_error": _error(hidden_layer.jacobian(*batch)[0], exact),
        "printed_gram_error": _error(printed, kernel),
        "gram_error": _error(hidden_layer.gram(*batch)[0], kernel),
        "unit_sum_error": _error(torch.stack(units).sum(0), kernel),
        "runs_without_number": float(not exact.isfinite().all()),
    }
    rows = [{**case, "quantity": name, "value": value} for name, value in values.items()]
    if case["seed"] == 0:
        for i, j in np.ndindex(*kernel.shape):
            place = {**case, "row": i, "column": j}
            rows.append({**place, "quantity": "gram_entry", "value": float(kernel[i, j])})
            rows.append({**place, "quantity": "printed_gram_entry", "value": float(printed[i, j])})
    return rows


def _error(found: torch.Tensor, exact: torch.Tensor) -> float:
    return float((found - exact).abs().max() / exact.abs().max())
