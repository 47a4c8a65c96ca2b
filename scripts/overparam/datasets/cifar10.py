"""CIFAR-10 from the official archive or from parquet files; nothing in either is trusted before it is checked."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from overparam.datasets import cifar10_archive
from overparam.datasets.arrow import Dataset, Split
from overparam.datasets.download import wrong_file
from overparam.errors import UserError
from overparam.progress import Progress

OFFICIAL_SHA256 = "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
SHAPE = (3, 32, 32)
FOLDER = "cifar-10-batches-py"
BATCHES = {"train": [f"data_batch_{number}" for number in range(1, 6)], "test": ["test_batch"]}
LARGEST = 1 << 30  # bytes of a file; the official archive has 170 million, all images as PNGs about as many
MOST_ROWS = 100_000  # CIFAR-10 has 60,000
LARGEST_IMAGE = 1 << 16  # bytes; a PNG of 32×32 pixels has about 2,500
ROWS = 250  # read at once
COLUMNS = pa.schema({"img": pa.struct({"bytes": pa.binary(), "path": pa.string()}), "label": pa.int64()})


def read_archive(path: Path, sha256: str = OFFICIAL_SHA256) -> Dataset:
    """Return CIFAR-10 from the official ``cifar-10-python.tar.gz``.

    The file is read once; its SHA-256 is checked before those bytes are opened as an archive, whose members are read
    in memory and never extracted.

    Raises
    ------
    UserError
        If the file is missing, has another SHA-256, or holds anything but the official layout.
    """
    if not path.is_file():
        raise UserError(f"the CIFAR-10 archive {path} does not exist; correct `path`, or download it by `urls`")
    content = _content(path)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256.lower():
        mended = "If this pipeline downloaded it, it was changed since: delete it and run again."
        raise UserError(f"{wrong_file(str(path), sha256.lower(), found)} {mended}")
    wanted = {f"{FOLDER}/{name}" for names in BATCHES.values() for name in names}
    members = cifar10_archive.members(content, wanted, str(path))
    splits = {}
    for split, names in BATCHES.items():
        parts = [_batch(members[f"{FOLDER}/{name}"], f"{path}: {name}") for name in names]
        splits[split] = Split(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
    return Dataset("cifar10", "CIFAR-10", found, CLASSES, **splits)


def _content(path: Path) -> bytes:
    """Return the bytes of a file, so that what is checked is what is used, whatever happens to the file meanwhile."""
    with path.open("rb") as file:
        content = cifar10_archive.whole(file, LARGEST)
    if content is None:
        raise UserError(f"{path} is larger than {LARGEST >> 20:,} MiB, so it is not CIFAR-10; correct its path")
    return content


def _batch(content: bytes, place: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of one batch, checked."""
    batch = cifar10_archive.unpickled(content, place)
    if not isinstance(batch, dict) or not {b"data", b"labels"} <= batch.keys():
        raise UserError(f"{place} is no dictionary with `data` and `labels`")
    data, labels = batch[b"data"], batch[b"labels"]
    pixels = int(np.prod(SHAPE))
    if not isinstance(data, np.ndarray) or data.ndim != 2 or data.shape[1] != pixels or len(data) == 0:
        raise UserError(f"{place}: `data` is no uint8 array of {pixels} columns and at least one row")
    if not isinstance(labels, list) or len(labels) != len(data) or not all(type(label) is int for label in labels):
        raise UserError(f"{place}: `labels` is no list of {len(data)} integers")
    _check_labels(labels, place)
    return data.reshape(-1, *SHAPE), np.array(labels, np.int64)


