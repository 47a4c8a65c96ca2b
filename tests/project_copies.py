"""Copies of the project in which Snakemake runs the smoke configuration."""

import functools
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import yaml

from overparam.plan import kept_registry

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("Snakefile", "workflow", "config", "envs", "scripts")
RESULTS = Path("results/smoke")
ONE_CLAIM = "C1"  # enough of a run where any claim will do


class Project:
    """A copy of the project in which Snakemake runs the smoke configuration."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.extra = {}
        self.environment = {}
        self.executor = ["--cores", "2"]

    def start(self, *arguments: str) -> subprocess.Popen:
        """Start Snakemake in a session of its own; stdout and stderr together in ``stdout``."""
        configfiles = ["config/smoke.yaml"]
        if self.extra:
            (self.folder / "extra.yaml").write_text(yaml.safe_dump(self.extra))
            configfiles.append("extra.yaml")
        own = ("OVERPARAM_CIFAR10", "SNAKEMAKE_OUTPUT_CACHE")
        clean = {name: value for name, value in os.environ.items() if name not in own}
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *self.executor, *arguments, "--configfile", *configfiles],
            cwd=self.folder, env={**clean, **self.environment}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Snakemake to its end; stdout and stderr together in ``stdout``."""
        with self.start(*arguments) as process:
            try:
                printed, _ = process.communicate()
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)  # an interrupted test leaves nothing behind
                raise
        if check and process.returncode:
            logs = "\n".join(path.read_text() for path in self.folder.glob("results/*/logs/**/*.log"))
            raise AssertionError(f"{printed[-6000:]}\n{logs[-3000:]}")
        return subprocess.CompletedProcess(process.args, process.returncode, printed)

    def plan(self, *arguments: str) -> dict[str, int]:
        """Return the number of jobs of each rule that a run would start; to draw one figure or two is one rule here."""
        output = self.snakemake("-n", *arguments).stdout
        jobs: dict[str, int] = {}
        last = output.rpartition("Job stats:")[2]  # they stand at the beginning and at the end
        for name, count in re.findall(r"^(\w+?)(?:_with_details)? +(\d+)$", last, flags=re.MULTILINE):
            jobs[name] = jobs.get(name, 0) + int(count)
        assert jobs or "Nothing to be done" in output, output
        return {name: count for name, count in jobs.items() if name not in ("all", "total")}

    def append(self, path: str, text: str = "\n# edited\n") -> None:
        """Append ``text`` to a file of the project."""
        with (self.folder / path).open("a") as file:
            file.write(text)

    def copy(self, folder: Path) -> "Project":
        """Return a copy with the same results, times and records."""
        return Project(Path(shutil.copytree(self.folder, folder, symlinks=True)))

    def configuration(self) -> dict:
        """Return what the smoke file says."""
        return yaml.safe_load((self.folder / "config/smoke.yaml").read_text())

    def made(self, pattern: str) -> dict[str, bytes]:
        """Return the content of the files of the run whose path matches."""
        found = sorted((self.folder / RESULTS).glob(pattern))
        return {path.relative_to(self.folder / RESULTS).as_posix(): path.read_bytes() for path in found}


def fresh(folder: Path) -> Project:
    """Copy the sources of the project, as they lie where Snakemake has been started before."""
    for part in PARTS:
        source = ROOT / part
        ignore = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    memory = folder / kept_registry.MEMORY
    memory.parent.mkdir()
    shutil.copy2(_registry(), memory)
    return Project(folder)


@functools.cache
def _registry() -> Path:
    """Return what an earlier start of Snakemake has kept of the registry, which is the same in every copy."""
    memory = ROOT / kept_registry.MEMORY
    kept_registry.load(memory)
    return memory
