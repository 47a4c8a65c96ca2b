"""What was read of one split of a data set, before anyone decides what its classes are."""

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Rows:
    """Images with their labels, as they stand in files.

    Attributes
    ----------
    images
        ``(n, channels, height, width)``, uint8.
    labels
        Numbers of classes where these are known, else as they stand in the files: numbers or names.
    classes
        What the files say that the classes are called; empty if they say nothing.
    digest
        SHA-256 of the files, 32 bytes.
    formats
        In which the images are encoded; empty if they are not.
    """

    images: np.ndarray
    labels: list[int | str]
    classes: list[str]
    digest: bytes
    formats: set[str] = dataclasses.field(default_factory=set)


def joined(parts: Sequence[Rows]) -> Rows:
    """Return what several files of a split hold, in their order; the classes are those of the first."""
    if len(parts) == 1:  # no copy
        return parts[0]
    return Rows(
        np.concatenate([part.images for part in parts]),
        [label for part in parts for label in part.labels],
        parts[0].classes,
        hashlib.sha256(b"".join(part.digest for part in parts)).digest(),
        set().union(*(part.formats for part in parts)),
    )
