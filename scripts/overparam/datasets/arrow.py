"""The one layout of data sets on disk: Arrow files that every job maps into memory and none copies.

A folder holds ``train.arrow``, ``test.arrow`` (columns ``image``: fixed-shape tensor of uint8, and ``label``: int64;
one record batch; everything below as schema metadata) and ``dataset.json`` (the same description, for readers of
JSON).
"""

import dataclasses
import functools
import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from overparam.errors import UserError
from overparam.jobs import files
from overparam.quoting import LONGEST, brief, harmless, listed, reason

DIMENSIONS = ["channel", "height", "width"]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_size(value: Any) -> bool:
    return type(value) is int and 1 <= value <= 2**31


DESCRIPTION = {  # what a file says of its data set, and how to tell that a value is one
    "name": _is_text,
    "label": _is_text,
    "checksum": _is_text,
    "classes": lambda value: isinstance(value, list) and value != [] and all(map(_is_text, value)),
    "max_value": lambda value: _is_size(value) and value <= 255,
    "view": lambda value: isinstance(value, dict),
    "shape": lambda value: isinstance(value, list) and len(value) == len(DIMENSIONS) and all(map(_is_size, value)),
    "n_train": _is_size,
    "n_test": _is_size,
}


@dataclasses.dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels.

    Attributes
    ----------
    images
        ``(n, channels, height, width)``, uint8; read-only where it is mapped from a file.
    labels
        ``(n,)``, int64, in ``[0, n_classes)``; read-only where it is mapped from a file.
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray | slice) -> "Split":
        """Return the part made of ``rows``, in their order; a slice copies nothing."""
        return Split(self.images[rows], self.labels[rows])


