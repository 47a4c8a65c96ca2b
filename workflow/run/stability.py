"""Repeat the experiments of the default preset under several root seeds, and say how every verdict fares.

    python workflow/run/stability.py [--roots 0 1 2 3 4] [--near ERRORS] [--cores N] [--preset NAME] [CLAIM ...]

makes the verdicts of these claims (default: all) once per root seed, in results/<preset>-root-<seed>/, and writes all
together to results/reference/stability/verdicts.parquet, where the pages find them. Rows of other claims stay there,
and those of other root seeds unless the design of their form has changed. What is in the folders already is not made
again, so that it can be stopped and continued. Experiments whose measurements are the same bytes under the first two
roots hold no chance: they are not repeated further. With --near 6 only those claims are repeated that have come within
six standard errors of an edge of their band under a root seed that was tried before, or whose verdict changed.
"""

import argparse
import subprocess
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(BASE / "scripts"))

import pandas as pd  # noqa: E402

from overparam import places  # noqa: E402
from overparam.errors import UserError  # noqa: E402
from overparam.jobs import files, records, table_checks  # noqa: E402
from overparam.plan import registry  # noqa: E402
from overparam.report import stability  # noqa: E402

SURE_OF_BYTES = 2  # roots under which an experiment without chance has shown itself


def main(arguments: argparse.Namespace) -> pd.DataFrame:
    """Make what is missing, write the table of all verdicts, and return it.

    Raises
    ------
    UserError
        If there is no claim of a name, or a run fails.
    """
    entries = {entry["id"]: entry for entry in registry.load()}
    if unknown := sorted(set(arguments.claims) - set(entries)):
        raise UserError(f"there is no claim {', '.join(unknown)}; the claims are {', '.join(entries)}")
    wanted = {claim: entries[claim]["experiment"] for claim in arguments.claims or entries}
    path = places.STABILITY
    made = files.read_table(path) if path.is_file() else stability.table([])
    if arguments.near is not None:
        close = stability.near(made, arguments.near)
        wanted = {claim: experiment for claim, experiment in wanted.items() if claim in close}
    for number, root in enumerate(arguments.roots):
        folder = _folder(arguments, root)
        if number == SURE_OF_BYTES:
            wanted = _with_chance(wanted, [_folder(arguments, other) for other in arguments.roots[:number]])
        verdicts = [folder / f"claims/{claim}/verdict.json" for claim in wanted]
        _run(arguments, root, verdicts)
        found = [row for verdict in verdicts for row in stability.rows(records.verdict(verdict), root)]
        made = stability.updated(made, stability.table(found))
        if problem := table_checks.problem(made, stability.COLUMNS):
            raise ValueError(f"the table of verdicts: {problem}")
        files.write_table(path, made)
    return made


def _folder(arguments: argparse.Namespace, root: int) -> Path:
    return Path(f"results/{arguments.preset}-root-{root}")


def _with_chance(wanted: dict[str, str], folders: list[Path]) -> dict[str, str]:
    """Return the claims whose measurements are not the same bytes in all folders."""
    kept = {}
    for claim, experiment in wanted.items():
        paths = [folder / f"measurements/{experiment}.parquet" for folder in folders]
        if len({path.read_bytes() for path in paths if path.is_file()}) != 1:
            kept[claim] = experiment
    return kept


def _run(arguments: argparse.Namespace, root: int, targets: list[Path]) -> None:
    name = _folder(arguments, root).name
    command = [sys.executable, "-m", "snakemake", "--cores", arguments.cores, "--rerun-incomplete", *map(str, targets)]
    own = ["--configfile", *arguments.configfile] if arguments.configfile else []
    done = subprocess.run([*command, *own, "--config", f"preset={name}", f"seed={root}"], cwd=BASE, check=False)
    if done.returncode:
        raise UserError(f"the run under root seed {root} failed; mend what it names, then run the same command again")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="ids; default: all claims")
    parser.add_argument("--roots", nargs="+", type=int, default=[0, 1, 2, 3, 4], help="root seeds; default: 0 to 4")
    parser.add_argument("--near", type=float, metavar="ERRORS", help="only claims that came this near to an edge")
    parser.add_argument("--cores", default="all", help="as Snakemake takes it; default: all")
    parser.add_argument("--preset", default="stability", help="how the folders of results are called")
    parser.add_argument("--configfile", nargs="+", help="on top of the default configuration, as Snakemake takes it")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        print(stability.text(main(_arguments())))
    except UserError as error:
        sys.exit(f"Nothing was written: {error}")
