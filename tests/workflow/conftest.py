"""A copy of the project per test, with the smoke configuration already run where that saves time."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("Snakefile", "workflow", "config", "envs", "scripts")
RESULTS = Path("results/smoke")


class Project:
    """A copy of the project in which Snakemake runs the smoke configuration."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.extra = {}
        self.environment = {}

    def snakemake(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess:
        """Run Snakemake; stdout and stderr together in ``stdout``."""
        configfiles = ["config/smoke.yaml"]
        if self.extra:
            (self.folder / "extra.yaml").write_text(yaml.safe_dump(self.extra))
            configfiles.append("extra.yaml")
        clean = {name: value for name, value in os.environ.items() if name != "OVERPARAM_CIFAR10"}
        run = subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *arguments, "--configfile", *configfiles],
            cwd=self.folder, env={**clean, **self.environment}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if check and run.returncode:
            logs = "\n".join(path.read_text() for path in self.folder.glob("results/*/logs/**/*.log"))
            raise AssertionError(f"{run.stdout[-6000:]}\n{logs[-3000:]}")
        return run

    def plan(self, *arguments: str) -> dict[str, int]:
        """Return the number of jobs of each rule that a run would start."""
        output = self.snakemake("-n", *arguments).stdout
        jobs = {name: int(count) for name, count in re.findall(r"^(\w+) +(\d+)$", output, flags=re.MULTILINE)}
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
    """Copy the sources of the project."""
    for part in PARTS:
        source = ROOT / part
        ignore = shutil.ignore_patterns("__pycache__")
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=ignore)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    return Project(folder)


@pytest.fixture
def sources(tmp_path) -> Project:
    """The project before any run."""
    return fresh(tmp_path / "project")


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> tuple[Project, str]:
    """The project after a smoke run, and what that run printed; not to be changed."""
    project = fresh(tmp_path_factory.mktemp("finished") / "a project")
    return project, project.snakemake().stdout


@pytest.fixture
def project(finished, tmp_path) -> Project:
    """A copy of the project after a smoke run, to be changed at will."""
    return finished[0].copy(tmp_path / "project")
