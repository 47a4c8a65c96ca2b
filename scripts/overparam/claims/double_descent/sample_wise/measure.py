"""Test risk over the number of samples, and effective model complexity: of random features and of trained networks.

On random features the loss is squared, on one-hot labels, in float64. A procedure is gradient descent from zero with
the step 1/λ_max for a fixed number of steps, or until it has converged (the minimum-norm solution). Both are computed
in closed form from one singular value decomposition, so that nothing iterates and nothing can diverge. Networks are in
``network_sample_sizes``.

Effective model complexity is that of Nakkiran et al. 2019, arXiv 1912.02292, definition 1: EMC(T) = max{n : E_S[error
of T(S) on S] ≤ ε}, where S is n samples with their noisy labels.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from overparam.claims.double_descent.random_feature_maps import (
    FeatureMap,
    fourier_features,
    normalised_inputs,
    relu_features,
)
from overparam.claims.double_descent.ridge import tuned_ridge
from overparam.claims.double_descent.sample_wise import network_sample_sizes
from overparam.claims.double_descent.spectral_descent import decompose, decompose_gram
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.training import machine

BANDWIDTH = 0.5 * np.sqrt(2)  # half the root-mean-square distance between two images, as in random_features
NOISE = "wrong_label"
EMC = "effective_model_complexity"

Row = dict[str, Any]


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Measure risk over n at fixed N, and the largest n that every procedure fits.

    Losses and errors on the training samples count the given labels. Complexities are found by bisection over n at the
    last label noise, for two criteria: a near-zero loss, and the error of the definition. The critical width is the
    least N that brings n samples to a near-zero loss, with the most steps and at convergence.

    The rows of networks are those of :class:`network_sample_sizes.NetworksOverSamples`.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If the curves or the critical widths need more training images than there are.
    """
    most = max(*settings["critical_n_train"], _whole(settings["n_features"], settings["samples_per_feature"]))
    if most > len(dataset.train):
        there = f"{dataset.name} has {len(dataset.train)} training images"
        raise UserError(f"sample_wise: the settings ask for {most} samples, but {there}")
    images = _Images(settings, dataset)
    progress = Progress(settings["n_seeds"] * len(settings["features"]), "seeds and kinds of features")
    rows: list[Row] = []
    for seed in range(settings["n_seeds"]):
        for kind in settings["features"]:
            found = [*images.curves(seed, kind), *images.complexities(seed, kind), *images.critical_widths(seed, kind)]
            rows += [{"seed": seed, "features": kind, **row} for row in found]
            progress.advance()
    device = machine.prepare(settings.get("gpus", 0))
    rows += network_sample_sizes.NetworksOverSamples(settings, dataset, device, largest).rows()
    table = pd.DataFrame(rows)
    return table.astype({"value": float, **dict.fromkeys(("n_features", "n_train", "steps", "width"), "Int64")})


