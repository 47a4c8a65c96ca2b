"""The machine-readable answer: one row per claim and form."""

from typing import Any

import pandas as pd

from overparam.report import stability, wording
from overparam.report.reading import NUMBERS, Claim, decisive, numbers

VERDICTS = list(wording.SYMBOLS)
ENDS = {
    "estimate": "the estimate that decided",
    "low": "lower end of its confidence interval",
    "high": "upper end of its confidence interval",
    "band_low": "lower end of the predicted band",
    "band_high": "upper end of the predicted band",
}
COLUMNS: dict[str, dict[str, Any]] = {  # declared as those of overparam.tables are
    "id": {"type": "text", "meaning": "id of the claim"},
    "name": {"type": "text", "meaning": "its name, which is that of its files"},
    "title": {"type": "text", "meaning": "what it says, in few words"},
    "form": {"type": "text", "meaning": "the reading that is judged: as printed, as corrected, or one of its own"},
    "verdict": {"type": "text", "values": VERDICTS, "meaning": "what the form came to"},
    "vacuous": {"type": "truth", "meaning": "whether it holds, but far from everything measured"},
    "basis": {
        "type": "text",
        "values": ["measurement", *wording.BASES],
        "meaning": "what a support rests on: of a theorem or an identity, a run checks only our code",
    },
    "refutation": {
        "type": "text",
        "values": list(wording.REFUTATIONS),
        "gaps": True,
        "meaning": "of which kind a refutation is",
    },
    "not_reached": {"type": "text", "gaps": True, "meaning": "premises that did not hold, so that nothing was tested"},
    "roots": {"type": "whole", "range": [1, None], "gaps": True, "meaning": "root seeds under which it was judged"},
    "roots_differing": {
        "type": "whole",
        "range": [0, None],
        "gaps": True,
        "meaning": "those among them that came to another verdict",
    },
    "unstable": {"type": "truth", "meaning": "whether two other root seeds do not repeat the verdict"},
    "control_verdict": {
        "type": "text",
        "values": VERDICTS,
        "gaps": True,
        "meaning": "what the control came to, which must not be supported",
    },
    "prediction": {"type": "text", "gaps": True, "meaning": "name of the prediction that decided"},
    "kind": {"type": "text", "gaps": True, "meaning": "its kind, which says how it is judged"},
    **{name: {**NUMBERS[name], "meaning": meaning} for name, meaning in ENDS.items()},
    "n_seeds": {"type": "whole", "range": [0, None], "gaps": True, "meaning": "repetitions that it rests on"},
    "n_instances": {"type": "whole", "range": [0, None], "gaps": True, "meaning": "cases that it rests on"},
    "available": {"type": "truth", "meaning": "whether this run could measure the claim"},
    "reason": {"type": "text", "meaning": "why the verdict is as it is, in a sentence"},
}
TYPES = {"text": "string", "truth": "bool", "number": "Float64", "whole": "Int64"}  # of pandas, which have gaps


def table(claims: list[Claim]) -> pd.DataFrame:
    """Return one row per claim and form, with the estimate that decided it; deterministic columns only."""
    rows = [_row(claim, name, form) for claim in claims for name, form in claim.forms.items()]
    types = {name: TYPES[column["type"]] for name, column in COLUMNS.items()}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)


def _row(claim: Claim, name: str, form: dict[str, Any]) -> dict[str, Any]:
    prediction, estimate = decisive(form) or ({}, {})
    fared = stability.fared(claim, name)
    return {
        "id": claim.id,
        "name": claim.entry["name"],
        "title": claim.entry["title"],
        "form": name,
        "verdict": form["verdict"],
        "vacuous": form["vacuous"],
        "basis": form["basis"],
        "refutation": form.get("refutation", {}).get("kind"),
        "not_reached": ", ".join(form["not_reached"]) or None,
        "roots": fared and len(fared.verdicts),
        "roots_differing": fared and len(fared.differing),
        "unstable": bool(fared and fared.unstable),
        "control_verdict": (form.get("control") or {}).get("verdict"),
        "prediction": prediction.get("name"),
        "kind": prediction.get("kind"),
        **numbers(estimate),
        **{key: prediction.get(key) for key in ("n_seeds", "n_instances")},
        "available": claim.unavailable is None,
        "reason": form["reason"],
    }


def counts(rows: pd.DataFrame) -> dict[str, int]:
    """Count what stands in the table: claims, verdicts, and verdicts of each kind."""
    supported = rows[rows["verdict"] == "supported"]
    return {
        "claims": rows["id"].nunique(),
        "verdicts": len(rows),
        **{word: int((rows["verdict"] == word).sum()) for word in wording.SYMBOLS},
        "vacuous": int(supported["vacuous"].astype(bool).sum()),
        "proved": int((supported["basis"] != "measurement").sum()),
        "not_reached": int(rows["not_reached"].notna().sum()),
        "unavailable": int((~rows["available"].astype(bool)).sum()),
    }
