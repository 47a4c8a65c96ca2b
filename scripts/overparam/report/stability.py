"""How verdicts fare under other root seeds: one row per claim, form and root, and what they say together.

The reference is shown beside a verdict that repeats it: the same design (what is predicted, and the settings of the
experiment), and under the same root seed the same verdict with the same numbers, but for rounding. The code may have
changed in between: what comes out the same says that the change decided nothing.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from overparam.judge.intervals import LEVEL
from overparam.report import wording
from overparam.report.reading import NUMBERS, Claim, decisive, numbers

VERDICTS = list(wording.SYMBOLS)
COLUMNS: dict[str, dict[str, Any]] = {  # declared as those of overparam.tables are
    "claim": {"type": "text"},
    "form": {"type": "text"},
    "root": {"type": "whole", "range": [0, None]},
    "verdict": {"type": "text", "values": VERDICTS},
    "prediction": {"type": "text", "gaps": True},
    **NUMBERS,
    "margin": {"type": "number", "gaps": True},
    "design": {"type": "text"},
}
TOLD = 1_000  # standard errors; more are an interval as narrow as rounding
ROUNDING = 1e-6  # relative; libraries and processors round differently
OF_THE_RUN = ("seed", "gpus", "memory_mb")  # settings of an experiment that are no part of its design
OTHERS_TO_TELL = 2  # roots that differ, for a verdict to be called unstable


@dataclasses.dataclass(frozen=True)
class Fared:
    """How the verdict on one form came out under every root seed that was tried, its own included.

    Attributes
    ----------
    own
        The root seed of the verdict itself.
    verdicts
        The verdict by root seed.
    margins
        Distance of the deciding estimate to its band's nearest edge in standard errors, by root seed; negative outside.
    """

    own: int
    verdicts: Mapping[int, str]
    margins: Mapping[int, float | None]

    @property
    def differing(self) -> list[int]:
        """The roots whose verdict is another."""
        return [root for root, verdict in self.verdicts.items() if verdict != self.verdicts[self.own]]

    @property
    def unstable(self) -> bool:
        """Whether two other roots do not repeat the verdict."""
        return len(self.differing) >= OTHERS_TO_TELL


def rows(verdict: Mapping[str, Any], root: int) -> list[dict[str, Any]]:
    """Return what one verdict file says under a root seed, a row per form."""
    found = []
    for name, form in verdict["forms"].items():
        prediction, estimate = decisive(form) or ({}, {})
        found.append(
            {
                "claim": verdict["claim"],
                "form": name,
                "root": root,
                "verdict": form["verdict"],
                "prediction": prediction.get("name"),
                **numbers(estimate),
                "margin": margin(estimate) if estimate else None,
                "design": design(verdict, name),
            }
        )
    return found


def design(verdict: Mapping[str, Any], form: str) -> str:
    """Return a short hash of what a form is judged by, predictions and settings, whatever root seed and code."""
    judged = verdict["forms"][form]
    declared = [[one["declared"] for one in judged[kind]] for kind in ("premises", "predictions")]
    settings = {key: value for key, value in _settings(verdict).items() if key not in OF_THE_RUN}
    return hashlib.sha256(json.dumps([declared, settings], sort_keys=True).encode()).hexdigest()[:16]


def _settings(verdict: Mapping[str, Any]) -> Mapping[str, Any]:
    return (verdict.get("cost") or {}).get("settings") or {}


def margin(estimate: Mapping[str, Any]) -> float | None:
    """Return how far an estimate lies inside its band, in standard errors; negative outside.

    The standard error is taken from the width of the interval as if it were normal. None where there is none: an
    interval without width or with an open end.
    """
    value, low, high = (estimate[key] for key in ("estimate", "low", "high"))
    if value is None or low is None or high is None or low == high:
        return None
    error = (high - low) / 2 / special.ndtri((1 + LEVEL) / 2)
    distances = [sign * (value - end) for sign, end in zip((1, -1), estimate["band"], strict=True) if end is not None]
    return float(min(distances) / error) if distances else None


def table(found: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows as a table, ordered by claim, form and root."""
    made = pd.DataFrame(list(found), columns=list(COLUMNS))
    numbers = [name for name, column in COLUMNS.items() if column["type"] == "number"]
    made[numbers] = made[numbers].astype(float)
    order = made["claim"].map(lambda claim: (claim[0], int(claim[1:])))
    return made.assign(order=order).sort_values(["order", "form", "root"], kind="stable").drop(columns="order")


