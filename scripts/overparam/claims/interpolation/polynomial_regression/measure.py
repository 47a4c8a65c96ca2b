"""Polynomial regression through the interpolation threshold and beyond it.

The target is f*(x) = cos(3π(x + 1)/4) on [-1, 1], which is cos(3πt/2) on [0, 1], the target of scikit-learn's example
on under- and overfitting. Inputs are uniform on [-1, 1], training values are f*(x) + noise · N(0, 1).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.polynomial import legendre

from overparam.progress import Progress
from overparam.seeding import generator

BASES = ("legendre_orthonormal", "legendre", "monomial")
PENALTIES = np.logspace(-10, 2, 25)  # from next to none to next to the zero function, a factor of √10 apart
AT_ONCE = 25  # seeds whose polynomials are computed together: 20 MB of the default size
CURVE_POINTS = np.linspace(-1, 1, 1001)


def target(x: np.ndarray) -> np.ndarray:
    """Return f*(x) = cos(3π(x + 1)/4), shape of ``x``."""
    return np.cos(0.75 * np.pi * (x + 1))


def design_matrix(x: np.ndarray, n_params: int, basis: str) -> np.ndarray:
    """Return the first ``n_params`` basis functions at ``x``.

    Parameters
    ----------
    x
        Points in [-1, 1], shape ``(..., n)``.
    n_params
        p = degree + 1.
    basis
        ``legendre_orthonormal``: √(2k + 1) P_k, orthonormal for the uniform distribution on [-1, 1]; ``legendre``: P_k,
        whose maximum is 1; ``monomial``: x^k.

    Returns
    -------
    numpy.ndarray
        Shape ``(..., n, n_params)``, float64. The first q columns are the design matrix of q parameters.
    """
    if basis == "monomial":
        return np.vander(x.ravel(), n_params, increasing=True).reshape(*x.shape, n_params)
    matrix = legendre.legvander(x, n_params - 1)
    if basis == "legendre_orthonormal":
        return matrix * np.sqrt(2 * np.arange(n_params) + 1)
    if basis == "legendre":
        return matrix
    raise ValueError(f"basis {basis!r} is none of {', '.join(BASES)}")


def minimum_norm(design: np.ndarray, y: np.ndarray, cutoff: float) -> tuple[np.ndarray, int]:
    """Return the least-squares solution of smallest ℓ₂ norm, ``(p,)``, and the numerical rank of ``design``.

    Parameters
    ----------
    design
        Shape ``(n, p)``.
    y
        Training values, shape ``(n,)``.
    cutoff
        Singular values up to ``cutoff`` times the largest count as zero.
    """
    coefficients, _, rank, _ = np.linalg.lstsq(design, y, rcond=cutoff)  # LAPACK gelsd: divide-and-conquer SVD
    return coefficients, int(rank)


def ridge_path(design: np.ndarray, y: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Return the minimisers of ‖design c − y‖²/n + λ‖c‖² for every penalty λ, shape ``(p, n_penalties)``."""
    u, s, vt = np.linalg.svd(design, full_matrices=False)
    shrunk = s[:, None] / (s[:, None] ** 2 + len(y) * penalties) * (u.T @ y)[:, None]  # (min(n, p), n_penalties)
    return vt.T @ shrunk


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Fit every number of coefficients in three bases, and tuned ridge in the orthonormal one.

    The test loss is the expected one on a new noisy sample: (f − f*)² by Gauss–Legendre quadrature, which is exact up
    to rounding, plus the variance of the noise. The penalty of ridge is tuned for every fit on a separate noisy draw.
    For seed 0 the table also has the training samples, the target and, for the numbers of coefficients in ``shown``,
    the fitted curves.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``, and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.
    """
    largest = max(settings["n_params"])
    points, weights = legendre.leggauss(largest + 50)
    test = {basis: design_matrix(points, largest, basis) for basis in BASES}
    truth = target(points)
    rows: list[dict[str, Any]] = []
    progress = Progress(settings["n_seeds"], "training sets")
    for seed, (train, y, validation, y_validation) in enumerate(_designs(settings, largest)):
        for p in settings["n_params"]:
            fits = []
            for basis in BASES:
                coefficients, rank = minimum_norm(train[basis][:, :p], y, settings["cutoff"])
                fits.append((basis, "minimum_norm", coefficients))
                common = {"seed": seed, "n_params": p, "basis": basis, "method": "minimum_norm"}
                rows.append({**common, "quantity": "rank", "value": rank})
            path = ridge_path(train["legendre_orthonormal"][:, :p], y, PENALTIES)
            best = int(np.mean((validation[:, :p] @ path - y_validation[:, None]) ** 2, axis=0).argmin())
            fits.append(("legendre_orthonormal", "ridge", path[:, best]))
            common = {"seed": seed, "n_params": p, "basis": "legendre_orthonormal", "method": "ridge"}
            rows.append({**common, "quantity": "penalty", "value": PENALTIES[best]})
            for basis, method, coefficients in fits:
                common = {"seed": seed, "n_params": p, "basis": basis, "method": method, "quantity": "loss"}
                train_loss = np.mean((train[basis][:, :p] @ coefficients - y) ** 2)
                squared = (test[basis][:, :p] @ coefficients - truth) ** 2
                test_loss = weights @ squared / 2 + settings["noise"] ** 2
                rows += [
                    {**common, "split": "train", "value": train_loss},
                    {**common, "split": "test", "value": test_loss},
                ]
        progress.advance()
    table = pd.concat([pd.DataFrame(rows), _curves(settings)], ignore_index=True)
    table["n_params"] = table["n_params"].astype("Int64")
    return table.assign(n_train=settings["n_train"])


def _designs(settings: dict[str, Any], largest: int) -> Iterator[tuple[dict[str, np.ndarray], np.ndarray, Any, Any]]:
    """Yield, for every seed, the design matrices of the training set in each basis, its values, and the validation set.

    Polynomials of all points of several seeds are computed at once: each is a recursion over the degree.
    """
    for first in range(0, settings["n_seeds"], AT_ONCE):
        seeds = range(first, min(first + AT_ONCE, settings["n_seeds"]))
        x, y = map(np.array, zip(*(_draw(settings, seed, "train", settings["n_train"]) for seed in seeds), strict=True))
        held = [_draw(settings, seed, "validation", settings["n_validation"]) for seed in seeds]
        x_validation, y_validation = map(np.array, zip(*held, strict=True))
        train = {basis: design_matrix(x, largest, basis) for basis in BASES}
        validation = design_matrix(x_validation, largest, "legendre_orthonormal")
        for index in range(len(seeds)):
            designs = {basis: matrices[index] for basis, matrices in train.items()}
            yield designs, y[index], validation[index], y_validation[index]


def _draw(settings: dict[str, Any], seed: int, split: str, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return ``count`` inputs and noisy values."""
    draws = generator(settings["seed"], "polynomial_regression", seed, split)
    x = draws.uniform(-1, 1, count)
    return x, target(x) + settings["noise"] * draws.standard_normal(count)


def _curves(settings: dict[str, Any]) -> pd.DataFrame:
    """Return the first training set, the target and the curves fitted to that set in the orthonormal basis."""
    x, y = _draw(settings, 0, "train", settings["n_train"])
    points = np.union1d(CURVE_POINTS, x)  # the samples too: at high degree the curve reaches them in narrow spikes
    parts = [
        pd.DataFrame({"quantity": "sample", "x": x, "value": y}),
        pd.DataFrame({"quantity": "target", "x": points, "value": target(points)}),
    ]
    for p in settings["shown"]:
        design = design_matrix(x, p, "legendre_orthonormal")
        coefficients, _ = minimum_norm(design, y, settings["cutoff"])
        values = design_matrix(points, p, "legendre_orthonormal") @ coefficients
        common = {"quantity": "prediction", "basis": "legendre_orthonormal", "method": "minimum_norm", "n_params": p}
        parts.append(pd.DataFrame({**common, "x": points, "value": values}))
    return pd.concat(parts, ignore_index=True).assign(seed=0)
