"""Runs at published sizes whose results belong to the project: what a claim's page shows beside its own run."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from overparam import places
from overparam.jobs import records
from overparam.report import origins, sizes, wording
from overparam.report.reading import Claim
from overparam.report.run import Picture


@dataclasses.dataclass(frozen=True)
class LargerRun:
    """What a run at published size found of one claim.

    Attributes
    ----------
    preset
        Name of its configuration.
    verdict
        The content of its ``verdict.json``.
    table
        The measurements that it was judged on.
    picture
        Its figure.
    """

    preset: str
    verdict: dict[str, Any]
    table: pd.DataFrame
    picture: Picture

    @property
    def path(self) -> str:
        """Where the figure lies below the folder of the pages."""
        return places.larger_figure(self.picture.svg)


def collect(verdicts: Iterable[Path], experiments: Mapping[str, str]) -> dict[str, list[LargerRun]]:
    """Return the larger runs of claims by their ids.

    Parameters
    ----------
    verdicts
        Files ``<preset>/claims/<id>/verdict.json``, beside which ``figure.svg`` and ``figure.alt.txt`` lie, and in
        ``<preset>/measurements`` the table.
    experiments
        Name of the experiment of each claim.
    """
    found: dict[str, list[LargerRun]] = {}
    for path in verdicts:
        folder, claim = path.parents[2], path.parent.name
        if claim not in experiments:
            continue
        table = records.measurements(folder / f"measurements/{experiments[claim]}.parquet")
        said = path.with_name("figure.alt.txt").read_text(encoding="utf-8").strip()
        picture = Picture(path.with_name("figure.svg"), said)
        found.setdefault(claim, []).append(LargerRun(folder.name, records.verdict(path), table, picture))
    return found


def of(claim: Claim, known: Mapping[str, Sequence[LargerRun]]) -> list[LargerRun]:
    """Return the larger runs of a claim that were judged by what it is judged by now; an older one is not shown."""
    return [one for one in known.get(claim.id, []) if judged_alike(one.verdict, claim.verdict)]


def judged_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two verdicts on a claim are on the same forms with the same premises and predictions."""
    return _declared(one) == _declared(other)


def _declared(verdict: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {
        name: [judged["declared"] for kind in ("premises", "predictions") for judged in form[kind]]
        for name, form in verdict["forms"].items()
    }


def view(run: LargerRun, titles: Mapping[str, str], experiment: str) -> dict[str, Any]:
    """Return a larger run as a template has it; ``titles`` are those of the forms."""
    width, height = run.picture.size
    return {
        "preset": run.preset,
        "size": sizes.told(run.verdict, experiment),
        "cost": origins.cost(run.verdict.get("cost") or {}),
        "forms": [{**run.verdict["forms"][name], "title": title} for name, title in titles.items()],
        "figure": {"src": run.path, "alt": run.picture.alt, "width": width, "height": height},
        "data": wording.joined([str(data.get("label", data.get("name"))) for data in origins.of(run.verdict)]),
    }
