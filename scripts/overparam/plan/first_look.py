"""A first look into images of one's own, while a run is planned: how large they are decides how long trainings take.

Only the beginning of a file and the column of labels are read. What can't be told is left open: then trainings have no
estimate and are not split, and the job that reads the images says what is wrong with them.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from overparam.plan import file_kinds
from overparam.plan.picture_folders import PICTURES

IMAGE_COLUMNS = ("img", "image")
LABEL_COLUMNS = ("label", "fine_label", "coarse_label")
CHANNELS = {"L": 1, "RGB": 3}


def seen(files: Mapping[str, Sequence[str]], source: Mapping[str, Any]) -> dict[str, int] | None:
    """Return channels, height, width, classes, training and test images; ``None`` if they can't be told.

    Parameters
    ----------
    files
        The files of ``train`` and ``test``, or the folder of each.
    source
        What the configuration says of the source: ``image_column`` and ``label_column`` may name columns.
    """
    try:
        train, test = [Path(path) for path in files["train"]], [Path(path) for path in files["test"]]
        if train[0].is_dir():
            return _of_folders(train[0], test[0])
        if file_kinds.is_parquet(file_kinds.head_of(train[0])):
            return _of_parquet(train, test, source)
    except Exception:  # whatever is wrong, the job that reads all of it says so better
        return None
    return None


def _of_folders(train: Path, test: Path) -> dict[str, int]:
    classes = [path for path in train.iterdir() if path.is_dir() and not path.name.startswith(".")]
    first = next(path for path in sorted(classes[0].iterdir()) if path.suffix.lower() in PICTURES)
    counts = [
        sum(
            path.suffix.lower() in PICTURES
            for folder in split.iterdir()
            if folder.is_dir()
            for path in folder.iterdir()
        )
        for split in (train, test)
    ]
    return _told(first.read_bytes(), len(classes), *counts)


def _of_parquet(train: Sequence[Path], test: Sequence[Path], source: Mapping[str, Any]) -> dict[str, int]:
    import pyarrow.compute as pc  # a fifth of a second: only plans with images of one's own pay for it
    import pyarrow.parquet as pq

    names = pq.read_schema(train[0]).names
    image = source["image_column"] or next(name for name in IMAGE_COLUMNS if name in names)
    label = source["label_column"] or next(name for name in LABEL_COLUMNS if name in names)
    (cell,) = next(pq.ParquetFile(train[0]).iter_batches(1, columns=[image]))[image].to_pylist()
    classes = len(pc.unique(pq.read_table([str(path) for path in train], columns=[label])[label]))
    counts = [sum(pq.read_metadata(path).num_rows for path in paths) for paths in (train, test)]
    return _told(cell["bytes"] if isinstance(cell, dict) else cell, classes, *counts)


def _told(image: bytes, classes: int, n_train: int, n_test: int) -> dict[str, int]:
    from PIL import Image

    with Image.open(io.BytesIO(image), formats=("PNG", "JPEG")) as opened:
        (width, height), channels = opened.size, CHANNELS[opened.mode]
    sizes = {"channels": channels, "height": height, "width": width}
    return sizes | {"classes": classes, "n_train": n_train, "n_test": n_test}
