"""The one door for images: whatever a source is read from, a data set comes out whose every byte was checked."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from overparam.datasets import cifar, class_folders, digits, idx_files, parquet, svhn
from overparam.datasets import expected as expectations
from overparam.datasets.arrow import Dataset, Split
from overparam.datasets.expected import Expected
from overparam.datasets.rows import Rows
from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.plan.known_sources import SOURCES


def read(settings: dict[str, Any], inputs: Mapping[str, Sequence[Path]]) -> Dataset:
    """Return the whole source that ``settings["source"]`` names.

    Parameters
    ----------
    settings
        ``source``: a name of :data:`overparam.plan.known_sources.SOURCES`, or any other for images of one's own;
        ``sha256`` (optional): of the archive, the official one by default; ``label``, ``image_column`` and
        ``label_column`` (optional): see :func:`overparam.datasets.expected.of`.
    inputs
        Files by name. Nothing for digits; ``archive`` (one, of CIFAR), or ``train`` and ``test``: one or more
        parquet files each, an idx file of images and one of labels each, a Matlab file each (of SVHN), or a folder of
        folders of classes each.

    Raises
    ------
    UserError
        If a file is missing, damaged or not in a form that is read; or, with its row, if an image or a label in it is
        not as it must be.
    """
    source, given = settings["source"], sorted(inputs)
    known = SOURCES.get(source)
    if source == "digits":
        if given:
            raise UserError(f"digits is embedded and reads no file; given: {given}")
        return digits.read()
    if given == ["archive"] and len(inputs["archive"]) == 1 and known and known.archive:
        return cifar.read_archive(source, inputs["archive"][0], settings.get("sha256"))
    if given == ["test", "train"]:
        return _read_splits(settings, inputs["train"], inputs["test"])
    forms = "`archive`, or from `train` and `test`" if known and known.archive else "`train` and `test`"
    raise UserError(f"{source} is read from {forms}; given: {given or 'nothing'}")


def _reader(source: str, paths: Sequence[Path]) -> Callable[[Sequence[Path], Expected], Rows]:
    """Return what reads the files of a split; parquet's own reader says of a file that is nothing what it is."""
    if paths[0].is_dir():
        return class_folders.read
    head = file_kinds.head_of(paths[0]) if paths[0].is_file() else b""
    if source == "svhn" and file_kinds.is_matlab(head):
        return svhn.read
    return idx_files.read if file_kinds.idx_dimensions(head) else parquet.read


def _read_splits(settings: dict[str, Any], train: Sequence[Path], test: Sequence[Path]) -> Dataset:
    """Return a data set from the files of both splits.

    The checksum is the SHA-256 over the two splits' SHA-256 digests (32 bytes each, train first), followed by the names
    of columns that were chosen; the digest of a split is its file's, or of several files the SHA-256 over their
    digests. Where any image is encoded as JPEG, and so with loss, the label says so: "CIFAR-10 (JPEG)".
    """
    expected = expectations.of(settings)
    first = _reader(settings["source"], train)(train, expected)
    second = _reader(settings["source"], test)(test, expected.shaped(first.images.shape[1:]))
    rows = {"train": first, "test": second}
    classes = expected.classes
    if classes is None:
        if first.classes != second.classes and not isinstance(first.labels[0], str):  # names mean the same anywhere
            raise UserError(f"{expected.name}: the files of the two splits say that labels mean different things")
        classes = expectations.found_classes(first.labels, second.labels, first.classes, expected.name)
    splits = {}
    for name, paths in (("train", train), ("test", test)):
        labels = expectations.numbered(rows[name].labels, classes)
        expectations.check_labels(labels, f"{expected.name}, {name} files ({paths[0]} …)", classes)
        splits[name] = Split(rows[name].images, np.array(labels, np.int64))
    lossy = " (JPEG)" if "JPEG" in first.formats | second.formats else ""
    chosen = "".join(f"\0{settings[key]}" for key in ("image_column", "label_column") if settings.get(key))
    checksum = hashlib.sha256(first.digest + second.digest + chosen.encode()).hexdigest()
    return Dataset(settings["source"], expected.name + lossy, checksum, list(classes), splits["train"], splits["test"])
