"""CIFAR-10 from the official archive or from parquet files; nothing in either is trusted before it is checked."""

import hashlib
import io
import pickle
import tarfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from overparam.datasets.arrow import Dataset, Split
from overparam.download import digest, wrong_file
from overparam.program import UserError
from overparam.progress import Progress

OFFICIAL_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SHAPE = (3, 32, 32)
FOLDER = "cifar-10-batches-py"
BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
COLUMNS = pa.schema({"img": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()})


def _uint8(kind: bytes | str, *_flags: int) -> np.dtype:
    """Stand in for ``numpy.dtype``: the official file needs bytes and nothing else."""
    if kind not in (b"u1", "u1"):
        raise pickle.UnpicklingError(f"an array of {kind!r}, not of bytes")
    return np.dtype("u1", False, True)  # a copy, its state is set next; some NumPy versions warn of the integer flags


RECONSTRUCT = np.empty(0).__reduce__()[0]  # how NumPy unpickles an array, without naming its private module
ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): RECONSTRUCT,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): _uint8,
}


class RestrictedUnpickler(pickle.Unpickler):
    """Unpickle dictionaries, lists, numbers, bytes and uint8 arrays; refuse every other name before it is imported."""

    def __init__(self, file: io.BufferedIOBase):
        super().__init__(file, encoding="bytes")  # written by Python 2: its strings are bytes

    def find_class(self, module: str, name: str) -> Any:
        """Return the callable for an allowed name; anything else is refused."""
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which CIFAR-10 does not need") from None


