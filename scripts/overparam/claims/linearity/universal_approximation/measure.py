"""Universal approximation in the sup norm (Hornik, Stinchcombe & White 1989; Leshno et al. 1993)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from overparam.claims.linearity import listed_activations
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import activations

Function = Callable[[np.ndarray], np.ndarray]
CUT_OFF = 1e-6  # of the largest singular value
TARGETS: dict[str, Function] = {  # continuous; neither odd nor even, and no polynomials
    "zigzag": lambda t: 2 / np.pi * np.arcsin(np.sin(2.6 * np.pi * t + 0.5)),  # kinks 1/2.6 apart
    "wave": lambda t: np.sin(2 * np.pi * t + 0.5),
}


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return sup |f − g| on [−1, 1] for f = Σ vᵢ σ(wᵢ(t − bᵢ)) + c with given (wᵢ, bᵢ) and the best v and c, float64.

    The best v and c solve a linear program (HiGHS, tolerance 1e-7): minimise e with |f − g| ≤ e at ``n_fitted`` places
    and around the breakpoints; the error is then taken at ``n_checked`` places and around the breakpoints. As w and b
    are drawn and not optimised, it is an upper bound on the best error over all weights. One breakpoint is drawn from
    each of m equal cells, and w from N(0, (steepness·m)²).

    Without biases all b and c are zero, and four times as many places are fitted, since all units are steepest at one
    place. On the parabola no ReLU network of width m has an error below 1/(2(m + 1)²): it has at most m + 1 pieces, and
    a straight line differs from t² by at least h²/8 on a piece of length h.

    Parameters
    ----------
    settings
        As ``experiment.yaml`` declares them, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The table that ``experiment.yaml`` declares under ``measures``.
    """
    widths = [2**exponent for exponent in range(2, settings["largest_exponent"] + 1)]
    progress = Progress(settings["n_seeds"] * len(widths), "draws of hidden units")
    rows: list[dict[str, Any]] = []
    for seed in range(settings["n_seeds"]):
        for width in widths:
            draw = generator(settings["seed"], "universal_approximation", seed, width)
            rows += _one_draw(settings, {"seed": seed, "width": width}, draw)
            progress.advance()
    return pd.DataFrame(rows)


def _one_draw(settings: dict[str, Any], case: dict[str, Any], draw: np.random.Generator) -> list[dict[str, Any]]:
    width = case["width"]
    breakpoints = -1 + 2 * (np.arange(width) + draw.random(width)) / width
    weights = settings["steepness"] * width * draw.standard_normal(width)
    tasks: list[tuple[str, str, str, np.ndarray, np.ndarray, Function]] = []
    for name, activation in listed_activations.LISTED.items():
        for target in TARGETS:
            tasks.append(("with biases", name, target, weights, breakpoints, activation.value))
            tasks.append(("without biases", name, target, weights, 0 * breakpoints, activation.value))
            tasks.append(("polynomial activation", name, target, weights, breakpoints, lambda z: z**3))
    relu = activations.ACTIVATIONS["relu"].value
    equal = -1 + 2 * np.arange(1, width + 1) / (width + 1)
    tasks.append(("with biases", "relu", "parabola", weights, breakpoints, relu))
    tasks.append(("equal breakpoints", "relu", "parabola", (-1.0) ** np.arange(width), equal, relu))
    rows: list[dict[str, Any]] = []
    known: dict[str, tuple[float, bool]] = {}  # with the polynomial activation, the same for every σ
    for network, name, target, steep, centres, activation in tasks:
        key = target if network == "polynomial activation" else None
        found = known.get(key) if key else None
        if found is None:
            g, biased = TARGETS.get(target, np.square), network != "without biases"
            n_fitted = settings["n_fitted"] * (1 if biased else 4)  # see above: all units are steepest at one place
            found = best_sup_error(
                lambda t, s=steep, c=centres, a=activation: a(s * (t[:, None] - c)), g, biased,
                _places(centres, n_fitted), _places(centres, settings["n_checked"]),
            )  # fmt: skip
            if key:
                known[key] = found
        common = {**case, "activation": name, "target": target, "network": network}
        rows.append({**common, "quantity": "sup_error", "value": found[0]})
        rows.append({**common, "quantity": "no_solution", "value": float(found[1])})
        if target == "parabola":
            rows.append({**common, "quantity": "least_sup_error", "value": 1 / (2 * (width + 1) ** 2)})
    return rows


def best_sup_error(
    features: Function, target: Function, offset: bool, fitted: np.ndarray, checked: np.ndarray
) -> tuple[float, bool]:
    """Return the least sup error of a linear combination of ``features``, and whether none was found.

    Parameters
    ----------
    features
        Maps places of shape (N,) to features of shape (N, m).
    target
        The function to approximate.
    offset
        Whether a constant is added to the features.
    fitted, checked
        Places at which the error is minimised, and those at which it is then taken.

    Notes
    -----
    The linear program is solved in an orthonormal basis of the features at ``fitted``, from their singular value
    decomposition. Directions with singular values below 1e-6 of the largest are left out.
    """

    def columns(places: np.ndarray) -> np.ndarray:
        values = features(places)
        return np.column_stack([values, np.ones(len(places))]) if offset else values

    raw, wanted = columns(fitted), target(fitted)
    size = np.abs(raw).max(axis=0)
    size[size == 0] = 1  # a unit that is nowhere active
    left, singular, right = np.linalg.svd(raw / size, full_matrices=False)
    kept = singular > CUT_OFF * singular[0]
    basis = left[:, kept] * len(fitted) ** 0.5
    level = np.ones((len(fitted), 1))
    result = linprog(
        np.append(np.zeros(basis.shape[1]), 1.0),
        A_ub=np.block([[basis, -level], [-basis, -level]]),
        b_ub=np.concatenate([wanted, -wanted]),
        bounds=(None, None),
        method="highs",
    )
    found = np.zeros(basis.shape[1]) if result.x is None else result.x[:-1] * len(fitted) ** 0.5
    combination = right[kept].T @ (found / singular[kept]) / size
    return float(np.abs(columns(checked) @ combination - target(checked)).max()), result.x is None


def _places(breakpoints: np.ndarray, count: int) -> np.ndarray:
    """Return ``count`` equally spaced places in [−1, 1], and all breakpoints and the middles between them."""
    ends = np.unique(np.concatenate([[-1.0], breakpoints, [1.0]]))
    return np.unique(np.concatenate([np.linspace(-1, 1, count), ends, (ends[1:] + ends[:-1]) / 2]))
