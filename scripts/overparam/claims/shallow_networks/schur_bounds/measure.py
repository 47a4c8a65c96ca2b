"""Schur's bounds on the eigenvalues of a Hadamard product (Schur 1911; the talk dates them 1913)."""

from typing import Any

import numpy as np
import pandas as pd

from overparam.seeding import generator
from overparam.theory import two_layer

PAIRS = ("full rank", "singular", "nearly singular", "attained", "network", "indefinite")


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return the extreme eigenvalues of A ⊙ B and Schur's bounds on them, from LAPACK's eigvalsh in float64.

    Every seed draws one pair of every kind and size, with A scaled to trace n. No iterative solver takes part; rounding
    errors are at most about 1e-14 here. λ_min and λ_max of A ⊙ B, A and B are each computed by themselves.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    parts = []
    for size in settings["sizes"]:
        for pair in PAIRS:
            draws = [
                generator(settings["seed"], "schur_bounds", seed, size, pair) for seed in range(settings["n_seeds"])
            ]
            first, second = (
                np.stack(matrices) for matrices in zip(*(_draw(pair, size, d) for d in draws), strict=True)
            )
            for quantity, values in _extremes(first, second).items():
                parts.append(
                    pd.DataFrame(
                        {
                            "seed": np.arange(len(values)),
                            "pair": pair,
                            "size": size,
                            "quantity": quantity,
                            "value": values,
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


def _extremes(first: np.ndarray, second: np.ndarray) -> dict[str, np.ndarray]:
    """Return the quantities of :func:`measure` for stacks of A and B, shape (s, n, n)."""
    product, own, other = (np.linalg.eigvalsh(matrix) for matrix in (first * second, first, second))
    diagonal = np.diagonal(second, axis1=1, axis2=2)
    return {
        "smallest_eigenvalue": product[:, 0],
        "largest_eigenvalue": product[:, -1],
        "lower_bound": diagonal.min(1) * own[:, 0],
        "upper_bound": diagonal.max(1) * own[:, -1],
        "lower_excess": product[:, 0] - diagonal.min(1) * own[:, 0],
        "smallest_eigenvalue_b": other[:, 0],
        "not_positive": ((own[:, 0] < -1e-10) | (other[:, 0] < -1e-10)).astype(float),
    }


def _draw(pair: str, size: int, draw: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    if pair == "network":
        inputs = two_layer.unit_vectors(size, 2 * size, draw)
        slopes = 1 - np.tanh(inputs @ draw.standard_normal((2 * size, 3 * size))) ** 2
        return inputs @ inputs.T, slopes @ slopes.T / size
    rank = max(1, size // 2) if pair == "singular" else 2 * size
    first, second = _wishart(size, rank, draw), _wishart(size, rank, draw)
    if pair == "nearly singular":
        basis = np.linalg.qr(draw.standard_normal((size, size)))[0]
        first = (basis * 10 ** draw.uniform(-12, 0, size)) @ basis.T
        first = (first + first.T) / 2
    if pair == "attained":
        signs = draw.choice([-1.0, 1.0], size)
        second = np.outer(signs, signs)
    if pair == "indefinite":
        upper = np.triu(draw.standard_normal((size, size)), 1)
        second = upper + upper.T + np.eye(size)
    return first * size / np.trace(first), second


def _wishart(size: int, rank: int, draw: np.random.Generator) -> np.ndarray:
    factor = draw.standard_normal((size, rank))
    return factor @ factor.T / rank
