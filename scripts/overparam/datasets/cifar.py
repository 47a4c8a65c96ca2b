"""CIFAR-10 and CIFAR-100 from their archives; nothing in one is trusted before it is checked."""

import hashlib
from pathlib import Path

import numpy as np

from overparam.datasets import cifar_archive, parquet, pickles
from overparam.datasets.arrow import Dataset, Split
from overparam.datasets.expected import Expected, check_labels
from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.plan.known_sources import SOURCES, Known
from overparam.quoting import brief

BATCHES = {  # members of the archives
    "cifar10": {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]},
    "cifar100": {"train": ["train"], "test": ["test"]},
}
LABELS = {"cifar10": b"labels", "cifar100": b"fine_labels"}


def read_archive(source: str, path: Path, sha256: str | None = None) -> Dataset:
    """Return CIFAR-10 or CIFAR-100 (its 100 fine classes) from the official archive or one packed again.

    The file is read once; its SHA-256 is checked before those bytes are opened as an archive, whose members are read
    in memory and never extracted.

    Parameters
    ----------
    source
        ``"cifar10"`` or ``"cifar100"``.
    path
        The archive.
    sha256
        Its checksum; ``None``: that of the official one.

    Raises
    ------
    UserError
        If the file is missing, has another SHA-256, or holds anything but the official layout.
    """
    known = SOURCES[source]
    assert known.archive is not None
    expected = (sha256 or known.archive.sha256).lower()
    content = parquet.content_of(path, Expected(known.label, rows=known.n_train + known.n_test))
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise UserError(_wrong_archive(source, path, content, expected, found))
    wanted = {name for names in BATCHES[source].values() for name in names}
    members = cifar_archive.members(content, wanted, brief(path), known)
    splits = {}
    for split, names in BATCHES[source].items():
        parts = [_batch(members[name], f"{brief(path)}: {name}", known, LABELS[source]) for name in names]
        splits[split] = Split(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    return Dataset(source, known.label, found, list(known.classes), splits["train"], splits["test"])


def _wrong_archive(source: str, path: Path, content: bytes, expected: str, found: str) -> str:
    """Return the message for an archive with another SHA-256: what it is, as far as its beginning tells, what to do."""
    known = SOURCES[source]
    official = known.archive
    assert official is not None
    what = file_kinds.variant_of(content[: file_kinds.HEAD], len(content), known.label, official)
    return (
        f"{brief(path)} is not the expected file{f': {what}' if what else ''}.\n"
        f"  expected SHA-256 {expected}\n  found SHA-256    {found}\n"
        f"  It was not opened. The official archive ({official.size:,} bytes) is at {official.urls[0]}; "
        f"if an earlier run downloaded this one, delete it and run again. If you packed {known.label} yourself and "
        f"trust this file, set config.sources.{source}.archive.sha256 to the SHA-256 found."
    )


def _batch(content: bytes, place: str, known: Known, key: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of one batch, checked."""
    batch, name = pickles.unpickled(content, place), key.decode()
    if not isinstance(batch, dict) or not {b"data", key} <= batch.keys():
        raise UserError(f"{place} is no dictionary with `data` and `{name}`")
    data, labels = batch[b"data"], batch[key]
    pixels = int(np.prod(known.shape))
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != pixels or len(data) == 0:
        raise UserError(f"{place}: `data` is no uint8 array of {pixels} columns and at least one row")
    if not isinstance(labels, list) or len(labels) != len(data) or not all(type(label) is int for label in labels):
        raise UserError(f"{place}: `{name}` is no list of {len(data)} integers")
    check_labels(labels, place, known.classes)
    return data.reshape(-1, *known.shape), np.array(labels, np.int64)
