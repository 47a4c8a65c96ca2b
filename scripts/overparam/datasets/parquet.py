"""Images and labels from parquet files, in every layout in which such data sets are published.

The one door for names of columns, kinds of binaries and integers, and several files per split; nothing in a file is
trusted before it is checked.
"""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from overparam.datasets import cifar10_archive, encoded_images, jpeg_damage
from overparam.datasets.arrow import Split
from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.progress import Progress
from overparam.quoting import brief, listed, quoted, reason

LARGEST = 1 << 30  # bytes of a file, packed or not: all images of CIFAR-10 as PNGs have about 170 million
ROWS = 250  # read at once
IMAGE_COLUMNS = ("img", "image")
LABEL_COLUMNS = ("label",)


@dataclasses.dataclass(frozen=True)
class Expected:
    """What the images of a data set must be.

    Attributes
    ----------
    name
        For people.
    shape
        Channels, height and width.
    classes
        Their names, in the order of the labels.
    rows
        Images in all splits together.
    image_columns, label_columns
        Names that the columns may have.
    """

    name: str
    shape: tuple[int, int, int]
    classes: list[str]
    rows: int
    image_columns: tuple[str, ...] = IMAGE_COLUMNS
    label_columns: tuple[str, ...] = LABEL_COLUMNS


@dataclasses.dataclass(frozen=True)
class _Columns:
    """Where the images and labels of a file are."""

    image: str
    nested: bool  # in the field `bytes` of a struct
    label: str

    @property
    def leaf(self) -> str:
        return f"{self.image}.bytes" if self.nested else self.image


def read(paths: Sequence[Path], expected: Expected) -> tuple[Split, set[str], bytes]:
    """Return one split, the formats of its images, and a SHA-256 (32 bytes) of its files.

    Parameters
    ----------
    paths
        The files of the split, in the order of their rows.
    expected
        What they must hold.

    Raises
    ------
    UserError
        If a file is missing or has another layout; or, with its row, if an image can't be decoded, is not as expected,
        or has a label out of range.
    """
    parts, formats, digests, rows = [], set(), [], 0
    for path in paths:
        content = content_of(path, expected.name)
        split, encodings = _opened(content, path, expected)
        rows += len(split)
        if rows > expected.rows:
            raise UserError(f"{brief(path)} and the files before it have {rows:,} rows; {_most(expected)}")
        parts.append(split)
        formats |= encodings
        digests.append(hashlib.sha256(content).digest())
    if len(parts) == 1:  # no copy
        return parts[0], formats, digests[0]
    whole = Split(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("images", "labels")))
    return whole, formats, hashlib.sha256(b"".join(digests)).digest()


def content_of(path: Path, name: str) -> bytes:
    """Return the bytes of a file, so that what is checked is what is used, whatever happens to the file meanwhile.

    Raises
    ------
    UserError
        If it is missing, or larger than any file of the data set ``name`` is.
    """
    if not path.is_file():
        raise UserError(f"the {name} file {brief(path)} does not exist; correct its path in the configuration")
    with path.open("rb") as file:
        content = cifar10_archive.whole(file, LARGEST)
    if content is None:
        raise UserError(f"{brief(path)} is larger than {LARGEST >> 20:,} MiB, so it is not {name}; correct its path")
    return content


def _opened(content: bytes, path: Path, expected: Expected) -> tuple[Split, set[str]]:
    """Return one file's images and labels, and the formats that its images are encoded in."""
    if not file_kinds.is_parquet(content):
        raise UserError(f"{brief(path)} is no parquet file{file_kinds.told(content[: file_kinds.HEAD])}")
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            columns = _checked_layout(file, path, expected)
        # values that are the same are read once: else a few kilobytes may ask for gigabytes
        options = {"page_checksum_verification": True, "read_dictionary": [columns.leaf]}
        with pq.ParquetFile(pa.BufferReader(content), **options) as file:
            return _decoded(file, columns, path, expected)
    except UserError:
        raise
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(
            f"{brief(path)} is no readable parquet file, cut off or damaged: {reason(error)}; fetch it again"
        ) from None


def _checked_layout(file: pq.ParquetFile, path: Path, expected: Expected) -> _Columns:
    """Return where images and labels are, after checking the columns and the size that the file says it has."""
    schema, described = file.schema_arrow, file.metadata
    image = _one(schema, expected.image_columns, "images", path)
    label = _one(schema, expected.label_columns, "labels", path)
    _check_class_names(schema, label, path, expected)
    kind, nested = schema.field(image).type, False
    if pa.types.is_struct(kind):
        names = [kind.field(place).name for place in range(kind.num_fields)]
        if names.count("bytes") != 1:
            raise UserError(
                f"{brief(path)}: column {image!r} is a struct of {listed(names)}; it needs the field `bytes`, once, "
                "with encoded images"
            )
        kind, nested = kind.field("bytes").type, True
    if not _is_binary(kind):
        place = f"the field `bytes` of column {image!r}" if nested else f"column {image!r}"
        raise UserError(f"{brief(path)}: {place} has the type {quoted(str(kind))}, not binary (encoded images)")
    kind = schema.field(label).type
    values = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_integer(values) or _is_text(values)):
        raise UserError(
            f"{brief(path)}: column {label!r} has the type {quoted(str(kind))}; labels must be whole numbers, or the "
            f"names of classes"
        )
    if not 0 < described.num_rows <= expected.rows:
        raise UserError(f"{brief(path)} has {described.num_rows or 'no'} rows; {_most(expected)}")
    if sum(described.row_group(number).total_byte_size for number in range(described.num_row_groups)) > LARGEST:
        raise UserError(f"{brief(path)} unpacks to more than {LARGEST >> 20:,} MiB, so it is not {expected.name}")
    return _Columns(image, nested, label)


