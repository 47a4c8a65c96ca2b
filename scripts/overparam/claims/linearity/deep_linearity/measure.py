"""Transition to linearity with several layers of weights (Liu, Zhu & Belkin, arXiv 2010.01092, section 4)."""

from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.linearity.deep_linearity import deep_network
from overparam.progress import Progress
from overparam.seeding import torch_generator
from overparam.theory.curvature import hessian_norms

NETWORKS = ("linear output", "squared output", "bottleneck")  # with three layers of weights
CHECKED = 1e-12  # growth at which a norm that is compared with all eigenvalues counts as settled


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return Hessian norms in all weights of tanh networks, at one input with |x| = √d, in float64.

    Networks with L = 3 layers of weights are looked at at both places, and up to the largest width if their output is
    linear. Those with L = 2 end at the width 2^``shallow_largest_exponent``; those of other depths, the controls, and
    networks with L = 2 whose weights are all 1 end at 2^``other_largest_exponent``. Norms are found by Lanczos
    iterations on Hessian-vector products, all seeds side by side, until no norm grows by more than a part of 1e-8 in
    ten steps, or for 120 steps: they are estimates from below. Cross blocks are looked at in the Hessian in the first
    layer's pre-activations. The rotation towards sub-model gradients is the orthogonal matrix that is nearest to the
    gradients of all units of the second layer together.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed`` and ``memory_mb``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.
    """
    kinds = [(name, 3) for name in NETWORKS] + [("linear output", depth) for depth in settings["other_depths"]]
    kinds.append(("constant weights", 2))
    limits = {kinds[0]: settings["largest_exponent"], ("linear output", 2): settings["shallow_largest_exponent"]}
    jobs = [
        (name, depth, exponent)
        for exponent in range(settings["smallest_exponent"], max(limits.values()) + 1)
        for name, depth in kinds
        if exponent <= limits.get((name, depth), settings["other_largest_exponent"])
    ]
    progress = Progress(len(jobs), "groups of networks")
    rows: list[dict[str, Any]] = []
    for job in jobs:
        rows += _one_width(settings, *job)
        progress.advance()
    return pd.DataFrame(rows)


def _one_width(settings: dict[str, Any], name: str, depth: int, exponent: int) -> list[dict[str, Any]]:
    width, dimension, n_seeds = 2**exponent, settings["dimension"], settings["n_seeds"]
    hidden = (width, settings["bottleneck"]) if name == "bottleneck" else (width,) * (depth - 1)
    layers = (dimension, *hidden, 1)
    function = deep_network.network(layers, head="squared" if name == "squared output" else "linear")
    draw = torch_generator(settings["seed"], "deep_linearity", *layers)  # the same weights with either output
    options = {"generator": draw, "dtype": torch.float64}
    share = torch_generator(settings["seed"], "deep_linearity", "inputs")  # the same at all widths of a seed
    inputs = torch.randn(n_seeds, dimension, generator=share, dtype=torch.float64)
    inputs *= dimension**0.5 / inputs.norm(dim=1, keepdim=True)
    theta = torch.randn(n_seeds, sum(deep_network.sizes(layers)), **options)
    if name == "constant weights":
        theta = torch.ones_like(theta)
    places, checked = {"start": theta}, depth == 3 and exponent <= settings["dense_largest_exponent"]
    if depth == 3:
        slope = torch.func.vmap(torch.func.grad(function))(theta, inputs)
        places["along gradient"] = theta + settings["radius"] * slope / slope.norm(dim=1, keepdim=True)
    limits: dict[str, Any] = {"tolerance": CHECKED} if checked else {}
    columns: list[tuple[dict[str, Any], np.ndarray]] = []
    for place, points in places.items():
        norms, settled = hessian_norms(function, points, (inputs,), draw, settings["memory_mb"], **limits)
        columns.append(({"quantity": "hessian_norm", "place": place}, norms))
        columns.append(({"quantity": "limit_hit", "place": place}, ~settled))
        over_log = norms / np.log(width) ** 0.5
        columns.append(({"quantity": "hessian_norm_over_root_log", "place": place}, over_log))
    if checked:
        whole = [torch.func.hessian(function)(one, x) for one, x in zip(theta, inputs, strict=True)]
        norms = np.array([float(torch.linalg.matrix_norm(one, 2)) for one in whole])
        columns.append(({"quantity": "hessian_norm_dense", "place": "start"}, norms))
    if depth == 3 and exponent <= settings["rotation_largest_exponent"]:
        found = [_cross_shares(one, x, layers, name) for one, x in zip(theta, inputs, strict=True)]
        for rotation in found[0]:
            shares = np.array([one[rotation] for one in found])
            columns.append(({"quantity": "cross_share", "place": "start", "rotation": rotation}, shares))
    return [
        {
            "seed": seed,
            "width": width,
            "network": name,
            "depth": depth,
            "rotation": None,
            **case,
            "value": float(values[seed]),
        }
        for case, values in columns
        for seed in range(n_seeds)
    ]


def _cross_shares(theta: torch.Tensor, x: torch.Tensor, layers: tuple[int, ...], name: str) -> dict[str, float]:
    """Return, for every rotation, the share of the Hessian that lies off its diagonal.

    The Hessian is taken in the pre-activations of the first layer: its weights act only through w_i·x/√d, so all other
    entries of their Hessian are zero.
    """
    first, second, last = deep_network.matrices(theta, layers)
    head = deep_network.HEADS["squared" if name == "squared output" else "linear"]

    def neurons(z: torch.Tensor) -> torch.Tensor:
        return second @ torch.tanh(z) / layers[1] ** 0.5

    def output(z: torch.Tensor) -> torch.Tensor:
        return head((last @ torch.tanh(neurons(z))).squeeze(0) / layers[2] ** 0.5)

    z = first @ x / layers[0] ** 0.5
    hessian = torch.func.hessian(output)(z)
    rotations = {"none": torch.eye(len(z), dtype=z.dtype), "eigenvectors": torch.linalg.eigh(hessian).eigenvectors.T}
    if layers[2] == layers[1]:
        gradients = torch.func.jacrev(neurons)(z)  # one row per unit of the second layer
        left, _, right = torch.linalg.svd(gradients)
        rotations["sub-model gradients"] = left @ right  # the orthogonal matrix nearest to the gradients
    return {rotation: _off_diagonal(matrix @ hessian @ matrix.T) for rotation, matrix in rotations.items()}


def _off_diagonal(matrix: torch.Tensor) -> float:
    return float(1 - (matrix.diagonal() ** 2).sum() / (matrix**2).sum())
