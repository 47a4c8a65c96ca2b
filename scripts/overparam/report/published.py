"""Published numbers, each with what this run has measured of the same quantity on its row."""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from overparam import typesetting
from overparam.errors import UserError
from overparam.judge import intervals, selection
from overparam.report import estimates, wording
from overparam.report.larger_runs import LargerRun
from overparam.report.reading import Claim

LOG = logging.getLogger(__name__)
PLACES = {  # on a curve of means over seeds, and what is said of them
    "smallest": "the smallest",
    "largest": "the largest",
    "valley": "first minimum",
    "peak": "peak",
}


def rows(
    claim: Claim, measures: Mapping[str, Any], table: pd.DataFrame | None, larger: Sequence[LargerRun] = ()
) -> list[dict[str, Any]]:
    """Return the published numbers of a claim as a template has them.

    Parameters
    ----------
    claim
        Its entry has under ``published`` what was printed and, in ``ours``, which measurements stand beside it.
    measures
        What the experiment declares of its table.
    table
        The measurements of the experiment; None if they are not there.
    larger
        Runs at published sizes.
    """
    made = []
    for given in claim.entry.get("published", []):
        printed = {key: typesetting.prose(given[key]) for key in ("quantity", "value", "setting")}
        known = "ours" in given and table is not None
        found = {one.preset: ours(given, one.table, measures, claim.id) for one in larger} if "ours" in given else {}
        made.append(
            {
                **printed,
                "ours": ours(given, table, measures, claim.id) if known else None,
                "larger": [{"preset": preset, **one} for preset, one in found.items() if one],
            }
        )
    return made


def ours(
    given: Mapping[str, Any], table: pd.DataFrame, measures: Mapping[str, Any], claim: str
) -> dict[str, Any] | None:
    """Return the mean over seeds, its interval and each value, in the unit of what is printed; None if missing."""
    asked, columns = given["ours"], measures["columns"]
    try:
        values, chosen = per_seed(asked, table)
    except selection.NothingMeasured:
        return None
    except UserError as error:
        LOG.warning("%s: no number of ours stands beside a published one: %s", claim, error)
        return None
    share = measures["quantities"][asked["quantity"]]["unit"] == estimates.FRACTION
    unit = estimates.PERCENT if share and "%" in given["value"] else estimates.PLAIN
    found = intervals.over_seeds(values)
    if share and len(values) > 1:
        found = found.clipped(0, 1)
    mean, low, high = (number if math.isfinite(number) else None for number in (found.estimate, found.low, found.high))
    where = {name: value for name, value in asked.get("where", {}).items() if value is not None}
    told = [estimates.condition(name, value, columns) for name, value in where.items()]
    told += [
        f"{estimates.condition(name, place, columns)} ({PLACES[which]})" for name, (which, place) in chosen.items()
    ]
    if len(values) > 1:
        told.append(wording.counted(len(values), "repetition"))
    return {
        "value": unit.number(mean),
        "interval": unit.interval(low, high) if len(values) > 1 else "",
        "conditions": told,
        "each": [unit.number(float(number)) for number in values],
    }


def per_seed(asked: Mapping[str, Any], table: pd.DataFrame) -> tuple[np.ndarray, dict[str, tuple[str, float]]]:
    """Return one value for each seed, and at which place of a curve they stand, by the column and how it was chosen.

    Raises
    ------
    NothingMeasured
        If the run has no such rows.
    UserError
        If several rows remain for a seed, or a column or quantity is not in the table.
    """
    found = selection.select(table, asked["quantity"], asked.get("where"))
    chosen = {}
    for column, which in asked.get("at", {}).items():
        places, values = selection.grid(found, column)
        place = float(places[_place(values.mean(axis=0), which)])
        found, chosen[column] = selection.select(found, asked["quantity"], {column: place}), (which, place)
    values = selection.scalars(found).to_numpy(float)
    return (1 - values if asked.get("one_minus") else values), chosen


def _place(means: np.ndarray, which: str) -> int:
    """Return the index of a place on a curve; a curve that only falls has its valley and its peak at its end."""
    if which in ("smallest", "largest"):
        return 0 if which == "smallest" else len(means) - 1
    rising = np.flatnonzero(np.diff(means) > 0)
    valley = int(rising[0]) if len(rising) else len(means) - 1
    return valley if which == "valley" else valley + int(np.argmax(means[valley:]))
