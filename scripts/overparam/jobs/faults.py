"""What a fault of the machine means, and what to do: a full disk, a limit, too little memory, a broken environment."""

import errno
import os
import resource
import shutil
import sys
import traceback
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
# a library that finds no room in the address space of its process
NO_ROOM_WORDS = ("failed to map segment", "cannot allocate memory", "can't start new thread")
# limits of a shell that end a job or its writing; the number is in these units
LIMITS = {
    "v": (resource.RLIMIT_AS, 1e6, "MB of memory to a process, what its libraries only map included"),
    "u": (resource.RLIMIT_NPROC, 1, "processes and threads to a user"),
    "t": (resource.RLIMIT_CPU, 1, "seconds of work to a process"),
}
ROOM = 1e5  # bytes free on a disk that is not full
FEW = 256  # fewer, and a limit on them may be why none starts
LONGEST = 500  # characters of another program's message
BROKEN = (
    "Mend the module that it names, if you have edited one; else the environment is not as the lock has it: delete "
    "`.venv`, let `make run` make it anew, and run the same command again"
)
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
            return short_of_memory(" ".join(str(one).split()) or type(one).__name__)
        if isinstance(one, OSError) and one.errno in (errno.EFBIG, errno.EMFILE):
            return _limited(one)
        if isinstance(one, OSError) and one.errno in FULL:
            return _full(one, outputs)
        if isinstance(one, OSError) and one.errno in CLOSED:
            return _closed(one)
    return None


def short_of_memory(reason: str) -> str:
    """Return that the memory did not suffice, and the limits of the shell that may be why."""
    return ". ".join(filter(None, [f"the memory did not suffice ({reason})", limits("vu"), LESS_MEMORY]))


def tells_of_memory(reason: str) -> bool:
    """Return whether this is what a library says that finds no memory as it is loaded."""
    return reason.startswith("MemoryError") or any(words in reason.lower() for words in NO_ROOM_WORDS)


def limits(flags: str) -> str | None:
    """Return which limits the shell has put on every process, and how to lift them; ``None`` if it has put none.

    Parameters
    ----------
    flags
        Letters of ``ulimit`` to look at, of those in ``LIMITS``.
    """
    soft = {flag: resource.getrlimit(LIMITS[flag][0])[0] for flag in flags}
    tight = [flag for flag, most in soft.items() if most != resource.RLIM_INFINITY and (flag != "u" or most < FEW)]
    if not tight:
        return None
    found = [f"`ulimit -{flag}` allows {soft[flag] / LIMITS[flag][1]:.0f} {LIMITS[flag][2]}" for flag in tight]
    lift = " and ".join(f"`ulimit -S{flag} unlimited`" for flag in tight)
    return f"{', '.join(found)}: lift that first ({lift}, or ask whoever set it)"


def of_an_import(error: BaseException) -> bool:
    """Return whether an error came of a module that can't be imported, ours or a library."""
    if isinstance(error, ImportError):
        return True
    if isinstance(error, SyntaxError) and Path(error.filename or "").is_file():  # not of a text that a library compiles
        return True
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return any(
        code.co_filename.startswith("<frozen importlib") or (code.co_name == "<module>" and name != "__main__")
        for code, name in ((frame.f_code, frame.f_globals.get("__name__")) for frame in frames)
    )


def not_imported(error: BaseException) -> str:
    """Return what can't be imported, by which Python, and what to do."""
    *_, first = _chain(error)  # what a library says of another is not the reason
    whole = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST]
    if first is not error:
        whole += ", because of " + " ".join(f"{type(first).__name__}: {first}".split())[:LONGEST]
    return f"{whole} ({sys.executable}, Python {sys.version.split()[0]}). {BROKEN}"


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
    if isinstance(error, (ImportError, RuntimeError)) and tells_of_memory(str(error)):
        return True
    named = any(base.__name__ in MEMORY_CLASSES for base in type(error).__mro__)
    return named or (isinstance(error, RuntimeError) and any(words in str(error) for words in MEMORY_WORDS))


def _limited(error: OSError) -> str:
    """Return which file is too large, or that too many are open."""
    if error.errno == errno.EMFILE:
        count, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return f"`ulimit -n` allows {count} open files. Raise it (`ulimit -n 4096`), then run the same command again"
    path = _path(error)
    what = f"{path} can't be written" if path else "a file can't be written"
    most, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    if most == resource.RLIM_INFINITY:
        return f"{what}: its disk takes no file so large. Put the results on another, then run the same command again"
    lift = "Lift the limit (`ulimit -Sf unlimited`, or ask who set it), then run the same command again"
    return f"{what}: `ulimit -f` allows no file above {most / 1e6:.3g} MB. {lift}"


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
