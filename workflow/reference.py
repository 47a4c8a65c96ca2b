"""Keep a finished run at published sizes as a reference that belongs to the project.

    python workflow/reference.py results/mnist [CLAIM ...]

copies verdict and figure of these claims (default: all that the run has measured), the measurements that they were
judged on and how long its jobs took to results/reference/<preset>/, where the pages of every run find them. What is
kept of other claims stays.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "workflow/run")]

from durations import recorded  # noqa: E402

from overparam import places  # noqa: E402
from overparam.errors import UserError  # noqa: E402
from overparam.jobs import files, records  # noqa: E402
from overparam.plan import registry  # noqa: E402
from overparam.quoting import listed  # noqa: E402

FILES = ("verdict.json", "figure.svg", "figure.alt.txt")


def keep(results: Path, claims: list[str], reference: Path = places.REFERENCE) -> list[Path]:
    """Copy what a run found of these claims into the project; return the files.

    Raises
    ------
    UserError
        If a claim has no verdict and figure there, or was not measured.
    """
    entries = {entry["id"]: entry for entry in registry.load()}
    if unknown := sorted(set(claims) - set(entries)):
        raise UserError(f"there is no claim {listed(unknown)}; the claims are {listed(list(entries), len(entries))}")
    folder, made = reference / results.resolve().name, []
    for claim in claims or [name for name in entries if _measured(results, name)]:
        if not _measured(results, claim):
            raise UserError(f"{results} has no verdict and figure of {claim}; make them, or leave {claim} out")
        table = Path(f"measurements/{entries[claim]['experiment']}.parquet")
        for name in [table, *(Path("claims", claim, name) for name in FILES)]:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            made.append(Path(shutil.copyfile(results / name, folder / name)))
    if not made:
        raise UserError(f"{results} holds no claim that was measured")
    seconds = {name: round(took, 1) for name, took in sorted(recorded(results, alone=True).items())}
    files.write_text(folder / places.DURATIONS.name, json.dumps(seconds, indent=0))
    return [*made, folder / places.DURATIONS.name]


def _measured(results: Path, claim: str) -> bool:
    """Return whether a run has judged a claim on measurements, and drawn it."""
    folder = results / "claims" / claim
    if not all((folder / name).is_file() for name in FILES):
        return False
    return any(form["predictions"] for form in records.verdict(folder / FILES[0])["forms"].values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", type=Path, help="folder of the results of the run")
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="ids; default: all that the run has measured")
    given = parser.parse_args()
    try:
        print("\n".join(str(path) for path in keep(given.results, given.claims)))
    except UserError as error:
        sys.exit(f"Nothing was kept: {error}")
