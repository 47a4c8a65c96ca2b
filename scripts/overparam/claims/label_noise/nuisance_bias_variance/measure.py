"""Bias and variance of gradient descent whose Jacobian has an information space and a nuisance space.

This is the smallest case of Oymak, Fabian, Li & Soltanolkotabi (arXiv 1906.05392). The model is linear in its d
parameters, of which there are more than samples. Its Jacobian has r large singular values (the information space) and
n − r small ones (the nuisance space). The labels are a function of the r directions, plus noise. Early in training only
the information space is fitted.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from overparam.seeding import generator

FIT_SHARE = 0.8  # share of the samples to train on when the error on the others chooses the early stop


class Factors(NamedTuple):
    """A singular value decomposition X = U S Vᵀ: ``left`` U (n, n), ``singular`` (n,), ``right`` Vᵀ (n, d)."""

    left: np.ndarray
    singular: np.ndarray
    right: np.ndarray


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return errors of gradient descent from zero on ½‖Xw − y‖²/n, in closed form at every recorded step.

    Inputs x = (z, s u) have r informative coordinates z and d − r nuisance coordinates s u; z and u are standard
    normal, and s is ``slow_scale``. Labels are y = zᵀw* + noise, with ‖w*‖ = 1 in a random direction. With X = U S Vᵀ
    the iterate is w_τ = V diag((1 − (1 − ηs_i²/n)^τ)/s_i) Uᵀy, so that no solver and no tolerance is needed; η is
    ``relative_step`` n/s₁², that is, in units of 1/λ_max. Steps τ are rounded powers of ``step_factor`` up to the first
    one at which the slowest direction of all seeds has (1 − ηs_n²/n)^τ ≤ ``residual_tolerance``, so that training is
    complete. Every seed is trained with noisy and with noiseless labels.

    The early stop is the recorded step with the smallest error on a held-out fifth of the *noisy* samples, for a model
    that is trained on the others. The errors in the table, at that step too, are those of the model trained on all.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    rate, moment = settings["relative_step"], second_moment(settings)
    draws = [_draw(settings, seed) for seed in range(settings["n_seeds"])]
    n_fit = int(FIT_SHARE * settings["n_train"])
    factors = [[_svd(inputs), _svd(inputs[:n_fit])] for inputs, _, _ in draws]
    condition = max((svd.singular[0] / svd.singular[-1]) ** 2 for svd, _ in factors)
    steps = recorded_steps(condition / rate, settings["residual_tolerance"], settings["step_factor"])
    rows: list[dict[str, Any]] = []
    for seed, ((inputs, truth, unit_noise), (full, part)) in enumerate(zip(draws, factors, strict=True)):
        for noise in (0.0, settings["noise"]):
            labels = inputs @ truth + noise * unit_noise
            case = {"seed": seed, "noise": noise, "n_train": len(inputs), "n_params": inputs.shape[1]}
            curves = trajectory(full, labels, truth, inputs @ truth, noise, moment, steps, rate)
            curves |= fitted_shares(full, labels, steps, rate, settings["fast_dimension"])
            for name, values in curves.items():
                rows += [
                    {"quantity": name, "value": value, "step": step, **case}
                    for step, value in zip(steps.tolist(), values.tolist(), strict=True)
                ]
            errors = held_out_error(part, inputs, labels, steps, rate)
            stop = int(np.argmin(errors))
            once = {
                "early_step": steps[stop],
                "early_error": curves["test_error"][stop],
                "final_error": curves["test_error"][-1],
                "early_information": curves["fitted_information"][stop],
                "early_nuisance": curves["fitted_nuisance"][stop],
                "limit_hit": curves["train_error"][-1] > 1e-3,
            }
            rows += [{"quantity": name, "value": float(value), "step": None, **case} for name, value in once.items()]
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64", "step": float})


def second_moment(settings: dict[str, Any]) -> np.ndarray:
    """Return the diagonal of E xxᵀ: 1 for the information and s² for the nuisance coordinates, shape (d,)."""
    fast, dimension = settings["fast_dimension"], settings["n_params"]
    return np.where(np.arange(dimension) < fast, 1.0, settings["slow_scale"] ** 2)


def _draw(settings: dict[str, Any], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return inputs (n, d), w* (d,), and the noise of the labels (n,) in units of its standard deviation."""
    draw = generator(settings["seed"], "nuisance_bias_variance", seed)
    inputs = draw.standard_normal((settings["n_train"], settings["n_params"])) * np.sqrt(second_moment(settings))
    truth = np.zeros(settings["n_params"])
    fast = draw.standard_normal(settings["fast_dimension"])
    truth[: settings["fast_dimension"]] = fast / np.linalg.norm(fast)
    return inputs, truth, draw.standard_normal(settings["n_train"])


