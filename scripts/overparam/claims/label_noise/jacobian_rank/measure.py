"""Rank and singular values of a one-hidden-layer network's Jacobian on clusterable data.

Li, Soltanolkotabi & Oymak (arXiv 1903.11680) say that for inputs in L clusters of radius ε the Jacobian at the random
start has a rank of at most L if ε = 0, and is close to such a matrix if ε is small. For f(x) = vᵀφ(Wx) the row of an
input x is (v_i φ'(w_iᵀx) xᵀ)_i.

*Rank.* Equal inputs have equal rows, so rank ≤ min(L, kd) at ε = 0. The rank can be smaller. If φ' is even (tanh, erf)
the row of −x is minus the row of x, so that every antipodal pair of centres lowers the rank by one. And a single unit
(k = 1) has the rows v φ'(wᵀx) xᵀ, whose rank is min(d, number of centres with φ' ≠ 0), which is less than L if d < L.

*Gap.* With J₀ the Jacobian at the centres, Weyl's inequality gives σ_{L+1}(J) ≤ σ_{L+1}(J₀) + ‖J − J₀‖ = ‖J − J₀‖. That
is of order ε if φ is smooth. A ReLU unit flips between a point and its centre with the probability θ/π, where θ is the
angle between them, and then leaves a whole input, of norm 1; a unit that is active at both leaves the difference. So

    E‖J − J₀‖²_F = Σ_i [θ_i/π + (1 − θ_i/π)(1 − cos θ_i)],

and ‖J − J₀‖_F is of order √ε only.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.errors import UserError
from overparam.seeding import generator
from overparam.theory import activations, clusterable_data, hidden_layer

CUT_OFF = 1e-10  # singular values below this fraction of the largest count as zero; rounding leaves about 1e-15
EVEN_DERIVATIVE = ("tanh",)  # activations whose derivative is an even function


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return rank, gap and singular values of J(W₀), by LAPACK's singular value decomposition in float64.

    W₀ is standard normal; half of v is +1/√k and half −1/√k. J is compared with the Jacobian J₀ at the centres for
    generic inputs with ε > 0; singular values are kept for generic and for spread inputs. The gap after the L-th
    singular value exists where the rank is above L. No iteration is involved that could end early.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.

    Raises
    ------
    UserError
        If d ≥ L, because one unit would then have enough parameters for rank L.
    """
    if settings["dimension"] >= settings["n_clusters"]:
        raise UserError("jacobian_rank: dimension must be below n_clusters, for the case of one unit")
    rows: list[dict[str, Any]] = []
    for seed in range(settings["n_seeds"]):
        for name, radius, width, points, centres in _inputs(settings, seed):
            for activation in settings["activations"]:
                case = {
                    "seed": seed, "activation": activation, "inputs": name, "radius": radius, "width": width,
                    "n_params": width * settings["dimension"], "n_clusters": settings["n_clusters"],
                    "n_train": len(points),
                }  # fmt: skip
                at_points, at_centres = _jacobians(settings, seed, width, activation, points, centres)
                singular = np.linalg.svd(at_points, compute_uv=False)
                found = ranks(singular, at_points.shape[1], settings["n_clusters"])
                found["n_non_finite"] = float(np.sum(~np.isfinite(at_points)))
                if radius == 0:
                    found["derived_rank"] = _derived_rank(name, activation, settings, at_points)
                if at_centres is not None:
                    found["beyond_absolute"] = singular[settings["n_clusters"]]
                    found["perturbation"] = np.linalg.norm(at_points - at_centres, 2)
                    rows += _of_many_units(settings, case, points, centres)
                rows += [{**case, "quantity": key, "value": float(value)} for key, value in found.items()]
                if name in ("generic", "spread"):
                    shown = (singular / singular[0])[: 4 * settings["n_clusters"]].tolist()
                    rows += [
                        {**case, "quantity": "singular_value", "value": value, "index": index}
                        for index, value in enumerate(shown, start=1)
                    ]
    return pd.DataFrame(rows)


