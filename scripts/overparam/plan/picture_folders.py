"""Folders of images: ``train/<class>/*.png`` and ``test/<class>/*.png``, found without looking at every file."""

import itertools
import os
import re
from collections.abc import Iterator
from pathlib import Path

from overparam.errors import UserError
from overparam.quoting import brief, listed

PICTURES = (".png", ".jpg", ".jpeg")
SPLITS = {"train": "train", "training": "train", "test": "test"}  # words in names of files, and of folders
LOOKED_AT = 100  # entries of a folder of a class


def natural(path: str | Path) -> list[tuple[int, str]]:
    """Return a key by which names are in the order of the numbers in them: 2.png goes before 10.png."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]{1,18})", str(path))]


def splits(folder: Path) -> dict[str, Path] | None:
    """Return the folders of both splits in a folder, or in the one folder in it that has them; ``None`` if none has.

    Raises
    ------
    UserError
        If several folders in it have them.
    """
    if own := _splits_in(folder):
        return own
    found = {inner: inside for inner in _folders(folder) if (inside := _splits_in(inner))}
    if len(found) > 1:
        names = listed(path.name for path in found)
        raise UserError(f"the folder {brief(folder)} holds several data sets, in {names}; name one of these folders")
    return next(iter(found.values()), None)


def _splits_in(folder: Path) -> dict[str, Path] | None:
    named: dict[str, list[Path]] = {"train": [], "test": []}
    for inner in _folders(folder):
        if inner.name.lower() in SPLITS and _holds_classes(inner):
            named[SPLITS[inner.name.lower()]].append(inner)
    if not all(named.values()):
        return None
    if len(named["train"]) > 1:
        names = listed(path.name for path in named["train"])
        raise UserError(f"the folder {brief(folder)} has several folders of training images, {names}; leave one there")
    return {split: paths[0] for split, paths in named.items()}


def _holds_classes(folder: Path) -> bool:
    """Return whether a folder has folders with images in them."""
    return any(_has_pictures(inner) for inner in itertools.islice(_folders(folder), LOOKED_AT))


def _has_pictures(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.lower().endswith(PICTURES) for entry in itertools.islice(entries, LOOKED_AT))
    except OSError:
        return False


def _folders(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return iter(())
    return (folder / name for name in names)
