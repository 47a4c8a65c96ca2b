"""Registry entries and verdict files brought together."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from overparam.errors import UserError
from overparam.jobs import files

FORMS = ("printed", "corrected")
ENDS = ("estimate", "low", "high", "band_low", "band_high")  # of the estimate that decided a form, and of its band
NUMBERS: dict[str, dict[str, Any]] = {name: {"type": "number", "gaps": True} for name in ENDS}


@dataclasses.dataclass(frozen=True)
class Claim:
    """One entry of the registry with its verdict.

    Attributes
    ----------
    entry
        The registry entry; the table needs ``id, name, title, forms`` only.
    verdict
        The content of ``verdict.json``.
    reference
        How verdicts fared under other root seeds: the table of :mod:`overparam.report.stability`, or None.
    """

    entry: dict[str, Any]
    verdict: dict[str, Any]
    reference: pd.DataFrame | None = None

    @property
    def id(self) -> str:
        """Short code, say B4."""
        return self.entry["id"]

    @property
    def forms(self) -> dict[str, dict[str, Any]]:
        """Verdict of each form, the printed one first; a refuted one has the ``refutation`` that its entry gives."""
        names = sorted(self.entry["forms"], key=lambda name: (name not in FORMS, name == "corrected"))
        found = {name: dict(self.verdict["forms"][name]) for name in names}
        for name, form in found.items():
            refutation = self.entry["forms"][name].get("refutation")
            if form["verdict"] == "refuted" and refutation:
                form["refutation"] = refutation
        return found

    @property
    def unavailable(self) -> str | None:
        """Why this run could not measure the claim, so that no prediction was judged; None if it could."""
        forms = list(self.forms.values())
        return None if any(form["predictions"] for form in forms) else forms[0]["reason"]


def collect(
    entries: list[dict[str, Any]], verdicts: list[dict[str, Any]], reference: pd.DataFrame | None = None
) -> list[Claim]:
    """Match verdicts to registry entries by id, in the order of the registry; each gets the ``reference``.

    Raises
    ------
    UserError
        If a claim has no verdict, a verdict has no entry, or a form has no verdict.
    """
    found = {verdict["claim"]: verdict for verdict in verdicts}
    known = {entry["id"] for entry in entries}
    if stray := sorted(set(found) - known):
        raise UserError(f"verdicts without an entry in the registry: {', '.join(stray)}")
    if absent := sorted(known - set(found)):
        raise UserError(f"no verdict for {', '.join(absent)}; make it with `snakemake --cores 1 {' '.join(absent)}`")
    for entry in entries:
        if missing := sorted(set(entry["forms"]) - set(found[entry["id"]]["forms"])):
            raise UserError(f"the verdict of {entry['id']} lacks the form {', '.join(missing)}: it is out of date")
    return [Claim(entry, found[entry["id"]], reference) for entry in entries]


def decisive(form: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return prediction and estimate that decided a form: the first with the verdict of the whole, else the first."""
    pairs = [(prediction, estimate) for prediction in form["predictions"] for estimate in prediction["estimates"]]
    return next((pair for pair in pairs if pair[1]["verdict"] == form["verdict"]), pairs[0] if pairs else None)


def numbers(estimate: dict[str, Any]) -> dict[str, float | None]:
    """Return an estimate and its band as the columns of a table have them; all missing if it is empty."""
    low, high = estimate.get("band") or (None, None)
    return dict(zip(ENDS, (*(estimate.get(key) for key in ENDS[:3]), low, high), strict=True))


def optional_table(paths: Sequence[Path]) -> pd.DataFrame | None:
    """Return the table of an input that a run may lack, and None if it does."""
    return files.read_table(paths[0]) if paths else None
