"""Settings and data of cells that train in milliseconds."""

import numpy as np
import torch

from overparam.datasets import labels
from overparam.datasets.arrow import Dataset, Split
from overparam.training import cell

CPU = torch.device("cpu")
SHAPES = {"mlp": (2, 4, 4), "cnn": (3, 8, 8)}  # what the trainer itself is tested with
OPTIMIZERS = {
    "sgd": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "weight_decay": 0.01},
    "adam": {"name": "adam", "learning_rate": 0.01, "schedule": "linear"},
}


def dataset(shape, n_train=60, n_test=30, n_classes=4):
    rng = np.random.default_rng(0)
    parts = [
        Split(rng.integers(0, 256, (n, *shape), dtype=np.uint8), rng.integers(0, n_classes, n))
        for n in (n_train, n_test)
    ]
    return Dataset("noise", "noise", "0", [str(c) for c in range(n_classes)], *parts)


def corruptions(data, noises, seeds):
    return [
        labels.draw(data.train.labels, len(data.classes), noise, "wrong_label", seed)
        for noise in noises
        for seed in seeds
    ]


def settings(model, **changes):
    defaults = cell.DEFAULTS | {"study": "s", "dataset": "noise", "widths": [2], "label_noise": [0.0, 0.4]}
    defaults |= {"seeds": [0, 3], "n_train": 40, "n_heldout": 12, "epochs": 3, "batch_size": 16}
    defaults |= {"evaluations": [0, 1, 2, 3], "optimizer": OPTIMIZERS["adam"], "seed": 5}
    return defaults | {"model": model} | changes


def trained(given, data=None):
    """Return the table of a cell."""
    data = data or dataset(SHAPES[given["model"]])
    return cell.train_cell(given, data, corruptions(data, given["label_noise"], given["seeds"]), CPU)[0]
