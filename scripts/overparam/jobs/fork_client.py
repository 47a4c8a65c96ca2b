"""A program asks the run's :mod:`.fork_server` to do its work, and ends as that ends.

It asks only where the work would be done in the same way: with the same Python, and with the same environment variables
that libraries read when they are loaded.
"""

import contextlib
import hashlib
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from overparam.jobs import surroundings
from overparam.jobs.fork_server import MOST_DESCRIPTORS, SIGNALS, STATUS, Request

VARIABLE = "OVERPARAM_FORK_SERVER"  # fingerprint and address of the server of a run
# beginnings of names that the C library reads when a program begins
EARLY = ("MALLOC_", "GLIBC_", "LD_", "LC_", "LANG", "TZ")


def fingerprint(environment: Mapping[str, str]) -> str:
    """Return what a server and a program must have in common: Python, and what is read when libraries are loaded."""
    read = {name: value for name, value in environment.items() if name.startswith((*EARLY, *surroundings.CLEARED))}
    read |= surroundings.arithmetic(environment)
    read |= {name: environment.get(name, "") for name in surroundings.SET}
    return hashlib.sha256(json.dumps([sys.executable, sys.version, sorted(read.items())]).encode()).hexdigest()[:16]


def offer(address: Path) -> dict[str, str]:
    """Return the environment variable that tells programs of a server at this address, for those who start one."""
    return {VARIABLE: f"{fingerprint(os.environ)}:{address}"}


def hand_over() -> None:
    """Let the server do the work of this program, and end this process as it ends; return if there is none to do it."""
    wanted, _, address = os.environ.pop(VARIABLE, "").partition(":")
    if not address or wanted != fingerprint(os.environ):
        return
    request = _request()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server, _Signals() as signals:
        try:
            server.connect(address)
            request.send(server)
            worker = _number(server)
        except OSError:
            return
        if worker is None:
            return
        signals.pass_on_to(worker)
        status = _number(server)
        if status is None:  # the server was killed
            signals.send(signal.SIGKILL)
            status = signal.SIGKILL
    _end_as(status)


class _Signals:
    """What this program is asked to do, for the process that does its work; until that is known, it waits."""

    def __init__(self) -> None:
        self.worker: int | None = None
        self.waiting: list[int] = []
        self.before: dict[int, Any] = {}

    def __enter__(self) -> "_Signals":
        # also those that are ignored here: the work begins by ignoring them too, and may listen to them later
        self.before = {number: signal.signal(number, self._receive) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)
        for number in self.waiting:  # nobody else has heard of it
            os.kill(os.getpid(), number)

    def _receive(self, number: int, frame: object) -> None:
        if self.worker is None:
            self.waiting.append(number)
        else:
            self.send(number)

    def send(self, number: int) -> None:
        """Send a signal to the process that does the work."""
        if self.worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.worker, number)

    def pass_on_to(self, worker: int) -> None:
        """Send on to this process what has waited, and what comes."""
        self.worker = worker
        while self.waiting:
            self.send(self.waiting.pop(0))


def _request() -> Request:
    """Return what this program was started with."""
    ignored = [int(number) for number in SIGNALS if signal.getsignal(number) == signal.SIG_IGN]
    descriptors = list(range(_open_descriptors()))
    return Request(sys.argv, str(Path.cwd()), dict(os.environ), ignored, os.getpid(), descriptors)


def _open_descriptors() -> int:
    """Return how many of the first files this program was started with, one after the other."""
    for number in range(MOST_DESCRIPTORS):
        try:
            if not os.get_inheritable(number):  # opened by Python itself
                return number
        except OSError:
            return number
    return MOST_DESCRIPTORS


def _number(server: socket.socket) -> int | None:
    """Return the next number that the server says; ``None`` if it says no more."""
    said = server.recv(STATUS.size, socket.MSG_WAITALL)
    return STATUS.unpack(said)[0] if len(said) == STATUS.size else None


def _end_as(status: int) -> None:
    """End this process with the exit code, or by the signal, of a wait status."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))  # one dump is enough
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))
