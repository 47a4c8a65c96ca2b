"""The samples of one cell, kept on the device that trains."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from overparam.datasets.arrow import Dataset, Split
from overparam.datasets.labels import Corruption
from overparam.errors import UserError

CHUNK = 5000  # images normalised at a time, so that there is no second copy of the whole set


@dataclasses.dataclass(frozen=True, eq=False)
class Samples:
    """Images of one split, with their labels.

    Attributes
    ----------
    images
        ``(n, height, width, channels)``, float32, normalised.
    clean
        ``(n,)``, int64: true labels.
    given
        ``(M, n)``, int64: the labels that each model is given; ``None`` for test samples, which only have true labels.
    """

    images: torch.Tensor
    clean: torch.Tensor
    given: torch.Tensor | None = None

    def __len__(self) -> int:
        return len(self.clean)


def members(settings: dict[str, Any]) -> list[tuple[float, int]]:
    """Return (label noise, seed) of every model of a pack; the noise levels of a seed follow one another."""
    return [(float(noise), seed) for seed in settings["seeds"] for noise in settings["label_noise"]]


def load(
    settings: dict[str, Any], dataset: Dataset, corruptions: Sequence[Corruption], device: torch.device
) -> dict[str, Samples]:
    """Return the splits of a cell: ``train``, ``heldout`` (if there is one) and ``test``.

    Parameters
    ----------
    settings
        ``n_train``, how many samples are trained on, the first ones of the training set. ``n_heldout``, how many of the
        samples after these are held out, with labels corrupted in the same way. ``label_noise``, ``noise_definition``
        and ``seeds``. ``label_seed``, if all seeds share the corrupted labels of that seed; null if each has its own.
    dataset
        Images and clean labels.
    corruptions
        One for every combination of noise level and seed of labels, in any order.
    device
        The device that the samples are moved to.

    Raises
    ------
    UserError
        If there are too few samples, or a table of labels is missing or belongs to other samples.
    """
    n_train, n_heldout = settings["n_train"], settings.get("n_heldout", 0)
    if n_train + n_heldout > len(dataset.train):
        raise UserError(
            f"n_train = {n_train} and n_heldout = {n_heldout} need {n_train + n_heldout} training samples, "
            f"but {dataset.name} has {len(dataset.train)}"
        )
    given = _given(settings, dataset.train.labels, corruptions)
    parts = {"train": slice(0, n_train), "heldout": slice(n_train, n_train + n_heldout)}
    splits = {}
    for name, rows in parts.items():
        if rows.stop > rows.start:
            part = dataset.train.take(rows)
            labels = torch.from_numpy(given[:, rows]).to(device)
            splits[name] = Samples(*resident(dataset, part, device), labels)
    splits["test"] = Samples(*resident(dataset, dataset.test, device))
    return splits


def resident(dataset: Dataset, part: Split, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Return normalised images (n, height, width, channels) and true labels (n,) of a split or of a part of one."""
    n, channels, height, width = part.images.shape
    images = torch.empty(n, height, width, channels, device=device)
    for start in range(0, n, CHUNK):
        some = part.take(slice(start, start + CHUNK))
        images[start : start + CHUNK] = torch.from_numpy(dataset.normalised(some)).permute(0, 2, 3, 1)
    return images, torch.from_numpy(np.array(part.labels)).to(device)


def _given(settings: dict[str, Any], clean: np.ndarray, corruptions: Sequence[Corruption]) -> np.ndarray:
    """Return the given labels of every model for the whole training set, ``(M, n)``."""
    definition = settings["noise_definition"]
    tables = {(table.label_noise, table.seed): table for table in corruptions if table.definition == definition}
    fixed, given = settings.get("label_seed"), []
    for noise, seed in members(settings):
        seed = seed if fixed is None else fixed
        if (noise, seed) not in tables:
            raise UserError(f"no table of labels for {definition} noise {noise:g} and seed {seed} was given")
        table = tables[noise, seed]
        if not np.array_equal(table.clean, clean):
            raise UserError(f"the labels for noise {noise:g} and seed {seed} belong to other samples; draw them anew")
        given.append(table.given)
    return np.stack(given)
