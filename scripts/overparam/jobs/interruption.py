"""A job that is asked to stop: by a signal (of a cluster, a user, a terminal that was closed), or because the run that
started it has died.

Python runs signal handlers between two operations, anywhere. A request raises :class:`Stopped` there at once, so that
temporary files are removed on the way out, except within :func:`deferred`: there it waits for the next :func:`poll`, at
which what is being computed is in a state that can be saved.
"""

import contextlib
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(BaseException):
    """The job was asked to stop. No error: only programs and what saves their state catch it."""

    def __init__(self, number: int):
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell reports of a program that a signal ended."""
        return 128 + self.number


class _Requests:
    """The request of this process: whether it has to wait, its signal, and whether it was raised already."""

    waiting = False
    received: int | None = None
    raised = False


@contextlib.contextmanager
def listening() -> Iterator[None]:
    """Let this process be stopped by raising :class:`Stopped` in this block; in the main thread only.

    SIGHUP is left alone where it is ignored, as under `nohup`; shells let their jobs in the background ignore SIGINT,
    which says nothing.
    """
    _Requests.waiting, _Requests.received, _Requests.raised = False, None, False
    heard = [number for number in SIGNALS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, _receive) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _receive(number: int, frame: object) -> None:
    if _Requests.received is not None:  # on the way out: what is being saved or removed is not disturbed
        return
    _Requests.received = number
    if not _Requests.waiting:
        poll()


def requested() -> bool:
    """Return whether the job was asked to stop."""
    return _Requests.received is not None


def poll() -> None:
    """Raise :class:`Stopped`, once, if the job was asked to stop."""
    if _Requests.received is not None and not _Requests.raised:
        _Requests.raised = True
        raise Stopped(_Requests.received)


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Let requests wait for :func:`poll`, or for the end of this block."""
    with _waiting(True):
        yield
    if not _Requests.waiting:
        poll()


@contextlib.contextmanager
def allowed() -> Iterator[None]:
    """Within :func:`deferred`: let requests raise :class:`Stopped` at once, one that waits included."""
    poll()
    with _waiting(False):
        yield


@contextlib.contextmanager
def _waiting(value: bool) -> Iterator[None]:
    before = _Requests.waiting
    _Requests.waiting = value
    try:
        yield
    finally:
        _Requests.waiting = before


def watch(pid: int, interval: float = 2.0) -> None:
    """Stop this process, as by SIGTERM, within about ``interval`` seconds of the end of process ``pid``.

    A run that is killed leaves its jobs behind: without this they would go on beside those of the run's successor.
    """

    def look() -> None:
        while _lives(pid):
            time.sleep(interval)
        log.warning("the run that started this job (process %d) is gone: stopping", pid)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="watch", daemon=True).start()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it lives, as somebody else
        return True
    try:  # a process that has ended, but that nobody has asked for its exit code, can be signalled as well
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True
