"""The process in which the jobs of a run begin: see :mod:`overparam.jobs.fork_server`."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import snakemake_internals

from overparam.jobs import fork_client, fork_server

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

SWITCH = "OVERPARAM_FORK"  # 0: each job is a Python of its own


def beside(workflow: "Workflow") -> None:
    """Let a run of ``workflow`` have a server as long as it is executed on this machine."""

    def served(execute, common):
        if common.dryrun_exec or not workflow.local_exec or not wanted():
            return execute()
        with tempfile.TemporaryDirectory(prefix="overparam-", ignore_cleanup_errors=True) as folder:
            server = start(Path(folder) / "socket")
            snakemake_internals.sample_also(lambda asking: workers(server.pid, asking))
            try:
                return execute()
            finally:
                os.environ.pop(fork_client.VARIABLE, None)
                server.communicate()  # its standard input ends, and so does it

    if workflow.is_main_process:
        snakemake_internals.around_execution(workflow, served)


def wanted() -> bool:
    """Return whether this system can fork a process that has loaded large libraries, and the user has not refused."""
    return sys.platform == "linux" and os.environ.get(SWITCH) != "0"


def workers(server: int, asking: list[int]) -> list[psutil.Process]:
    """Return the processes of a server that do the work of these; see :meth:`.fork_server.Request.take_over`."""
    found = []
    with contextlib.suppress(psutil.Error):
        for process in psutil.Process(server).children():
            with contextlib.suppress(psutil.Error, ValueError):
                if int(process.name().split()[0]) in asking:
                    found.append(process)
    return found


def start(address: Path, libraries: Sequence[str] = ()) -> subprocess.Popen:
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
