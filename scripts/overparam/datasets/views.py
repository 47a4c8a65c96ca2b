"""Views: the part of a source that a study works on, chosen by settings and a seed.

A view orders its source once, *stratified*: every prefix of the order holds each class in proportion, to within one
image or two. The order depends on the source, the classes and the seed, never on sizes or resolution. So with one seed
a smaller training set is a prefix of a larger one, and its images are the same at every resolution.
"""

import dataclasses
from typing import Any

import numpy as np

from overparam import seeding
from overparam.datasets.arrow import Dataset, Split
from overparam.errors import UserError

CHOICES = ("source", "classes", "resolution", "crop", "colour", "normalisation", "n_train", "n_test", "seed")


def view(source: Dataset, settings: dict[str, Any]) -> Dataset:
    """Return the part of ``source`` that ``settings`` describe.

    Parameters
    ----------
    source
        As :func:`overparam.datasets.sources.read` returns it; one without test images is a pool, which is divided into
        both splits.
    settings
        name
            Name of the result.
        classes
            Classes of the source to keep; they become 0, 1, … in this order. None: all.
        resolution
            Pixels per side: a divisor of the source's (averages over square areas, rounded half up) or a multiple of it
            (pixels are repeated). None: as it is.
        crop
            Pixels per side of the centre that is cut out of these. None: all.
        colour
            Whether the one channel of grey images is repeated three times.
        normalisation
            ``channel`` or ``image``, see :meth:`overparam.datasets.arrow.Dataset.normalised`.
        n_train, n_test
            Images per split. None: all there are; of a pool, what the other split leaves, and two thirds for training
            if both are None.
        seed
            Seed of the order, and of the division of a pool. With one seed the training images come from one end of
            the order and the test images from the other, so neither set changes with the other's size.

    Raises
    ------
    UserError
        If there are fewer images than asked for, or a setting does not fit the source.
    """
    source, classes = _kept_classes(source, settings.get("classes"))
    n_train, n_test, seed = settings.get("n_train"), settings.get("n_test"), settings["seed"]
    address: tuple[str | int, ...] = (source.name, *classes)
    if len(source.test) == 0:
        n_train, n_test = _divided(n_train, n_test, len(source.train))
        pool = source.train.take(_stratified(source.train.labels, seed, "pool", *address))
        train, test = pool.take(slice(n_train)), pool.take(slice(len(pool) - n_test, None))
    else:
        train = _first(source.train, n_train, seed, "train", *address)
        test = _first(source.test, n_test, seed, "test", *address)

    def seen(split: Split) -> Split:
        images = _cropped(_resized(split.images, settings.get("resolution")), settings.get("crop"))
        return Split(_coloured(images) if settings.get("colour") else images, split.labels)

    return dataclasses.replace(
        source,
        name=settings["name"],
        train=seen(train),
        test=seen(test),
        view={key: settings.get(key) for key in CHOICES},
    )


def _kept_classes(source: Dataset, classes: list[int] | None) -> tuple[Dataset, list[int]]:
    """Return ``source`` with only these classes, renumbered, and the classes."""
    known = len(source.classes)
    if classes is None:
        return source, list(range(known))
    if len(classes) < 2 or len(set(classes)) < len(classes) or not all(0 <= label < known for label in classes):
        raise UserError(f"`classes` must be at least two different numbers of 0..{known - 1}, got {classes}")
    renumbered = np.full(known, -1)
    renumbered[classes] = np.arange(len(classes))

    def keep(split: Split) -> Split:
        labels = renumbered[split.labels]
        return Split(split.images[labels >= 0], labels[labels >= 0])

    names = [source.classes[label] for label in classes]
    return dataclasses.replace(source, classes=names, train=keep(source.train), test=keep(source.test)), classes


def _divided(n_train: int | None, n_test: int | None, available: int) -> tuple[int, int]:
    """Return both sizes of a divided pool."""
    if n_test is None:
        n_test = available // 3 if n_train is None else available - n_train
    if n_train is None:
        n_train = available - n_test
    if n_train < 1 or n_test < 1 or n_train + n_test > available:
        raise UserError(
            f"n_train and n_test come to {n_train} + {n_test}, but there are {available} images in all, and each split "
            "needs at least one"
        )
    return n_train, n_test


def _first(split: Split, size: int | None, seed: int, name: str, *address: str | int) -> Split:
    """Return the first ``size`` images of one split in its order."""
    if size is not None and not 1 <= size <= len(split):
        raise UserError(f"n_{name} is {size}, but there are {len(split)} {name} images of these classes")
    return split.take(_stratified(split.labels, seed, name, *address)[:size])


def _stratified(labels: np.ndarray, seed: int, *address: str | int) -> np.ndarray:
    """Return a random order in which every prefix (and suffix) holds each class in proportion.

    Each class is shuffled and spread evenly over [0, 1), with a random place inside each step; the order is by place.
    """
    generator = seeding.generator(seed, "view", *address)
    places = np.empty(len(labels))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        steps = generator.permutation(len(members))
        places[members] = (steps + generator.random(len(members))) / len(members)
    return np.argsort(places, kind="stable")


def _resized(images: np.ndarray, resolution: int | None) -> np.ndarray:
    """Return the images with ``resolution`` pixels per side, uint8: pixels averaged, rounded half up, or repeated."""
    n, channels, height, width = images.shape
    if resolution is None or resolution == height:
        return images
    possible = [side for side in range(1, height + 1) if height % side == 0]
    if width == height and resolution >= 1 and resolution % height == 0:
        factor = resolution // height
        return images.repeat(factor, axis=2).repeat(factor, axis=3)
    if width != height or resolution not in possible:
        raise UserError(
            f"`resolution` is {resolution}, but only {possible} divide the {height} pixels per side, and it is no "
            "multiple of them"
        )
    factor = height // resolution
    areas = images.reshape(n, channels, resolution, factor, resolution, factor)
    sums = areas.sum(axis=(3, 5), dtype=np.uint32)
    area = factor * factor
    return ((2 * sums + area) // (2 * area)).astype(np.uint8)


def _cropped(images: np.ndarray, side: int | None) -> np.ndarray:
    """Return the centres of the images; of an odd remainder the larger half goes off at the bottom and right."""
    height, width = images.shape[2:]
    if side is None:
        return images
    if side > min(height, width):
        raise UserError(f"`crop` is {side}, but the images have {height}×{width} pixels")
    top, left = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(images[:, :, top : top + side, left : left + side])


def _coloured(images: np.ndarray) -> np.ndarray:
    """Return the images with three channels, the one of grey images repeated."""
    return images if images.shape[1] == 3 else images.repeat(3, axis=1)
