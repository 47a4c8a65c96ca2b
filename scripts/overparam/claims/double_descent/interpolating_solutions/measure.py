"""Interpolating solutions that gradient descent reaches from different starts: on random features, and networks.

On random features, gradient descent on least squares never changes what its start has in the null space of the
features. From a start β₀ it converges to β_min + P β₀, with β_min the minimum-norm solution and P the projection on the
null space. This limit is computed in closed form from one singular value decomposition, so that no run can stop early
or diverge. How solutions are distributed is thus decided by the starts: Gaussian, alike in every coefficient, and
scaled to a given length. Networks are trained; see ``network_solutions``.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from overparam.claims.double_descent.interpolating_solutions.network_solutions import NetworkSolutions
from overparam.claims.double_descent.random_feature_maps import (
    FeatureMap,
    fourier_features,
    normalised_inputs,
    relu_features,
)
from overparam.claims.double_descent.ridge import tuned_ridge
from overparam.claims.double_descent.spectral_descent import Decomposition, decompose
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.training import machine

BANDWIDTH = 0.5 * np.sqrt(2)  # half the root-mean-square distance between two images, as in random_features
NOISE = "wrong_label"

Row = dict[str, Any]


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Measure how much solutions differ, and how their risk depends on their norm.

    Starts of one length, that of the minimum-norm solution at the largest N, are ``random`` or combinations of the
    training samples' features (``row_space``). Their solutions are compared in pairs: the root-mean-square difference
    of test outputs is in units of the minimum-norm solution's outputs at the largest N.

    Starts of several lengths are random (``scaled``, in units of ‖β_min‖), or lie on the way from zero to the
    ``truth``, which is tuned ridge on all other training images with their true labels.

    The rows of networks are those of :class:`NetworkSolutions`.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If no training image is left over for the truth, or networks ask for more samples or seeds than features have.
    """
    n = settings["n_train"]
    if n >= len(dataset.train):
        there = f"{dataset.name} has {len(dataset.train)} training images, and some must be left over"
        raise UserError(f"interpolating_solutions: n_train is {n}, but {there}")
    if settings["network_n_train"] > n or settings["network_seeds"] > settings["n_seeds"]:
        asked = f"network_n_train = {settings['network_n_train']} and network_seeds = {settings['network_seeds']}"
        there = f"n_train = {n} and n_seeds = {settings['n_seeds']}"
        raise UserError(f"interpolating_solutions: {asked} must be at most {there}, of which networks take a part")
    device = machine.prepare(settings["gpus"])
    networks = settings["network_seeds"]
    progress = Progress(settings["n_seeds"] * len(settings["features"]) + networks, "seeds and kinds of features")
    rows: list[Row] = []
    for seed in range(settings["n_seeds"]):
        solutions = _FeatureSolutions(settings, seed, dataset)
        for kind in settings["features"]:
            found = [*solutions.across_widths(kind), *solutions.across_norms(kind)]
            rows += [{"seed": seed, "features": kind, "n_train": n, **row} for row in found]
            progress.advance()
        if seed >= settings["n_seeds"] - networks:
            kept, rest = solutions.split
            own = NetworkSolutions(settings, dataset, kept[: settings["network_n_train"]], rest, seed, device)
            rows += [{"seed": seed, **row} for row in (*own.across_widths(), *own.across_norms())]
            progress.advance()
    return pd.DataFrame(rows).astype({"value": float, "n_features": "Int64", "draw": "Int64", "width": "Int64"})


