"""How often the judge errs: verdicts on simulated measurements whose truth is known.

    python tests/benchmarks/judge_error_rates.py               # under a minute: few replications, printed
    python tests/benchmarks/judge_error_rates.py --full        # some minutes; writes results/reference/judge/
    python tests/benchmarks/judge_error_rates.py --judge FOLDER  # another judge: FOLDER holds its package overparam

Every kind of prediction, on estimates that are normal, skewed (lognormal), heavy-tailed (t with 3 degrees of freedom)
or outcomes 0 and 1, of 3 to 72 seeds, with the truth inside the band, on an edge, and outside: a row each, with the
rates of supported, refuted and inconclusive and their exact 95 % intervals. The page of a run takes from it how many of
its verdicts are to be expected wrong.
"""

import argparse
import multiprocessing
import sys
import time
from functools import partial
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[2]
OUTPUT = ROOT / "results/reference/judge/error_rates.parquet"
REPLICATIONS = {True: 240, False: 40}  # of the cheapest case; by whether the run is full
MANY_SEEDS = 24  # from here on curves take long: a share of the replications


def main() -> None:
    arguments = _arguments()
    sys.path[:0] = [str(arguments.judge), str(ROOT / "tests")]
    import judge_simulation

    from overparam.jobs import files

    number, started, rows = len(list(judge_simulation.cases())), time.monotonic(), []
    with multiprocessing.get_context("fork").Pool(arguments.jobs) as pool:
        for done, found in enumerate(pool.imap(partial(_rows, arguments), range(number)), start=1):
            rows += found
            name = ", ".join(found[0][key] for key in ("kind", "distribution", "truth")) if found else ""
            print(f"{time.monotonic() - started:6.0f} s  {done} of {number}: {name}", flush=True)
    table = pd.DataFrame(rows)
    if arguments.output:
        files.write_table(arguments.output, table)
        print(f"written to {arguments.output}")
    print(summary(table))


def _rows(arguments: argparse.Namespace, k: int) -> list[dict]:
    """Return the rows of one case, by its number: a case itself can't be sent to another process."""
    import judge_simulation

    case = list(judge_simulation.cases())[k]
    rows = []
    for n_seeds in arguments.seeds or judge_simulation.SEEDS:
        if case.fewest <= n_seeds <= case.most:
            replications = arguments.replications // case.cost // (2 if n_seeds >= MANY_SEEDS else 1)
            rows.append(judge_simulation.rates(case, n_seeds, max(replications, 1)))
    return rows


def summary(table: pd.DataFrame) -> str:
    """Return the error rates in per cent by kind, distribution and truth, for each number of seeds."""
    wrong = {"inside": "refuted", "outside": "supported"}
    lines = []
    for truth in table["truth"].unique():
        for verdict in [wrong[truth]] if truth in wrong else ["supported", "refuted"]:
            part = table[table["truth"] == truth]
            part = (100 * part.pivot(index=["kind", "distribution"], columns="n_seeds", values=verdict)).round(1)
            lines += [f"\n{verdict} in per cent, truth: {truth}", part.to_string(na_rep="–")]
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--full", action="store_true", help="six times the replications, and write the reference")
    parser.add_argument("--judge", type=Path, default=ROOT / "scripts", help="folder of the package to be tried")
    parser.add_argument("--replications", type=int, help="of the case that takes least time")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--seeds", type=int, nargs="+", help="numbers of seeds to try")
    parser.add_argument("--output", type=Path, help="Parquet file to write")
    arguments = parser.parse_args()
    arguments.replications = arguments.replications or REPLICATIONS[arguments.full]
    if arguments.full and not arguments.output:
        arguments.output = OUTPUT
    return arguments


if __name__ == "__main__":
    main()
