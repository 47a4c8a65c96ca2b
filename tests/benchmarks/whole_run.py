"""How long a user waits: for a first figure, after an edit, for a plan, and for a whole run, by rule.

    python tests/benchmarks/whole_run.py                         # a quarter of an hour on two quiet cores
    python tests/benchmarks/whole_run.py --config smoke          # the whole run with small settings: some minutes
    python tests/benchmarks/whole_run.py --config "" --times 5   # the parts alone

Parts are timed in a copy of the project, alternately in two ways: jobs begin in copies of a process that has the
libraries in memory, as in every run, or each is a Python of its own (`OVERPARAM_FORK=0`). The whole run is made in the
first way, or with `--both` in both: its seconds by rule come from Snakemake's own benchmark files and from the
costs of trainings, with the ten longest jobs. CPU seconds are those of Snakemake and of all that it starts.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "workflow/run")]

from durations import recorded  # noqa: E402

from overparam.jobs import files  # noqa: E402

PARTS = ("Snakefile", "workflow", "config", "envs", "scripts")
CLAIM = "A1"
WAYS = {"ours": {}, "a Python per job": {"OVERPARAM_FORK": "0"}}
LARGEST = 10


class Copy:
    """A copy of the project, and how it is run."""

    def __init__(self, folder: Path, cores: int, environment: dict[str, str]):
        self.folder, self.cores, self.environment = folder, cores, environment
        folder.mkdir()
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(ROOT / part, folder / part)

    def run(self, *arguments: str) -> None:
        """Run Snakemake; what it says is shown only if it fails."""
        command = [sys.executable, "-m", "snakemake", "--cores", str(self.cores), *arguments]
        environment = {**os.environ, **self.environment}
        done = subprocess.run(command, cwd=self.folder, env=environment, text=True, capture_output=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")

    def source(self, suffix: str) -> Path:
        """Return the file of the claim with this suffix: its figure, or what it says."""
        (found,) = [path for path in self.folder.glob("scripts/overparam/claims/*/*/*.yaml") if _is(path, CLAIM)]
        return found.with_suffix(suffix)


def _is(path: Path, claim: str) -> bool:
    return path.read_text(encoding="utf-8").startswith(f"id: {claim}\n")


def first_figure(copy: Copy) -> None:
    """Make one claim from nothing."""
    copy.run(CLAIM)


def figure_edited(copy: Copy) -> None:
    """Make one claim after its figure was edited."""
    edited = copy.source(".py")
    edited.write_text(edited.read_text(encoding="utf-8") + "\n\nEDITED = True\n", encoding="utf-8")
    copy.run(CLAIM)


def text_edited(copy: Copy) -> None:
    """Make one claim after its text was edited."""
    edited = copy.source(".yaml")
    edited.write_text(edited.read_text(encoding="utf-8").replace("question: ", "question: So, ", 1), encoding="utf-8")
    copy.run(CLAIM)


def plan(copy: Copy) -> None:
    """Plan all claims."""
    copy.run("-n")


STEPS: dict[str, Callable[[Copy], None]] = {
    f"{CLAIM} from nothing": first_figure, "its figure edited": figure_edited, "its text edited": text_edited,
    "a plan of all": plan,
}  # fmt: skip


def spent(work: Callable[[], None]) -> tuple[float, float]:
    """Return the seconds by the clock and of the CPU that something takes with all processes that it starts."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    clock, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def parts(times: int, cores: int, scratch: Path) -> pd.DataFrame:
    """Return what each step takes in each way, every time."""
    rows = []
    for turn in range(times):
        for way, environment in WAYS.items():
            copy = Copy(scratch / f"{turn} {way}", cores, environment)
            copy.run("-n")  # the registry is kept from here on, and byte code is there
            for step, work in STEPS.items():
                clock, cpu = spent(lambda: work(copy))  # noqa: B023
                rows.append({"step": step, "way": way, "turn": turn, "seconds": clock, "cpu_seconds": cpu})
    return pd.DataFrame(rows)


def whole(config: str, cores: int, way: str, scratch: Path) -> tuple[dict, pd.Series]:
    """Return what a run of all claims takes in one way, and the seconds of each of its jobs by rule and name."""
    copy = Copy(scratch / f"{config} {way}", cores, WAYS[way])
    configured = [] if config == "default" else ["--configfile", f"config/{config}.yaml"]
    clock, cpu = spent(lambda: copy.run(*configured))
    jobs = pd.Series(recorded(copy.folder / "results" / config), dtype=float)
    return {"step": f"all of {config}", "way": way, "turn": 0, "seconds": clock, "cpu_seconds": cpu}, jobs


def show(rows: pd.DataFrame) -> None:
    """Print the median of every step in both ways, and their ratio."""
    medians = rows.groupby(["step", "way"], sort=False)[["seconds", "cpu_seconds"]].median()
    print(f"{'':<20}{'seconds':>9}{'CPU s':>8}{'a Python per job':>19}{'CPU s':>8}{'ratio':>7}{'of CPU':>8}")
    for step in rows["step"].unique():
        ours = medians.loc[(step, "ours")]
        line = f"{step:<20}{ours.seconds:>9.1f}{ours.cpu_seconds:>8.1f}"
        if (step, "a Python per job") in medians.index:
            other = medians.loc[(step, "a Python per job")]
            ratio = ours / other
            line += f"{other.seconds:>19.1f}{other.cpu_seconds:>8.1f}{ratio.seconds:>7.2f}{ratio.cpu_seconds:>8.2f}"
        print(line, flush=True)


def show_jobs(jobs: pd.Series) -> None:
    """Print the seconds of the jobs of a run by rule, and the longest jobs."""
    print(f"\n{'rule':<12}{'jobs':>6}{'seconds':>9}")
    by_rule = jobs.groupby(jobs.index.str.split("/").str[0]).agg(["count", "sum"]).sort_values("sum", ascending=False)
    for rule, row in by_rule.iterrows():
        print(f"{rule:<12}{row['count']:>6.0f}{row['sum']:>9.1f}")
    print(f"\nThe {LARGEST} longest jobs")
    for name, seconds in jobs.nlargest(LARGEST).items():
        print(f"{seconds:>8.1f}  {name}")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="default", help="preset of the whole run; empty: none (default: default)")
    parser.add_argument("--both", action="store_true", help="make the whole run in both ways")
    parser.add_argument("--times", type=int, default=3, help="turns of the parts; 0: none (default: 3)")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="default: all")
    output = ROOT / "results" / "benchmarks" / "whole_run.parquet"
    parser.add_argument("--output", type=Path, default=output, help="parquet; default: %(default)s")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        rows = parts(given.times, given.cores, Path(scratch))
        if given.times:
            show(rows)
        for way in [*WAYS][: 2 if given.both else 1] if given.config else []:
            row, jobs = whole(given.config, given.cores, way, Path(scratch))
            rows = pd.concat([rows, pd.DataFrame([row])], ignore_index=True)
            print(f"\n{row['step']}, {way}: {row['seconds']:.0f} s, {row['cpu_seconds']:.0f} CPU s")
            show_jobs(jobs)
    files.write_table(given.output, rows)
    print(f"\nwritten to {given.output}")


if __name__ == "__main__":
    main()
