"""What Snakemake itself costs: seconds to plan a study of many cells, and per job of a run.

    python tests/benchmarks/planning.py                       # about five minutes on a quiet machine
    python tests/benchmarks/planning.py --cells 100 --run 0   # planning alone, seconds

Plans are `snakemake -n` in a copy of the project whose configuration has one study of so many cells, each a job of its
own; the alternative is the smallest Snakefile with as many jobs (one rule, one output, nothing else), which shows what
planning would cost at least. Runs make all cells with a program in place of train.py that writes two empty files; the
alternative is a loop in Python that starts the same commands by `sh`. They are scheduled as in the profile for clusters
(`greedy`), and a hundred once more as by default (`ilp`), which takes longer the more jobs are ready. The last line
trains in earnest: some networks in one job, against as many jobs, which is what cells are for.

Plans are in CPU seconds, runs in seconds by the clock, one job at a time.
"""

import argparse
import functools
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
import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from overparam.jobs import files  # noqa: E402
from overparam.plan import cells, config, registry  # noqa: E402

PARTS = ("Snakefile", "workflow", "config", "envs", "scripts")
SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "1"]
LEAST = """
rule all:
    input: expand("cells/{{number}}.txt", number=range({n}))
rule cell:
    output: "cells/{{number}}.txt"
    shell: "touch {{output}}"
"""
TRIVIAL = """
import sys
words = sys.argv
for output in ("table", "cost"):
    open(words[words.index(output, words.index("--output")) + 1], "w").close()
"""
WIDTHS = 500  # of a study; its seeds make up the number of cells


def study(widths: list, seeds: list, epochs: int) -> dict:
    """Return a configuration with one study."""
    return {
        "preset": "planning",
        "claims": ["B4"],
        "datasets": [{"name": "digits", "source": "digits", "n_train": 400, "n_test": 100}],
        "studies": [
            {
                "name": "sweep",
                "experiments": ["width_sweep"],
                "dataset": "digits",
                "model": "mlp",
                "widths": widths,
                "label_noise": [[0.0, 0.2]],
                "seeds": seeds,
                "n_train": 400,
                "epochs": epochs,
                "batch_size": 100,
                "evaluations": [epochs],
                "optimizer": {"name": "adam", "learning_rate": 0.001},
            }
        ],
    }


