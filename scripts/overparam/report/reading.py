"""Registry entries and verdict files brought together, and what can be counted over all of them."""

import dataclasses
from typing import Any

from overparam.program import UserError

FORMS = ("printed", "corrected")
TO_TOLERANCE = ("bound", "equality")  # these kinds are checked case by case: no interval that could miss the truth
LEVEL = 0.95


@dataclasses.dataclass(frozen=True)
class Claim:
    """One entry of the registry with its verdict.

    Attributes
    ----------
    entry
        The registry entry.
    verdict
        The content of ``verdict.json``, or None if the claim is not available in this run.
    unavailable
        Why it is not available; None if it is.
    """

    entry: dict[str, Any]
    verdict: dict[str, Any] | None
    unavailable: str | None = None

    @property
    def id(self) -> str:
        """Short code, say B4."""
        return self.entry["id"]

    @property
    def forms(self) -> dict[str, dict[str, Any]]:
        """Verdict of each form, the printed one first; an unavailable claim is inconclusive in all of them."""
        names = sorted(self.entry["forms"], key=lambda name: (name not in FORMS, name == "corrected", name))
        if self.verdict is None:
            absent = {"verdict": "inconclusive", "vacuous": False, "reason": self.unavailable, "predictions": []}
            return dict.fromkeys(names, absent)
        return {name: self.verdict["forms"][name] for name in names}


def collect(
    entries: list[dict[str, Any]], verdicts: list[dict[str, Any]], unavailable: dict[str, str] | None = None
) -> list[Claim]:
    """Match verdicts to registry entries by id, in the order of the registry.

    Parameters
    ----------
    entries
        Registry entries.
    verdicts
        Contents of the verdict files, in any order.
    unavailable
        Reason by id for each claim that this run does not measure.

    Raises
    ------
    UserError
        If a claim has neither verdict nor reason, a verdict has no entry, or a form has no verdict.
    """
    unavailable = unavailable or {}
    found = {verdict["claim"]: verdict for verdict in verdicts}
    known = {entry["id"] for entry in entries}
    if stray := sorted(set(found) - known):
        raise UserError(f"verdicts without an entry in the registry: {', '.join(stray)}")
    if absent := sorted(known - set(found) - set(unavailable)):
        raise UserError(f"no verdict for {', '.join(absent)}; make it with `snakemake --cores 1 {' '.join(absent)}`")
    for entry in entries:
        forms = set(found.get(entry["id"], {"forms": entry["forms"]})["forms"])
        if missing := sorted(set(entry["forms"]) - forms):
            raise UserError(f"the verdict of {entry['id']} lacks the form {', '.join(missing)}: it is out of date")
    return [Claim(entry, found.get(entry["id"]), unavailable.get(entry["id"])) for entry in entries]


def decisive(form: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return prediction and estimate that decided a form: the first with the verdict of the whole, else the first."""
    pairs = [(prediction, estimate) for prediction in form["predictions"] for estimate in prediction["estimates"]]
    return next((pair for pair in pairs if pair[1]["verdict"] == form["verdict"]), pairs[0] if pairs else None)


def counts(claims: list[Claim]) -> dict[str, int]:
    """Count verdicts, one per claim and form."""
    forms = [form for claim in claims for form in claim.forms.values()]
    result = {word: sum(form["verdict"] == word for form in forms) for word in ("supported", "refuted", "inconclusive")}
    return {
        "claims": len(claims),
        "verdicts": len(forms),
        **result,
        "vacuous": sum(form["verdict"] == "supported" and form["vacuous"] for form in forms),
        "unavailable": sum(len(claim.forms) for claim in claims if claim.verdict is None),
    }


def inside(estimate: dict[str, Any]) -> bool:
    """Tell whether the point estimate itself lies in its band."""
    value, (low, high) = estimate["estimate"], estimate["band"]
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def chance(claims: list[Claim]) -> dict[str, Any]:
    """Say how far chance reaches: intervals expected to miss the truth, and controls that nearly passed.

    Returns
    -------
    dict
        ``intervals``: confidence intervals that verdicts rest on; ``verdicts``: how many rest on at least one;
        ``levels``: their levels; ``missed``: intervals expected to miss the truth, the sum of 1 - level;
        ``controls``: controls judged; ``supported``: those that did not fail; ``nearly``: not supported, although every
        point estimate lay in its band.
    """
    intervals = verdicts = 0
    missed = 0.0
    levels = set()
    controls = []
    for claim in claims:
        for form in claim.forms.values():
            level = (claim.verdict or {}).get("level", LEVEL)
            resting = sum(
                estimate["low"] is not None or estimate["high"] is not None
                for prediction in form["predictions"]
                if prediction["kind"] not in TO_TOLERANCE
                for estimate in prediction["estimates"]
            )
            intervals += resting
            missed += resting * (1 - level)
            verdicts += resting > 0
            if resting:
                levels.add(level)
            if form.get("control"):
                controls.append(form["control"])
    close = [
        all(inside(estimate) for prediction in control["predictions"] for estimate in prediction["estimates"])
        for control in controls
    ]
    passed = [control["verdict"] == "supported" for control in controls]
    return {
        "intervals": intervals,
        "verdicts": verdicts,
        "levels": sorted(levels),
        "missed": missed,
        "controls": len(controls),
        "supported": sum(passed),
        "nearly": sum(near and not through for near, through in zip(close, passed, strict=True)),
    }
