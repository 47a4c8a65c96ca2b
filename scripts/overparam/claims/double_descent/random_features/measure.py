"""Double descent of random-feature regression (Belkin, Hsu, Ma & Mandal 2019, arXiv 1812.11118, §2 and figure 2).

The squared loss of one-hot labels is minimised over functions of N random features, and of all solutions that with the
smallest norm is taken. The threshold is N = n, where each class has as many coefficients as there are samples. All
numbers are float64.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import scipy.linalg

from overparam.claims.double_descent import enough_images, normal_equations
from overparam.claims.double_descent.random_feature_maps import (
    FeatureMap,
    arc_cosine_kernel,
    fourier_features,
    gaussian_kernel,
    gradient_descent,
    minimum_norm,
    normalised_inputs,
    relu_features,
)
from overparam.claims.double_descent.random_features import large_fits
from overparam.claims.double_descent.ridge import tuned_ridge
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset, Split
from overparam.progress import Progress
from overparam.seeding import generator

LARGE = 2**26  # values of a feature matrix that is fitted block by block where that can be done: half a gigabyte

Row = dict[str, Any]
Kept = Callable[[str, Callable[[], list[Row]]], list[Row]]


def measure(
    settings: dict[str, Any],
    dataset: Dataset,
    kept: Kept = lambda name, measured: measured(),
) -> pd.DataFrame:
    """Fit random features of every number, by least squares of smallest norm and by ridge, to clean and noisy labels.

    Losses and errors on the training samples count the given labels. The penalty of ridge is tuned on a held-out part
    of the training samples with their given labels. Distances to the kernel are those to its minimum-norm predictor
    h_{n,∞} on the test images, over the root mean square of the latter. Gradient descent runs on fewer samples, from
    zero and from a random start that is as long as the solution.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``, and the root ``seed``.
    dataset
        Images; its test labels are never corrupted.
    kept
        Takes the name of a part and what measures it to its rows, which may have been measured before.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If the data set has fewer training images than ``n_train``.
    """
    enough_images.check("random_features", settings, dataset)
    n = settings["n_train"]
    x_train, x_test = normalised_inputs(dataset)
    x_test = x_test[: settings["n_test"]]
    test_labels = dataset.test.labels[: settings["n_test"]]
    fits = settings["n_seeds"] * len(settings["features"]) * len(settings["features_per_sample"])
    progress = Progress(fits, "feature matrices")
    rows: list[Row] = []
    for seed in range(settings["n_seeds"]):
        chosen = generator(settings["seed"], "random_features", seed, "images").permutation(len(x_train))[:n]
        x, part = x_train[chosen], dataset.train.take(chosen)
        arms = label_arms(settings, seed, part, len(dataset.classes))
        regressions = _Regressions(settings, seed, x, x_test, arms, test_labels, len(dataset.classes))
        for kind in settings["features"]:
            for row in regressions.all(kind, progress, kept):
                rows.append({"seed": seed, "features": kind, **row})
    table = pd.DataFrame(rows)
    table[["n_features", "n_params"]] = table[["n_features", "n_params"]].astype("Int64")
    return table


def label_arms(settings: dict[str, Any], seed: int, part: Split, n_classes: int) -> dict[tuple, np.ndarray]:
    """Return the given labels, ``(n,)``, by label noise and its definition, which is None without noise."""
    arms = {}
    for noise in settings["label_noise"]:
        for definition in labels.DEFINITIONS if noise else (None,):
            # the same at all levels of noise, so that what is wrong at a lower level is wrong at a higher one
            draws = generator(settings["seed"], "random_features", seed, "label noise")
            arms[noise, definition] = (
                labels.corrupt(part.labels, n_classes, noise, definition, draws) if noise else part.labels
            )
    return arms


class _Regressions:
    """The samples, labels and test images of one seed."""

    def __init__(
        self,
        settings: dict[str, Any],
        seed: int,
        x: np.ndarray,
        x_test: np.ndarray,
        arms: dict[tuple, np.ndarray],
        test_labels: np.ndarray,
        n_classes: int,
    ):
        self.settings, self.seed, self.x, self.x_test = settings, seed, x, x_test
        self.arms, self.test_labels, self.classes = arms, test_labels, np.eye(n_classes)
        self.targets = np.concatenate([self.classes[given] for given in arms.values()], axis=1)  # (n, arms · classes)
        self.limits: dict[str, tuple[np.ndarray, list[Row]]] = {}
        self.bandwidth = settings["bandwidth"] * np.sqrt(2)  # two inputs are √2 apart, root mean square

    def all(self, kind: str, progress: Progress, kept: Kept) -> list[Row]:
        """Return the rows of the kernel limit, those of the smallest norm and of ridge over N, and those of descent."""
        settings, part = self.settings, f"{self.seed}-{kind}"
        rows = kept(f"{part}-kernel", lambda: self._kernel(kind)[1])
        for ratio in sorted({*settings["features_per_sample"], *settings["ridge_features_per_sample"]}):
            rows = rows + kept(f"{part}-{ratio:g}", lambda ratio=ratio: list(self._over_features(kind, ratio)))
            progress.advance(ratio in settings["features_per_sample"])
        return rows + kept(f"{part}-descent", lambda: list(self.descent(kind)))

    def _over_features(self, kind: str, ratio: float) -> Iterator[Row]:
        """Yield the rows of the smallest norm and of ridge at one N."""
        n_features = max(2, 2 * round(ratio * len(self.x) / 2))
        features = self._map(kind, n_features, "curve")
        size = {"n_train": len(self.x), "n_features": n_features, "n_params": n_features * len(self.classes)}
        size["features_per_sample"] = n_features / len(self.x)
        evaluated = functools.cache(lambda: (features(self.x), features(self.x_test)))  # at most once
        if ratio in self.settings["features_per_sample"]:
            common = {"method": "minimum_norm", **size}
            coefficients, rank, train, test = self._smallest_norm(features, evaluated)
            yield {**common, "quantity": "rank", "value": rank}
            yield from self._judged(common, train, test)
            yield from self._norms(common, coefficients, n_features)
            yield from self._distances(common, test, self._kernel(kind)[0])
        if ratio in self.settings["ridge_features_per_sample"]:
            common = {"method": "ridge", **size}
            train, test = evaluated()
            coefficients, penalties = tuned_ridge(
                train, self.targets, len(self.arms), self.settings["heldout_fraction"]
            )
            yield from self._judged(common, train @ coefficients, test @ coefficients)
            yield from self._norms(common, coefficients, n_features)
            for arm, penalty in zip(self._arms(), penalties, strict=True):
                yield {**common, **arm, "quantity": "penalty", "value": penalty}

    def _smallest_norm(
        self, features: FeatureMap, evaluated: Callable[[], tuple[np.ndarray, np.ndarray]]
    ) -> tuple[np.ndarray, int, np.ndarray, np.ndarray]:
        """Return coefficients, rank, and predictions on training and test images of the smallest norm."""
        n, cutoff = len(self.x), self.settings["cutoff"]
        large = features.n_features > n and n * features.n_features > LARGE
        if large and (fit := large_fits.minimum_norm(features, self.x, self.targets)):
            return np.concatenate(fit.coefficients), n, fit.predicted(self.x), fit.predicted(self.x_test)
        train, test = evaluated()
        coefficients, rank = minimum_norm(train, self.targets, cutoff)
        return coefficients, rank, train @ coefficients, test @ coefficients

    def descent(self, kind: str) -> Iterator[Row]:
        """Yield how far gradient descent ends from the minimum-norm solution, from zero and from a random start."""
        n = min(self.settings["descent_n_train"], len(self.x))
        n_features = 2 * round(self.settings["descent_features_per_sample"] * n / 2)
        train = self._map(kind, n_features, "descent")(self.x[:n])
        targets = self.targets[:n, : len(self.classes)]  # the first arm: the lowest label noise
        solution, _ = minimum_norm(train, targets, self.settings["cutoff"])
        draws = generator(self.settings["seed"], "random_features", self.seed, kind, "start")
        random = draws.standard_normal(solution.shape)
        length = np.linalg.norm(solution)
        for name, start in {
            "zero": np.zeros_like(solution),
            "random": random * length / np.linalg.norm(random),
        }.items():
            found, steps = gradient_descent(
                train, targets, start, self.settings["descent_tolerance"], self.settings["descent_max_steps"]
            )
            common = {"method": "gradient_descent", "start": name, "n_train": n, "n_features": n_features}
            common |= {"n_params": n_features * len(self.classes), "features_per_sample": n_features / n}
            common |= self._arms()[0]
            measured = {
                "steps": steps,
                "residual": np.linalg.norm(train @ found - targets) / np.linalg.norm(targets),
                "solution_distance": np.linalg.norm(found - solution) / length,
            }
            yield from ({**common, "quantity": quantity, "value": value} for quantity, value in measured.items())

    def _map(self, kind: str, n_features: int, purpose: str) -> FeatureMap:
        """Return new random features; those of different N are independent of each other."""
        draws = generator(self.settings["seed"], "random_features", self.seed, kind, purpose, n_features)
        if kind == "relu":
            return relu_features(self.x.shape[1], n_features, draws)
        return fourier_features(self.x.shape[1], n_features, self.bandwidth, draws)

    def _kernel(self, kind: str) -> tuple[np.ndarray, list[Row]]:
        """Return h_{n,∞} on the test images, ``(n_test, arms · classes)``, and its rows; each kernel is fitted once."""
        if kind in self.limits:
            return self.limits[kind]
        if kind == "relu":
            k_train, k_test = (arc_cosine_kernel(z, self.x) for z in (self.x, self.x_test))
        else:
            k_train, k_test = (gaussian_kernel(z, self.x, self.bandwidth) for z in (self.x, self.x_test))
        factor = normal_equations.factorised(k_train)
        if factor is not None:
            dual = normal_equations.solved(factor, self.targets)
        else:  # too close to singular for a factorisation
            dual = scipy.linalg.lstsq(k_train, self.targets, cond=self.settings["cutoff"], lapack_driver="gelsd")[0]
        common = {"method": "kernel", "n_train": len(self.x)}
        rows = list(self._judged(common, k_train @ dual, k_test @ dual))
        for arm, (a, y) in zip(
            self._arms(), zip(self._by_arm(dual), self._by_arm(self.targets), strict=True), strict=True
        ):
            rows.append({**common, **arm, "quantity": "function_norm", "value": np.sqrt(np.sum(a * y))})
        self.limits[kind] = k_test @ dual, rows
        return self.limits[kind]

    def _arms(self) -> list[Row]:
        return [{"label_noise": noise, "noise_definition": definition} for noise, definition in self.arms]

    def _by_arm(self, values: np.ndarray) -> list[np.ndarray]:
        return np.split(values, len(self.arms), axis=-1)

    def _judged(self, common: Row, train: np.ndarray, test: np.ndarray) -> Iterator[Row]:
        """Yield loss and 0-1 error on the training samples (given labels) and the test samples (true labels)."""
        for arm, given, *predicted in zip(
            self._arms(), self.arms.values(), self._by_arm(train), self._by_arm(test), strict=True
        ):
            for split, wanted, values in zip(("train", "test"), (given, self.test_labels), predicted, strict=True):
                loss = ((values - self.classes[wanted]) ** 2).sum(axis=1).mean()
                error = (values.argmax(axis=1) != wanted).mean()
                yield {**common, **arm, "split": split, "quantity": "loss", "value": loss}
                yield {**common, **arm, "split": split, "quantity": "error", "value": error}

    def _norms(self, common: Row, coefficients: np.ndarray, n_features: int) -> Iterator[Row]:
        """Yield √N‖a‖, the norm of the coefficients of features scaled by 1/√N, and ‖a‖ (Frobenius, all classes)."""
        for arm, part in zip(self._arms(), self._by_arm(coefficients), strict=True):
            norm = np.linalg.norm(part)
            yield {**common, **arm, "quantity": "function_norm", "value": norm}
            yield {**common, **arm, "quantity": "norm", "value": norm / np.sqrt(n_features)}

    def _distances(self, common: Row, test: np.ndarray, limit: np.ndarray) -> Iterator[Row]:
        for arm, values, wanted in zip(self._arms(), self._by_arm(test), self._by_arm(limit), strict=True):
            distance = np.linalg.norm(values - wanted) / np.linalg.norm(wanted)
            yield {**common, **arm, "quantity": "kernel_distance", "value": distance}
