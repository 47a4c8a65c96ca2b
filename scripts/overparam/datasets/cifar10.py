"""CIFAR-10 from its archive or from parquet files; nothing in either is trusted before it is checked."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from overparam.datasets import cifar10_archive, parquet, pickles
from overparam.datasets.arrow import Dataset, Split
from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.quoting import brief

OFFICIAL_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SHAPE = (3, 32, 32)
BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
PARQUET = parquet.Expected("CIFAR-10", SHAPE, CLASSES, 60_000)


def read_archive(path: Path, sha256: str = OFFICIAL_SHA256) -> Dataset:
    """Return CIFAR-10 from ``cifar-10-python.tar.gz``, the official one or one packed again.

    The file is read once; its SHA-256 is checked before those bytes are opened as an archive, whose members are read
    in memory and never extracted.

    Raises
    ------
    UserError
        If the file is missing, has another SHA-256, or holds anything but the official layout.
    """
    content = parquet.content_of(path, "CIFAR-10")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256.lower():
        raise UserError(_wrong_archive(path, content, sha256.lower(), found))
    wanted = {name for names in BATCHES.values() for name in names}
    members = cifar10_archive.members(content, wanted, brief(path))
    splits = {}
    for split, names in BATCHES.items():
        parts = [_batch(members[name], f"{brief(path)}: {name}") for name in names]
        splits[split] = Split(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    return Dataset("cifar10", "CIFAR-10", found, CLASSES, **splits)


def _wrong_archive(path: Path, content: bytes, expected: str, found: str) -> str:
    """Return the message for an archive with another SHA-256: what it is, as far as its beginning tells, what to do."""
    what = file_kinds.variant_of(content[: file_kinds.HEAD], len(content))
    return (
        f"{brief(path)} is not the expected file{f': {what}' if what else ''}.\n"
        f"  expected SHA-256 {expected}\n  found SHA-256    {found}\n"
        f"  It was not opened. The official archive ({file_kinds.OFFICIAL_BYTES:,} bytes) is at {file_kinds.OFFICIAL}; "
        "if an earlier run downloaded this one, delete it and run again. If you packed CIFAR-10 yourself and trust "
        "this file, set config.sources.cifar10.archive.sha256 to the SHA-256 found."
    )


def _batch(content: bytes, place: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of one batch, checked."""
    batch = pickles.unpickled(content, place)
    if not isinstance(batch, dict) or not {b"data", b"labels"} <= batch.keys():
        raise UserError(f"{place} is no dictionary with `data` and `labels`")
    data, labels = batch[b"data"], batch[b"labels"]
    pixels = int(np.prod(SHAPE))
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != pixels or len(data) == 0:
        raise UserError(f"{place}: `data` is no uint8 array of {pixels} columns and at least one row")
    if not isinstance(labels, list) or len(labels) != len(data) or not all(type(label) is int for label in labels):
        raise UserError(f"{place}: `labels` is no list of {len(data)} integers")
    parquet.check_labels(labels, place, CLASSES)
    return data.reshape(-1, *SHAPE), np.array(labels, np.int64)


def read_parquet(train: Sequence[Path], test: Sequence[Path]) -> Dataset:
    """Return CIFAR-10 from parquet files, one or more for each split; see :mod:`overparam.datasets.parquet`.

    The checksum is the SHA-256 over the two splits' SHA-256 digests (32 bytes each, train first); that of a split is
    its file's, or of several files the SHA-256 over their digests. Where any image is encoded as JPEG, and so with
    loss, the label says so: "CIFAR-10 (JPEG)".

    Raises
    ------
    UserError
        If a file is missing or has another layout; or, with its row, if an image cannot be decoded, is not 32×32 RGB,
        or has a label out of range.
    """
    splits, formats, digests = {}, set(), []
    for name, paths in (("train", train), ("test", test)):
        splits[name], encoded, digest = parquet.read(paths, PARQUET)
        formats |= encoded
        digests.append(digest)
    label = "CIFAR-10 (JPEG)" if "JPEG" in formats else "CIFAR-10"
    return Dataset("cifar10", label, hashlib.sha256(b"".join(digests)).hexdigest(), CLASSES, **splits)
