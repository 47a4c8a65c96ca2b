"""Images and labels from parquet files; nothing in one is trusted before it is checked."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from overparam.datasets import cifar_archive, encoded_images, jpeg_damage, parquet_layout, rows
from overparam.datasets.expected import Expected, check_labels, numbered, space
from overparam.datasets.rows import Rows
from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.progress import Progress
from overparam.quoting import brief, quoted, reason

ROWS = 250  # read at once


def read(paths: Sequence[Path], expected: Expected) -> Rows:
    """Return what the files of one split hold.

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
    parts: list[Rows] = []
    n_rows = 0
    for path in paths:
        part = _opened(content_of(path, expected), path, expected)
        n_rows += len(part.labels)
        if expected.rows is not None and n_rows > expected.rows:
            raise UserError(
                f"{brief(path)} and the files before it have {n_rows:,} rows{parquet_layout.most(expected)}"
            )
        if parts and part.classes != parts[0].classes:
            raise UserError(f"{brief(path)} says that its labels mean something else than {brief(paths[0])} does")
        expected = expected.shaped(part.images.shape[1:])
        parts.append(part)
    return rows.joined(parts)


def content_of(path: Path, expected: Expected) -> bytes:
    """Return the bytes of a file, so that what is checked is what is used, whatever happens to the file meanwhile.

    Raises
    ------
    UserError
        If it is missing, or larger than any file that is read.
    """
    if not path.is_file():
        raise UserError(f"the {expected.name} file {brief(path)} does not exist; correct its path in the configuration")
    with path.open("rb") as file:
        content = cifar_archive.whole(file, parquet_layout.LARGEST)
    if content is None:
        remedy = "; correct its path" if expected.rows is not None else ""
        raise UserError(f"{brief(path)} is larger than {parquet_layout.too_large(expected)}{remedy}")
    return content


def _opened(content: bytes, path: Path, expected: Expected) -> Rows:
    """Return what one file holds."""
    if not file_kinds.is_parquet(content):
        raise UserError(f"{brief(path)} is no parquet file{file_kinds.told(content[: file_kinds.HEAD])}")
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            columns = parquet_layout.checked(file, path, expected)
        # values that are the same are read once: else a few kilobytes may ask for gigabytes
        options = {"page_checksum_verification": True, "read_dictionary": [columns.leaf]}
        with pq.ParquetFile(pa.BufferReader(content), **options) as file:
            images, labels, formats = _decoded(file, columns, path, expected)
    except UserError:
        raise
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(
            f"{brief(path)} is no readable parquet file, cut off or damaged: {reason(error)}; fetch it again"
        ) from None
    return Rows(images, labels, columns.classes, hashlib.sha256(content).digest(), formats)


def _decoded(
    file: pq.ParquetFile, columns: parquet_layout.Columns, path: Path, expected: Expected
) -> tuple[np.ndarray, list[int | str], set[str]]:
    """Return the images and labels of an open file, and the formats of the images."""
    n_rows, name = file.metadata.num_rows, brief(path)
    images = None if expected.shape is None else space(n_rows, expected.shape, name)
    labels: list[int | str] = []
    formats: set[str] = set()
    progress = Progress(n_rows, "images decoded")
    for batch in file.iter_batches(ROWS, columns=[columns.leaf, columns.label]):
        batch.validate(full=True)
        done = len(labels)
        if done + len(batch) > n_rows:
            break
        labels += _labels(batch[columns.label], name, done, expected)
        encoded = pc.struct_field(batch[columns.image], "bytes") if columns.nested else batch[columns.image]
        jpegs: list[tuple[int, bytes]] = []  # the rows that hold them, and their bytes
        for row, content in enumerate(_binaries(encoded, encoded_images.largest(expected.shape)), done):
            pixels, encoding = encoded_images.decoded(content, expected.shape, f"{name}: row {row}")
            if images is None:  # the first image of all
                expected = expected.shaped(pixels.shape)
                images = space(n_rows, pixels.shape, name)
            images[row] = pixels
            formats.add(encoding)
            jpegs += [(row, content)] if encoding == "JPEG" and content else []
            progress.advance()
        if damage := jpeg_damage.found([content for _, content in jpegs]):
            number, said = damage
            raise UserError(f"{name}: row {jpegs[number][0]}: the image cannot be decoded whole: {said}")
    if len(labels) != n_rows or images is None:
        raise UserError(f"{name} has {len(labels)} rows or more, not {n_rows} as it says")
    return images, labels, formats


def _binaries(column: pa.Array, most: int) -> list[bytes | None]:
    """Return the values of a column of binaries; of those that are longer than ``most`` only the beginning."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    known, found = column.dictionary, []
    for place in column.indices.to_pylist():
        value = None if place is None else known[place].as_buffer()
        found.append(value and value.slice(0, min(value.size, most + 1)).to_pybytes())
    return found


def _labels(column: pa.Array, place: str, first: int, expected: Expected) -> list[int | str]:
    """Return labels, as numbers if classes are known; ``first`` is the row of the first of them."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if column.null_count:
        raise UserError(f"{place} has rows without a label")
    labels = column.to_pylist()
    if expected.classes is not None:
        labels = numbered(labels, expected.classes)
        check_labels(labels, place, expected.classes, first)
        return labels
    wrong = next((row for row, label in enumerate(labels) if not isinstance(label, str) and label < 0), None)
    if wrong is not None:
        raise UserError(f"{place}: row {first + wrong} has the label {quoted(labels[wrong])}; classes count from 0")
    return labels