def _most(expected: Expected) -> str:
    return f"{expected.name} has {expected.rows:,} in all"


def _one(schema: pa.Schema, names: tuple[str, ...], what: str, path: Path) -> str:
    """Return the one of ``names`` that a column has."""
    present = [name for name in schema.names if name in names]
    if len(present) == 1:
        return present[0]
    wanted = " or ".join(map(repr, names))
    others = " (with `fine_label` it is CIFAR-100)" if "fine_label" in schema.names and not present else ""
    raise UserError(
        f"{brief(path)} needs one column {wanted} with {what}; it has {len(present) or 'none'} among its columns "
        f"{listed(schema.names)}{others}"
    )


def _is_binary(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view)
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(kind) for test in tests)


def _is_text(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _check_class_names(schema: pa.Schema, label: str, path: Path, expected: Expected) -> None:
    """Refuse a file which says that its numbers mean other classes, as files of the library `datasets` do."""
    try:
        described = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"][label]["names"]
        names = [str(name).lower() for name in described]
    except (KeyError, TypeError, ValueError, RecursionError):
        return
    # other words for a class are common, such as `plane`; another place for one is another data set
    agreeing = [name for name, known in zip(names, expected.classes, strict=False) if name == known]
    known_names = [name for name in names if name in expected.classes]
    if names and (len(agreeing) < len(known_names) or not agreeing):
        raise UserError(
            f"{brief(path)} says that its labels mean {listed(described)}, not {listed(expected.classes, 10)}: it is "
            f"not {expected.name}, or numbers its classes otherwise"
        )


def _decoded(file: pq.ParquetFile, columns: _Columns, path: Path, expected: Expected) -> tuple[Split, set[str]]:
    """Return the images and labels of an open file, and the formats of the images."""
    rows, name = file.metadata.num_rows, brief(path)
    images, labels, formats = np.empty((rows, *expected.shape), np.uint8), np.empty(rows, np.int64), set()
    done, progress = 0, Progress(rows, "images decoded")
    for batch in file.iter_batches(ROWS, columns=[columns.leaf, columns.label]):
        batch.validate(full=True)
        if done + len(batch) > rows:
            break
        labels[done : done + len(batch)] = _numbers(batch[columns.label], name, done, expected)
        encoded = pc.struct_field(batch[columns.image], "bytes") if columns.nested else batch[columns.image]
        jpegs = []  # the rows that hold them, and their bytes
        for row, content in enumerate(_binaries(encoded), done):
            images[row], encoding = encoded_images.decoded(content, expected.shape, f"{name}: row {row}")
            formats.add(encoding)
            jpegs += [(row, content)] if encoding == "JPEG" else []
            progress.advance()
        if damage := jpeg_damage.found([content for _, content in jpegs]):
            number, said = damage
            raise UserError(f"{name}: row {jpegs[number][0]}: the image cannot be decoded whole: {said}")
        done += len(batch)
    if done != rows:
        raise UserError(f"{name} has {done} rows or more, not {rows} as it says")
    return Split(images, labels), formats


def _binaries(column: pa.Array) -> list[bytes | None]:
    """Return the values of a column of binaries; of those that are too long only the beginning."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    known, found = column.dictionary, []
    for place in column.indices.to_pylist():
        value = None if place is None else known[place].as_buffer()
        found.append(value and value.slice(0, min(value.size, encoded_images.LARGEST + 1)).to_pybytes())
    return found


def _numbers(column: pa.Array, place: str, first: int, expected: Expected) -> list[int]:
    """Return labels as numbers; ``first`` is the row of the first of them."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.null_count:
        raise UserError(f"{place} has rows without a label")
    labels = column.to_pylist()
    if _is_text(column.type):
        numbers = {name: number for number, name in enumerate(expected.classes)}
        labels = [numbers.get(label, label) for label in labels]
    check_labels(labels, place, expected.classes, first)
    return labels


def check_labels(labels: Sequence[int | str], place: str, classes: Sequence[str], first: int = 0) -> None:
    """Refuse labels that are no class; ``first`` is the row of the first of them."""
    wrong = next(
        (row for row, label in enumerate(labels) if isinstance(label, str) or not 0 <= label < len(classes)), None
    )
    if wrong is not None:
        raise UserError(
            f"{place}: row {first + wrong} has the label {quoted(labels[wrong])}, not one of 0..{len(classes) - 1}"
        )
