"""SVHN as its authors publish it: cropped digits in Matlab files, which SciPy reads, as torchvision has it done."""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from overparam.datasets import parquet, parquet_layout
from overparam.datasets.expected import Expected, check_labels
from overparam.datasets.rows import Rows
from overparam.errors import UserError
from overparam.quoting import brief, quoted, reason


def read(paths: Sequence[Path], expected: Expected) -> Rows:
    """Return what the one file of a split holds; the digit 0, there called 10, is class 0.

    Raises
    ------
    UserError
        If a file is missing, damaged, or not what it must be.
    """
    if len(paths) != 1:
        raise UserError(f"SVHN has one Matlab file for each split; given: {', '.join(map(brief, paths))}")
    content, name = parquet.content_of(paths[0], expected), brief(paths[0])
    images, labels = _arrays(content, name, expected)
    numbers = [int(label) % 10 if label == 10 else int(label) for label in labels]
    check_labels(numbers, name, expected.classes or ())
    return Rows(np.ascontiguousarray(images.transpose(3, 2, 0, 1)), numbers, [], hashlib.sha256(content).digest())


def _arrays(content: bytes, name: str, expected: Expected) -> tuple[np.ndarray, np.ndarray]:
    """Return the arrays ``X`` (height, width, channels, n) and ``y`` (n), after a look at what is declared of them."""
    import scipy.io  # only the job that reads such files pays for it

    assert expected.shape is not None
    channels, height, width = expected.shape
    try:
        declared = {variable: (shape, kind) for variable, shape, kind in scipy.io.whosmat(io.BytesIO(content))}
    except Exception as error:  # a damaged file can raise nearly anything
        raise UserError(
            f"{name} is no whole Matlab file, cut off or damaged: {reason(error)}; fetch it again"
        ) from None
    shape, kind = declared.get("X", ((), "nothing"))
    if len(shape) != 4 or shape[:3] != (height, width, channels) or kind != "uint8":
        raise UserError(
            f"{name}: X is {kind} of shape {quoted(shape)}, not uint8 of {height}×{width}×{channels}×n; take "
            "train_32x32.mat and test_32x32.mat, the cropped digits"
        )
    if shape[3] == 0 or (expected.rows is not None and shape[3] > expected.rows):
        raise UserError(f"{name} has {shape[3] or 'no'} images{parquet_layout.most(expected)}")
    if declared.get("y", ((), ""))[0] not in ((shape[3], 1), (1, shape[3])):
        raise UserError(f"{name}: y has the shape {quoted(declared.get('y', ((),))[0])}, not one label for each image")
    try:
        found = scipy.io.loadmat(io.BytesIO(content), variable_names=["X", "y"])
        images, labels = found["X"], found["y"].ravel()
    except Exception as error:
        raise UserError(
            f"{name} is no whole Matlab file, cut off or damaged: {reason(error)}; fetch it again"
        ) from None
    if images.shape != shape or len(labels) != shape[3] or not np.issubdtype(labels.dtype, np.integer):
        raise UserError(f"{name} does not hold what it declares; fetch it again")
    return images, labels
