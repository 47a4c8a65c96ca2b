"""The process in which the jobs of a run begin: see :mod:`overparam.jobs.fork_server`."""

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import snakemake_internals

from overparam.jobs import fork_client, fork_server

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

SWITCH = "OVERPARAM_FORK"  # 0: each job is a Python of its own
EVERY = ("numpy", "yaml", "jsonschema", "pandas", "pyarrow.parquet", "scipy.special")  # what all jobs import
DRAWING = ("seaborn", "matplotlib.backends.backend_svg", "matplotlib.backends.backend_pdf")
NETWORKS = ("torch", "torch.func", "jaxtyping", "scipy.linalg")
# what the jobs of these rules import besides, if so many of them are planned; many experiments do without torch
MORE = (
    (("prepare",), ("sklearn.datasets",), 2),
    (("measure", "measure_networks"), NETWORKS, 5),
    (("draw", "draw_with_details", "interact"), DRAWING, 2),
    (("interact",), ("altair",), 2),
)


class ForkServer:
    """The server of a run, from :meth:`begin` to the end of the run.

    Parameters
    ----------
    workflow
        The run. It has a server only if it is executed on this machine.
    """

    def __init__(self, workflow: "Workflow"):
        self.workflow = workflow
        self.process: subprocess.Popen | None = None
        self.folder = contextlib.ExitStack()
        if workflow.is_main_process:
            snakemake_internals.around_execution(workflow, self._until_it_ends)

    def begin(self) -> None:
        """Start the server, once it is known which jobs are to be done."""
        if not self.workflow.local_exec or not wanted():
            return
        planned = Counter(rule for rule, *_ in snakemake_internals.planned_jobs(self.workflow).values())
        try:
            folder = tempfile.TemporaryDirectory(prefix="overparam-", ignore_cleanup_errors=True)
            server = start(Path(self.folder.enter_context(folder)) / "socket", libraries(planned))
        except OSError:  # no folder, or its path is too long for a socket: each job begins by itself
            return
        self.process = server
        snakemake_internals.sample_also(lambda asking: workers(server.pid, asking))

    def _until_it_ends(self, execute, common):
        with self.folder:
            try:
                return execute()
            finally:
                os.environ.pop(fork_client.VARIABLE, None)
                if self.process:
                    end(self.process)


def libraries(planned: Mapping[str, int]) -> list[str]:
    """Return the libraries that a server imports for so many jobs of each rule: what several need."""
    more = [names for rules, names, least in MORE if sum(planned.get(rule, 0) for rule in rules) >= least]
    return [*EVERY, *itertools.chain.from_iterable(more)]


def wanted() -> bool:
    """Return whether this system can fork a process that has loaded large libraries, and the user has not refused."""
    if sys.platform != "linux" or os.environ.get(SWITCH) == "0":
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):  # an old kernel, or a container that forbids it
        return False
    return True


def workers(server: int, asking: list[int]) -> list[psutil.Process]:
    """Return the processes of a server that do the work of these; see :meth:`.fork_server.Request.take_over`."""
    found = []
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(server).children():
            with contextlib.suppress(psutil.Error, ValueError):
                if int(process.name().split()[0]) in asking:
                    found.append(process)
    return found


def end(server: subprocess.Popen) -> None:
    """End a server: at once if nothing is at work in it, whatever it imports, else after that."""
    assert server.stdin
    server.stdin.close()
    with contextlib.suppress(psutil.Error):
        if not psutil.Process(server.pid).children():
            server.kill()
    server.wait()


def start(address: Path, libraries: Sequence[str]) -> subprocess.Popen:
    """Start a server at an address, and tell all jobs of it; what they ask waits until it can listen."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(address))
        listening.listen(socket.SOMAXCONN)
        command = [sys.executable, fork_server.__file__, str(listening.fileno()), *libraries]
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=[listening.fileno()]
        )
    os.environ.update(fork_client.offer(address))
    return server
