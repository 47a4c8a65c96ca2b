"""Which verdicts may be shown: those that are whole, and made of what the present run would make them of."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from overparam.errors import UserError
from overparam.jobs import records
from overparam.plan import checksums
from overparam.report.reading import Claim
from overparam.report.reading import collect as match

LISTED = 12  # claims that a sentence names


def collect(
    entries: Sequence[dict[str, Any]], lineages: Mapping[str, str] | None, paths: Sequence[Path], reference: Any = None
) -> tuple[list[Claim], list[str]]:
    """Return the claims whose verdicts may be shown, and a sentence for each reason why others may not.

    Parameters
    ----------
    entries
        Claims of the registry.
    lineages
        What the verdict on each claim is to be made of; see :mod:`overparam.plan.lineage`. ``None`` takes any.
    paths
        Verdict files ``<id>/verdict.json``, each with the list of its checksum beside it; some may not exist.
    reference
        How verdicts fared under other root seeds, see :mod:`overparam.report.stability`.
    """
    folders = {path.parent.name: path for path in paths}
    shown, missing, outdated, broken = [], [], [], []
    for entry in entries:
        path = folders.get(entry["id"])
        if path is None:
            continue
        if not path.is_file():
            missing.append(entry["id"])
            continue
        try:
            verdict = records.verdict(path)
        except UserError:
            broken.append(entry["id"])
            continue
        if checksums.damaged(path.with_suffix(".sha256")):
            broken.append(entry["id"])
        elif lineages is not None and verdict.get("lineage") != lineages.get(entry["id"]):
            outdated.append(entry["id"])
        else:
            shown.append((entry, verdict))
    reasons = {
        "not made yet": missing,
        "made of other settings, code or data than the present ones, so not shown": outdated,
        "damaged since they were made, so not shown": broken,
    }
    sentences = [f"{_named(names)}: {why}." for why, names in reasons.items() if names]
    if sentences:
        sentences.append("To make them, run `snakemake --cores all` with the same configuration.")
    return match([entry for entry, _ in shown], [verdict for _, verdict in shown], reference), sentences


def pictures(
    claims: Sequence[Claim], lineages: Mapping[str, Mapping[str, str]], paths: Mapping[str, Sequence[Path]]
) -> dict[str, list[Path]]:
    """Return those of these files, in the same groups, that are whole and of the lineage that they should be.

    Parameters
    ----------
    claims
        Those that are shown.
    lineages
        What the files of a claim are to be made of, by its id and the name of the list of their checksums: ``figure``
        for ``figure.sha256``, where those of the second figure are as well, and ``interactive``.
    paths
        Files in the folders of their claims, some of which may not exist.
    """
    shown, known = {claim.id for claim in claims}, {}

    def right(path: Path) -> bool:
        claim, kind = path.parent.name, "interactive" if path.name.startswith("interactive.") else "figure"
        if claim not in shown:
            return False
        if (claim, kind) not in known:
            listed = path.with_name(f"{kind}.sha256")
            made_of = checksums.lineage(listed)
            fits = made_of is not None and made_of == lineages.get(claim, {}).get(kind)
            known[claim, kind] = fits and not checksums.damaged(listed)
        return known[claim, kind] and path.is_file()

    return {name: [path for path in group if right(path)] for name, group in paths.items()}


def _named(names: Sequence[str]) -> str:
    listed = ", ".join(names[:LISTED])
    return listed if len(names) <= LISTED else f"{listed} and {len(names) - LISTED} more"