def _svd(inputs: np.ndarray) -> Factors:
    return Factors(*np.linalg.svd(inputs, full_matrices=False))


def recorded_steps(condition: float, tolerance: float, factor: float) -> np.ndarray:
    """Return rounded powers of ``factor``, each once, from 1 to the first τ with (1 − 1/condition)^τ ≤ tolerance."""
    last = np.log(tolerance) / np.log1p(-1 / condition)
    return np.unique(np.rint(factor ** np.arange(np.ceil(np.log(last) / np.log(factor)) + 1))).astype(np.int64)


def shrinkage(singular: np.ndarray, steps: np.ndarray, rate: float) -> np.ndarray:
    """Return the fitted share 1 − (1 − ηs_i²/n)^τ of every direction, shape (n_steps, n_directions).

    ``rate`` is η in units of n/s₁² and less than one.
    """
    return -np.expm1(steps[:, None] * np.log1p(-rate * (singular / singular[0]) ** 2))


def iterates(svd: Factors, labels: np.ndarray, steps: np.ndarray, rate: float) -> np.ndarray:
    """Return w_τ at ``steps``, shape (n_steps, d)."""
    return shrinkage(svd.singular, steps, rate) * (svd.left.T @ labels) / svd.singular @ svd.right


def trajectory(
    svd: Factors,
    labels: np.ndarray,
    truth: np.ndarray,
    signal: np.ndarray,
    noise: float,
    moment: np.ndarray,
    steps: np.ndarray,
    rate: float,
) -> dict[str, np.ndarray]:
    """Return the test error and its parts at ``steps``, each of shape (n_steps,); ``signal`` is Xw*."""
    weights, expected = (iterates(svd, target, steps, rate) for target in (labels, signal))
    per_noise = (svd.right**2 @ moment) / svd.singular**2  # test error of a unit of noise in each fitted direction
    # the noise in different directions is independent, so that there are no cross terms
    variance = noise**2 * shrinkage(svd.singular, steps, rate) ** 2 @ per_noise
    bias = (expected - truth) ** 2 @ moment
    return {
        "test_error": (weights - truth) ** 2 @ moment,
        "bias": bias,
        "variance": variance,
        "expected_error": bias + variance,
    }


def fitted_shares(
    svd: Factors, labels: np.ndarray, steps: np.ndarray, rate: float, fast_dimension: int
) -> dict[str, np.ndarray]:
    """Return the train error and the share of the labels fitted in each space at ``steps``, each (n_steps,)."""
    energy = (svd.left.T @ labels) ** 2
    left_over = (1 - shrinkage(svd.singular, steps, rate)) ** 2 * energy
    fast, slow = (slice(fast_dimension), slice(fast_dimension, None))
    return {
        "train_error": left_over.sum(axis=1) / energy.sum(),
        "fitted_information": 1 - left_over[:, fast].sum(axis=1) / energy[fast].sum(),
        "fitted_nuisance": 1 - left_over[:, slow].sum(axis=1) / energy[slow].sum(),
    }


def held_out_error(part: Factors, inputs: np.ndarray, labels: np.ndarray, steps: np.ndarray, rate: float) -> np.ndarray:
    """Return the error, (n_steps,), on the samples after the leading ones, which ``part`` holds and trains on."""
    n_fit = len(part.left)
    weights = iterates(part, labels[:n_fit], steps, rate)
    return np.mean((weights @ inputs[n_fit:].T - labels[n_fit:]) ** 2, axis=1)
