"""Where a result comes from: code, packages, machine and the record of the run. Recorded when a job runs."""

import importlib.metadata
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from overparam.jobs import processor, surroundings

PACKAGES = (
    "numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "torch", "torchvision", "matplotlib", "seaborn", "snakemake",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[3]


def collect(run_record: str | os.PathLike | None = None, root: Path = ROOT) -> dict[str, Any]:
    """Return git commit, versions, machine, variables and, if the file exists, the run record. Never raises.

    Parameters
    ----------
    run_record
        JSON file written at the start of a run: preset, resolved config, command. ``run`` is null without it.
    root
        Folder of the code. ``commit`` and ``modified`` are null outside a git checkout or without git.
    """
    status = _git(root, "status", "--porcelain", "--untracked-files=no")
    return {
        "commit": _git(root, "rev-parse", "HEAD"),
        "modified": None if status is None else bool(status),
        "python": platform.python_version(),
        "packages": {name: version for name in PACKAGES if (version := _version(name))},
        "platform": platform.platform(),
        "cpu": processor.name(),
        "variables": surroundings.arithmetic() or None,
        "run": _record(run_record),
    }


def _git(root: Path, *arguments: str) -> str | None:
    # a hook of git names another repository in these
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = ["git", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _record(path: str | os.PathLike | None) -> Any:
    if path is None:
        return None
    try:
        found = json.loads(Path(os.path.normpath(path)).read_text(encoding="utf-8"))  # `..` of a folder yet to be made
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
