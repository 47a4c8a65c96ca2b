"""Folders for what an interrupted job leaves to the one that continues it: their names, and who may use them."""

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from overparam.jobs import locks


def key(settings: dict[str, Any], code: str, library: str, inputs: Sequence[Path]) -> str:
    """Return a name for a job, which changes with everything that decides the bytes of its result.

    Parameters
    ----------
    settings
        Those of the job.
    code
        Hash of its code.
    library
        Version of the library that computes.
    inputs
        Files whose content decides.
    """
    digest = hashlib.sha256(json.dumps([settings, code, library], sort_keys=True).encode())
    for path in inputs:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def opened(folder: Path, busy: str) -> Iterator[bool]:
    """Hold a folder for this process alone, and remove it if the block succeeds.

    A job of an earlier run may still use it. Then this one waits until that job has ended, and logs ``busy``.

    Yields
    ------
    bool
        Whether another job used the folder until now.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_suffix(".lock")
    with locks.held(lock, busy) as waited:
        folder.mkdir(exist_ok=True)  # a job that this one has waited for may have removed it
        yield waited
        shutil.rmtree(folder, ignore_errors=True)
        lock.unlink(missing_ok=True)  # while it is held, so that a job that waits makes a lock of its own
