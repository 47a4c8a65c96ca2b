"""A claim as its figure gets it: a table with the declaration of its experiment, and the verdict on it."""

import json
from typing import Any

import pandas as pd
from declared_tables import declared

from overparam.judge.verdict_file import judge_claim
from overparam.plan import registry


def judged(claim: str, table: pd.DataFrame, **settings: Any) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the declared table and the verdict on a claim, by its id; ``settings`` are those of the measurements."""
    entry = next(one for one in registry.load() if one["id"] == claim)
    verdict = judge_claim(entry, table, None, {"settings": settings}, {})
    return declared(table, entry["experiment"]), json.loads(json.dumps(verdict))
