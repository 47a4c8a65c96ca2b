"""Whether the records of what results were made of lie in this working directory.

Snakemake keeps them in the folder ``.snakemake`` of the working directory, and takes a file of which it has no record
as it is, whatever it was made of. So results and records carry one mark, and results whose records lie elsewhere, or
are gone, are not taken for results of the present settings.
"""

import contextlib
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

RECORDS = Path(".snakemake")
MARK = "records-of"  # the file of the mark, in both
MADE = ("claims", "measurements", "training", "data")  # folders that hold results


def check(results: Path, *, claim: bool, adopt: bool = False) -> None:
    """Refuse results whose records lie elsewhere.

    Parameters
    ----------
    results
        Folder of the results of a run.
    claim
        Whether to mark results and records as belonging together, where neither says otherwise.
    adopt
        Whether to do so even where they say otherwise.

    Raises
    ------
    WorkflowError
        Says where the records lie, and what to do.
    """
    own, theirs = (read(path, ("mark", "folder")) for path in (RECORDS / MARK, results / f".{MARK}"))
    strange = theirs != own if theirs else not any(RECORDS.glob("metadata/*"))
    if strange and not adopt and any((results / folder).is_dir() for folder in MADE):
        there = f"they lie in {theirs['folder']}" if theirs and theirs["folder"] != str(Path.cwd()) else "they are gone"
        raise WorkflowError(
            f"Nothing was started: {results} holds results of which this folder has no records ({there}), so it can't "
            "be told whether they are of these settings and this code. Run where the records are, or choose another "
            "`preset` in the configuration, or remove the results; if you know that they are of these settings and "
            "this code, `snakemake --cores 1 --touch --forceall` takes them as they are."
        )
    if claim and (own is None or theirs != own):
        mark = own or {"mark": secrets.token_hex(8), "folder": str(Path.cwd())}
        with contextlib.suppress(OSError):
            for path in (RECORDS / MARK, results / f".{MARK}"):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(mark))


def read(path: Path, keys: Iterable[str], optional: Iterable[str] = ()) -> dict[str, Any] | None:
    """Return what a JSON file says under these keys; ``None`` if it can't be read or lacks one (of the first)."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {key: found[key] for key in keys} | {key: found.get(key) for key in optional}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
