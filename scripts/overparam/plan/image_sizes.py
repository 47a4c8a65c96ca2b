"""What the settings of a data set say of its images before they are made: the plan of a run opens no data."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from overparam.plan.known_sources import SOURCES

SEEN = ("channels", "height", "width", "classes", "n_train", "n_test")


@dataclasses.dataclass(frozen=True)
class Images:
    """The images of a data set: ``pixels`` and ``channels`` of each, number of ``classes`` and of ``test`` images."""

    pixels: int
    channels: int
    classes: int
    test: int


def images(dataset: Mapping[str, Any]) -> Images | None:
    """Return what an entry of the configuration's ``datasets`` says; absent keys are as if they were null.

    Of images of one's own it is what was ``seen`` of them, see :mod:`overparam.plan.first_look`; ``None`` without.
    """
    if known := SOURCES.get(dataset["source"]):
        (channels, height, width), classes = known.shape, len(known.classes)
        n_train, n_test = known.n_train, known.n_test
    elif seen := dataset.get("seen"):
        channels, height, width, classes, n_train, n_test = (seen[key] for key in SEEN)
    else:
        return None
    kept = len(dataset.get("classes") or range(classes))
    if n_test == 0:  # a pool
        pool = n_train * kept // classes
        n_test = max(0, pool - dataset["n_train"]) if dataset.get("n_train") else pool // 3
    else:
        n_test = n_test * kept // classes
    side = dataset.get("crop") or dataset.get("resolution")
    pixels = side * side if side else height * width
    return Images(pixels, 3 if dataset.get("colour") else channels, kept, dataset.get("n_test") or n_test)