def updated(made: pd.DataFrame, newer: pd.DataFrame) -> pd.DataFrame:
    """Return the table with newer rows in it: they replace those of the same form and root, and of another design.

    Rows of a form that is no longer judged go too, where its claim has newer rows.
    """
    latest = {(row.claim, row.form): row.design for row in newer.itertuples()}
    claims, roots = set(newer["claim"]), set(zip(newer["claim"], newer["form"], newer["root"], strict=True))
    kept = [
        row
        for row in made.to_dict("records")
        if row["claim"] not in claims
        or (
            latest.get((row["claim"], row["form"])) == row["design"]
            and (row["claim"], row["form"], row["root"]) not in roots
        )
    ]
    return table([*kept, *newer.to_dict("records")])


def near(made: pd.DataFrame, errors: float) -> set[str]:
    """Return the claims of which an estimate came this near to an edge of its band, or whose verdict changed."""
    changing = made.groupby(["claim", "form"])["verdict"].transform("nunique") > 1
    return set(made.loc[(made["margin"].abs() < errors) | changing, "claim"])


def fared(claim: Claim, form: str) -> Fared | None:
    """Return how the verdict on a form fared; None if the reference does not have this very verdict."""
    reference, root = claim.reference, _settings(claim.verdict).get("seed")
    if reference is None or root is None:
        return None
    mine = reference[(reference["claim"] == claim.id) & (reference["form"] == form)]
    here = next(row for row in rows(claim.verdict, root) if row["form"] == form)
    mine = mine[mine["design"] == here["design"]]
    own = mine[mine["root"] == root].to_dict("records")
    if not own or not _repeats(own[0], here):
        return None
    margins = {int(root): None if np.isnan(value) else float(value) for root, value in _by_root(mine, "margin")}
    return Fared(root, {int(root): word for root, word in _by_root(mine, "verdict")}, margins)


def _repeats(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two rows have the same verdict for the same reason, with the same numbers but for rounding."""
    first, second = ([np.nan if row[name] is None else row[name] for name in NUMBERS] for row in (one, other))
    named = [row["prediction"] if isinstance(row["prediction"], str) else None for row in (one, other)]
    same = one["verdict"] == other["verdict"] and named[0] == named[1]
    return same and bool(np.allclose(first, second, rtol=ROUNDING, atol=0, equal_nan=True))


def _by_root(rows: pd.DataFrame, column: str) -> Iterable[tuple[int, Any]]:
    return zip(rows["root"], rows[column], strict=True)


def text(reference: pd.DataFrame) -> str:
    """Return verdict and margin of every form under every root seed as plain text, with how many forms change."""
    roots = sorted(reference["root"].unique())
    lines = ["claim form            " + "".join(f"root {root}".ljust(13) for root in roots)]
    changed = turned = 0
    for (claim, form), mine in reference.groupby(["claim", "form"], sort=False):
        words = dict(_by_root(mine, "verdict"))
        changed += len(set(words.values())) > 1
        turned += {"supported", "refuted"} <= set(words.values())
        cells = [_cell(words.get(root), dict(_by_root(mine, "margin")).get(root)) for root in roots]
        lines.append(f"{claim:5} {form:15.15} " + "".join(cells) + ("changes" if len(set(words.values())) > 1 else ""))
    forms = wording.counted(reference.groupby(["claim", "form"]).ngroups, "form")
    lines.append(
        f"{forms} under {wording.counted(len(roots), 'root seed')}: {changed} change, {turned} of them between "
        "supported and refuted. In brackets: distance of the deciding estimate to its band's nearest edge in standard "
        "errors, negative outside."
    )
    return "\n".join(lines)


def _cell(word: str | None, distance: float | None) -> str:
    if word is None:
        return "–".ljust(13)
    told = distance is not None and abs(distance) < TOLD  # nan is not
    aside = f" ({distance:+.1f})".translate(wording.MARKS) if told else ""
    return f"{word[:3]}{aside}".ljust(13)
