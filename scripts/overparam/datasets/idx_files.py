"""Images and labels as MNIST and its successors are published, in idx files, packed or not; read by torchvision."""

import gzip
import hashlib
import io
import tempfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from overparam.datasets import cifar_archive, parquet, parquet_layout
from overparam.datasets.expected import Expected, check_labels
from overparam.datasets.rows import Rows
from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.quoting import brief, reason


def read(paths: Sequence[Path], expected: Expected) -> Rows:
    """Return what the files of one split hold: one of images and one of labels, in any order.

    The digest is the SHA-256 over those of the two files as they lie there, images first.

    Raises
    ------
    UserError
        If a file is missing, damaged, or not what it must be.
    """
    contents = {path: parquet.content_of(path, expected) for path in paths}
    images = [path for path in paths if file_kinds.idx_dimensions(contents[path]) == 3]
    labels = [path for path in paths if file_kinds.idx_dimensions(contents[path]) == 1]
    if len(images) != 1 or len(labels) != 1 or len(paths) != 2:
        names = ", ".join(brief(path) for path in paths)
        raise UserError(f"{names}: of each split one idx file of images and one of labels are needed, and nothing else")
    pixels = _array(images[0], contents[images[0]], "read_image_file", expected)[:, None]
    numbers = _array(labels[0], contents[labels[0]], "read_label_file", expected).tolist()
    if len(pixels) != len(numbers):
        raise UserError(f"{brief(images[0])} has {len(pixels)} images, but {brief(labels[0])} {len(numbers)} labels")
    if not numbers or (expected.rows is not None and len(numbers) > expected.rows):
        raise UserError(f"{brief(images[0])} has {len(numbers) or 'no'} images{parquet_layout.most(expected)}")
    if expected.shape is not None and pixels.shape[1:] != expected.shape:
        raise UserError(
            f"{brief(images[0])} has grey images of {pixels.shape[3]}×{pixels.shape[2]} pixels; {expected.name} has "
            f"{'grey' if expected.shape[0] == 1 else 'colour'} images of {expected.shape[2]}×{expected.shape[1]}"
        )
    if expected.classes is not None:
        check_labels(numbers, brief(labels[0]), expected.classes)
    digests = [hashlib.sha256(contents[path]).digest() for path in (images[0], labels[0])]
    return Rows(pixels, numbers, [], hashlib.sha256(b"".join(digests)).digest())


def _array(path: Path, content: bytes, reader: str, expected: Expected) -> np.ndarray:
    """Return what one file holds; torchvision reads only files that are unpacked."""
    from torchvision.datasets import mnist  # two seconds: only the job that reads such files pays for them

    unpacked: bytes | None = content
    try:
        if file_kinds.is_gzip(content):
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
                unpacked = cifar_archive.whole(packed, parquet_layout.LARGEST)
        if unpacked is None:
            raise UserError(f"{brief(path)} unpacks to more than {parquet_layout.too_large(expected)}")
        with tempfile.NamedTemporaryFile() as file:
            file.write(unpacked)
            file.flush()
            found: Any = getattr(mnist, reader)(file.name)
    except UserError:
        raise
    except (EOFError, OSError, zlib.error, AssertionError, KeyError, RuntimeError, TypeError, ValueError) as error:
        raise UserError(
            f"{brief(path)} is no whole idx file, cut off or damaged: {reason(error)}; fetch it again"
        ) from None
    return found.numpy()