def _inputs(
    settings: dict[str, Any], seed: int
) -> Iterator[tuple[str, float | None, int, np.ndarray, np.ndarray | None]]:
    """Yield the cases: name, radius, width, inputs (n, d), and the centre of every input (n, d) or None."""
    n_clusters, dimension, width = settings["n_clusters"], settings["dimension"], settings["width"]
    sizes = (n_clusters, 2, settings["n_per_cluster"], dimension)

    def draw(radius: float, centres: np.ndarray | None = None) -> clusterable_data.ClusterableData:
        # the same address for every radius: the centres stay, and points move along fixed directions
        return clusterable_data.draw_clusters(
            *sizes, radius, generator(settings["seed"], "jacobian_rank", "clusters", seed), centres
        )

    for radius in [0.0, *settings["radii"]]:
        data = draw(radius)
        yield "generic", radius, width, data.inputs, data.centres[data.cluster] if radius else None
    exact = draw(0.0)
    yield "one unit", 0.0, 1, exact.inputs, None
    half = exact.centres[: n_clusters // 2]
    yield "antipodal", 0.0, width, draw(0.0, np.concatenate([half, -half])).inputs, None
    points = generator(settings["seed"], "jacobian_rank", "spread", seed).standard_normal(exact.inputs.shape)
    yield "spread", None, width, points / np.linalg.norm(points, axis=1, keepdims=True), None


def _jacobians(
    settings: dict[str, Any], seed: int, width: int, activation: str, points: np.ndarray, centres: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    draw = generator(settings["seed"], "jacobian_rank", "weights", seed, width)
    hidden = torch.as_tensor(draw.standard_normal((1, width, settings["dimension"])))
    v = hidden_layer.half_signs(width, width**-0.5)[None]
    given = [None if inputs is None else torch.as_tensor(inputs)[None] for inputs in (points, centres)]
    return tuple(
        None if x is None else hidden_layer.jacobian(hidden, v, x, activations.ACTIVATIONS[activation])[0].numpy()
        for x in given
    )


def _of_many_units(
    settings: dict[str, Any], case: dict[str, Any], points: np.ndarray, centres: np.ndarray
) -> list[dict[str, Any]]:
    """Return the rows of ‖J − J₀‖_F for a network so wide that ReLU units flip even at small radii; no J is built."""
    width, seed = settings["perturbation_width"], case["seed"]
    draw = generator(settings["seed"], "jacobian_rank", "weights", seed, width)
    hidden = draw.standard_normal((settings["dimension"], width))
    slope = activations.ACTIVATIONS[case["activation"]].first
    here, there = (slope(torch.as_tensor(inputs @ hidden)).numpy() for inputs in (points, centres))
    chords = np.linalg.norm(points - centres, axis=1)
    square = float(np.sum(np.mean((here - there) ** 2 + here * there * chords[:, None] ** 2, axis=1)))
    found = {
        "perturbation_frobenius": square**0.5,
        "perturbation_over_derived": square / relu_perturbation(points, centres),
    }
    case = {**case, "width": width, "n_params": width * settings["dimension"]}
    return [{**case, "quantity": key, "value": value} for key, value in found.items()]


def ranks(singular: np.ndarray, n_params: int, n_clusters: int) -> dict[str, float]:
    """Return the rank, its upper limit, and the gap after the L-th of the ``singular`` values, which descend."""
    rank = int(np.sum(singular > CUT_OFF * singular[0]))
    found = {"rank": rank, "clusters": n_clusters, "largest_rank": min(n_clusters, n_params)}
    if rank > n_clusters:  # otherwise the gap is infinite
        found["gap"] = singular[n_clusters - 1] / singular[n_clusters]
        found["beyond"] = 1 / found["gap"]
    return found


def relu_perturbation(points: np.ndarray, centres: np.ndarray) -> float:
    """Return E‖J − J₀‖²_F over W for ReLU with |v_i| = 1/√k, given inputs (n, d) and the centre of each, (n, d)."""
    chords = np.linalg.norm(points - centres, axis=1)
    flipped = 2 * np.arcsin(np.minimum(chords / 2, 1)) / np.pi
    return float(np.sum(flipped + (1 - flipped) * chords**2 / 2))


def _derived_rank(name: str, activation: str, settings: dict[str, Any], jacobian: np.ndarray) -> int:
    """Return the rank that the argument at the head of this module gives for clusters of radius zero."""
    n_clusters = settings["n_clusters"]
    if name == "one unit":
        active = np.any(jacobian != 0, axis=1).sum() // settings["n_per_cluster"]  # centres at which φ' is not 0
        return min(settings["dimension"], active)
    return n_clusters // 2 if name == "antipodal" and activation in EVEN_DERIVATIVE else n_clusters