@dataclasses.dataclass(frozen=True, eq=False)
class Dataset:
    """A data set of small images.

    Attributes
    ----------
    name
        As in the config, say ``"cifar10_small"``.
    label
        For people: ``"digits"``, ``"CIFAR-10"`` or ``"CIFAR-10 (JPEG)"``.
    checksum
        SHA-256 of the source; together with ``view`` it determines every byte.
    classes
        Names of the classes, in the order of the labels.
    train, test
        The two splits.
    max_value
        Largest possible grey level: 16 for digits, 255 for CIFAR-10.
    view
        The settings by which the data set was chosen from its source.
    """

    name: str
    label: str
    checksum: str
    classes: list[str]
    train: Split
    test: Split
    max_value: int = 255
    view: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return self.train.images.shape[1:]

    @property
    def description(self) -> dict[str, Any]:
        """All but the images and labels, as plain JSON values."""
        sizes = {"shape": list(self.shape), "n_train": len(self.train), "n_test": len(self.test)}
        fields = ("name", "label", "checksum", "classes", "max_value", "view")
        return {field: getattr(self, field) for field in fields} | sizes

    @functools.cached_property
    def moments(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the grey levels of the training images, two ``(channels,)`` float64."""
        levels = np.arange(256.0)
        counts = np.stack([np.bincount(channel.ravel(), minlength=256) for channel in self.train.images.swapaxes(0, 1)])
        share = counts / counts.sum(axis=1, keepdims=True)  # (channels, 256): exact, whatever the order of summation
        mean = share @ levels
        return mean, np.sqrt((share * (levels - mean[:, None]) ** 2).sum(axis=1))

    def normalised(self, split: Split | str) -> np.ndarray:
        """Return images with mean 0 and standard deviation 1: every channel over the training images, or every image.

        The view's ``normalisation`` says which: ``channel`` (default), or ``image`` for the per-image whitening of
        Zhang et al. (arXiv 1611.03530, appendix A), where the deviation counts as at least 1/√(pixels · channels) grey
        levels.

        Parameters
        ----------
        split
            ``"train"``, ``"test"`` or any :class:`Split` with the same channels, say a part of one.

        Returns
        -------
        np.ndarray
            ``(n, channels, height, width)``, float32; a new array that the caller owns. A channel that is constant
            over the training images becomes 0.
        """
        split = getattr(self, split) if isinstance(split, str) else split
        if self.view.get("normalisation") == "image":
            return _whitened(split.images)
        mean, deviation = self.moments
        scale = np.where(deviation > 0, deviation, 1.0)
        table = ((np.arange(256.0) - mean[:, None]) / scale[:, None]).astype(np.float32)  # (channels, 256)
        images = np.empty(split.images.shape, np.float32)
        for channel, values in enumerate(table):
            images[:, channel] = values[split.images[:, channel]]
        return images


def _whitened(images: np.ndarray) -> np.ndarray:
    """Return every image with mean 0 and deviation 1 over its pixels and channels, float32."""
    images = images.astype(np.float32)
    flat = images.reshape(len(images), -1)  # a view: changed in place
    flat -= flat.mean(axis=1, dtype=np.float64, keepdims=True).astype(np.float32)
    deviation = np.sqrt(np.square(flat, dtype=np.float64).mean(axis=1, keepdims=True))
    flat /= np.maximum(deviation, 1 / np.sqrt(flat.shape[1])).astype(np.float32)
    return images


def write(folder: Path, dataset: Dataset) -> None:
    """Write ``dataset`` to ``folder``, each file atomically; the same data set gives the same bytes."""
    for split in ("train", "test"):
        _write_split(folder / f"{split}.arrow", dataset, split)
    files.write_json(folder / "dataset.json", dataset.description)


def read(folder: Path) -> Dataset:
    """Return the data set in ``folder``; images and labels are views of the mapped files, nothing is copied.

    Raises
    ------
    UserError
        If a file is missing, cut off, of another layout, not as it was written, or disagrees with the other file.
    """
    train, description = _read_split(folder / "train.arrow", "train")
    test, other = _read_split(folder / "test.arrow", "test")
    if description != other:
        differing = ", ".join(key for key in DESCRIPTION if description[key] != other[key])
        raise UserError(
            f"{folder}: train.arrow and test.arrow are of two data sets ({differing} differ); delete both and run again"
        )
    fields = ("name", "label", "checksum", "classes", "max_value", "view")
    return Dataset(train=train, test=test, **{field: description[field] for field in fields})


def _write_split(path: Path, dataset: Dataset, name: str) -> None:
    split = getattr(dataset, name)
    if split.images.dtype != np.uint8 or split.labels.dtype != np.int64:
        raise TypeError(f"images must be uint8 and labels int64, got {split.images.dtype} and {split.labels.dtype}")
    images, labels = np.ascontiguousarray(split.images), np.ascontiguousarray(split.labels)
    tensor = pa.fixed_shape_tensor(pa.uint8(), list(images.shape[1:]), dim_names=DIMENSIONS)
    # from buffers: pa.array would import pandas to see whether it was given a series
    values = pa.Array.from_buffers(pa.uint8(), images.size, [None, pa.py_buffer(images)])
    storage = pa.FixedSizeListArray.from_arrays(values, math.prod(images.shape[1:]))
    columns = [
        pa.ExtensionArray.from_storage(tensor, storage),
        pa.Array.from_buffers(pa.int64(), len(labels), [None, pa.py_buffer(labels)]),
    ]
    metadata = {key: json.dumps(value, sort_keys=True) for key, value in dataset.description.items()}
    metadata |= {"split": json.dumps(name)}
    metadata |= {"content": json.dumps(_digest(metadata, images, labels))}
    schema = pa.schema(
        [pa.field("image", tensor, nullable=False), pa.field("label", pa.int64(), nullable=False)],
        metadata=metadata,
    )
    with files.replaced(path) as temporary, pa.ipc.new_file(str(temporary), schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))  # one batch: read as one array


def _read_split(path: Path, name: str) -> tuple[Split, dict[str, Any]]:
    """Return one split and the description of its data set, both validated."""
    if not path.is_file():
        raise UserError(f"{path} does not exist; make the data set first")
    try:
        return _validated(pa.ipc.open_file(pa.memory_map(str(path))), name)
    except (PermissionError, MemoryError):
        raise
    except UserError as error:
        raise UserError(f"{path}: {error}; delete it and run again") from None
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(f"{path} is no whole Arrow file ({reason(error)}); delete it and run again") from None


def _validated(reader: pa.ipc.RecordBatchFileReader, name: str) -> tuple[Split, dict[str, Any]]:
    """Return the split in an open file and the description of its data set."""

    def require(holds: bool, problem: str) -> None:
        if not holds:
            raise UserError(problem)

    batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
    metadata = {key.decode(): value.decode() for key, value in (reader.schema.metadata or {}).items()}
    missing = sorted({*DESCRIPTION, "split", "content"} - metadata.keys())
    require(not missing, f"the schema metadata lacks {', '.join(missing)}")
    description = {key: json.loads(metadata[key]) for key in DESCRIPTION}
    for key, value in description.items():
        require(DESCRIPTION[key](value), f"{key} in the schema metadata is wrong")
    require(metadata["split"] == json.dumps(name), f'holds the split {harmless(metadata["split"])}, not "{name}"')
    require(
        reader.schema.names == ["image", "label"], f"has the columns {listed(reader.schema.names)}, not image and label"
    )
    tensor, label = reader.schema.types
    expected = pa.fixed_shape_tensor(pa.uint8(), description["shape"], dim_names=DIMENSIONS)
    require(tensor == expected, f"images are {brief(tensor, LONGEST)}, not uint8 of shape {description['shape']}")
    require(label == pa.int64(), f"labels are {brief(label, LONGEST)}, not int64")
    require(len(batches) == 1, f"has {len(batches)} record batches, not 1")
    size = description[f"n_{name}"]
    require(batches[0].num_rows == size, f"has {batches[0].num_rows} rows, not {size}")
    batches[0].validate()  # before anything looks into it: no array is longer than its memory
    columns = batches[0].columns
    require(not any(column.null_count for column in columns), "has nulls")
    labels = np.frombuffer(columns[1].buffers()[1], np.int64, count=size)
    classes = len(description["classes"])
    require(labels.min() >= 0 and labels.max() < classes, f"labels are not in 0..{classes - 1}")
    images = columns[0].to_numpy_ndarray()
    said = {key: metadata[key] for key in (*DESCRIPTION, "split")}
    require(metadata["content"] == json.dumps(_digest(said, images, labels)), "was changed after it was made")
    return Split(images, labels), description


def _digest(metadata: dict[str, str], images: np.ndarray, labels: np.ndarray) -> str:
    """Return the SHA-256 of all that a file says: a second for 2 GB, and no wrong bit is trained on."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    digest.update(images)
    digest.update(labels)
    return digest.hexdigest()
