"""Where random features and trained networks start to interpolate, counted in parameters per label nK.

On random features K outputs share N features and are fitted to one-hot labels by least squares: N·K parameters for n·K
numbers. The solution of smallest norm is found in float64 by QR or, where the rank is in doubt, by LAPACK's gelsd.
Nothing iterates, so that the only limit a case can hit is the largest N that was tried (quantity ``reached``). The
"interpolation threshold" is that of Belkin et al. 2019, arXiv 1812.11118, §2. Networks are in ``network_thresholds``.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from overparam.claims.double_descent.interpolation_threshold import network_thresholds
from overparam.claims.double_descent.random_feature_maps import (
    fourier_features,
    minimum_norm,
    normalised_inputs,
    relu_features,
)
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.training import machine

BANDWIDTH = 0.5 * np.sqrt(2)  # half the root-mean-square distance between two images, as in random_features
UNIT = 2  # Fourier features come in pairs of cosine and sine
COPIES = {"independent": 1, "twice": 2, "linear": 1}  # columns per feature

Row = dict[str, Any]


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Fit random features of every number, search for the least number that interpolates, and train networks.

    Parameters are counted rightly, each feature in one column (``independent``), and wrongly, each in two (``twice``).
    Features that are random ``linear`` combinations of the pixels, whose rank ends at the number of pixels, are only
    searched for a threshold. Losses are over that of predicting zero, which is 1 for one-hot labels. The threshold is
    the least number of features whose training loss is at most ``fitted``, found by bisection over nested features,
    along which that loss cannot rise.

    The rows of networks are those of ``network_thresholds.measured``.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If the data set is too small, or two products nK are equal, so that a slope over nK would mix them.
    """
    largest, products = max(settings["n_train"]), [n * k for n in settings["n_train"] for k in settings["n_classes"]]
    if largest > len(dataset.train):
        there = f"{dataset.name} has {len(dataset.train)} training images"
        raise UserError(f"interpolation_threshold: n_train is {largest}, but {there}")
    if len(set(products)) < len(products):
        raise UserError(f"interpolation_threshold: two of the products n_train · n_classes are equal: {products}")
    if max(settings["n_classes"]) > len(dataset.classes):
        raise UserError(f"interpolation_threshold: n_classes is at most {len(dataset.classes)} with {dataset.name}")
    x_train, x_test = normalised_inputs(dataset)
    x_test, test_labels = x_test[: settings["n_test"]], dataset.test.labels[: settings["n_test"]]
    progress = Progress(settings["n_seeds"] * len(settings["features"]) * len(settings["n_train"]), "sweeps over N")
    rows: list[Row] = []
    for seed in range(settings["n_seeds"]):
        chosen = generator(settings["seed"], "interpolation_threshold", seed, "images").permutation(len(x_train))
        for n in settings["n_train"]:
            kept = chosen[:n]
            targets = grouped(settings, seed, dataset.train.labels[kept], len(dataset.classes))
            wanted = grouped(settings, seed, test_labels, len(dataset.classes))
            for kind in settings["features"]:
                for counting in COPIES:
                    columns = _columns(settings, seed, kind, counting, x_train[kept], x_test)
                    common = {"seed": seed, "features": kind, "parameters": counting, "n_train": n}
                    copies = COPIES[counting]
                    if counting != "linear":
                        rows += [{**common, **row} for row in _sweep(settings, n, copies, columns, targets, wanted)]
                    rows += [{**common, **row} for row in _thresholds(settings, n, copies, columns, targets)]
                progress.advance()
    rows += network_thresholds.measured(settings, dataset, machine.prepare(settings.get("gpus", 0)))
    table = pd.DataFrame(rows)
    return table.astype({"value": float, **dict.fromkeys(("n_params", "n_labels", "width", "steps"), "Int64")})


def grouped(settings: dict[str, Any], seed: int, labels: np.ndarray, n_classes: int) -> dict[int, np.ndarray]:
    """Return one-hot labels ``(n, K)`` by K; the classes of the data set are dealt out to K groups at random.

    All K thus share their images and features, and the numbers of classes in two groups differ by one at most.
    """
    dealt = generator(settings["seed"], "interpolation_threshold", seed, "groups").permutation(n_classes)
    return {k: np.eye(k)[dealt[labels] % k] for k in settings["n_classes"]}


