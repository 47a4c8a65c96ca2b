"""A process that has imported the libraries, and does jobs in copies of itself: they begin in no time.

A run starts one beside it (``python fork_server.py DESCRIPTOR LIBRARY ...``, of a listening socket); a program that
is about to begin asks it, through :mod:`.fork_client`, to do its work. It imports libraries only, nothing of this
package: what a job runs is read from the files when the job begins. It ends with the run that holds the other end of
its standard input.

Only the standard library is imported here before a request has come.
"""

import atexit
import contextlib
import dataclasses
import fcntl
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import sys
import threading
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
HEAD = struct.Struct("!I")  # length of a request; file descriptors come with it
STATUS = struct.Struct("!i")  # first the process that does the work, then its wait status
FIRST_OWN = 10  # number of the first file of the server itself: the copies get others as their first
MOST_DESCRIPTORS = 4  # standard input, output, error, and the terminal where a rule put it on another


@dataclasses.dataclass
class Request:
    """What a program was started with.

    Attributes
    ----------
    arguments
        The path of the program and its arguments.
    folder, environment
        Its working directory and environment variables.
    ignored
        Numbers of the signals that it was told to ignore.
    process
        Its number.
    descriptors
        Its open files; their numbers are their places.
    """

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    ignored: list[int]
    process: int
    descriptors: list[int] = dataclasses.field(default_factory=list)

    def send(self, to: socket.socket) -> None:
        """Send this request through a connection."""
        described = {name: value for name, value in vars(self).items() if name != "descriptors"}
        text = json.dumps(described).encode("ascii")
        socket.send_fds(to, [HEAD.pack(len(text))], self.descriptors)
        to.sendall(text)

    @classmethod
    def receive(cls, connection: socket.socket) -> "Request":
        """Read a request from a connection.

        Raises
        ------
        OSError, ValueError
            If it ends too early, or is none.
        """
        head, descriptors, _, _ = socket.recv_fds(connection, HEAD.size, MOST_DESCRIPTORS)
        try:
            (left,) = HEAD.unpack(head)
            text = b""
            while left > len(text):
                more = connection.recv(left - len(text))
                if not more:
                    raise EOFError
                text += more
            return cls(**json.loads(text), descriptors=descriptors)
        except (EOFError, struct.error, TypeError) as error:
            for descriptor in descriptors:
                os.close(descriptor)
            raise ValueError("no whole request") from error

    def take_over(self) -> None:
        """Let this process be as the one that sent this request: its files, folder, environment and signals.

        What `ps` and `top` call it begins with the number of that process.
        """
        for place, descriptor in enumerate(self.descriptors):
            os.dup2(descriptor, place)
        for descriptor in self.descriptors:
            if descriptor >= len(self.descriptors):
                os.close(descriptor)
        _open_streams()
        os.chdir(self.folder)
        os.environ.clear()
        os.environ.update(self.environment)
        for number in SIGNALS:
            usual = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
            signal.signal(number, signal.SIG_IGN if number in self.ignored else usual)
        with contextlib.suppress(OSError):
            Path("/proc/self/comm").write_text(f"{self.process} {Path(self.arguments[0]).stem}")

    def run(self) -> NoReturn:
        """Run the program, as ``python`` followed by the arguments would, and end this process with its exit code."""
        sys.argv, sys.orig_argv = list(self.arguments), [sys.executable, *self.arguments]
        sys.path.insert(0, str(Path(self.arguments[0]).resolve().parent))
        code: Any = 0
        try:
            runpy.run_path(self.arguments[0], run_name="__main__")
        except SystemExit as ended:
            code = ended.code
        except BaseException:
            traceback.print_exc()
            code = 1
        if not isinstance(code, int | None):  # a message
            print(code, file=sys.stderr)
            code = 1
        _leave_python(code or 0)


