"""Bias and variance of gradient descent whose Jacobian has an information space and a nuisance space.

The smallest case of Oymak, Fabian, Li & Soltanolkotabi (arXiv 1906.05392): a model linear in its d parameters with more
parameters than samples, whose Jacobian has r large singular values (information) and n − r small ones (nuisance), and
labels that are a function of the r directions plus noise. Early in training only the information space is fitted.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from overparam.seeding import generator

FIT_SHARE = 0.8  # of the samples, on which early stopping trains; the others stop it


class Factors(NamedTuple):
    """A singular value decomposition X = U S Vᵀ: ``left`` U (n, n), ``singular`` (n,), ``right`` Vᵀ (n, d)."""

    left: np.ndarray
    singular: np.ndarray
    right: np.ndarray


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return errors of gradient descent from zero on ½‖Xw − y‖²/n, in closed form at every recorded step.

    Inputs x = (z, s u) have r informative coordinates z and d − r nuisance coordinates s u, all of z and u standard
    normal, s ``slow_scale``; labels y = zᵀw* + noise with ‖w*‖ = 1 in a random direction. With X = U S Vᵀ the iterate
    is w_τ = V diag((1 − (1 − ηs_i²/n)^τ)/s_i) Uᵀy: no solver, no tolerance; η = ``relative_step`` n/s₁², in units of
    1/λ_max. Steps τ are rounded powers of ``step_factor`` up to the first at which the slowest direction has
    (1 − ηs_n²/n)^τ ≤ ``residual_tolerance``, in the slowest of all seeds, so that training is complete.

    Parameters
    ----------
    settings
        See ``nuisance_bias_variance.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        By ``seed`` and ``noise`` (standard deviation of the labels' noise). At every ``step``:

        - ``test_error``: E(xᵀw_τ − zᵀw*)² over new inputs, exactly, without the noise of new labels; and its parts for
          these training inputs, expected over the noise: ``bias`` and ``variance``; ``expected_error`` is their sum.
        - ``train_error``: ‖Xw_τ − y‖²/‖y‖²; ``fitted_information``, ``fitted_nuisance``: the share of the label
          vector's energy in the span of the first r left singular vectors, and in that of the rest, which is fitted.

        Once per run: ``early_error`` and ``final_error``, test error at the early stop and at the last step;
        ``early_step`` and the shares fitted there, ``early_information`` and ``early_nuisance``; ``limit_hit``, 1 where
        ``train_error`` ends above 1e-3. The early stop is the recorded step of least error on a held-out fifth of the
        *noisy* samples, the model trained on the others; both errors are those of the model trained on all.
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
    """Return inputs (n, d), w* (d,) and the noise of the labels in units of its standard deviation (n,)."""
    draw = generator(settings["seed"], "nuisance_bias_variance", seed)
    inputs = draw.standard_normal((settings["n_train"], settings["n_params"])) * np.sqrt(second_moment(settings))
    truth = np.zeros(settings["n_params"])
    fast = draw.standard_normal(settings["fast_dimension"])
    truth[: settings["fast_dimension"]] = fast / np.linalg.norm(fast)
    return inputs, truth, draw.standard_normal(settings["n_train"])


def _svd(inputs: np.ndarray) -> Factors:
    return Factors(*np.linalg.svd(inputs, full_matrices=False))


def recorded_steps(condition: float, tolerance: float, factor: float) -> np.ndarray:
    """Return rounded powers of ``factor`` from 1 until (1 − 1/condition)^τ ≤ tolerance, each once."""
    last = np.log(tolerance) / np.log1p(-1 / condition)
    return np.unique(np.rint(factor ** np.arange(np.ceil(np.log(last) / np.log(factor)) + 1))).astype(np.int64)


def shrinkage(singular: np.ndarray, steps: np.ndarray, rate: float) -> np.ndarray:
    """Return the share 1 − (1 − ηs_i²/n)^τ of every direction that is fitted, shape (n_steps, n_directions).

    ``rate`` is η in units of n/s₁², below one.
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
    # the noise is independent in every direction: no cross terms
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
    """Return the train error and what is fitted of the labels in each space at ``steps``, each of shape (n_steps,)."""
    energy = (svd.left.T @ labels) ** 2
    left_over = (1 - shrinkage(svd.singular, steps, rate)) ** 2 * energy
    fast, slow = (slice(fast_dimension), slice(fast_dimension, None))
    return {
        "train_error": left_over.sum(axis=1) / energy.sum(),
        "fitted_information": 1 - left_over[:, fast].sum(axis=1) / energy[fast].sum(),
        "fitted_nuisance": 1 - left_over[:, slow].sum(axis=1) / energy[slow].sum(),
    }


def held_out_error(part: Factors, inputs: np.ndarray, labels: np.ndarray, steps: np.ndarray, rate: float) -> np.ndarray:
    """Return the error on the samples beyond those of ``part``, the leading ones, when trained on these; (n_steps,)."""
    n_fit = len(part.left)
    weights = iterates(part, labels[:n_fit], steps, rate)
    return np.mean((weights @ inputs[n_fit:].T - labels[n_fit:]) ** 2, axis=1)
