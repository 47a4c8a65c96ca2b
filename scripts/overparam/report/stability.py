"""How verdicts fare under other root seeds: one row per claim, form and root, and what they say together."""

import dataclasses
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
    "lineage": {"type": "text"},
}
TOLD = 1_000  # standard errors; more are an interval as narrow as rounding
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
                "lineage": verdict["lineage"],
            }
        )
    return found


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


def fared(claim: Claim, form: str) -> Fared | None:
    """Return how the verdict on a form fared; None if the reference speaks of other settings, code or data."""
    reference, lineage = claim.reference, claim.verdict.get("lineage")
    if reference is None or lineage is None:
        return None
    mine = reference[(reference["claim"] == claim.id) & (reference["form"] == form)]
    own = mine.loc[mine["lineage"] == lineage, "root"]
    if own.empty:
        return None
    margins = {int(root): None if np.isnan(value) else float(value) for root, value in _by_root(mine, "margin")}
    return Fared(int(own.iloc[0]), {int(root): word for root, word in _by_root(mine, "verdict")}, margins)


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
