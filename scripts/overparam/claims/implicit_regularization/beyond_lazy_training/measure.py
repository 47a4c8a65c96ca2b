"""Training of one hidden layer at output weights of several sizes: lazy or not (Chizat et al., arXiv 1812.07956)."""

from typing import Any

import numpy as np
import pandas as pd

from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import activations, two_layer
from overparam.theory.two_layer_descent import Network

ACTIVATIONS = {name: activations.ACTIVATIONS[name] for name in ("softplus", "relu")}


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Fit random labels ±1 with f(W; x) = vᵀφ(Wx) and return how far the tangent kernel K = JJᵀ has moved.

    W is trained from N(0, 1). All entries of v have the same size, half of them are negative, and v is fixed. Inputs
    are unit vectors; everything is float64. Gradient descent on ½‖f − y‖² takes steps of 1/λ_max of the present tangent
    kernel until the loss is ``loss_tolerance`` of its start, or for ``step_limit`` steps. Runs that do not get there
    stay in the table and are counted. All scales and widths of a seed have the same data.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    exponents = range(settings["smallest_exponent"], settings["largest_exponent"] + 1, settings["exponent_step"])
    swept = 2 ** settings["swept_exponent"]
    factors = 2.0 ** -np.arange(settings["swept_exponent"] // 2 + 1)  # down to 1/√k, or to just above it
    progress = Progress(settings["n_seeds"] * len(ACTIVATIONS), "data sets")
    rows: list[dict[str, Any]] = []
    for seed in range(settings["n_seeds"]):
        for name in ACTIVATIONS:
            for exponent in exponents:
                width = 2**exponent
                for scale, factor in (("one over root width", 1.0), ("one over width", width**-0.5)):
                    case = {"sweep": "width", "output_scale": scale, "relative_scale": factor}
                    rows += _one_fit(settings, {"seed": seed, "width": width, "activation": name, **case})
            for factor in factors:
                case = {"sweep": "scale", "output_scale": "between", "relative_scale": float(factor)}
                rows += _one_fit(settings, {"seed": seed, "width": swept, "activation": name, **case})
            progress.advance()
    for seed in range(settings["n_seeds"], settings["n_seeds_lazy"]):  # whose exponent scatters most, and is cheap
        for exponent in exponents:
            case = {"sweep": "width", "output_scale": "one over root width", "relative_scale": 1.0}
            rows += _one_fit(settings, {"seed": seed, "width": 2**exponent, "activation": "relu", **case})
    return pd.DataFrame(rows)


def _one_fit(settings: dict[str, Any], case: dict[str, Any]) -> list[dict[str, Any]]:
    n, width, seed = settings["n_train"], case["width"], case["seed"]
    data = generator(settings["seed"], "beyond_lazy_training", "data", seed)
    inputs, labels = two_layer.unit_vectors(n, settings["dimension"], data), data.choice([-1.0, 1.0], n)
    draw = generator(settings["seed"], "beyond_lazy_training", "weights", seed, width)
    hidden = draw.standard_normal((width, settings["dimension"]))
    signs = np.where(np.arange(width) < width // 2, 1.0, -1.0)
    scale = case["relative_scale"] * float(np.linalg.norm(labels)) / (width * n) ** 0.5
    network = Network(signs, hidden, inputs, n, scale, ACTIVATIONS[case["activation"]], trains_output=False)
    values = fitted(network, labels, settings["loss_tolerance"], settings["step_limit"])
    values["weight_change"] = network.distance / float(np.linalg.norm(hidden))
    return [{**case, "quantity": quantity, "value": float(value)} for quantity, value in values.items()]


def fitted(network: Network, labels: np.ndarray, tolerance: float, step_limit: int) -> dict[str, float]:
    """Train ``network``, and return how its kernel moved and how the run ended; see :func:`measure`."""
    start = kernel = network.kernel()
    first = last = np.nan
    steps = 0
    while True:
        residual = network.outputs - labels
        last = float(residual @ residual) / 2
        first = last if steps == 0 else first
        if not last > tolerance * first or steps == step_limit:
            break
        network.step(residual, 1 / np.linalg.eigvalsh(kernel)[-1])
        kernel = network.kernel()
        steps += 1
    size = np.linalg.norm(start)
    return {
        "kernel_change": float(np.linalg.norm(kernel - start) / size),
        "kernel_alignment": float(np.sum(kernel * start) / (np.linalg.norm(kernel) * size)),
        "steps": float(steps),
        "limit_hit": float(not last <= tolerance * first),
        "diverged": float(not last <= first),
    }
