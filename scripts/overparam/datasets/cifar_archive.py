"""The archives of CIFAR taken apart in memory: a .tar.gz of pickles that Python 2 wrote.

Its bytes are checked against their SHA-256 before they come here. All the same, nothing here can run what they say,
write a file, or take more memory than the official archives times a few.
"""

import gzip
import io
import tarfile
import zlib
from collections.abc import Collection
from pathlib import PurePosixPath
from typing import BinaryIO

from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.plan.known_sources import Known
from overparam.quoting import brief, listed, reason

LARGEST = 1 << 29  # bytes unpacked; those of the official archives are 186 million
MOST_MEMBERS = 10_000  # the official archives have 9 and 4


def whole(file: BinaryIO | gzip.GzipFile, most: int) -> bytes | None:
    """Return all that an open file holds, ``None`` if it is more than ``most`` bytes."""
    found = bytearray()
    while piece := file.read(1 << 20):  # with a larger number Python takes that much memory, however small the file
        found += piece
        if len(found) > most:
            return None
    return bytes(found)


def members(content: bytes, wanted: Collection[str], place: str, known: Known) -> dict[str, bytes]:
    """Return the content of ``wanted`` members by name; all others are passed over, and none is extracted.

    Parameters
    ----------
    content
        The archive, compressed with gzip or not at all.
    wanted
        File names; the folders that they lie in do not matter: an archive packed again may have ``./`` before them, or
        no folder.
    place
        What a message calls the archive.
    known
        The data set that it should hold.

    Raises
    ------
    UserError
        If ``content`` is no such archive, unpacks to more than :data:`LARGEST` bytes, or does not have each member
        once.
    """
    found, names = {}, []
    try:
        unpacked = _unpacked(content, place, known)
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
            for member in archive:
                names.append(member.name)
                if len(names) > MOST_MEMBERS:
                    raise UserError(f"{place} holds more than {MOST_MEMBERS:,} files, so it is not {known.label}")
                name = PurePosixPath(member.name).name
                if name not in wanted or not member.isreg():
                    continue
                if name in found or member.issparse() or member.size > len(unpacked):
                    raise UserError(f"{place}: {name} stands there twice, or is larger than the archive")
                file = archive.extractfile(member)
                assert file is not None  # as it would be of a folder
                found[name] = file.read()
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, zlib.error) as error:
        told = file_kinds.told(content[: file_kinds.HEAD]) if not file_kinds.is_gzip(content) else ""
        raise UserError(f"{place} is no readable .tar.gz archive ({reason(error)}){told}") from None
    if missing := sorted(set(wanted) - set(found)):
        raise UserError(_lacking(missing, names, place, known))
    return found


def _unpacked(content: bytes, place: str, known: Known) -> bytes:
    """Return the tar in the archive."""
    if file_kinds.is_tar(content):  # whoever gave its SHA-256 meant it
        return content
    with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
        unpacked = whole(file, LARGEST)
    if unpacked is None:
        raise UserError(f"{place} unpacks to more than {LARGEST >> 20} MiB, so it is not {known.label}")
    return unpacked


def _lacking(missing: list[str], names: list[str], place: str, known: Known) -> str:
    """Return the message for an archive without some of what it must hold."""
    assert known.archive is not None
    others = {folder: what for folder, what in file_kinds.VARIANTS.items() if folder != known.archive.folder}
    folder = next((part for name in names for part in PurePosixPath(name).parts if part in others), "")
    what = others.get(folder, f"not the Python version of {known.label}, or not all of it")
    return (
        f"{place} lacks {brief(', '.join(missing))}: it is {what}. It holds {listed(names, 6)}; the Python version is "
        f"{known.archive.urls[0]}"
    )
