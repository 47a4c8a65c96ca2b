"""The processor of this machine."""

import platform
from pathlib import Path

LISTED = Path("/proc/cpuinfo")  # on Linux; no other system has it


def name() -> str:
    """Return the name of the CPU, or that of its architecture where the system does not tell. Never raises."""
    try:
        lines = LISTED.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(filter(None, names), "") or platform.processor() or platform.machine()
