"""One run at a time for a folder of results: a lock that dies with its process; faults that end a run in one message.

The lock lies with the results, so that it holds whatever path leads to them.
"""

import contextlib
import datetime
import json
import os
import platform
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import own_records
import slurm_jobs
import snakemake_internals
from filelock import FileLock, Timeout
from snakemake.exceptions import IncompleteFilesException, WorkflowError
from snakemake.logging import logger

from overparam.jobs import faults

if TYPE_CHECKING:
    from snakemake.workflow import Workflow

LOCKS = Path(".snakemake/locks")  # Snakemake's own, in the working directory


class Busy(Exception):
    """A folder of results at which another run is at work.

    Parameters
    ----------
    results
        The folder.
    owner
        What the other run wrote of itself; it may be empty.
    """

    def __init__(self, results: str, owner: dict):
        who = (
            "process {process} on {host}, since {started}, in {folder}: {command}" if owner else "it did not say which"
        )
        super().__init__(
            f"Nothing was started: another run is at work on {results} ({who.format_map(owner)}).\n"
            "Wait until it ends, or stop it, then run the same command again. A dry run (-n) works beside it."
        )


def supervise(workflow: "Workflow", results: str) -> None:
    """Let every run of ``workflow`` hold the lock of its ``results``, and end in one message where a fault ends it.

    Dry runs, and the processes that a run starts for its jobs, hold none.
    """

    def supervised(execute, common):
        locked = workflow.execution_settings.lock and not common.dryrun_exec
        try:
            with alone(results) if locked else contextlib.nullcontext():
                own_records.check(Path(results), claim=locked, adopt=common.touch_exec)
                return execute()
        except Busy as error:
            raise WorkflowError(str(error)) from None
        except IncompleteFilesException:
            raise WorkflowError(incomplete(sys.argv[1:])) from None
        except WorkflowError:
            if full := faults.no_room(Path(results)):
                logger.error(f"Most likely {full}.")
            raise
        except (OSError, MemoryError) as error:
            if message := faults.explained(error, [Path(results) / "any"]):
                raise WorkflowError(message) from None
            raise

    if workflow.is_main_process:
        snakemake_internals.around_execution(workflow, supervised)
    elif workflow.remote_exec:
        snakemake_internals.record_own_work()


@contextlib.contextmanager
def alone(results: str) -> Iterator[None]:
    """Hold the lock of a folder of results; clear what a killed run left: Snakemake's own lock, jobs on a cluster.

    Where locks can't be had, say on some network file systems, nothing is held and Snakemake's own lock must do.

    Raises
    ------
    Busy
        If another run holds it.
    WorkflowError
        If jobs of an earlier run are still at work.
    """
    lock, owner = FileLock(_file(results, "lock"), timeout=0, fallback_to_soft=False), _file(results, "json")
    with contextlib.suppress(OSError):
        owner.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout:
            raise Busy(results, _read(owner)) from None
    if not lock.is_locked:
        yield
        return
    try:
        before = _read(owner)
        if _cleared(results, before):
            if before.get("slurm"):
                slurm_jobs.end(before["slurm"], f"an earlier run of {results} that did not come to its end", owner)
            started = datetime.datetime.now().astimezone().isoformat(" ", "seconds")
            where = {"process": os.getpid(), "host": platform.node(), "folder": str(Path.cwd())}
            _write(owner, **where, started=started, command=_command())
        yield
        owner.unlink(missing_ok=True)
    finally:
        lock.release()


def remember_jobs(results: str, name: str) -> None:
    """Note the name that the jobs of this run have on a SLURM: should it be killed, its successor ends them."""
    owner = _file(results, "json")
    if owner.exists():
        _write(owner, **(_read(owner) | {"slurm": name}))


def incomplete(arguments: list[str]) -> str:
    """Return the message for a folder in which a run was killed."""
    return (
        "An earlier run was killed while it wrote results. To go on where it was, run\n\n"
        f"    {shlex.join(['snakemake', '--rerun-incomplete', *arguments])}\n\n"
        "or `make run`, which does so by itself."
    )


def _file(results: str, kind: str) -> Path:
    return Path(results) / f".run.{kind}"


def _cleared(results: str, owner: dict) -> bool:
    """Remove Snakemake's lock on these results, whose run is dead: it would hold the lock of this module.

    Returns whether none is left: from another machine it can't be told whether a run is dead.
    """
    left = [path for path in LOCKS.glob("*.lock") if _locks(path, results)]
    if not left:
        return True
    if owner.get("host") != platform.node():
        where = f"process {owner['process']} on {owner['host']}" if owner else "an unknown process"
        logger.warning(f"A run of {where} has locked {results}, and whether it lives can't be told from here.")
        return False
    for path in left:
        path.unlink(missing_ok=True)
    logger.warning(
        f"The run of process {owner['process']}, started {owner['started']}, was killed and left the folder locked; "
        "the lock was removed."
    )
    return True


def _locks(path: Path, results: str) -> bool:
    """Return whether a lock file of Snakemake names files of these results."""
    try:
        return any(f"/{results}/" in f"/{line}" for line in path.read_text().splitlines())
    except OSError:
        return False


def _read(path: Path) -> dict:
    """Return what a run wrote of itself; nothing if that can't be read."""
    return own_records.read(path, ("process", "host", "folder", "started", "command"), optional=("slurm",)) or {}


def _write(path: Path, **described: Any) -> None:
    with contextlib.suppress(OSError):
        path.write_text(json.dumps(described))


def _command() -> str:
    return shlex.join(["snakemake", *sys.argv[1:]])