class _Images:
    """The data set with the settings that say what is done with it."""

    def __init__(self, settings: dict[str, Any], dataset: Dataset):
        self.settings, self.labels, self.classes = settings, dataset.train.labels, np.eye(len(dataset.classes))
        self.x, x_test = normalised_inputs(dataset)
        self.x_test, self.test_labels = x_test[: settings["n_test"]], dataset.test.labels[: settings["n_test"]]
        procedures = [{"method": "gradient_descent", "steps": steps} for steps in settings["steps"]]
        procedures.sort(key=lambda one: one["steps"])
        self.procedures = [*procedures, {"method": "minimum_norm", "steps": None}]

    def curves(self, seed: int, kind: str) -> Iterator[Row]:
        """Yield loss and error over n of every procedure and of ridge, and where the test loss is largest."""
        order = self._draws(seed, "images").permutation(len(self.x))
        arms = [self._noisy(order, noise, seed) for noise in self.settings["label_noise"]]
        for n_features in self.settings["n_features"]:
            features = self._map(kind, n_features, seed, "curve")
            train, test = features(self.x[order]), features(self.x_test)
            rows = []
            for n in _sizes(n_features, self.settings["samples_per_feature"]):
                given = [arm[:n] for arm in arms]
                size = {"n_features": n_features, "n_train": n, "samples_per_feature": n / n_features}
                for row in self._fits(train[:n], test, given):
                    rows.append({**size, **row})
            yield from rows
            yield from _peaks(rows)

    def complexities(self, seed: int, kind: str) -> Iterator[Row]:
        """Yield the effective model complexity of every procedure, by criterion and by pool."""
        for n_features in self.settings["n_features"]:
            pooled = n_features == self.settings["pool_n_features"]
            for share in self.settings["pool_shares"] if pooled else [max(self.settings["pool_shares"])]:
                pool = round(share * len(self.x))

                @functools.cache
                def fitted(n: int, n_features: int = n_features, pool: int = pool) -> np.ndarray:
                    return self._fitted(seed, kind, n_features, n, pool)

                for index, procedure in enumerate(self.procedures):
                    for column, criterion in enumerate(("near_zero_loss", "train_error")):
                        n = largest(lambda n, at=(index, column): fitted(n)[at], n_features, pool, self._resolution)
                        case = {"n_features": n_features, **procedure, "criterion": criterion, "pool_share": share}
                        yield {**case, **self._noise(-1), "quantity": EMC, "value": n}
                        yield {**case, **self._noise(-1), "quantity": "limit_hit", "value": float(np.isinf(n))}

    def critical_widths(self, seed: int, kind: str) -> Iterator[Row]:
        """Yield the least number of features that brings n samples to a near-zero loss, most steps or converged."""
        for n in self.settings["critical_n_train"]:

            @functools.cache
            def fitted(half: int, n: int = n) -> np.ndarray:
                return self._fitted(seed, kind, 2 * half, n, len(self.x))

            for index in (-2, -1):
                # "not fitted" holds up to the critical width: the same search finds the last width that does not fit
                last = largest(lambda half, i=index: not fitted(half)[i, 0], n // 2, 2 * n, self._resolution)
                case = {"n_train": n, **self.procedures[index], "criterion": "near_zero_loss", **self._noise(-1)}
                yield {**case, "quantity": "critical_width", "value": 2 * (last + 1)}
                yield {**case, "quantity": "limit_hit", "value": float(np.isinf(last))}

    @property
    def _resolution(self) -> float:
        return self.settings["resolution"]

    def _fits(self, train: np.ndarray, test: np.ndarray, given: list[np.ndarray]) -> Iterator[Row]:
        """Yield loss and error of every procedure and of ridge on one training set, for every level of noise."""
        targets = np.concatenate([self.classes[arm] for arm in given], axis=1)
        parts = decompose(train, self.settings["cutoff"])
        for procedure in self.procedures:
            coefficients = parts.coefficients(targets, procedure["steps"])
            yield from self._judged(procedure, given, train @ coefficients, test @ coefficients)
        coefficients, _ = tuned_ridge(train, targets, len(given), self.settings["heldout_fraction"])
        yield from self._judged({"method": "ridge", "steps": None}, given, train @ coefficients, test @ coefficients)

    def _judged(self, procedure: Row, given: list[np.ndarray], train: np.ndarray, test: np.ndarray) -> Iterator[Row]:
        predicted = zip(np.split(train, len(given), axis=1), np.split(test, len(given), axis=1), strict=True)
        for index, (arm, values) in enumerate(zip(given, predicted, strict=True)):
            for split, wanted, scores in zip(("train", "test"), (arm, self.test_labels), values, strict=True):
                common = {**procedure, **self._noise(index), "split": split}
                yield {**common, "quantity": "loss", "value": _loss(scores, self.classes[wanted])}
                yield {**common, "quantity": "error", "value": _error(scores, wanted)}

    def _fitted(self, seed: int, kind: str, n_features: int, n: int, pool: int) -> np.ndarray:
        """Return whether loss and error on n samples of a pool are small enough, bool ``(procedures, 2)``.

        Both are averaged over ``n_draws`` draws of samples, labels and features. The draws at n are the first n of one
        order per pool, and the features do not depend on n, so that the averages rise with n almost everywhere.
        """
        measured = np.zeros((len(self.procedures), 2))
        for draw in range(self.settings["n_draws"]):
            kept = self._draws(seed, "pool", pool, draw).permutation(pool)[:n]
            given = self._noisy(kept, self.settings["label_noise"][-1], seed, pool, draw)
            parts = decompose_gram(self._map(kind, n_features, seed, "complexity", draw)(self.x[kept]))
            for index, procedure in enumerate(self.procedures):
                scores = parts.fitted(self.classes[given], procedure["steps"])
                measured[index] += _loss(scores, self.classes[given]), _error(scores, given)
        levels = self.settings["near_zero_loss"], self.settings["fitted_error"]
        return measured / self.settings["n_draws"] <= levels

    def _noisy(self, chosen: np.ndarray, noise: float, *names: int) -> np.ndarray:
        clean = self.labels[chosen]
        # the same at all levels of noise and numbers of samples: more of either adds to the wrong labels
        draws = self._draws(*names, "label noise")
        return labels.corrupt(clean, len(self.classes), noise, NOISE, draws) if noise else clean

    def _noise(self, index: int) -> Row:
        noise = self.settings["label_noise"][index]
        return {"label_noise": noise, "noise_definition": NOISE if noise else None}

    def _map(self, kind: str, n_features: int, *names: str | int) -> FeatureMap:
        draws = self._draws(*names, kind, n_features)
        if kind == "relu":
            return relu_features(self.x.shape[1], n_features, draws)
        return fourier_features(self.x.shape[1], n_features, BANDWIDTH, draws)

    def _draws(self, *names: str | int) -> np.random.Generator:
        return generator(self.settings["seed"], "sample_wise", *names)


def largest(holds: Callable[[int], bool], guess: int, most: int, resolution: float) -> float:
    """Return the largest integer up to ``most`` at which ``holds`` is true; 0 if it is at none, inf if at ``most``.

    The bracket grows from ``guess`` by factors of two and is then halved, on the logarithmic scale, until its ends
    differ by at most the fraction ``resolution`` or by 1. Once ``holds`` is false it should stay false.
    """
    low, high = 0, min(max(guess, 1), most)
    while holds(high):
        if high == most:
            return np.inf
        low, high = high, min(2 * high, most)
    while high - low > max(1, resolution * low):
        middle = min(max(round(np.sqrt(max(low, 1) * high)), low + 1), high - 1)
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _peaks(rows: list[Row]) -> Iterator[Row]:
    """Yield n at the largest test loss of every curve over n at one N."""
    keys = ["n_features", "method", "steps", "label_noise", "noise_definition"]
    curves: dict[tuple, list[Row]] = {}
    for row in rows:
        if row["quantity"] == "loss" and row["split"] == "test" and row["method"] != "ridge":
            curves.setdefault(tuple(row[key] for key in keys), []).append(row)
    for case, curve in curves.items():
        top = max(curve, key=lambda row: row["value"])
        yield {**dict(zip(keys, case, strict=True)), "quantity": "samples_at_peak", "value": top["n_train"]}


def _sizes(n_features: int, ratios: list[float]) -> list[int]:
    return sorted({max(2, round(ratio * n_features)) for ratio in ratios})


def _whole(n_features: list[int], ratios: list[float]) -> int:
    return max(_sizes(max(n_features), ratios))


def _loss(scores: np.ndarray, wanted: np.ndarray) -> float:
    return float(((scores - wanted) ** 2).sum(axis=1).mean())


def _error(scores: np.ndarray, wanted: np.ndarray) -> float:
    return float((scores.argmax(axis=1) != wanted).mean())
