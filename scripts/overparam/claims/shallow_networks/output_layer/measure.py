"""Interpolation by the output layer alone (S3, "The need for overparameterization beyond width"; arXiv 1902.04674)."""

from collections.abc import Iterable, Sequence
from typing import Any

import mpmath
import numpy as np
import pandas as pd

from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import two_layer

ACTIVATIONS = ("softplus", "relu")


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return how well vᵀφ(Wx) fits n random labels ±1 when W (k, d) stays at its random start, as k grows.

    Inputs are uniform on the unit sphere of R^d, W has N(0, 1) entries, and v is the least-squares solution. For
    softplus in low dimension Φ = φ(XWᵀ) has condition numbers beyond 10¹⁶, so that float64 cannot tell whether the
    labels are interpolated. The least-squares problem is therefore solved in ``digits`` decimal digits, by
    orthogonalising one column of Φ after the other (:func:`eliminate`). Units are added until ‖Φv − y‖/‖y‖ is at most
    ``tolerance``, or up to ``width_factor``·n; beside that, numpy.linalg.lstsq solves the case k = n in float64.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    places = [(n, d) for n in settings["n_train"] for d in settings["dimensions"]]
    progress = Progress(len(places) * settings["n_seeds"], "data sets")
    rows: list[dict[str, Any]] = []
    for n_train, dimension in places:
        for seed in range(settings["n_seeds"]):
            draw = generator(settings["seed"], "output_layer", seed, n_train, dimension)
            x = two_layer.unit_vectors(n_train, dimension, draw)
            y = draw.choice([-1.0, 1.0], n_train)
            hidden = draw.standard_normal((settings["width_factor"] * n_train, dimension))
            for activation in ACTIVATIONS:
                case = {"seed": seed, "activation": activation, "n_train": n_train, "dimension": dimension}
                rows += _one_fit(settings, case, x, hidden, y)
            progress.advance()
    return pd.DataFrame(rows).astype({"width": "Int64", "width_minus_n": "Int64"})


def _one_fit(
    settings: dict[str, Any], case: dict[str, Any], x: np.ndarray, hidden: np.ndarray, y: np.ndarray
) -> list[dict[str, Any]]:
    n_train = len(y)
    with mpmath.workdps(settings["digits"]):
        exact = [[mpmath.mpf(value) for value in row] for row in x]
        columns = (unit_outputs(exact, unit, case["activation"]) for unit in hidden)
        residuals, triangle = eliminate(columns, y, n_train + 2, settings["tolerance"], settings["digits"])
        condition = condition_number(triangle)
    fitting = np.flatnonzero(residuals <= settings["tolerance"])
    smallest = float(fitting[0]) if len(fitting) else np.inf
    z = x @ hidden[:n_train].T
    square = np.maximum(z, 0) if case["activation"] == "relu" else np.logaddexp(0, z)
    solution = np.linalg.lstsq(square, y, rcond=None)[0]
    values = {
        "smallest_width": smallest,
        "smallest_width_over_n": smallest / n_train,
        "condition_number": condition,
        "float64_residual": float(np.linalg.norm(square @ solution - y) / np.linalg.norm(y)),
        "limit_hit": float(not len(fitting)),
    }
    rows = [{**case, "quantity": quantity, "value": value} for quantity, value in values.items()]
    for offset in range(-2, 3):
        place = {**case, "width": n_train + offset, "width_minus_n": offset}
        residual = float(residuals[n_train + offset])
        rows.append({**place, "quantity": "residual", "value": residual})
        rows.append({**place, "quantity": "interpolates", "value": float(residual <= settings["tolerance"])})
    return rows


def unit_outputs(x: Sequence[Sequence[float]], unit: np.ndarray, activation: str) -> np.ndarray:
    """Return φ(w·x_i) for one hidden unit w (d,) and inputs (n, d), as mpmath numbers of shape (n,).

    The product is taken in the working precision too: rounded to float64 it would hide that Φ is singular.
    """
    weights = [mpmath.mpf(value) for value in unit]
    z = [mpmath.fdot(weights, row) for row in x]
    function = (lambda value: max(value, mpmath.mpf(0))) if activation == "relu" else _softplus
    return np.array([function(value) for value in z], dtype=object)


def eliminate(
    columns: Iterable[np.ndarray], y: np.ndarray, fewest: int, tolerance: float, digits: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Orthogonalise the columns of Φ one after the other (Gram–Schmidt) and take each out of y.

    Parameters
    ----------
    columns
        Columns of Φ, shape (n,), mpmath numbers. At least ``fewest`` are taken, and more until y is fitted to
        ``tolerance``.
    y
        Labels, shape (n,).
    digits
        A column counts as dependent on earlier ones if at most 10^(−digits/3) of its norm is left.

    Returns
    -------
    residuals, triangle
        ‖Φ_k v − y‖/‖y‖ at the best v for the first k columns, k = 0 … K, float64; and R of the first n columns, Φ = QR,
        None if they are dependent.
    """
    n = len(y)
    error = np.array([mpmath.mpf(value) for value in y], dtype=object)
    size, threshold = _norm(error), mpmath.mpf(10) ** (-digits // 3)
    basis = np.empty((0, n), dtype=object)
    residuals, triangle = [1.0], []
    for count, column in enumerate(columns):
        along = basis @ column
        rest = column - along @ basis if len(basis) else column
        norm = _norm(rest)
        if norm > threshold * _norm(column):
            direction = rest / norm
            basis = np.vstack([basis, direction])
            error = error - direction * (direction @ error)
            if count < n:
                triangle.append([*along, norm])
        residuals.append(float(_norm(error) / size))
        if count + 1 >= fewest and residuals[-1] <= tolerance:
            break
    return np.array(residuals), _upper(triangle) if len(triangle) == n else None


def _upper(columns: list[list[mpmath.mpf]]) -> np.ndarray:
    n = len(columns)
    return np.array([[columns[j][i] if i <= j else mpmath.mpf(0) for j in range(n)] for i in range(n)], dtype=object)


def condition_number(triangle: np.ndarray | None) -> float:
    """Return ‖R‖_F ‖R⁻¹‖_F of an upper triangular matrix of mpmath numbers; infinite if there is none."""
    if triangle is None:
        return np.inf
    n = len(triangle)
    inverse = np.full((n, n), mpmath.mpf(0), dtype=object)
    for i in reversed(range(n)):  # back substitution, row by row; the inverse is upper triangular too
        inverse[i, i] = 1 / triangle[i, i]
        for j in range(i + 1, n):
            inverse[i, j] = -(triangle[i, i + 1 : j + 1] @ inverse[i + 1 : j + 1, j]) / triangle[i, i]
    return float(_norm(triangle.ravel()) * _norm(inverse.ravel()))


def _softplus(z: mpmath.mpf) -> mpmath.mpf:
    return mpmath.log1p(mpmath.exp(z))


def _norm(vector: np.ndarray) -> mpmath.mpf:
    return mpmath.sqrt(vector @ vector)
