"""What a fault of the machine means, and what to do: a full disk, a folder that can't be written, too little memory."""

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the quota on this disk is used up"}
CLOSED = {
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EIO: "the disk, or the network to it, has failed",
}
# torch tells of memory in a RuntimeError, or in a class of its own that can't be named without importing torch
MEMORY_CLASSES = ("MemoryError", "OutOfMemoryError")
MEMORY_WORDS = ("can't allocate memory", "out of memory", "_ALLOC_FAILED")
ROOM = 1e5  # bytes free on a disk that is not full
LESS_MEMORY = (
    "Run fewer jobs at once (a smaller --cores), or let one job hold less: for an experiment lower `memory_mb` in the "
    "configuration, for a training `jobs.minutes`, or the `batch_size` or the groups of seeds and noise levels of its "
    "study"
)


def explained(error: BaseException, outputs: Iterable[Path]) -> str | None:
    """Return what a fault of the machine means and what to do about it, or ``None`` for any other error.

    Parameters
    ----------
    error
        What ended a program.
    outputs
        What the program was to write: not every error of writing says where.
    """
    for one in _chain(error):
        if _of_memory(one):
            return f"the memory did not suffice ({' '.join(str(one).split()) or type(one).__name__}). {LESS_MEMORY}"
        if isinstance(one, OSError) and one.errno in FULL:
            return _full(one, outputs)
        if isinstance(one, OSError) and one.errno in CLOSED:
            return _closed(one)
    return None


def no_room(folder: Path) -> str | None:
    """Return that the disk of ``folder`` is full, if it is: errors of other programs do not always say so."""
    free = shutil.disk_usage(folder if folder.is_dir() else _existing(folder)).free
    if free >= ROOM:
        return None
    return f"the disk is full ({free / 1e6:.1f} MB free in {folder}). Make room, then run the same command again"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those behind it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _of_memory(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    named = any(base.__name__ in MEMORY_CLASSES for base in type(error).__mro__)
    return named or (isinstance(error, RuntimeError) and any(words in str(error) for words in MEMORY_WORDS))


def _full(error: OSError, outputs: Iterable[Path]) -> str:
    """Return which disk has no room left."""
    path = _path(error)
    folders = {_existing(place) for place in ([path] if path else outputs)}
    free = {folder: shutil.disk_usage(folder).free for folder in folders}
    folder = min(free, key=free.get, default=None)
    room = f" ({free[folder] / 1e6:.1f} MB free in {folder})" if folder else ""
    what = f"{path} can't be written" if path else "a file can't be written"
    return f"{what}: {FULL[error.errno]}{room}. Make room, then run the same command again"


def _closed(error: OSError) -> str:
    """Return what may not be written, or not be read."""
    path = _path(error)
    reading = path is not None and path.is_file() and not os.access(path, os.R_OK)
    what = f"{path or 'a file'} can't be {'read' if reading else 'written'}: {CLOSED[error.errno]}"
    return f"{what}. Make {'it readable' if reading else 'its folder writable'}, then run the same command again"


def _path(error: OSError) -> Path | None:
    return Path(os.fsdecode(error.filename)) if error.filename else None


def _existing(path: Path) -> Path:
    """Return the nearest folder above ``path`` that exists."""
    return next(folder for folder in path.absolute().parents if folder.is_dir())
