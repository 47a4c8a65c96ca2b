"""Where the images and labels of a parquet file are, in every layout in which such data sets are published.

The one door for names of columns, and for kinds of binaries and labels.
"""

import dataclasses
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from overparam.datasets.expected import Expected, described_classes
from overparam.errors import UserError
from overparam.quoting import brief, listed, quoted

LARGEST = 1 << 30  # bytes of a file, packed or not: all images of CIFAR-10 as PNGs have about 170 million


@dataclasses.dataclass(frozen=True)
class Columns:
    """Where the images and labels of a file are, and what it says that numbers mean."""

    image: str
    nested: bool  # in the field `bytes` of a struct
    label: str
    classes: list[str]  # empty if it says nothing

    @property
    def leaf(self) -> str:
        """The column, in the words of parquet, that holds the encoded images."""
        return f"{self.image}.bytes" if self.nested else self.image


def checked(file: pq.ParquetFile, path: Path, expected: Expected) -> Columns:
    """Return where images and labels are, after checking the columns and the size that the file says it has."""
    schema, described = file.schema_arrow, file.metadata
    image = _one(schema, expected.image_columns, "images", path)
    label = _one(schema, expected.label_columns, "labels", path, first=True)
    classes = _class_names(schema, label, path, expected)
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
    if not (pa.types.is_integer(values) or is_text(values)):
        raise UserError(
            f"{brief(path)}: column {label!r} has the type {quoted(str(kind))}; labels must be whole numbers, or the "
            f"names of classes"
        )
    rows = described.num_rows
    if rows == 0 or (expected.rows is not None and rows > expected.rows):
        raise UserError(f"{brief(path)} has {rows or 'no'} rows{most(expected)}")
    if sum(described.row_group(number).total_byte_size for number in range(described.num_row_groups)) > LARGEST:
        raise UserError(f"{brief(path)} unpacks to more than {too_large(expected)}")
    return Columns(image, nested, label, classes)


def most(expected: Expected) -> str:
    """Return how many rows there are at most, as the end of a sentence; nothing if that is not known."""
    return f"; {expected.name} has {expected.rows:,} in all" if expected.rows is not None else ""


def too_large(expected: Expected) -> str:
    """Return what follows from the size of a file that is too large."""
    size = f"{LARGEST >> 20:,} MiB"
    return (
        f"{size}, so it is not {expected.name}" if expected.rows is not None else f"{size}; write it to several files"
    )


def is_text(kind: pa.DataType) -> bool:
    """Return whether values of this type are texts."""
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _one(schema: pa.Schema, names: tuple[str, ...], what: str, path: Path, first: bool = False) -> str:
    """Return the one of ``names`` that a column has, or the ``first`` of them that one has."""
    present = [name for name in schema.names if name in names]
    if first and present:
        wanted = min(present, key=names.index)
        present = [name for name in present if name == wanted]
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


def _class_names(schema: pa.Schema, label: str, path: Path, expected: Expected) -> list[str]:
    """Return what a file says that its numbers mean; refuse other classes than those that are expected."""
    described = described_classes(schema.metadata, label)
    if expected.classes is None:
        return _usable(described, path)
    known = [name.lower() for name in expected.classes]
    names = [str(name).lower() for name in described]
    # other words for a class are common, such as `plane`; another place for one is another data set
    agreeing = [name for name, wanted in zip(names, known, strict=False) if name == wanted]
    known_names = [name for name in names if name in known]
    if names and (len(agreeing) < len(known_names) or not agreeing):
        raise UserError(
            f"{brief(path)} says that its labels mean {listed(described)}, not {listed(expected.classes, 10)}: it is "
            f"not {expected.name}, or numbers its classes otherwise"
        )
    return list(expected.classes)


def _usable(described: Collection[Any], path: Path) -> list[str]:
    """Return the names that a file gives to its classes, if they are such."""
    if not isinstance(described, list) or not all(isinstance(name, str) for name in described):
        return []
    if len(set(described)) < len(described):
        raise UserError(f"{brief(path)} gives one name to several classes: {listed(described, 10)}; correct that")
    return described
