"""Independence of the sub-models of a two-layer network (Liu, Zhu & Belkin, arXiv 2010.01092, section 3.1)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.linearity import listed_activations
from overparam.seeding import torch_generator
from overparam.theory import activations, two_layer
from overparam.theory.curvature import hessian_vector_product

DEEP_LARGEST_EXPONENT = 8
NETWORKS = ("two layers", "squared output", "three layers")


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return the blocks of the full Hessian at the initialisation, from automatic differentiation, in float64.

    In the network with three layers a block belongs to a unit of the first hidden layer and holds its incoming and
    outgoing weights; the second hidden layer has the same width, and the weights of the last layer are held fixed. Wide
    networks, whose Hessian has too many entries, are probed by its product with a random vector that is zero outside a
    random half of the units. Networks with three layers have m² weights and are probed up to m = 2⁸ only.

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
    for seed in range(settings["n_seeds"]):
        for activation in listed_activations.LISTED:
            for network in NETWORKS:
                draw = torch_generator(settings["seed"], "submodel_independence", seed, network)
                case = {"seed": seed, "activation": activation, "network": network}
                rows += _one_network(settings, case, draw)
                for exponent in range(4, settings["largest_exponent"] + 1, 4):
                    if network == "three layers" and exponent > DEEP_LARGEST_EXPONENT:
                        continue
                    address = ("probe", seed, network, exponent)
                    probe = torch_generator(settings["seed"], "submodel_independence", *address)
                    leakage = _leakage(settings, case, 2**exponent, probe)
                    rows.append({**case, "width": 2**exponent, "quantity": "leakage", "value": leakage})
    return pd.DataFrame(rows).astype({"unit": "Int64", "other_unit": "Int64", "width": "Int64"})


def _one_network(settings: dict[str, Any], case: dict[str, Any], draw: torch.Generator) -> list[dict[str, Any]]:
    width = settings["width"]
    network, theta, x = _drawn(settings, case, width, draw)
    blocks = torch.autograd.functional.hessian(network, theta).permute(0, 2, 1, 3).numpy()  # (m, m, weights, weights)
    cross = ~np.eye(width, dtype=bool)
    whole = blocks.transpose(0, 2, 1, 3).reshape(theta.numel(), theta.numel())
    values = {
        "largest_cross_block": np.abs(blocks[cross]).max(),
        "hessian_norm": np.linalg.norm(whole, 2),
        "largest_diagonal_block": max(np.linalg.norm(blocks[unit, unit], 2) for unit in range(width)),
    }
    if case["network"] == "two layers":
        v, z = theta[:, len(x)].numpy(), (theta[:, : len(x)] @ x).numpy()
        norms = two_layer.block_norms(v, z, 1.0, activations.ACTIVATIONS[case["activation"]])
        values["largest_closed_form_block"] = norms.max() / width**0.5
    rows = [{**case, "quantity": name, "value": float(value)} for name, value in values.items()]
    for unit, other in np.ndindex(width, width):
        norm = float(np.linalg.norm(blocks[unit, other], 2))
        rows.append({**case, "quantity": "block_norm", "value": norm, "unit": unit, "other_unit": other})
    return rows


def _drawn(
    settings: dict[str, Any], case: dict[str, Any], width: int, draw: torch.Generator
) -> tuple[Callable[[torch.Tensor], torch.Tensor], torch.Tensor, torch.Tensor]:
    """Return the network as a function of its weights, these, one row per hidden unit, and the input."""
    dimension, sigma = settings["dimension"], activations.ACTIVATIONS[case["activation"]].value
    options = {"generator": draw, "dtype": torch.float64}
    x = torch.randn(dimension, **options)
    x /= x.norm()
    last = torch.randn(width, **options)
    outgoing = width if case["network"] == "three layers" else 1
    theta = torch.randn(width, dimension + outgoing, **options)  # one row per hidden unit: its own weights only

    def network(weights: torch.Tensor) -> torch.Tensor:
        hidden = sigma(weights[:, :dimension] @ x)  # (m,)
        assembled = weights[:, dimension:].T @ hidden / width**0.5  # (outgoing,)
        if case["network"] == "three layers":
            return last @ sigma(assembled) / width**0.5
        return assembled[0] if case["network"] == "two layers" else assembled[0] ** 2 / 2

    return network, theta, x


def _leakage(settings: dict[str, Any], case: dict[str, Any], width: int, draw: torch.Generator) -> float:
    network, theta, _ = _drawn(settings, case, width, draw)
    inside = torch.randperm(width, generator=draw) < width // 2
    vector = torch.randn(theta.shape, generator=draw, dtype=theta.dtype) * inside[:, None]
    product = hessian_vector_product(lambda flat: network(flat.reshape(theta.shape)), theta.ravel())
    found = torch.as_tensor(product(vector.numpy().ravel())).reshape(theta.shape).abs()
    outside, most = float(found[~inside].max()), float(found[inside].max())
    return outside / most if outside else 0.0  # without an active unit in the half the whole product is zero
