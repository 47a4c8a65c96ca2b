"""What can be counted over all verdicts: how many of each, and how far chance reaches."""

from typing import Any

from overparam.judge.intervals import LEVEL
from overparam.report.reading import Claim

TO_TOLERANCE = ("bound", "equality")  # these kinds are checked case by case: no interval that could miss the truth


def counts(claims: list[Claim]) -> dict[str, int]:
    """Count verdicts, one per claim and form."""
    forms = [form for claim in claims for form in claim.forms.values()]
    result = {word: sum(form["verdict"] == word for form in forms) for word in ("supported", "refuted", "inconclusive")}
    return {
        "claims": len(claims),
        "verdicts": len(forms),
        **result,
        "vacuous": sum(form["verdict"] == "supported" and form["vacuous"] for form in forms),
        "unavailable": sum(len(claim.forms) for claim in claims if claim.unavailable),
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
        ``level``: theirs; ``missed``: intervals expected to miss the truth by chance;
        ``controls``: controls judged; ``supported``: those that did not fail; ``nearly``: not supported, although every
        point estimate lay in its band.
    """
    intervals = verdicts = 0
    controls = []
    for claim in claims:
        for form in claim.forms.values():
            resting = sum(
                estimate["low"] is not None or estimate["high"] is not None
                for prediction in form["predictions"]
                if prediction["kind"] not in TO_TOLERANCE
                for estimate in prediction["estimates"]
            )
            intervals += resting
            verdicts += resting > 0
            if form.get("control"):
                controls.append(form["control"])
    judged = [[one for prediction in control["predictions"] for one in prediction["estimates"]] for control in controls]
    close = [bool(estimates) and all(map(inside, estimates)) for estimates in judged]
    passed = [control["verdict"] == "supported" for control in controls]
    return {
        "intervals": intervals,
        "verdicts": verdicts,
        "level": LEVEL,
        "missed": intervals * (1 - LEVEL),
        "controls": len(controls),
        "supported": sum(passed),
        "nearly": sum(near and not through for near, through in zip(close, passed, strict=True)),
    }
