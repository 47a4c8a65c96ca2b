"""For every job that may use a GPU one of its own, for as long as its process lives.

Nobody else assigns them where jobs of one machine share several. A device is taken by locking a file that stands for
it; the kernel releases the lock when the process ends, whatever ends it.
"""

import contextlib
import itertools
import logging
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from overparam.errors import UserError

log = logging.getLogger(__name__)

VISIBLE = "CUDA_VISIBLE_DEVICES"
ORDER = "CUDA_DEVICE_ORDER"
NAME = re.compile(r"\d+|(GPU|MIG)-\S+")
LISTED = re.compile(r"^(?P<kind>GPU|  MIG).*\(UUID: (?P<name>[^)\s]+)\)", re.MULTILINE)
FOLDER = "overparam-devices"  # below the machine's folder for temporary files
POLL = 1.0  # seconds between two looks for a free device
held: list[FileLock] = []  # by this process; a lock that nothing refers to is released


def available(environment: Mapping[str, str] = os.environ) -> list[str] | None:
    """Return the names of the devices that jobs may share, as ``CUDA_VISIBLE_DEVICES`` takes them.

    Those that the variable lists, up to its first wrong entry, as in CUDA; if it is not set, those that the driver
    lists: of a divided GPU its parts. ``None`` if neither tells.
    """
    if VISIBLE in environment:
        entries = (entry.strip() for entry in environment[VISIBLE].split(","))
        return list(itertools.takewhile(NAME.fullmatch, entries))
    gpus = _listed()
    return gpus and [name for gpu, parts in gpus.items() for name in parts or [gpu]]


def _listed() -> dict[str, list[str]] | None:
    """Return the GPUs that the driver lists and the parts (MIG) of each, or ``None`` if it can't be asked."""
    command = ["nvidia-smi", "-L"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    gpus: dict[str, list[str]] = {}
    for match in LISTED.finditer(answer.stdout):
        if match["kind"] == "GPU":
            gpus[match["name"]] = []
        else:
            gpus[next(reversed(gpus))].append(match["name"])
    return gpus


def take(environment: dict[str, str] = os.environ) -> str | None:
    """Take a free device for this process and name it in ``CUDA_VISIBLE_DEVICES``; wait if all are taken.

    To be called before CUDA starts. A process that has one keeps it. In a job of SLURM, which assigns devices, several
    are shared among the processes of that job, and a single one is nobody else's.

    Returns
    -------
    str or None
        The device, or ``None`` if the choice was left to CUDA.

    Raises
    ------
    UserError
        If ``CUDA_VISIBLE_DEVICES`` leaves none.
    """
    if held:
        return environment[VISIBLE]
    environment.setdefault(ORDER, "PCI_BUS_ID")  # CUDA would count the fastest first, the driver does not
    names, allocation = available(environment), environment.get("SLURM_JOB_ID")
    if names is None or (allocation and len(names) == 1):
        return None
    if not names:
        raise UserError(f"this job may use a GPU, but {_why_none(environment)}; set `gpus: 0` to use the CPU")
    folder = _folder()
    marks = {name: f"slurm-{allocation}-{name}" for name in names} if allocation else _marks(names)
    waiting = False
    while True:
        for name, mark in marks.items():
            lock = FileLock(folder / f"{mark}.lock", timeout=0, mode=0o666, fallback_to_soft=False)
            try:
                lock.acquire()
            except Timeout:
                continue
            except OSError as error:
                log.warning("devices can't be locked in %s (%s): every job takes the first", folder, error)
                return None
            held.append(lock)
            environment[VISIBLE] = name
            log.info("device %s taken", name)
            return name
        if not waiting:
            log.info("all devices are taken by other jobs (%s): waiting for one", ", ".join(names))
            waiting = True
        time.sleep(POLL)


def _why_none(environment: Mapping[str, str]) -> str:
    return f"{VISIBLE} is {environment[VISIBLE]!r}" if VISIBLE in environment else "the driver lists none"


def _folder() -> Path:
    """Return the folder of the locks, which all users share unless $TMPDIR names one of their own."""
    folder = Path(tempfile.gettempdir()) / FOLDER
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
        folder.chmod(0o1777)
    return folder


def _marks(names: list[str]) -> dict[str, str]:
    """Return the name of each device that all jobs lock it by, whether they know its number, UUID or a part of that."""
    gpus = _listed() or {}
    known = [name for gpu, parts in gpus.items() for name in (gpu, *parts)]
    marks = {}
    for name in names:
        if name.isdecimal():
            full = list(gpus)[int(name) : int(name) + 1]
        else:
            full = [candidate for candidate in known if candidate.startswith(name)]
        marks[name] = full[0] if len(full) == 1 else name
    return {name: mark.replace("/", "_") for name, mark in marks.items()}
