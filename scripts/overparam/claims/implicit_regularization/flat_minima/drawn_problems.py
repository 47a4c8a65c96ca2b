"""What every seed of the experiment draws: samples to train and to test on, and the weights to start from."""

from typing import Any

import numpy as np
import torch

from overparam import seeding
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError

CONSTANT_INPUT = 0.2  # an input that is the same for all images, whose weights act as biases
Tensor = torch.Tensor


def draw(settings: dict[str, Any], dataset: Dataset) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor], Tensor]:
    """Return train and test samples of every seed, and the starts.

    Inputs are shifted and scaled so that those of the training samples have the mean 0 and the mean square length 1,
    and get one more coordinate that is constant. Labels are +1 for even classes and −1 for odd ones. The entries of W
    have the standard deviation √2 · ``start_scale``, those of v ``start_scale``/√width.

    Raises
    ------
    UserError
        If the data set has fewer training images than ``n_train``.
    """
    n, width, scale = settings["n_train"], settings["width"], settings["start_scale"]
    if n > len(dataset.train):
        raise UserError(f"flat_minima: n_train is {n}, but {dataset.name} has {len(dataset.train)} training images")
    held = dataset.test.take(slice(0, settings["n_test"]))
    test_images = dataset.normalised(held).reshape(len(held), -1).astype(float)
    train, test, starts = [], [], []
    for seed in range(settings["n_seeds"]):
        chosen = seeding.generator(settings["seed"], "flat_minima", seed, "images").permutation(len(dataset.train))[:n]
        part = dataset.train.take(chosen)
        images = dataset.normalised(part).reshape(n, -1).astype(float)
        mean = images.mean(axis=0)
        unit = np.sqrt(((images - mean) ** 2).sum(axis=1).mean())
        for samples, x, given in ((train, images, part.labels), (test, test_images, held.labels)):
            inputs = np.pad((x - mean) / unit, ((0, 0), (0, 1)), constant_values=CONSTANT_INPUT)
            samples.append((inputs, 1.0 - 2 * (given % 2)))
        own = []
        for start in range(settings["n_starts"]):
            draws = seeding.generator(settings["seed"], "flat_minima", seed, "start", start)
            hidden = draws.standard_normal((images.shape[1] + 1, width)) * np.sqrt(2) * scale
            own.append(np.concatenate([hidden, draws.standard_normal((1, width)) * scale / np.sqrt(width)]))
        starts.append(np.stack(own, axis=1))
    stacked = [tuple(torch.as_tensor(np.array(part)) for part in zip(*data, strict=True)) for data in (train, test)]
    return stacked[0], stacked[1], torch.as_tensor(np.array(starts))
