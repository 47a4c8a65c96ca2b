"""Training in the linear regime (Lee et al., arXiv 1902.06720; Liu, Zhu & Belkin, arXiv 2003.00307)."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from overparam.claims.linearity import listed_activations
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import activations, two_layer
from overparam.theory.two_layer_descent import HEADS, Network

PLACES = np.linspace(-1, 1, 9)  # on a line
PARABOLAS = np.linalg.qr(np.vander(PLACES, 3)).Q  # an orthonormal basis of their values there


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Train f = c Σ vᵢ σ(wᵢ·x), all weights, on ½Σ(f − f₀ − y)² with |x| = 1 and y = ±1, in float64.

    The output f₀ at the start is subtracted, which changes no derivative, so that networks of all widths of a seed have
    the same residuals to fit, on the same inputs.

    Gradient descent uses the step 1/λ_max of the tangent kernel at the start, or of the present kernel where c = 1/m
    and the kernel moves. It runs until the loss is ``loss_tolerance`` of its start, or for ``step_limit`` steps. SGD
    takes one uniformly drawn sample per step, at the step 1/max_i K₀(x_i, x_i), until the potential V = (f − y)ᵀ K₀⁻¹
    (f − y) has fallen as far, which is checked once per epoch. Runs that diverge or reach a limit stay in the table and
    are counted.

    Gradient descent is promised L_t ≤ (1 − ηλ_min(K₀))^t L₀, hence the rate −log(1 − ηλ_min). SGD is promised the rate
    −log(1 − ηλ_min(K₀)/n), at which E V falls in the linearised network.

    The loss is compared with its best parabola at nine places of a line through θ₀. Random lines, and the line along
    the gradient of the loss, end at the distance ``line_length`` from θ₀. The control of the former ends at √(number of
    weights), the norm of the initialisation itself; that of the latter has tanh(f − f₀) in place of f − f₀. Controls
    end at the width 2^``control_largest_exponent``.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.
    """
    exponents = range(settings["smallest_exponent"], settings["largest_exponent"] + 1, settings["exponent_step"])
    progress = Progress(settings["n_seeds"] * len(exponents), "initialisations")
    rows: list[dict[str, Any]] = []
    for seed in range(settings["n_seeds"]):
        for exponent in exponents:
            draw = generator(settings["seed"], "linear_regime", seed, exponent)
            rows += _one_initialisation(settings, {"seed": seed, "width": 2**exponent}, draw)
            progress.advance()
    return pd.DataFrame(rows)


def _one_initialisation(
    settings: dict[str, Any], case: dict[str, Any], draw: np.random.Generator
) -> list[dict[str, Any]]:
    width, n_train = case["width"], settings["n_train"]
    data = generator(settings["seed"], "linear_regime", "data", case["seed"])  # the same for all widths of a seed
    points = two_layer.unit_vectors(n_train + settings["n_test"], settings["dimension"], data)
    labels = data.choice([-1.0, 1.0], n_train)
    v = two_layer.output_weights(width, "gaussian", draw)
    hidden = draw.standard_normal((width, settings["dimension"]))
    directions = [_direction(width, points[:n_train], draw) for _ in range(settings["n_lines"])]
    start_norm = float(np.sqrt(v @ v + np.sum(hidden**2)))
    order = draw.integers(n_train, size=(settings["epoch_limit"], n_train))

    rows: list[dict[str, Any]] = []
    for name, activation in listed_activations.LISTED.items():
        for scaling, output in (
            ("one over root width", "linear"), ("one over root width", "tanh"), ("one over width", "linear"),
        ):  # fmt: skip
            claimed = output == "linear" and scaling == "one over root width"
            if not claimed and width > 2 ** settings["control_largest_exponent"]:
                continue
            scale = width**-0.5 if scaling == "one over root width" else 1 / width
            common = {
                **case, "activation": name, "scaling": scaling, "output": output,
                "case": "claimed" if output == "linear" else "control",
            }  # fmt: skip

            def network(scale=scale, activation=activation, output=output) -> Network:
                return Network(v, hidden, points, n_train, scale, activation, head=output, centred=True)

            found = {"gradient descent": _descended(settings, network(), labels, start_norm, scaling)}
            if scaling == "one over root width" and name in settings["sgd_activations"]:
                found["sgd"] = _sampled(settings, network(), labels, order)
            for method, values in found.items():
                rows += [{**common, "method": method, "quantity": key, "value": one} for key, one in values.items()]
        common = {**case, "activation": name, "scaling": "one over root width", "quantity": "parabola_deviation"}
        z, near = hidden @ points[:n_train].T, settings["line_length"]
        cases = ("claimed", "control")[: 2 if width <= 2 ** settings["control_largest_exponent"] else 1]
        for kind, length in zip(cases, (near, start_norm), strict=False):
            found = [_from_parabola(v, z, labels, activation, one, length) for one in directions]
            lines = {"output": "linear", "case": kind, "method": "random lines", "value": float(stats.gmean(found))}
            rows.append(common | lines)
        along = _gradient(v, z, points[:n_train], labels, activation)
        for kind, head in zip(cases, ("linear", "tanh"), strict=False):
            found = _from_parabola(v, z, labels, activation, along, near, head)
            rows.append(common | {"output": head, "case": kind, "method": "gradient lines", "value": found})
    return rows


