"""The content of the files that a user brings: hashed once, and again only when size, time or place of one changed."""

import contextlib
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from overparam.plan.checksums import sha256


class Sources:
    """Hashes files and remembers what it found.

    Parameters
    ----------
    memory
        JSON file for what was found. It may be lost, damaged or beyond writing: then files are read again.
    """

    def __init__(self, memory: Path):
        self.memory = memory
        try:
            known = json.loads(memory.read_bytes())
        except (OSError, ValueError, RecursionError):
            known = {}
        self.known: dict[str, str] = known if isinstance(known, dict) else {}

    def content(self, paths: Sequence[Path]) -> str | None:
        """Return a hash of the content of files in this order, ``None`` if there are none.

        Raises
        ------
        OSError
            If one can't be read.
        """
        found = [self._sha256(path) for path in paths]
        return _hash(found) if found else None

    def _sha256(self, path: Path) -> str:
        """Return the hash of a file, or over the names and hashes of all files in a folder."""
        files = sorted(inner for inner in path.rglob("*") if inner.is_file()) if path.is_dir() else []
        names = [str(inner.relative_to(path)) for inner in files]
        states = [f"{name} {_state(inner)}" for name, inner in zip(names, files, strict=True)]
        mark = f"{path.resolve()} {_hash(states) if path.is_dir() else _state(path)}"
        if not isinstance(self.known.get(mark), str):
            sums = [f"{name} {sha256(inner)}" for name, inner in zip(names, files, strict=True)]
            self.known[mark] = _hash(sums) if path.is_dir() else sha256(path)
            with contextlib.suppress(OSError):
                self.memory.parent.mkdir(exist_ok=True)
                self.memory.write_text(json.dumps(self.known))
        return self.known[mark]


def _state(path: Path) -> str:
    """Return what tells that a file is as it was."""
    state = path.stat()
    return f"{state.st_size} {state.st_mtime_ns} {state.st_ino}"


def _hash(texts: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
