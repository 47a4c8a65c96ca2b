"""Lists of checksums beside the files that a reader opens, so that one that was damaged since is found.

A list has the form that ``sha256sum --check`` reads: a line for each file, its SHA-256 in hexadecimal digits and its
name, relative to the list.
"""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

LINE = re.compile(r"(?P<sum>[0-9a-f]{64})  (?P<name>[^\0/\n]+)")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 lower-case hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def listing(paths: Iterable[Path]) -> str:
    """Return the list of the checksums of files that lie in the folder of the list."""
    return "".join(f"{sha256(path)}  {path.name}\n" for path in paths)


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
    found = [LINE.fullmatch(line) for line in lines]
    if not found or not all(found):
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
