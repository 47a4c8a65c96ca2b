"""The non-linear part of a two-layer network on a ball of fixed radius (Liu, Zhu & Belkin, arXiv 2010.01092)."""

from typing import Any

import numpy as np
import pandas as pd

from overparam.claims.linearity import listed_activations
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import activations, two_layer


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return |R(θ)|, R(θ) = f(θ) − f(θ₀) − ∇f(θ₀)·(θ − θ₀), at one input with |x| = 1, in float64.

    The worst displacement spends the whole budget ``radius`` on the one unit where it has the largest effect; this
    estimates the largest remainder in the ball from below. For the control ½f² the displacement that counts as worst
    goes along ∇f instead. β in the bound is the largest of 17 values on the way from θ₀ to θ: it never lies above the
    supremum there, so that the inequality is tested at its hardest. For ½f² the bound is that of f. Beside it stands
    the bound with β certified over the whole ball, which no remainder of a smooth network in the ball exceeds.

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
            draw = generator(settings["seed"], "linear_remainder", seed, exponent)
            rows += _one_initialisation(settings, {"seed": seed, "width": 2**exponent}, draw)
            progress.advance()
    return pd.DataFrame(rows)


def _one_initialisation(
    settings: dict[str, Any], case: dict[str, Any], draw: np.random.Generator
) -> list[dict[str, Any]]:
    width, dimension, radius = case["width"], settings["dimension"], settings["radius"]
    inputs = two_layer.unit_vectors(settings["n_train"], dimension, draw)
    labels = draw.choice([-1.0, 1.0], settings["n_train"])
    v = two_layer.output_weights(width, "gaussian", draw)
    hidden = draw.standard_normal((width, dimension))  # W, (m, d)
    x = inputs[0]
    z = hidden @ x
    shifts = []  # random directions, uniform on the sphere of all m(d+1) weights
    for _ in range(settings["n_directions"]):
        full = draw.standard_normal((width, dimension + 1))
        full *= radius / np.linalg.norm(full)
        shifts.append((full[:, 0], full[:, 1:] @ x))

    rows: list[dict[str, Any]] = []
    for name, activation in listed_activations.LISTED.items():
        network = _Initialisation(v, z, activation, {**case, "activation": name})
        unit, shift_v, shift_z = two_layer.worst_unit_displacement(v, z, 1.0, radius, activation)
        alone = np.zeros((2, width))
        alone[:, unit] = shift_v, shift_z
        worst = network.rows("worst", 0, *alone, radius, outputs=["linear"])
        _, beta = two_layer.largest_block_norm_in_ball(v, z, 1.0, radius, activation)
        ball = beta * radius**2 / (2 * width**0.5)
        rows.append(
            {**network.case, "output": "linear", "direction": "worst", "trial": 0, "quantity": "remainder_ball_bound"}
            | {"value": ball}
        )
        slope = two_layer.gradient(v, z, 1.0, activation)
        worst += network.rows("worst", 0, *(radius * slope / np.linalg.norm(slope)).T, radius, outputs=["squared"])
        compared = [
            {**row, "quantity": "remainder_over_hessian", "value": row["value"] / ball}
            for row in worst
            if row["quantity"] == "remainder"
        ]
        rows += worst + compared
        for trial, shift in enumerate(shifts):
            rows += network.rows("random", trial, *shift, radius)
        rows += _descended(settings, network, hidden, inputs, labels)
    return rows


class _Initialisation:
    """A network before it is displaced, seen through its output weights and pre-activations at one input."""

    def __init__(self, v: np.ndarray, z: np.ndarray, activation: activations.Activation, case: dict[str, Any]):
        self.v, self.z, self.activation, self.case = v, z, activation, case

    def rows(
        self, direction: str, trial: int, shift_v: np.ndarray, shift_z: np.ndarray, distance: float,
        outputs: tuple[str, ...] | list[str] = ("linear", "squared"),
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return remainder, bound and distance of one displacement."""
        v, z, activation, root = self.v, self.z, self.activation, self.v.size**0.5
        remainder = two_layer.remainders(v, z, shift_v, shift_z, activation).sum() / root
        beta = two_layer.largest_block_norm_on_segment(v, z, shift_v, shift_z, 1.0, activation)
        values = {"remainder_bound": beta * distance**2 / (2 * root), "distance": distance}
        rows = []
        for output in outputs:
            if output == "squared":  # ½(f₀ + L + R)² − ½f₀² − f₀L, L the linear part
                linear = np.sum(two_layer.gradient(v, z, 1.0, activation) * np.stack([shift_v, shift_z], axis=1))
                start = two_layer.output(v, z, activation)
                found = start * remainder + (linear + remainder) ** 2 / 2
            else:
                found = remainder
            case = {**self.case, "output": output, "direction": direction, "trial": trial}
            named = {"remainder": abs(found), **values}
            rows += [{**case, "quantity": quantity, "value": float(value)} for quantity, value in named.items()]
        return rows


def _descended(
    settings: dict[str, Any], network: _Initialisation, hidden: np.ndarray, inputs: np.ndarray, labels: np.ndarray
) -> list[dict[str, Any]]:
    """Fit ``labels`` by gradient descent on all weights, squared loss ½Σ(f − y)², step 1/λ_max of the kernel at θ₀."""
    activation, root = network.activation, network.v.size**0.5
    gram, start = inputs @ inputs.T, hidden @ inputs.T  # (n, n), (m, n)
    v, moved = network.v, np.zeros_like(start)  # W − W₀ is ``moved`` @ inputs: no gradient leaves the span of these
    rate = 1 / float(np.linalg.eigvalsh(_kernel(v, start, gram, activation))[-1])
    first = last = np.nan
    steps = 0
    while True:
        features, slopes = activation.value_and_first(start + moved @ gram)
        residual = v @ features / root - labels
        last = residual @ residual / 2
        first = last if steps == 0 else first
        if not last > settings["loss_tolerance"] * first or steps == settings["step_limit"]:
            break
        scaled = rate / root * residual
        v, moved = v - features @ scaled, moved - v[:, None] * (slopes * scaled)
        steps += 1
    shift_v, shift_z = v - network.v, moved @ gram
    distance = float(np.sqrt(np.sum(shift_v**2) + np.sum(moved * shift_z)))
    rows = network.rows("gradient descent", 0, shift_v, shift_z[:, 0], distance)
    values = {
        "gradient_steps": steps,
        "loss_ratio": last / first,
        "limit_hit": float(not last <= settings["loss_tolerance"] * first),
    }
    case = {**network.case, "output": "linear", "direction": "gradient descent", "trial": 0}
    return rows + [{**case, "quantity": quantity, "value": float(value)} for quantity, value in values.items()]


def _kernel(v: np.ndarray, z: np.ndarray, gram: np.ndarray, activation: activations.Activation) -> np.ndarray:
    """Return the tangent kernel of all weights, (n, n), at pre-activations z (m, n) of inputs with the products XXᵀ."""
    features, slopes = activation.value_and_first(z)
    slopes = v[:, None] * slopes
    return (features.T @ features + (slopes.T @ slopes) * gram) / v.size
