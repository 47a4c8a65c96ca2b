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
from collections.abc import Mapping, MutableMapping
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
DRIVERS = {"11": "450", "12": "525", "13": "580"}  # the oldest NVIDIA driver, by the CUDA that torch was built for
KERNEL = Path("/proc/driver/nvidia/version")  # where Linux says which driver runs
LEAST_CAPABILITY = (8, 0)  # of a GPU that computes in bfloat16: from the A100 on
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
    return None if gpus is None else [name for gpu, parts in gpus.items() for name in parts or [gpu]]


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


def take(environment: MutableMapping[str, str] = os.environ) -> str | None:
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


def unseen(cuda: str | None, kernel: Path = KERNEL) -> str:
    """Return why a job that may use a GPU can't, though torch was asked for one.

    Parameters
    ----------
    cuda
        The version of CUDA that torch was built for, ``None`` if it was built without.
    kernel
        The file in which the driver states its version.
    """
    words = "this job may use a GPU, but torch sees none. {}, or set `gpus: 0` in the config to use the CPU"
    if cuda is None:
        return words.format("This torch was built without CUDA: install one that was built with it")
    found = re.search(r"\b(\d{3})\.\d+(\.\d+)?\b", kernel.read_text()) if kernel.is_file() else None
    here = f"version {found[0]} of the driver runs here" if found else "no NVIDIA driver runs here"
    least = DRIVERS.get(cuda.split(".")[0])
    needed = f"version {least} of the NVIDIA driver or a later one" if least else "an NVIDIA driver made for it"
    mend = "install one that it can use"
    if found and least and int(found[1]) >= int(least):
        mend = "see whether a container, the rights to /dev/nvidia* or the cluster keeps the GPU from this job"
    return words.format(f"This torch was built for CUDA {cuda}, which needs {needed}, and {here}: {mend}")


def without_bfloat16(study: str, device: str, capability: tuple[int, int]) -> str | None:
    """Return why a study can't be trained in bfloat16 on a GPU, or ``None`` if it can.

    Parameters
    ----------
    study
        Its name.
    device
        The name of the GPU.
    capability
        Its compute capability, major and minor.
    """
    if capability >= LEAST_CAPABILITY:
        return None
    has, needs = (".".join(map(str, numbers)) for numbers in (capability, LEAST_CAPABILITY))
    return (
        f"study {study}: `precision` is bfloat16, which needs a GPU of compute capability {needs} or higher, but "
        f"{device} has {has}; set `precision: float32` for this study, or run it on a later GPU"
    )


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
