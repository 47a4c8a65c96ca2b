"""Lists of checksums beside the files that a reader opens, so that one that was damaged since is found.

A list has the form that ``sha256sum --check`` reads: a line for each file, its SHA-256 in hexadecimal digits and its
name, relative to the list. A line that begins with # is a remark: it may hold the lineage of the files.
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

LINE = re.compile(r"(?P<sum>[0-9a-f]{64})  (?P<name>(?![/.])[^\0\n]+)")
REMARK = "# lineage "


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 lower-case hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listing(paths: Iterable[Path], folder: Path | None = None, lineage: str = "") -> str:
    """Return the list of the checksums of files.

    Parameters
    ----------
    paths
        Files that lie in the folder of the list, or below ``folder``, which it is then.
    lineage
        What the files are made of, see :mod:`overparam.plan.lineage`.
    """
    remark = f"{REMARK}{lineage}\n" if lineage else ""
    lines = (f"{sha256(path)}  {path.relative_to(folder).as_posix() if folder else path.name}\n" for path in paths)
    return remark + "".join(lines)


def lineage(path: Path) -> str | None:
    """Return what the files of a list are made of; None if the list is not there or does not say it."""
    try:
        first = path.read_text(encoding="ascii").partition("\n")[0]
    except (OSError, UnicodeDecodeError):
        return None
    return first.removeprefix(REMARK) if first.startswith(REMARK) else None


def damaged(path: Path) -> list[Path]:
    """Return the files of a list that are not as they were.

    The list itself is returned if it can't be read or names what is not there. A list that is absent names none: that
    something is missing is another matter.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError):
        return [path]
    lines = [line for line in lines if not line.startswith("#")]
    found = [match for line in lines if (match := LINE.fullmatch(line))]
    if not found or len(found) < len(lines):
        return [path]
    listed = {path.parent / line["name"]: line["sum"] for line in found}
    if not all(file.exists() for file in listed):
        return [path]
    return [file for file, expected in listed.items() if not _has(file, expected)]


def _has(path: Path, expected: str) -> bool:
    try:
        return sha256(path) == expected
    except OSError:
        return False