def _check_labels(labels: list[int], place: str, first: int = 0) -> None:
    """Refuse labels that are no class; ``first`` is the row of the first of them."""
    wrong = next((row for row, label in enumerate(labels) if not 0 <= label < len(CLASSES)), None)
    if wrong is not None:
        raise UserError(f"{place}: row {first + wrong} has the label {labels[wrong]}, not one of 0..{len(CLASSES) - 1}")


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
        if not path.is_file():
            raise UserError(f"the CIFAR-10 file {path} does not exist; correct its path under `parquet`")
        content = _content(path)
        splits[name], encoded = _parquet_split(content, path)
        formats |= encoded
        digests.append(hashlib.sha256(content).digest())
    label = "CIFAR-10 (JPEG)" if "JPEG" in formats else "CIFAR-10"
    return Dataset("cifar10", label, hashlib.sha256(b"".join(digests)).hexdigest(), CLASSES, **splits)


def _parquet_split(content: bytes, path: Path) -> tuple[Split, set[str]]:
    """Return one file's images and labels, and the formats that its images are encoded in."""
    try:
        with pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True) as file:
            return _decoded(file, path)
    except UserError:
        raise
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(f"{path} is no readable parquet file: {' '.join(str(error).split())}") from None


def _decoded(file: pq.ParquetFile, path: Path) -> tuple[Split, set[str]]:
    """Return the images and labels of an open file, and the formats of the images."""
    rows = _checked_layout(file, path)
    images, labels, formats = np.empty((rows, *SHAPE), np.uint8), np.empty(rows, np.int64), set()
    done, progress = 0, Progress(rows, "images decoded")
    for batch in file.iter_batches(ROWS, columns=["img.bytes", "label"]):
        batch.validate(full=True)
        if batch["label"].null_count:
            raise UserError(f"{path} has rows without a label")
        _check_labels(batch["label"].to_pylist(), str(path), done)
        labels[done : done + len(batch)] = batch["label"]
        for encoded in pc.struct_field(batch["img"], "bytes"):
            images[done], encoding = _decode(encoded.as_py(), f"{path}: row {done}")
            formats.add(encoding)
            progress.advance()
            done += 1
    if done != rows:
        raise UserError(f"{path} has {done} rows, not {rows} as it says")
    return Split(images, labels), formats


def _checked_layout(file: pq.ParquetFile, path: Path) -> int:
    """Return the number of rows, after checking it, the columns and the size that the file says it has."""
    schema, described = pa.schema([field.with_metadata(None) for field in file.schema_arrow]), file.metadata
    if any(
        schema.names.count(name) != 1 or schema.field(name).type != COLUMNS.field(name).type for name in COLUMNS.names
    ):
        raise UserError(f"{path} needs the columns\n{COLUMNS}\nbut has\n{schema}")
    if not 0 < described.num_rows <= MOST_ROWS:
        raise UserError(f"{path} has {described.num_rows or 'no'} rows; CIFAR-10 has at most 60,000")
    if sum(described.row_group(number).total_byte_size for number in range(described.num_row_groups)) > LARGEST:
        raise UserError(f"{path} unpacks to more than {LARGEST >> 20:,} MiB, so it is not CIFAR-10")
    return described.num_rows


def _decode(encoded: bytes | None, place: str) -> tuple[np.ndarray, str]:
    """Return the pixels ``(3, 32, 32)`` and the format of one encoded image."""
    from PIL import Image  # only the parquet layout needs it

    if encoded is None:
        raise UserError(f"{place} has no image")
    if len(encoded) > LARGEST_IMAGE:
        raise UserError(f"{place}: the image has {len(encoded):,} bytes, for 32×32 pixels")
    try:
        with Image.open(io.BytesIO(encoded), formats=("PNG", "JPEG")) as image:
            size, mode, encoding = image.size, image.mode, image.format
            if (mode, size) == ("RGB", (32, 32)):  # else what is a few bytes may unpack to gigabytes
                if encoding == "PNG":
                    image.verify()  # the checksums, which reading the pixels passes over
                    image = Image.open(io.BytesIO(encoded), formats=("PNG",))
                return np.asarray(image).transpose(2, 0, 1), encoding
    except Exception as error:  # a broken image can raise nearly anything from its decoder
        raise UserError(f"{place}: the image cannot be decoded: {error}") from None
    raise UserError(f"{place}: the image is {mode} of {size[0]}×{size[1]} pixels, not RGB of 32×32")
