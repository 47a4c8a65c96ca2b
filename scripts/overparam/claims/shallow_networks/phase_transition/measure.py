"""Which sizes of one-hidden-layer networks fit random labels (S3, panels a–d; Oymak & Soltanolkotabi, 1902.04674)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.shallow_networks.phase_transition import hidden_layer_fitting as fitting
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import two_layer

ACTIVATIONS = ("softplus", "relu")
DESCENT, REFERENCE = "gradient descent", "Levenberg–Marquardt"
NARROWEST = 4  # exponents are not fitted where the contour has fewer hidden units: whole numbers are too coarse there
CROWDED = 3  # up to this n/d the multiples of n/d give too few whole numbers

# The widths that theorems ask for, with their hidden constants taken as 1: the activations, and k as a function of n, d
# and δ, which is the least ‖x_i ± x_j‖. "counting" is the control: kd = n, below which no network can fit.
REQUIRED: dict[str, tuple[tuple[str, ...], Callable[[float, float, float], float]]] = {
    "smooth, this talk: n²/d": (("softplus",), lambda n, d, delta: n**2 / d),
    "smooth, Du et al.: n⁴": (("softplus",), lambda n, d, delta: n**4),
    "ReLU, this talk: n⁴/d³": (("relu",), lambda n, d, delta: n**4 / d**3),
    "ReLU, Du et al.: n⁶": (("relu",), lambda n, d, delta: n**6),
    "ReLU, this talk: n¹²/δ⁴": (("relu",), lambda n, d, delta: n**12 / delta**4),
    "ReLU, Allen-Zhu et al.: n²⁵": (("relu",), lambda n, d, delta: n**25),
    "counting": (ACTIVATIONS, lambda n, d, delta: n / d),
}


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return which networks f(x) = vᵀφ(Wx), W (k, d) trained and v not, fit random labels.

    Inputs are uniform on the unit sphere of R^d, labels are ±1 at random, W₀ has N(0, 1) entries, and v is half + and
    half − with |v_i| = ‖y‖/√(kn) = 1/√k. A trial (a ``seed``) is a data set, shared by all k, activations and
    optimisers; W₀ is drawn anew for every k.

    Gradient descent (``hidden_layer_fitting.descend``) has the step 1/λ_max(J₀J₀ᵀ) and heavy-ball momentum, and *fits*
    if ‖f − y‖/‖y‖ ≤ ``tolerance`` within ``step_limit`` steps. It runs in ``precision``: a residual of 1e-3 is far
    above what float32 can resolve. Levenberg–Marquardt, the reference that does not suffer from bad conditioning, runs
    in float64 and fits if the same ratio is at most ``reference_tolerance``.

    The transition of a trial is that of :func:`transition`. Exponents are fitted where √n ≤ d ≤ n and the mean contour
    has at least four units: the theorems need n ≲ d², and beyond d = n more dimensions add no freedom.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    panels = {(int(n), d) for n, dimensions in settings["dimensions"].items() for d in dimensions}
    sweep = {(n, settings["sweep_dimension"]) for n in settings["n_train_sweep"]}
    high = {(n, settings["floor_ratio"] * n) for n in settings["floor_samples"]}
    columns = sorted(panels | sweep | high)
    progress = Progress(2 * len(columns), "columns of the grid")  # each for one activation
    rows: list[dict[str, Any]] = []
    for n_train, dimension in columns:
        place = {"n_train": n_train, "dimension": dimension, "dimension_per_sample": dimension / n_train}
        place |= {
            name: (n_train, dimension) in group
            for name, group in (("in_panel", panels), ("in_n_sweep", sweep), ("high_dimension", high))
        }
        networks, separations = _draw(settings, n_train, dimension)
        for activation in ACTIVATIONS:
            rows += _column(settings, place | {"activation": activation}, networks, separations)
            progress.advance()
    return _with_fitted_part(pd.DataFrame(rows))


def widths_at(settings: dict[str, Any], n_train: int, dimension: int) -> list[int]:
    """Return the numbers of hidden units measured at one d, ascending."""
    ladder = {max(1, round(ratio * n_train / dimension)) for ratio in settings["width_ratios"]}
    small = settings["small_widths"] if n_train <= CROWDED * dimension else []
    return sorted({*ladder, *small, *settings["widths"]})


def floor_estimate(n_train: int) -> float:
    """Return the k at which ReLU networks on nearly orthogonal inputs fit with probability one half: 2 log₂(n / ln 2).

    A sample labelled + (−) is out of reach if none of the k/2 units of its sign is active on it, which has
    probability 2^(−k/2), and orthogonal inputs never change that. (1 − 2^(−k/2))ⁿ = ½.
    """
    return 2 * np.log2(n_train / np.log(2))


def transition(widths: list[int], success: np.ndarray) -> tuple[float, float]:
    """Return the contour, and the width above it, for outcomes of shape (n_widths,) at ascending widths.

    The contour is the geometric mean of the two widths that part as many widths as failed from the others: the
    Spearman–Kärber estimate of the transition. It is 0 if all widths fit and infinite, as is the width, if none does.
    """
    failures = int((~success).sum())
    if failures == 0:
        return 0.0, float(widths[0])
    if failures == len(widths):
        return np.inf, np.inf
    below, above = widths[failures - 1], widths[failures]
    return (below * above) ** 0.5, float(above)


def _draw(settings: dict[str, Any], n_train: int, dimension: int) -> tuple[fitting.RaggedNetworks, list[float]]:
    """Return all networks of one column in float64, trial by trial and k ascending, and δ of each trial."""
    inputs, labels, hidden, separations = [], [], [], []
    widths = widths_at(settings, n_train, dimension)
    for seed in range(settings["n_seeds"]):
        draw = generator(settings["seed"], "phase_transition", seed, n_train, dimension)
        x = two_layer.unit_vectors(n_train, dimension, draw)
        labels.append(draw.choice([-1.0, 1.0], n_train))
        cosines = np.abs(x @ x.T) - np.eye(n_train)
        separations.append(float(np.sqrt(2 - 2 * cosines.max())))
        if dimension > n_train:  # W matters only on the span of the inputs, and is Gaussian there as well
            x = np.linalg.qr(x.T, mode="r").T
        inputs.append(x)
        for width in widths:
            draw = generator(settings["seed"], "phase_transition", "weights", seed, n_train, dimension, width)
            hidden.append(torch.as_tensor(draw.standard_normal((width, x.shape[1]))))
    problem = torch.arange(settings["n_seeds"]).repeat_interleave(len(widths))
    x, y = (torch.as_tensor(np.stack(part)) for part in (inputs, labels))
    return fitting.RaggedNetworks(x, y, problem, hidden), separations


def _column(
    settings: dict[str, Any], place: dict[str, Any], networks: fitting.RaggedNetworks, separations: list[float]
) -> list[dict[str, Any]]:
    """Run both optimisers on all networks of one column, for one activation."""
    activation = place["activation"]
    limits = {
        DESCENT: (settings["tolerance"], settings["step_limit"]),
        REFERENCE: (settings["reference_tolerance"], settings["reference_step_limit"]),
    }
    outcomes = {
        DESCENT: fitting.descend(
            networks.to(getattr(torch, settings["precision"])), activation, settings["momentum"], *limits[DESCENT]
        ),
        REFERENCE: fitting.levenberg_marquardt(networks, activation, *limits[REFERENCE]),
    }
    widths = widths_at(settings, place["n_train"], place["dimension"])
    rows: list[dict[str, Any]] = []
    for optimiser, outcome in outcomes.items():
        tolerance, step_limit = limits[optimiser]
        shape = (settings["n_seeds"], len(widths))
        residual, steps, diverged = (
            part.numpy().reshape(shape) for part in (outcome.residual, outcome.steps, outcome.diverged)
        )
        success = residual <= tolerance
        for seed in range(settings["n_seeds"]):
            case = {**place, "optimiser": optimiser, "seed": seed}
            for column, width in enumerate(widths):
                values = {
                    "success": success[seed, column],
                    "residual": residual[seed, column],
                    "step": steps[seed, column],
                    "limit_hit": not success[seed, column] and steps[seed, column] == step_limit,
                    "stuck": not (success | diverged)[seed, column] and steps[seed, column] < step_limit,
                    "diverged": diverged[seed, column],
                }
                rows += _rows({**case, **_size(place, width)}, values)
            rows += _transition_rows(case, widths, success[seed], separations[seed])
    return rows


def _size(place: dict[str, Any], width: int) -> dict[str, Any]:
    n_params = width * place["dimension"]
    kind = "under" if n_params < place["n_train"] else "over" if n_params >= 2 * place["n_train"] else "between"
    return {"width": width, "n_params": n_params, "parameters": kind}


def _transition_rows(
    case: dict[str, Any], widths: list[int], success: np.ndarray, separation: float
) -> list[dict[str, Any]]:
    n_train, dimension = case["n_train"], case["dimension"]
    contour, smallest = transition(widths, success)
    first = int(np.argmax(success)) if success.any() else len(widths)
    values = {
        "contour_width": contour,
        "smallest_width": smallest,
        "parameters_per_sample": contour * dimension / n_train,
        "out_of_order": int((~success[first:]).sum()),
    }
    if case["high_dimension"]:
        values["floor_estimate"] = floor_estimate(n_train)
    rows = _rows(case, values)
    if case["in_n_sweep"]:
        for theorem, (activations, formula) in REQUIRED.items():
            if case["activation"] in activations:
                required = formula(n_train, dimension, separation)
                values = {"required_width": required, "width_over_required": smallest / required}
                rows += _rows({**case, "theorem": theorem}, values)
    return rows


def _rows(case: dict[str, Any], values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**case, "quantity": quantity, "value": float(value)} for quantity, value in values.items()]


def _with_fitted_part(table: pd.DataFrame) -> pd.DataFrame:
    """Add the column ``fitted_part``: whether exponents are fitted there; see :func:`measure`."""
    keys = ["activation", "optimiser", "n_train", "dimension"]
    contours = table[table["quantity"] == "contour_width"].groupby(keys)["value"].mean()
    wide = pd.MultiIndex.from_frame(table[keys]).map(contours >= NARROWEST).to_numpy(bool)
    inside = (table["dimension"] ** 2 >= table["n_train"]) & (table["dimension"] <= table["n_train"])
    return table.assign(fitted_part=wide & inside & table["in_panel"]).astype(
        {"width": "Int64", "n_params": "Int64", "parameters": "string", "theorem": "string"}
    )
