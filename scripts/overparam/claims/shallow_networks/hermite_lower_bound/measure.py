"""The quadratic part of the covariance Σ(X) as a lower bound, with the printed coefficient and with that of r = 1.

Σ(X) = Σ_r μ_r²(φ') (XXᵀ)^{⊙(r+1)} (Oymak & Soltanolkotabi, arXiv 1902.04674), each term positive semidefinite by
Schur's product theorem, so Σ(X) ⪰ μ_1²(φ') (XXᵀ) ⊙ (XXᵀ); and μ_1 = E[φ''(g)] by Stein's identity.
"""

from typing import Any

import numpy as np
import pandas as pd

from overparam.seeding import generator
from overparam.theory import hermite, two_layer

COEFFICIENTS = {"printed": 2, "corrected": 1}  # which μ_r² stands before (XXᵀ) ⊙ (XXᵀ)


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return the coefficients of every activation, and the smallest eigenvalue of what the bound says is positive.

    Σ is taken by quadrature, or in closed form for ReLU, and not from the series, so that no term is subtracted from
    itself. Its error is about 1e-15 of its largest entry, at the control's norm up to 1e-6. Eigenvalues are those of
    LAPACK's eigvalsh, in float64. The mean curvature E φ'' has a quadrature of its own.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    rows: list[dict[str, Any]] = []
    for seed in range(settings["n_seeds"]):
        for activation in hermite.SLOPES:
            found = hermite.coefficients(activation, 3)
            for name, order in COEFFICIENTS.items():
                case = {"seed": seed, "activation": activation, "coefficient": name}
                rows.append({**case, "quantity": "coefficient_value", "value": found[order] ** 2})
                curvature = hermite.mean_curvature(activation) ** 2
                rows.append({**case, "quantity": "squared_mean_curvature", "value": curvature})
        for per_dimension in settings["inputs_per_dimension"]:
            n_train = round(per_dimension * settings["dimension"])
            draw = generator(settings["seed"], "hermite_lower_bound", seed, n_train)
            directions = two_layer.unit_vectors(n_train, settings["dimension"], draw)
            case = {
                "seed": seed, "n_train": n_train, "inputs_per_dimension": per_dimension,
                "beyond_quadratic_rank": n_train > settings["dimension"] * (settings["dimension"] + 1) // 2,
            }  # fmt: skip
            rows += _eigenvalues(case, directions, settings["control_norm"])
    missing = sum(not np.isfinite(row["value"]) for row in rows)
    rows.append({"seed": 0, "quantity": "runs_without_number", "value": float(missing)})
    return pd.DataFrame(rows).astype({"n_train": "Int64", "beyond_quadratic_rank": "boolean"})


def _eigenvalues(case: dict[str, Any], directions: np.ndarray, control_norm: float) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for norm in (1.0, control_norm):
        gram = hermite.gram_of(norm * directions)
        quadratic = gram * gram
        smallest = np.linalg.eigvalsh(quadratic)[0]
        for activation in hermite.SLOPES:
            sigma, found = _covariance(gram, activation, norm), hermite.coefficients(activation, 3)
            own = np.linalg.eigvalsh(sigma)[0] if norm == 1 else None
            for name, order in COEFFICIENTS.items():
                here = {**case, "activation": activation, "input_norm": norm, "coefficient": name}
                difference = np.linalg.eigvalsh(sigma - found[order] ** 2 * quadratic)[0]
                rows.append({**here, "quantity": "smallest_eigenvalue", "value": difference})
                if own is not None:
                    rows.append({**here, "quantity": "guaranteed", "value": found[order] ** 2 * smallest})
                    rows.append({**here, "quantity": "covariance_eigenvalue", "value": own})
                    rows.append({**here, "quantity": "mean_diagonal", "value": np.diag(sigma).mean()})
    return rows


def _covariance(gram: np.ndarray, activation: str, norm: float) -> np.ndarray:
    if activation == "relu":  # a step, which no quadrature resolves
        return hermite.covariance(gram, activation, norm)
    return hermite.covariance_by_quadrature(gram, activation, norm)
