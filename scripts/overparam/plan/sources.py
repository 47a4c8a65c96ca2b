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
        return hashlib.sha256("\n".join(found).encode()).hexdigest() if found else None

    def _sha256(self, path: Path) -> str:
        state = path.stat()
        mark = f"{path.resolve()} {state.st_size} {state.st_mtime_ns} {state.st_ino}"
        if not isinstance(self.known.get(mark), str):
            self.known[mark] = sha256(path)
            with contextlib.suppress(OSError):
                self.memory.parent.mkdir(exist_ok=True)
                self.memory.write_text(json.dumps(self.known))
        return self.known[mark]
