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
    """Return the files of a list that are there and not as they were; the list itself if it can't be read.

    A list that is not there names none: what is missing is another matter.
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
    return [file for line in found if not _holds(file := path.parent / line["name"], line["sum"])]


def _holds(path: Path, expected: str) -> bool:
    """Return whether a file has a checksum; one that is not there has every one."""
    try:
        return sha256(path) == expected
    except FileNotFoundError:
        return True
    except OSError:
        return False
