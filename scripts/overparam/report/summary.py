"""The machine-readable answer: one row per claim and form."""

from typing import Any

import pandas as pd

from overparam.report import stability, wording
from overparam.report.reading import NUMBERS, Claim, decisive, numbers

VERDICTS = list(wording.SYMBOLS)
COLUMNS: dict[str, dict[str, Any]] = {  # declared as those of overparam.tables are
    "id": {"type": "text"},
    "name": {"type": "text"},
    "title": {"type": "text"},
    "form": {"type": "text"},
    "verdict": {"type": "text", "values": VERDICTS},
    "vacuous": {"type": "truth"},
    "basis": {"type": "text", "values": ["measurement", *wording.BASES]},
    "refutation": {"type": "text", "values": list(wording.REFUTATIONS), "gaps": True},
    "not_reached": {"type": "text", "gaps": True},
    "roots": {"type": "whole", "range": [1, None], "gaps": True},
    "roots_differing": {"type": "whole", "range": [0, None], "gaps": True},
    "unstable": {"type": "truth"},
    "control_verdict": {"type": "text", "values": VERDICTS, "gaps": True},
    "prediction": {"type": "text", "gaps": True},
    "kind": {"type": "text", "gaps": True},
    **NUMBERS,
    "n_seeds": {"type": "whole", "range": [0, None], "gaps": True},
    "n_instances": {"type": "whole", "range": [0, None], "gaps": True},
    "available": {"type": "truth"},
    "reason": {"type": "text"},
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