def read_archive(path: Path, sha256: str = OFFICIAL_SHA256) -> Dataset:
    """Return CIFAR-10 from the official ``cifar-10-python.tar.gz``.

    The SHA-256 is checked before the file is opened as an archive; members are read in memory and never extracted.

    Raises
    ------
    UserError
        If the file is missing, has another SHA-256, or holds anything but the official layout.
    """
    if not path.is_file():
        raise UserError(f"the CIFAR-10 archive {path} does not exist; correct `path`, or download it by `urls`")
    with path.open("rb") as file:  # one handle, so what is read is what was checked
        found = digest(file)
        if found != sha256.lower():
            raise UserError(wrong_file(str(path), sha256.lower(), found))
        file.seek(0)
        members = _members(file, path)
    splits = {}
    for split, names in BATCHES.items():
        parts = [_batch(members[name], f"{path}: {name}") for name in names]
        splits[split] = Split(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    return Dataset("cifar10", "CIFAR-10", found, CLASSES, **splits)


def _members(file: io.BufferedIOBase, path: Path) -> dict[str, bytes]:
    """Return the content of the batches, by name; everything else in the archive is passed over."""
    wanted = {f"{FOLDER}/{name}": name for names in BATCHES.values() for name in names}
    found = {}
    try:
        with tarfile.open(fileobj=file, mode="r:gz") as archive:
            for member in archive:
                if member.name in wanted and member.isreg():
                    found[wanted[member.name]] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise UserError(f"{path} is no readable .tar.gz archive: {error}") from None
    missing = sorted(wanted.keys() - {f"{FOLDER}/{name}" for name in found})
    if missing:
        raise UserError(f"{path} lacks {', '.join(missing)}: it is not the Python version of CIFAR-10")
    return found


def _batch(content: bytes, place: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of one batch, checked."""
    try:
        batch = RestrictedUnpickler(io.BytesIO(content)).load()
    except Exception as error:  # a malformed pickle can raise anything
        raise UserError(f"{place} was refused: {error}") from None
    if not isinstance(batch, dict) or not {b"data", b"labels"} <= batch.keys():
        raise UserError(f"{place} is no dictionary with `data` and `labels`")
    data, labels = batch[b"data"], batch[b"labels"]
    pixels = int(np.prod(SHAPE))
    if not isinstance(data, np.ndarray) or data.dtype != np.uint8 or data.ndim != 2 or data.shape[1] != pixels:
        raise UserError(f"{place}: `data` is no uint8 array of {pixels} columns")
    if not isinstance(labels, list) or len(labels) != len(data) or not all(type(label) is int for label in labels):
        raise UserError(f"{place}: `labels` is no list of {len(data)} integers")
    labels = np.array(labels, np.int64)
    _check_labels(labels, place)
    return data.reshape(-1, *SHAPE), labels


def _check_labels(labels: np.ndarray, place: str) -> None:
    wrong = np.flatnonzero((labels < 0) | (labels >= len(CLASSES)))
    if len(wrong):
        raise UserError(f"{place}: row {wrong[0]} has the label {labels[wrong[0]]}, not one of 0..{len(CLASSES) - 1}")


def read_parquet(train: Path, test: Path) -> Dataset:
    """Return CIFAR-10 from two parquet files with the columns ``img: struct<bytes, path>`` and ``label: int64``.

    The checksum is the SHA-256 over the two files' SHA-256 digests (32 bytes each, train first). Where any image is
    encoded as JPEG, and so with loss, the label says so: "CIFAR-10 (JPEG)".

    Raises
    ------
    UserError
        If a file is missing or has another layout; or, with its row, if an image cannot be decoded, is not 32×32 RGB,
        or has a label out of range.
    """
    splits, formats, digests = {}, set(), []
    for name, path in (("train", train), ("test", test)):
        splits[name], encoded = _parquet_split(path)
        formats |= encoded
        digests.append(bytes.fromhex(digest(path)))
    label = "CIFAR-10 (JPEG)" if "JPEG" in formats else "CIFAR-10"
    return Dataset("cifar10", label, hashlib.sha256(b"".join(digests)).hexdigest(), CLASSES, **splits)


def _parquet_split(path: Path) -> tuple[Split, set[str]]:
    """Return one file's images and labels, and the formats that its images are encoded in."""
    if not path.is_file():
        raise UserError(f"the CIFAR-10 file {path} does not exist; correct its path under `parquet`")
    try:
        with pq.ParquetFile(path) as file:
            schema = pa.schema([field.with_metadata(None) for field in file.schema_arrow])
            if any(
                name not in schema.names or schema.field(name).type != COLUMNS.field(name).type
                for name in COLUMNS.names
            ):
                raise UserError(f"{path} needs the columns\n{COLUMNS}\nbut has\n{schema}")
            table = file.read(columns=COLUMNS.names)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is no readable parquet file: {error}") from None
    if table.num_rows == 0 or table["label"].null_count:
        raise UserError(f"{path} has no rows, or rows without a label")
    labels = table["label"].to_numpy().astype(np.int64)
    _check_labels(labels, str(path))
    images = np.empty((len(labels), *SHAPE), np.uint8)
    formats = set()
    progress = Progress(len(labels), "images decoded")
    for row, image in enumerate(table["img"].combine_chunks().field("bytes")):
        pixels, encoding = _decode(image.as_py(), f"{path}: row {row}")
        images[row] = pixels
        formats.add(encoding)
        progress.advance()
    return Split(images, labels), formats


def _decode(encoded: bytes | None, place: str) -> tuple[np.ndarray, str]:
    """Return the pixels ``(3, 32, 32)`` and the format of one encoded image."""
    from PIL import Image  # only the parquet layout needs it

    if encoded is None:
        raise UserError(f"{place} has no image")
    try:
        with Image.open(io.BytesIO(encoded), formats=("PNG", "JPEG")) as image:
            pixels, encoding, mode = np.asarray(image), image.format, image.mode
    except Exception as error:  # a broken image can raise nearly anything from its decoder
        raise UserError(f"{place}: the image cannot be decoded: {error}") from None
    if mode != "RGB" or pixels.shape != (32, 32, 3):
        raise UserError(f"{place}: the image is {mode} of {pixels.shape[1]}×{pixels.shape[0]} pixels, not RGB of 32×32")
    return pixels.transpose(2, 0, 1), encoding