def _descended(
    settings: dict[str, Any], network: Network, labels: np.ndarray, start_norm: float, scaling: str
) -> dict[str, float]:
    n, everywhere = labels.size, len(network.gram)
    start = network.kernel(everywhere)
    spectrum = np.linalg.eigvalsh(start[:n, :n])
    rate = 1 / spectrum[-1]
    linear = network.outputs.copy()
    change = error = 0.0
    losses: list[float] = []
    while True:
        residual = network.outputs[:n] - labels
        losses.append(float(residual @ residual) / 2)
        kernel = network.kernel(everywhere)
        change = max(change, float(np.linalg.norm(kernel - start) / np.linalg.norm(start)))
        error = max(error, float(np.sqrt(np.mean((network.outputs - linear) ** 2))))
        if not losses[-1] > settings["loss_tolerance"] * losses[0] or len(losses) > settings["step_limit"]:
            break
        if scaling == "one over width":
            rate = 1 / np.linalg.eigvalsh(kernel[:n, :n])[-1]
        linear = linear - rate * start[:, :n] @ (linear[:n] - labels)
        network.step(residual, rate)
    values = {
        "kernel_change": change,
        "weight_change": network.distance / start_norm,
        "linearisation_error": error,
        "steps": float(len(losses) - 1),
        "limit_hit": float(losses[-1] > settings["loss_tolerance"] * losses[0]),
        "diverged": float(not losses[-1] <= losses[0]),
    }
    if scaling == "one over width":  # the step changes during the run, and with it what is promised
        return values
    with np.errstate(divide="ignore"):  # a loss that is zero at once makes the rate infinite
        kept = -np.log(np.array(losses[1:]) / losses[0]) / np.arange(1, len(losses))
    return values | {"slowest_rate": float(kept.min()), "promised_rate": float(-np.log1p(-rate * spectrum[0]))}


def _sampled(settings: dict[str, Any], network: Network, labels: np.ndarray, order: np.ndarray) -> dict[str, float]:
    """Run SGD on the samples in the given ``order``, shape (epochs, n)."""
    n = labels.size
    start = network.kernel()
    rate = 1 / float(start.diagonal().max())

    def potential() -> float:
        residual = network.outputs[:n] - labels
        return float(residual @ np.linalg.solve(start, residual))

    first = last = potential()
    steps = 0
    for samples in order:
        for sample in samples:
            network.step_on(sample, labels[sample], rate)
        network.refresh()
        last, steps = potential(), steps + n
        if not last > settings["loss_tolerance"] * first:
            break
    smallest = float(np.linalg.eigvalsh(start)[0])
    return {
        "slowest_rate": float(-np.log(last / first)) / steps,
        "promised_rate": float(-np.log1p(-rate * smallest / n)),
        "steps": float(steps),
        "limit_hit": float(last > settings["loss_tolerance"] * first),
        "diverged": float(not last <= first),
    }


def _direction(width: int, inputs: np.ndarray, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a direction uniformly on the unit sphere of all weights: its part in v, and its effect on z."""
    full = draw.standard_normal((width, inputs.shape[1] + 1))
    full /= np.linalg.norm(full)
    return full[:, 0], full[:, 1:] @ inputs.T


def _gradient(
    v: np.ndarray, z: np.ndarray, inputs: np.ndarray, labels: np.ndarray, activation: activations.Activation
) -> tuple[np.ndarray, np.ndarray]:
    """Return the unit vector along the gradient of ½Σ(f − f₀ − y)²: its part in v, and its effect on z."""
    features, gram = activation.value(z), inputs @ inputs.T
    coefficients = v[:, None] * activation.first(z) * -labels  # the gradient in W is these times the inputs
    in_v, in_z = features @ -labels, coefficients @ gram
    length = (in_v @ in_v + np.sum(in_z * coefficients)) ** 0.5
    return in_v / length, in_z / length


def _from_parabola(
    v: np.ndarray, z: np.ndarray, labels: np.ndarray, activation: activations.Activation,
    direction: tuple[np.ndarray, np.ndarray], length: float, head: str = "linear",
) -> float:  # fmt: skip
    """Return how far the loss along θ₀ + t·direction, |t| <= ``length``, is from its best parabola, over its range."""
    raw = []
    for t in PLACES:
        shift = t * length * direction[1]
        shift += z
        raw.append((v + t * length * direction[0]) @ activation.value(shift) / v.size**0.5)
    moved = np.array(raw) - raw[len(PLACES) // 2]  # f − f₀
    losses = np.sum((HEADS[head].value(moved) - labels) ** 2, axis=1) / 2
    losses -= losses.mean()  # in wide networks rounding of the constant part would decide otherwise
    return float(np.abs(losses - PARABOLAS @ (PARABOLAS.T @ losses)).max() / np.ptp(losses))
