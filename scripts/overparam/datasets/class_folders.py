"""Images in folders, one for each class: ``train/<class>/*.png`` and ``test/<class>/*.png``."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from overparam.datasets import encoded_images, jpeg_damage, parquet_layout
from overparam.datasets.expected import Expected, space
from overparam.datasets.rows import Rows
from overparam.errors import UserError
from overparam.plan.picture_folders import PICTURES, natural
from overparam.progress import Progress
from overparam.quoting import brief, listed

TOGETHER = 250  # JPEGs looked at for damage at once


def read(paths: Sequence[Path], expected: Expected) -> Rows:
    """Return what the one folder of a split holds, class by class, each in the natural order of names.

    The digest is the SHA-256 over class, name and SHA-256 of every file.

    Raises
    ------
    UserError
        If the folder has no images, a folder in it is no class that is expected, or, with its path, if an image can't
        be decoded or is not as expected.
    """
    if len(paths) != 1 or not paths[0].is_dir():
        raise UserError(f"one folder for each split is needed; given: {', '.join(map(brief, paths))}")
    folder = paths[0]
    files = _files(folder)
    numbers = _numbers([name for name, _ in files], folder, expected)
    count = sum(len(pictures) for _, pictures in files)
    if expected.rows is not None and count > expected.rows:
        raise UserError(f"{brief(folder)} has {count:,} images{parquet_layout.most(expected)}")
    digest, progress = hashlib.sha256(), Progress(count, "images decoded")
    images: np.ndarray | None = None
    labels: list[int | str] = []
    formats: set[str] = set()
    jpegs: list[tuple[Path, bytes]] = []
    for label, (name, pictures) in zip(numbers, files, strict=True):
        for path in pictures:
            content = _content(path, encoded_images.largest(expected.shape))
            pixels, encoding = encoded_images.decoded(content, expected.shape, brief(path))
            if images is None:
                expected = expected.shaped(pixels.shape)
                images = space(count, pixels.shape, brief(folder))
            images[len(labels)] = pixels
            labels.append(label)
            formats.add(encoding)
            digest.update(f"{name}/{path.name}\0".encode() + hashlib.sha256(content).digest())
            jpegs += [(path, content)] if encoding == "JPEG" else []
            if len(jpegs) == TOGETHER:
                _check_whole(jpegs)
                jpegs.clear()
            progress.advance()
    _check_whole(jpegs)
    assert images is not None
    return Rows(images, labels, [name for name, _ in files], digest.digest(), formats)


def _files(folder: Path) -> list[tuple[str, list[Path]]]:
    """Return the images of every class, classes and images in the natural order of their names."""
    found = []
    for path in sorted((inner for inner in _shown(folder) if inner.is_dir()), key=natural):
        pictures = sorted((file for file in _shown(path) if file.suffix.lower() in PICTURES), key=natural)
        if not pictures:
            raise UserError(f"the folder {brief(path)} has no images (.png, .jpg or .jpeg); remove it, or fill it")
        found.append((path.name, pictures))
    if not found:
        raise UserError(f"the folder {brief(folder)} has no folders of classes")
    return found


def _shown(folder: Path) -> Iterator[Path]:
    """Return what lies in a folder, without what is hidden."""
    return (path for path in folder.iterdir() if not path.name.startswith("."))


def _numbers(names: list[str], folder: Path, expected: Expected) -> list[int | str]:
    """Return the label of every class: its number where classes are known, else its name."""
    if expected.classes is None:
        return list(names)
    known = {_letters(name): number for number, name in enumerate(expected.classes)}
    known |= {str(number): number for number in range(len(expected.classes))}
    unknown = [name for name in names if _letters(name) not in known]
    if unknown:
        raise UserError(
            f"{brief(folder)}: {listed(unknown)} are no classes of {expected.name}, which are "
            f"{listed(expected.classes, 10)}; name folders by them, or by their numbers"
        )
    return [known[_letters(name)] for name in names]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _content(path: Path, most: int) -> bytes:
    """Return the bytes of an image, of one that is too large only the beginning."""
    with path.open("rb") as file:
        return file.read(most + 1)


def _check_whole(jpegs: Sequence[tuple[Path, bytes]]) -> None:
    if damage := jpeg_damage.found([content for _, content in jpegs]):
        number, said = damage
        raise UserError(f"{brief(jpegs[number][0])}: the image cannot be decoded whole: {said}")