def _columns(
    settings: dict[str, Any], seed: int, kind: str, counting: str, x: np.ndarray, x_test: np.ndarray
) -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    """Return a function from the number of features to train and test columns; few features are the first of many."""
    most = _rounded(max(settings["features_per_sample"]) * len(x))
    draws = generator(settings["seed"], "interpolation_threshold", seed, kind, counting == "linear", len(x))
    if counting == "linear":
        w = draws.standard_normal((x.shape[1], most)) / np.sqrt(most)
        both = x @ w, x_test @ w
    elif kind == "relu":
        both = tuple(map(relu_features(x.shape[1], most, draws), (x, x_test)))
    else:  # cosines, then sines: bring those of one frequency together
        features = fourier_features(x.shape[1], most, BANDWIDTH, draws)
        order = np.arange(most).reshape(2, -1).T.ravel()
        both = tuple(features(z)[:, order] for z in (x, x_test))
    return lambda count: tuple(np.repeat(part[:, :count], COPIES[counting], axis=1) for part in both)


def _sweep(
    settings: dict[str, Any], n: int, copies: int, columns: Callable, targets: dict, wanted: dict
) -> Iterator[Row]:
    """Yield training and test loss over the number of columns."""
    for count in sorted({_rounded(ratio * n) for ratio in settings["features_per_sample"]}):
        features = columns(count)
        for k, found in _fit(settings, features[0], targets).items():
            size = {"n_classes": k, "n_params": copies * count * k, "params_per_label": copies * count / n}
            for split, part, truth in zip(("train", "test"), features, (targets[k], wanted[k]), strict=True):
                yield {**size, "split": split, "quantity": "loss", "value": _loss(part @ found, truth)}


def _thresholds(settings: dict[str, Any], n: int, copies: int, columns: Callable, targets: dict) -> Iterator[Row]:
    """Yield, by K, the number of parameters at the least number of columns that interpolates."""
    losses: dict[int, dict[int, float]] = {}  # by number of features and K, which share a decomposition

    def interpolates(unit: int, k: int) -> bool:
        if unit not in losses:
            features = columns(unit * UNIT)[0]
            found = _fit(settings, features, targets)
            losses[unit] = {each: _loss(features @ found[each], targets[each]) for each in targets}
        return losses[unit][k] <= settings["fitted"]

    largest = _rounded(max(settings["features_per_sample"]) * n) // UNIT
    for k in targets:
        unit = least(lambda unit, k=k: interpolates(unit, k), largest)
        params = np.inf if unit is None else copies * unit * UNIT * k
        case = {"n_classes": k, "n_labels": n * k}
        yield {**case, "quantity": "threshold_params", "value": params}
        yield {**case, "quantity": "threshold_params_per_label", "value": params / (n * k)}
        yield {**case, "quantity": "reached", "value": float(unit is not None)}


def least(holds: Callable[[int], bool], largest: int) -> int | None:
    """Return the least integer from 1 to ``largest`` at which ``holds`` is true; None if there is none.

    It is found by bisection: once ``holds`` is true it must stay true.
    """
    if not holds(largest):
        return None
    low, high = 0, largest  # false at low (or low = 0), true at high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _fit(settings: dict[str, Any], features: np.ndarray, targets: dict[int, np.ndarray]) -> dict[int, np.ndarray]:
    """Return the minimum-norm coefficients by K, all from one decomposition of the features."""
    found, _ = minimum_norm(features, np.concatenate(list(targets.values()), axis=1), settings["cutoff"])
    parts = np.split(found, np.cumsum([part.shape[1] for part in targets.values()])[:-1], axis=1)
    return dict(zip(targets, parts, strict=True))


def _loss(predicted: np.ndarray, wanted: np.ndarray) -> float:
    return float(((predicted - wanted) ** 2).sum(axis=1).mean())


def _rounded(count: float) -> int:
    return max(UNIT, UNIT * round(count / UNIT))
