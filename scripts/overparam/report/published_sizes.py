"""What runs at published sizes have measured beside what was printed, as a document in Markdown."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from overparam import typesetting
from overparam.report import larger_runs, origins, published, sizes, wording
from overparam.report.larger_runs import LargerRun
from overparam.report.reading import Claim

HEADS = ("printed", "where", "number", "measured here", "95 % interval", "each repetition")
FEW = 5  # repetitions whose numbers are all shown


def markdown(entries: Sequence[Mapping[str, Any]], runs: Mapping[str, Sequence[LargerRun]]) -> str:
    """Return a section for each claim with a run at published size, in the order of the registry.

    Parameters
    ----------
    entries
        The registry, each entry with ``measures`` as its experiment declares them.
    runs
        Runs at published sizes by the ids of their claims.
    """
    return "\n".join(_section(entry, run) for entry in entries for run in runs.get(entry["id"], []))


def _section(entry: Mapping[str, Any], run: LargerRun) -> str:
    """Return what a run has found of a claim, with what was printed on the same row."""
    claim = Claim(dict(entry), run.verdict)
    found = published.rows(claim, entry["measures"], run.table)
    rows = [_row(given, one["ours"]) for given, one in zip(entry.get("published", []), found, strict=True)]
    lines = [
        f"## {entry['id']}: {typesetting.plain(entry['title'])}\n",
        f"*{sizes.told(run.verdict, entry['experiment'])}; `config/{run.preset}.yaml`; {_cost(run)}.*\n",
        *(_verdict(title, form) for title, form in _forms(claim)),
        "",
    ]
    if rows:
        lines += [f"| {' | '.join(cells)} |" for cells in (HEADS, ["---"] * len(HEADS), *rows)] + [""]
    return "\n".join(lines)


def _row(given: Mapping[str, Any], ours: Mapping[str, Any] | None) -> list[str]:
    """Return what was printed and where, and what was measured of it, if it was."""
    measured = [ours["value"], ours["interval"], "; ".join(ours["each"][:FEW])] if ours else ["–", "", ""]
    if ours and len(ours["each"]) > FEW:
        measured[2] += "; …"
    printed = [typesetting.plain(str(given[key])) for key in ("quantity", "setting", "value")]
    return [one.replace("|", "∣") for one in [*printed, *measured]]


def _verdict(title: str, form: Mapping[str, Any]) -> str:
    """Return the verdict on a form, and which of its predictions did not come out as predicted."""
    predictions = form["predictions"]
    others = [f"{one['name']} ({one['verdict']})" for one in predictions if one["verdict"] != "supported"]
    held = f"{len(predictions) - len(others)} of {wording.counted(len(predictions), 'prediction')} supported"
    but = f"; not {wording.joined(others)}" if others else ""
    return f"- {title}: {wording.SYMBOLS[form['verdict']]} {wording.verdict(form)}: {held}{but}"


def _forms(claim: Claim) -> list[tuple[str, dict[str, Any]]]:
    """Return each form with the name under which a reader knows it."""
    forms = claim.entry["forms"]
    return [(forms[name].get("title") or name, form) for name, form in claim.forms.items()]


def _cost(run: LargerRun) -> str:
    """Return how long it took, and on what."""
    return ", ".join(f"{name} {value}" for name, value in origins.cost(run.verdict.get("cost") or {}))


def collect(reference: Path, entries: Sequence[Mapping[str, Any]]) -> dict[str, list[LargerRun]]:
    """Return the runs at published sizes that belong to the project."""
    found = sorted(reference.glob("*/claims/*/verdict.json"))
    return larger_runs.collect(found, {entry["id"]: entry["experiment"] for entry in entries})