def _open_streams() -> None:
    """Open standard input, output and error anew, as Python does when it begins: they know what they lead to."""
    for place, name in enumerate(("stdin", "stdout", "stderr")):
        old = getattr(sys, name)
        lines = place == 2 or os.isatty(place)
        with contextlib.suppress(OSError):  # it is closed
            new = open(  # noqa: SIM115
                place, "w" if place else "r", encoding=old.encoding, errors=old.errors, closefd=False,
                buffering=1 if place and lines else -1,
            )  # fmt: skip
            setattr(sys, name, new)
            setattr(sys, f"__{name}__", new)


def _leave_python(code: int) -> NoReturn:
    """End this process; nothing is taken apart that ends with it anyway, which takes long after large imports."""
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.current_thread():
            thread.join()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


class Server:
    """Waits for requests, and for the ends of the processes that do them.

    Parameters
    ----------
    listening
        The socket to which programs connect.
    run
        A file descriptor that is at its end as soon as the run is over.
    """

    def __init__(self, listening: socket.socket, run: int):
        self.listening, self.run = listening, run
        self.working: dict[int, tuple[int, socket.socket]] = {}  # process and connection by what tells of its end
        self.over = False

    def serve(self, libraries: Sequence[str]) -> Request | None:
        """Import the libraries, and fork a process for every request; return the request there, ``None`` at the end."""
        left = list(libraries)
        while self.working or not self.over:
            for ready in self._ready(wait=not left):
                if request := self._answer(ready):
                    return request
            if left and not self.over:
                with contextlib.suppress(Exception):  # a job that needs it says what is wrong with it
                    importlib.import_module(left.pop(0))
                if not left:
                    gc.collect()
                    gc.freeze()  # else the first collection in each copy writes on, and so copies, every page
        return None

    def _ready(self, wait: bool) -> list[int]:
        """Return the file descriptors that have something to tell."""
        watched = [] if self.over else [self.listening.fileno(), self.run]
        connections = [connection.fileno() for _, connection in self.working.values()]
        return select.select([*watched, *self.working, *connections], [], [], None if wait else 0)[0]

    def _answer(self, ready: int) -> Request | None:
        if ready == self.run:
            self.over = True
        elif ready == self.listening.fileno():
            return self._begin()
        elif ready in self.working:
            process, connection = self.working.pop(ready)
            with contextlib.suppress(OSError):  # the program may be gone
                connection.sendall(STATUS.pack(os.waitpid(process, 0)[1]))
            connection.close()
            os.close(ready)
        else:  # a program that is gone: it was killed, and what does its work must not live on
            for process, connection in self.working.values():
                if connection.fileno() == ready:
                    os.kill(process, signal.SIGKILL)
        return None

    def _begin(self) -> Request | None:
        """Take a request up; return it in the process that is to do it."""
        connection, _ = self.listening.accept()
        try:
            request = Request.receive(connection)
            process = os.fork()
        except (OSError, ValueError):  # without an answer the program does its work itself
            connection.close()
            return None
        if process:
            for descriptor in request.descriptors:
                os.close(descriptor)
            self.working[os.pidfd_open(process)] = process, connection
            with contextlib.suppress(OSError):
                connection.sendall(STATUS.pack(process))
            return None
        self._leave(connection)
        request.take_over()
        return request

    def _leave(self, connection: socket.socket) -> None:
        """Close, in a copy of this process, what the server needs and the job does not."""
        for descriptor, (_, other) in self.working.items():
            other.close()
            os.close(descriptor)
        connection.close()
        self.listening.close()


def main(descriptor: int, libraries: Sequence[str]) -> None:
    """Serve at a socket until standard input is at its end; in the copies, do the jobs."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # a terminal sends them to all; the run decides when this process ends
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]
    run = fcntl.fcntl(sys.stdin.fileno(), fcntl.F_DUPFD_CLOEXEC, FIRST_OWN)
    with socket.socket(fileno=descriptor) as listening:
        listening.set_inheritable(False)
        address = Path(listening.getsockname())
        request = Server(listening, run).serve(libraries)
    if request:
        os.close(run)
        request.run()
    with contextlib.suppress(OSError):  # a run that was killed leaves it, and the folder that it made for it
        address.unlink()
        address.parent.rmdir()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