def project(folder: Path, given: dict) -> list[str]:
    """Copy the project, write the configuration, and return how Snakemake is called there."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    (folder / "planning.yaml").write_text(yaml.safe_dump(given))
    return ["--configfile", "planning.yaml"]


def tables(given: dict) -> list[str]:
    """Return the tables of all cells, as targets."""
    run = config.resolve(given, registry.load())
    plan = cells.plan(run["studies"], run["datasets"], run["jobs"])
    return [f"results/planning/training/{name}/{cell}.parquet" for name, cell in plan]


def call(folder: Path, *arguments: str) -> str:
    """Run a command in a folder and return what it printed; stop with that if it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "OVERPARAM_CIFAR10"}
    done = subprocess.run(
        arguments, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if done.returncode:
        sys.exit(done.stdout[-3000:])
    return done.stdout


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the processes that ``work`` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds(work: Callable[[], object]) -> float:
    """Return the seconds that ``work`` takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def many(n: int) -> dict:
    """Return the configuration of so many cells."""
    return study(list(range(1, min(n, WIDTHS) + 1)), list(range(n // min(n, WIDTHS))), 1)


def planning(n: int, scratch: Path) -> dict:
    """Return what planning so many cells takes, by the project and by the smallest Snakefile."""
    folder, least = scratch / f"plan-{n}", scratch / f"least-{n}"
    configured = project(folder, many(n))
    least.mkdir()
    (least / "Snakefile").write_text(LEAST.format(n=n))
    ours = cpu_seconds(lambda: call(folder, *SNAKEMAKE, "-n", *configured))
    other = cpu_seconds(lambda: call(least, *SNAKEMAKE, "-n"))
    return {"what": "plan", "cells": n, "ours": ours, "alternative": other, "named": "the smallest Snakefile"}


def running(n: int, scratch: Path, scheduler: str = "greedy") -> dict:
    """Return what running so many trivial jobs takes, by Snakemake without planning, and by a loop."""
    folder = scratch / f"run-{n}"
    configured = project(folder, many(n))
    targets = tables(many(n))
    call(folder, *SNAKEMAKE, "--until", "corrupt", *configured)  # all that comes before training
    (folder / "scripts/train.py").write_text(TRIVIAL)
    printed = call(folder, *SNAKEMAKE, "-n", "--printshellcmds", *configured, "--", *targets)
    shown = "Shell command: "
    commands = [line.removeprefix(shown) for line in printed.splitlines() if line.startswith(shown)]
    if len(commands) != n:
        sys.exit(f"{n} cells gave {len(commands)} commands")
    plan = seconds(lambda: call(folder, *SNAKEMAKE, "-n", *configured, "--", *targets))
    ours = seconds(lambda: call(folder, *SNAKEMAKE, "--scheduler", scheduler, *configured, "--", *targets)) - plan
    os.environ["OVERPARAM_SCRIPTS"] = str(folder / "scripts")

    def loop() -> None:
        for command in commands:
            subprocess.run(command, shell=True, cwd=folder, check=True)

    return {"what": scheduler, "cells": n, "ours": ours, "alternative": seconds(loop), "named": "a loop"}


def sharing(n: int, scratch: Path) -> dict:
    """Return what training so many networks takes in as many jobs, and in one."""
    spent = {}
    for name, seeds in (("apart", list(range(n))), ("together", [list(range(n))])):
        given = study([8], seeds, 50)
        folder = scratch / name
        configured = project(folder, given)
        call(folder, *SNAKEMAKE, "--until", "corrupt", *configured)
        spent[name] = seconds(lambda: call(folder, *SNAKEMAKE, *configured, "--", *tables(given)))  # noqa: B023
    return {
        "what": "train",
        "cells": n,
        "ours": spent["together"],
        "alternative": spent["apart"],
        "named": "a job each",
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, nargs="+", default=[100, 1000, 5000], help="cells to plan; 0: none")
    parser.add_argument("--run", type=int, nargs="+", default=[100, 1000], help="cells to run as trivial jobs; 0: none")
    parser.add_argument("--ilp", type=int, default=100, help="cells to run by the default scheduler; 0: none")
    parser.add_argument("--train", type=int, default=16, help="networks to train in earnest; 0: none")
    output = ROOT / "results" / "benchmarks" / "planning.parquet"
    parser.add_argument("--output", type=Path, default=output, help="parquet; default: %(default)s")
    given = parser.parse_args()
    wanted = [(planning, n) for n in given.cells if n]
    wanted += [(running, n) for n in given.run if n]
    wanted += [(functools.partial(running, scheduler="ilp"), n) for n in [given.ilp] if n]
    wanted += [(sharing, n) for n in [given.train] if n]
    rows = []
    print(f"{'':<7}{'cells':>6}{'seconds':>9}{'ms per cell':>13}{'alternative':>14}{'ratio':>8}")
    for measure, n in wanted:
        with tempfile.TemporaryDirectory() as scratch:
            row = measure(n, Path(scratch))
        rows.append({**row, "ratio": row["ours"] / row["alternative"]})
        print(
            f"{row['what']:<7}{n:>6}{row['ours']:>9.1f}{row['ours'] / n * 1e3:>13.1f}{row['alternative']:>12.1f} s"
            f"{rows[-1]['ratio']:>8.2f}   of {row['named']}",
            flush=True,
        )
    files.write_table(given.output, pd.DataFrame(rows))
    print(f"\nwritten to {given.output}")


if __name__ == "__main__":
    main()
