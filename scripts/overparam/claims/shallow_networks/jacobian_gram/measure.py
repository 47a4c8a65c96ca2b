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

    Inputs are uniform on the unit sphere. No solver takes part. Single entries are listed for the first seed only.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed`` and ``memory_mb``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
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
