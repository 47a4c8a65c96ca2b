"""The Hermite expansion of a one-hidden-layer network's covariance Σ(X), beside other ways to compute it.

Σ(X) = E[φ'(Xw)φ'(Xw)ᵀ] ⊙ XXᵀ, w ~ N(0, I): that is E[JJᵀ]/k for output weights with ‖v‖² = k, here ±1.

The lemma: for unit inputs Σ(X) = Σ_r μ_r²(φ') (XXᵀ)^{⊙(r+1)} (Oymak & Soltanolkotabi, arXiv 1902.04674).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from overparam.seeding import generator
from overparam.theory import hermite, two_layer

Rows = list[dict[str, Any]]


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return the lemma's right side beside quadrature, closed form, Monte Carlo and finite networks, in float64.

    Inputs are uniform on the unit sphere, or in the control on another one, for which the lemma is not stated. The
    lemma's sum has 150 terms for smooth activations (what they leave out is below 1e-13); for ReLU it is taken in
    closed form, ρ(π − arccos ρ)/2π. A cut series is compared with Σ by quadrature, or with that closed form; finite
    networks, with output weights ±1, are compared with the lemma's Σ. Nothing is iterated to a tolerance. The control
    has an eighth of the initialisations.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    rows: Rows = []
    for seed in range(settings["n_seeds"]):
        draw = generator(settings["seed"], "hermite_expansion", seed)
        directions = two_layer.unit_vectors(settings["n_train"], settings["dimension"], draw)
        signs = draw.choice([-1.0, 1.0], settings["n_train"])
        for norm in (1.0, settings["control_norm"]):
            for activation in hermite.SLOPES:
                case = {"seed": seed, "activation": activation, "input_norm": norm}
                draw = generator(settings["seed"], "hermite_expansion", "weights", seed, activation, norm)
                rows += _one_case(settings, case, norm * directions, signs, draw)
    for activation in hermite.SLOPES:
        for r, value in enumerate(hermite.coefficients(activation)[: settings["coefficients_shown"]] ** 2):
            case = {"seed": 0, "activation": activation, "input_norm": 1.0, "terms": r}
            rows.append({**case, "quantity": "coefficient", "value": value})
    table = pd.DataFrame(rows)
    return table.astype(dict.fromkeys(("row", "column", "terms", "width"), "Int64"))


def _one_case(
    settings: dict[str, Any], case: dict[str, Any], inputs: np.ndarray, signs: np.ndarray, draw: np.random.Generator
) -> Rows:
    activation, norm, gram = case["activation"], case["input_norm"], hermite.gram_of(inputs)
    rows: Rows = []
    if activation == "relu":
        lemma, exact = hermite.relu_covariance(gram), norm**2 * hermite.relu_covariance(gram / norm**2)
    else:
        lemma = hermite.covariance_series(gram, hermite.coefficients(activation))
        exact = hermite.covariance_by_quadrature(gram, activation, norm)
        for i, j in zip(*np.triu_indices(len(gram)), strict=True):
            place = {**case, "row": i, "column": j}
            rows.append({**place, "quantity": "series_entry", "value": lemma[i, j]})
            rows.append({**place, "quantity": "quadrature_entry", "value": exact[i, j]})
    for terms in settings["terms"]:
        if activation != "relu" and terms > hermite.TERMS:
            continue  # the rest of the series is below rounding, and quadrature can't resolve its coefficients
        part = hermite.covariance_series(gram, hermite.coefficients(activation, terms))
        rows.append({**case, "quantity": "truncation_error", "terms": terms, "value": _relative(part, exact)})
    deviation = _deviation(settings, activation, inputs, signs, lemma, draw)
    rows.append({**case, "quantity": "standard_errors", "value": deviation})
    # the control only has to show that its deviation does not fall
    count = settings["n_initialisations"] if norm == 1 else -(-settings["n_initialisations"] // 8)
    for width, value in _concentration(settings["widths"], count, activation, inputs, lemma, draw):
        rows.append({**case, "quantity": "concentration", "width": width, "value": value})
    missing = sum(not np.isfinite(row["value"]) for row in rows)
    return [*rows, {**case, "quantity": "runs_without_number", "value": float(missing)}]


def _deviation(
    settings: dict[str, Any],
    activation: str,
    inputs: np.ndarray,
    signs: np.ndarray,
    lemma: np.ndarray,
    draw: np.random.Generator,
) -> float:
    """Return how many standard errors the Monte Carlo mean of sᵀJ_ℓJ_ℓᵀs = ‖Xᵀ(s ∘ φ'(Xw_ℓ))‖² lies from sᵀΣs."""
    weights = draw.standard_normal((settings["monte_carlo_samples"], inputs.shape[1]))
    slopes = hermite.SLOPES[activation].first(weights @ inputs.T) * signs  # (samples, n)
    values = ((slopes @ inputs) ** 2).sum(1)
    error = values.std(ddof=1) / len(values) ** 0.5
    return float(abs(values.mean() - signs @ lemma @ signs) / error)


def _concentration(
    widths: list[int],
    n_initialisations: int,
    activation: str,
    inputs: np.ndarray,
    lemma: np.ndarray,
    draw: np.random.Generator,
) -> Iterator[tuple[int, float]]:
    """Yield width and root mean square over initialisations of the relative deviation of JJᵀ/k."""
    gram, first = hermite.gram_of(inputs), hermite.SLOPES[activation].first
    size = np.linalg.norm(lemma, 2)
    for width in widths:
        weights = draw.standard_normal((n_initialisations, width, inputs.shape[1]))
        slopes = first(weights @ inputs.T)  # (initialisations, k, n)
        kernels = (slopes.mT @ slopes) / width * gram
        deviations = np.linalg.norm(kernels - lemma, 2, axis=(1, 2)) / size
        yield width, float(np.mean(deviations**2) ** 0.5)


def _relative(found: np.ndarray, exact: np.ndarray) -> float:
    return float(np.linalg.norm(found - exact, 2) / np.linalg.norm(exact, 2))
