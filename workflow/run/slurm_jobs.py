"""Jobs on a cluster outlive a run that is killed: they record what they make, and its successor ends the rest.

Two jobs for one file, one of an earlier run, would remove or replace each other's output.
"""

import subprocess
import time
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

PATIENCE = 600.0  # seconds: a job saves its state, and SLURM kills it after KillWait
POLL = 2.0  # seconds between two looks


def end(name: str, whose: str, record: Path) -> None:
    """End all jobs of a name and wait until they are gone.

    Parameters
    ----------
    name
        Name of the jobs: the ID of the run that sent them.
    whose
        That run, in words.
    record
        File that tells of the run.

    Raises
    ------
    WorkflowError
        If SLURM can't be asked, or the jobs don't end.
    """
    by_hand = f"end them by `scancel --name {name}`, or remove {record} if they are gone"
    try:
        waiting = _listed(name)
        if waiting:
            logger.warning(f"Ending {len(waiting)} jobs on the cluster, left by {whose}.")
            subprocess.run(["scancel", "--name", name], check=True, capture_output=True, text=True)
        until = time.monotonic() + PATIENCE
        while waiting and time.monotonic() < until:
            time.sleep(POLL)
            waiting = _listed(name)
    except (OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "stderr", "") or error
        raise WorkflowError(
            f"Nothing was started: {whose} may have left jobs on a cluster, and it can't be asked ({reason}). Run this "
            f"command where `squeue` works, {by_hand}."
        ) from None
    if waiting:
        raise WorkflowError(f"Nothing was started: jobs {', '.join(waiting)} of {whose} do not end; {by_hand}.")


def _listed(name: str) -> list[str]:
    """Return the ids of all jobs of a name that wait, run or are about to end."""
    command = ["squeue", "--noheader", "--name", name, "--format", "%i"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
