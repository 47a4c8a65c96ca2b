"""What the images of a data set must be, and what they turn out to be where nobody said so before."""

import dataclasses
import json
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from overparam.errors import UserError
from overparam.plan.known_sources import SOURCES, Known
from overparam.quoting import brief, listed, quoted

IMAGE_COLUMNS = ("img", "image")
LABEL_COLUMNS = ("label", "fine_label", "coarse_label")  # the first of these that there is
MOST_CLASSES = 10_000
MOST_BYTES = 1 << 34  # of the pixels of one split


@dataclasses.dataclass(frozen=True)
class Expected:
    """What is known of a data set before it is read; ``None`` is found out from its files.

    Attributes
    ----------
    name
        For people.
    shape
        Channels, height and width of every image; ``None``: those of the first one.
    classes
        Their names, in the order of the labels; ``None``: those that the files name, or the labels that occur.
    rows
        Images in all splits together, at most.
    image_columns, label_columns
        Names that the columns of parquet files may have.
    """

    name: str
    shape: tuple[int, int, int] | None = None
    classes: Sequence[str] | None = None
    rows: int | None = None
    image_columns: tuple[str, ...] = IMAGE_COLUMNS
    label_columns: tuple[str, ...] = LABEL_COLUMNS

    def shaped(self, shape: tuple[int, int, int]) -> "Expected":
        """Return the same for images that are known to have this shape."""
        return dataclasses.replace(self, shape=shape)


def of(settings: dict[str, Any]) -> Expected:
    """Return what is known of the source that settings name.

    Parameters
    ----------
    settings
        ``source``: its name; ``label``: what people call it, if it is one of the user's own; ``image_column`` and
        ``label_column``: names of columns, if they are not the usual ones. All but the first may be absent.
    """
    known: Known | None = SOURCES.get(settings["source"])
    given = {key: (settings[key],) for key in ("image_column", "label_column") if settings.get(key)}
    columns = {f"{key}s": names for key, names in given.items()}
    if known is None:
        return Expected(settings.get("label") or settings["source"], **columns)
    columns = {"label_columns": known.label_columns} | columns
    # other labels have other classes, and only the files know which
    usual = not set(columns["label_columns"]) - set(known.label_columns)
    classes = list(known.classes) if usual else None
    return Expected(known.label, known.shape, classes, known.n_train + known.n_test, **columns)


def check_labels(labels: Sequence[int | str], place: str, classes: Sequence[str], first: int = 0) -> None:
    """Refuse labels that are no class; ``first`` is the row of the first of them."""
    wrong = next(
        (row for row, label in enumerate(labels) if isinstance(label, str) or not 0 <= label < len(classes)), None
    )
    if wrong is not None:
        raise UserError(
            f"{place}: row {first + wrong} has the label {quoted(labels[wrong])}, not one of 0..{len(classes) - 1}"
        )


def numbered(labels: Sequence[int | str], names: Sequence[str]) -> list[int | str]:
    """Return labels with the number of a class in place of its name; a text that names no class stays."""
    numbers = {name: number for number, name in enumerate(names)}
    return [numbers.get(label, label) if isinstance(label, str) else label for label in labels]


def found_classes(train: Sequence[int | str], test: Sequence[int | str], names: Sequence[str], name: str) -> list[str]:
    """Return the classes of a data set of which nobody said before what they are.

    Parameters
    ----------
    train, test
        The labels of both splits, numbers or names.
    names
        What the files say that the numbers mean; empty if they say nothing.
    name
        What a message calls the data set.

    Raises
    ------
    UserError
        If the labels of the training images do not count the classes from 0, or there is only one class.
    """
    seen, others = set(train), set(test)
    if any(isinstance(label, str) for label in seen | others):
        classes = list(names) or sorted(map(str, seen))
    else:
        highest = max(int(label) for label in seen | others)
        if highest >= MOST_CLASSES:
            raise UserError(f"{name} has the label {highest:,}; at most {MOST_CLASSES:,} classes are read")
        classes = list(names) if len(names) > highest else [str(number) for number in range(highest + 1)]
        missing = sorted(set(range(len(classes))) - seen)
        if missing and not names:
            raise UserError(
                f"{name}: no training image has the label {missing[0]}, though labels go up to {highest}; number the "
                "classes from 0, without gaps"
            )
    known = set(classes) if isinstance(next(iter(seen)), str) else set(range(len(classes)))
    if unknown := sorted(map(str, (seen | others) - known)):
        raise UserError(
            f"{name}: images have the labels {listed(unknown)}, which are not among its classes {listed(classes)}"
        )
    if len(classes) < 2:
        raise UserError(f"{name} has only one class, {listed(classes)}; at least two are needed")
    return classes


def described_classes(metadata: dict[bytes, bytes] | None, column: str) -> Collection[Any]:
    """Return what a parquet file says that its labels mean, as the library `datasets` writes it; it may be anything."""
    try:
        found = json.loads((metadata or {})[b"huggingface"])["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError, RecursionError):
        return []
    return found if isinstance(found, list | dict | str) else []


def space(rows: int, shape: tuple[int, int, int], place: str) -> np.ndarray:
    """Return room for so many images; refuse more than a machine has."""
    if rows * int(np.prod(shape, dtype=object)) > MOST_BYTES:
        raise UserError(
            f"{brief(place)}: {rows:,} images of {shape[2]}×{shape[1]} pixels take more than {MOST_BYTES >> 30} GiB; "
            "make them smaller, or fewer"
        )
    return np.empty((rows, *shape), np.uint8)
