"""How far chance reaches over all verdicts: those to be expected wrong, and controls that nearly passed."""

from typing import Any

import pandas as pd

from overparam.report.error_rates import at_the_edge
from overparam.report.reading import Claim


def inside(estimate: dict[str, Any]) -> bool:
    """Tell whether the point estimate itself lies in its band."""
    value, (low, high) = estimate["estimate"], estimate["band"]
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def chance(claims: list[Claim], rates: pd.DataFrame | None = None) -> dict[str, Any]:
    """Say how far chance reaches: verdicts to be expected wrong, and controls that nearly passed.

    Parameters
    ----------
    rates
        How often the judge errs, see :mod:`overparam.report.error_rates`.

    Returns
    -------
    dict
        ``verdicts``: supported or refuted ones that chance could have turned; ``wrong``: how many of them are to be
        expected wrong if each had its truth on an edge of the band, where the judge errs most, for normal estimates,
        and ``at_worst`` for the most skewed; both None without ``rates``;
        ``controls``: controls judged; ``supported``: those that did not fail; ``nearly``: not supported, although every
        point estimate lay in its band.
    """
    forms = [form for claim in claims for form in claim.forms.values()]
    errors = [found for form in forms if (found := _wrong(form, rates))]
    controls = [form["control"] for form in forms if form.get("control")]
    judged = [[one for prediction in control["predictions"] for one in prediction["estimates"]] for control in controls]
    close = [bool(estimates) and all(map(inside, estimates)) for estimates in judged]
    passed = [control["verdict"] == "supported" for control in controls]
    return {
        "verdicts": len(errors),
        "wrong": None if rates is None else sum(normal for normal, _ in errors),
        "at_worst": None if rates is None else sum(worst for _, worst in errors),
        "controls": len(controls),
        "supported": sum(passed),
        "nearly": sum(near and not through for near, through in zip(close, passed, strict=True)),
    }


def _wrong(form: dict[str, Any], rates: pd.DataFrame | None) -> tuple[float, float] | None:
    """Return how probable a decided verdict is if it is wrong, for normal and for the most skewed estimates.

    It is wrong if one of the predictions that came out like it is; that with the highest rate is taken.
    """
    if form["verdict"] == "inconclusive" or rates is None:
        return None
    alike = [one for one in form["predictions"] if one["verdict"] == form["verdict"]]
    found = [pair for one in alike if (pair := at_the_edge(rates, one))]
    return (max(normal for normal, _ in found), max(worst for _, worst in found)) if found else None
