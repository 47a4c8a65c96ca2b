"""Locks on files: held by one process at a time, and freed by the kernel when that ends, whatever ends it."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

log = logging.getLogger(__name__)

POLL = 1.0  # seconds between two looks at a lock that another process holds
REPEAT = 30.0  # seconds between two lines that say so


@contextlib.contextmanager
def held(path: Path, busy: str) -> Iterator[bool]:
    """Hold a lock; wait while another process does.

    Where files can't be locked, say on some network file systems, nothing is held: a mark that outlives its process
    would be worse.

    Parameters
    ----------
    path
        The lock; its folder exists.
    busy
        Logged again and again while this process waits.

    Yields
    ------
    bool
        Whether another process held it until now.
    """
    lock = FileLock(path, fallback_to_soft=False)
    waited = False
    while not lock.is_locked:
        try:
            lock.acquire(timeout=REPEAT if waited else 0, poll_interval=POLL)
        except Timeout:
            waited = True
            log.warning(busy)
        except OSError as error:
            log.warning("%s can't be locked (%s): another process might do the same beside this one", path, error)
            break
    try:
        yield waited
    finally:
        lock.release()