class _FeatureSolutions:
    """Solutions on the random features of one seed: its samples, its labels and all other images."""

    def __init__(self, settings: dict[str, Any], seed: int, dataset: Dataset):
        self.settings, self.seed = settings, seed
        x_train, x_test = normalised_inputs(dataset)
        order = self._draws("images").permutation(len(x_train))
        kept, rest = self.split = np.split(order, [settings["n_train"]])
        self.x, self.x_rest, self.x_test = x_train[kept], x_train[rest], x_test[: settings["n_test"]]
        self.test_labels, classes = dataset.test.labels[: settings["n_test"]], np.eye(len(dataset.classes))
        self.wanted, self.rest_targets = classes[self.test_labels], classes[dataset.train.labels[rest]]
        clean = dataset.train.labels[kept]
        self.targets = {
            noise: classes[labels.corrupt(clean, len(classes), noise, NOISE, self._draws("label noise"))]
            for noise in settings["label_noise"]
        }

    def across_widths(self, kind: str) -> Iterator[Row]:
        """Yield how much the solutions from starts of one length differ, at every N."""
        unit: dict[float, tuple[float, float]] = {}  # length of starts and size of outputs, by label noise
        for ratio in sorted(self.settings["features_per_sample"], reverse=True):  # the largest N sets the units
            size, parts, train, test = self._features(kind, ratio)
            yield {**size, "quantity": "free", "value": size["n_features"] - parts.rank}
            for noise, targets in self.targets.items():
                shortest = parts.coefficients(targets)
                length, scale = unit.setdefault(noise, (np.linalg.norm(shortest), _rms(test @ shortest)))
                for start in ("random", "row_space"):
                    common = {**size, **_noise(noise), "start": start}
                    outputs, residuals = [], []
                    for draw in range(self.settings["n_starts"]):
                        begin = self._start(start, kind, ratio, noise, draw, shortest.shape, train) * length
                        solution = shortest + parts.null_part(begin)
                        outputs.append(test @ solution)
                        residuals.append(np.linalg.norm(train @ solution - targets) / np.linalg.norm(targets))
                        yield from self._risk({**common, "draw": draw}, outputs[-1])
                    pairs = list(combinations(outputs, 2))
                    measured = {
                        "spread": np.mean([_rms(one - other) for one, other in pairs]) / scale,
                        "disagreement": np.mean([(one.argmax(1) != other.argmax(1)).mean() for one, other in pairs]),
                        "residual": max(residuals),
                    }
                    yield from ({**common, "quantity": name, "value": value} for name, value in measured.items())

    def across_norms(self, kind: str) -> Iterator[Row]:
        """Yield risk and norm of solutions from random starts of several lengths, and from starts towards the truth."""
        for ratio in self.settings["scaled_features_per_sample"]:
            size, parts, train, test = self._features(kind, ratio)
            features = self._map(kind, size["n_features"])(self.x_rest)
            truth, _ = tuned_ridge(features, self.rest_targets, 1, 0.2)  # its penalty is tuned on a fifth of the images
            for noise, targets in self.targets.items():
                shortest = parts.coefficients(targets)
                length = np.linalg.norm(shortest)
                starts = [
                    (
                        "scaled",
                        scale,
                        scale * length * self._start("scaled", kind, ratio, noise, k, shortest.shape, train),
                    )
                    for k, scale in enumerate(self.settings["start_scales"])
                ]
                starts += [("truth", share, share * truth) for share in self.settings["truth_shares"]]
                for start, scale, begin in starts:
                    solution = shortest + parts.null_part(begin)
                    norm = np.linalg.norm(solution)
                    common = {**size, **_noise(noise), "start": start, "start_scale": scale, "solution_norm": norm}
                    yield from self._risk(common, test @ solution)
                    yield {**common, "quantity": "norm", "value": norm}
                    residual = np.linalg.norm(train @ solution - targets) / np.linalg.norm(targets)
                    yield {**common, "quantity": "residual", "value": residual}

    def _features(self, kind: str, ratio: float) -> tuple[Row, Decomposition, np.ndarray, np.ndarray]:
        n_features = 2 * round(ratio * len(self.x) / 2)
        features = self._map(kind, n_features)
        train = features(self.x)
        size = {"n_features": n_features, "features_per_sample": n_features / len(self.x)}
        return size, decompose(train, self.settings["cutoff"]), train, features(self.x_test)

    def _start(
        self, start: str, kind: str, ratio: float, noise: float, draw: int, shape: tuple[int, int], train: np.ndarray
    ) -> np.ndarray:
        """Return a start of length 1, ``(N, K)``: Gaussian, or Gaussian combinations of the training features."""
        draws = self._draws("start", start, kind, ratio, noise, draw)
        if start == "row_space":
            begin = train.T @ draws.standard_normal((len(train), shape[1]))
        else:
            begin = draws.standard_normal(shape)
        return begin / np.linalg.norm(begin)

    def _risk(self, common: Row, outputs: np.ndarray) -> Iterator[Row]:
        yield {**common, "quantity": "loss", "value": ((outputs - self.wanted) ** 2).sum(axis=1).mean()}
        yield {**common, "quantity": "error", "value": (outputs.argmax(axis=1) != self.test_labels).mean()}

    def _map(self, kind: str, n_features: int) -> FeatureMap:
        draws = self._draws("features", kind, n_features)
        if kind == "relu":
            return relu_features(self.x.shape[1], n_features, draws)
        return fourier_features(self.x.shape[1], n_features, BANDWIDTH, draws)

    def _draws(self, *names: str | float) -> np.random.Generator:
        return generator(self.settings["seed"], "interpolating_solutions", self.seed, *names)


def _noise(noise: float) -> Row:
    return {"label_noise": noise, "noise_definition": NOISE if noise else None}


def _rms(outputs: np.ndarray) -> float:
    return float(np.sqrt((outputs**2).sum(axis=1).mean()))
