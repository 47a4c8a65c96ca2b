"""Labels that people gave: a file with a label for every training image of a source, in the order of the source.

So are the human labels of CIFAR-10N published (Wei et al. 2022, arXiv 2110.12088).
"""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from overparam.datasets import views
from overparam.datasets.arrow import Dataset
from overparam.datasets.labels import GIVEN, Corruption
from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.quoting import brief, listed, quoted, reason

TOLERANCE = 0.01  # between the share of false labels that is declared and the one that is found


def read(path: Path, columns: dict[str, str | None], source: Dataset, dataset: Dataset) -> np.ndarray:
    """Return the labels that were given to the training images of a data set, ``(n,)``, int64.

    Parameters
    ----------
    path
        A table, as parquet or as CSV with a line of names: a row for every training image of the source, in its order.
    columns
        ``given``: the name of the column with these labels, numbers or names of classes; ``clean``: of one with the
        true labels, which are then compared with those of the source, or ``None``.
    source, dataset
        The whole source, and what was made from it.

    Raises
    ------
    UserError
        If the file is missing or damaged, lacks a column or rows, or has other true labels than the source; or if it
        gives an image a label that is no class of the data set.
    """
    place, table, label = brief(path), _table(path), source.label
    missing = [name for name in columns.values() if name is not None and name not in table]
    if missing:
        raise UserError(f"{place} has no column {listed(missing)}; it has {listed(table.columns)}")
    if len(table) != len(source.train):
        raise UserError(
            f"{place} has {len(table):,} rows, but {label} has {len(source.train):,} training images; it needs one row "
            "for each, in the order of the source"
        )
    if columns["clean"] is not None:
        clean = _numbers(table[columns["clean"]].tolist(), source.classes, place)
        if not np.array_equal(clean, source.train.labels):
            row = int(np.flatnonzero(clean != source.train.labels)[0])
            raise UserError(
                f"{place}: row {row} has the true label {quoted(table[columns['clean']].tolist()[row])}, but that "
                f"image of {label} has {source.train.labels[row]}; so the file belongs to other images, or is in "
                "another order"
            )
    values = table[columns["given"]].tolist()
    given = _numbers(values, source.classes, place)
    if (given < 0).any():
        row = int(np.flatnonzero(given < 0)[0])
        raise UserError(
            f"{place}: row {row} is given the label {quoted(values[row])}, which is no class of {label}: they are "
            f"{listed(source.classes, 10)}, or their numbers from 0"
        )
    return _seen(given, source, dataset, place)


def corruptions(
    clean: np.ndarray, given: np.ndarray | None, n_classes: int, label_noise: float, seeds: Sequence[int], place: str
) -> list[Corruption]:
    """Return the same labels for every seed: those that were given, or, if these are ``None``, the true ones.

    Raises
    ------
    UserError
        If ``label_noise`` is not the share of labels that are false.
    """
    given = clean if given is None else given
    false = float((given != clean).mean())
    if abs(false - label_noise) > TOLERANCE:
        raise UserError(
            f"{place}: {false:.2%} of the labels given to the training images are false, and the study says "
            f"{label_noise:g}; write `label_noise: [{false:.2f}]`, or [[0, {false:.2f}]] for the true ones as well"
        )
    return [Corruption(label_noise, GIVEN, seed, n_classes, clean, given, given != clean) for seed in seeds]


def _table(path: Path) -> pd.DataFrame:
    place = brief(path)
    if not path.is_file():
        raise UserError(f"there is no file {place}; correct `given_labels.path` of the data set")
    content = path.read_bytes()
    head = content[: file_kinds.HEAD]
    kind = file_kinds.kind_of(head)
    try:
        if file_kinds.is_parquet(head):
            return pd.read_parquet(io.BytesIO(content))
        if kind is None or kind[0] == "a text":
            return pd.read_csv(io.BytesIO(content))
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(f"{place} is no whole table, as parquet or CSV: {reason(error)}; write it again") from None
    raise UserError(
        f"{place} is {kind[0]}, and no table; write the labels as parquet or CSV, with a name for each column"
    )


def _numbers(labels: list[Any], classes: Sequence[str], place: str) -> np.ndarray:
    """Return labels as numbers of classes, -1 for what is none of them."""
    wrong = next((row for row, label in enumerate(labels) if not isinstance(label, int | str)), None)
    if wrong is not None:
        raise UserError(f"{place}: row {wrong} has the label {quoted(labels[wrong])}, neither a number nor a name")
    names = {name: number for number, name in enumerate(classes)}
    numbers = [label if isinstance(label, int) else names.get(label, -1) for label in labels]
    return np.array([number if 0 <= number < len(classes) else -1 for number in numbers], np.int64)


def _seen(given: np.ndarray, source: Dataset, dataset: Dataset, place: str) -> np.ndarray:
    """Return the labels of the images that a data set trains on, in its order and its numbers."""
    classes = dataset.view["classes"] or list(range(len(source.classes)))
    number = np.full(len(source.classes), -1)
    number[classes] = np.arange(len(classes))
    kept = np.flatnonzero(number[source.train.labels] >= 0)
    order = views.training_order(number[source.train.labels[kept]], dataset.view["seed"], source, classes)
    rows = kept[order[: len(dataset.train)]]
    found = number[given[rows]]
    if (found < 0).any():
        row = int(rows[np.flatnonzero(found < 0)[0]])
        raise UserError(
            f"{place}: row {row} is given the label {given[row]} ({source.classes[given[row]]}), a class that the data "
            "set leaves out; keep all classes that labels are given of"
        )
    return found
