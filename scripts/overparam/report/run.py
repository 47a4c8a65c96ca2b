"""What the pages of a run are made of: claims with their verdicts, pictures, chapters, works and references."""

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from overparam.report.reading import Claim

KINDS = ("svg", "png", "pdf")
THUMBNAIL = 400_000  # bytes of an SVG; a larger one is shown small as PNG


@dataclasses.dataclass(frozen=True)
class Picture:
    """One picture of a claim: its SVG, with PNG and PDF beside it, and what it shows in words."""

    svg: Path
    alt: str

    @property
    def size(self) -> tuple[int | None, int | None]:
        """Width and height in pixels; None where the file does not say them."""
        head = self.svg.read_text(encoding="utf-8", errors="replace")[:4000]
        box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', head)
        if not box:
            return None, None
        width, height = (round(float(size) * 4 / 3) for size in box.groups())  # points to pixels
        return width, height

    def shown(self, root: Path) -> dict[str, Any]:
        """Return the picture as a template has it; its paths are relative to ``root``, the folder of the results."""
        width, height = self.size
        path = self.svg.relative_to(root)
        files = [(kind.upper(), path.with_suffix(f".{kind}").as_posix()) for kind in KINDS]
        return {"src": path.as_posix(), "alt": self.alt, "width": width, "height": height, "files": files}

    def small(self, root: Path) -> dict[str, Any]:
        """Return the picture as a thumbnail: as PNG where the SVG is large."""
        shown, png = self.shown(root), self.svg.with_suffix(".png")
        if self.svg.stat().st_size > THUMBNAIL and png.is_file():
            shown["src"] = png.relative_to(root).as_posix()
        return shown


@dataclasses.dataclass(frozen=True)
class Pictures:
    """All pictures of a claim.

    Attributes
    ----------
    figure, details
        The figure, and the second one that has more; None where there is none.
    chart
        The interactive chart, as Vega-Lite in JSON.
    """

    figure: Picture | None = None
    details: Picture | None = None
    chart: str | None = None


@dataclasses.dataclass(frozen=True)
class Run:
    """All that the pages show.

    Attributes
    ----------
    preset
        Name of the preset.
    results
        Folder of its results, in which the report lies.
    claims
        Claims with their verdicts, in the order of the pages.
    topics, works
        The chapters, and the bibliography by key; see :mod:`overparam.plan.topics` and ``bibliography``.
    experiments
        What each experiment declares, by its name: ``description``, ``measures``.
    pictures
        By the id of the claim.
    missing
        Claims of the registry that have no verdict yet.
    measured
        Tables of measurements by experiment, of those that have something to stand beside published numbers.
    larger
        Runs at published sizes by the id of the claim, see :mod:`overparam.report.larger_runs`.
    table
        Whether ``claims.parquet`` is there.
    config
        The resolved configuration as text.
    rates
        How often the judge errs, see :mod:`overparam.report.error_rates`.
    answers
        The sentences at the head of the index, see :mod:`overparam.report.answer`.
    """

    preset: str
    results: Path
    claims: Sequence[Claim]
    topics: Sequence[Mapping[str, Any]] = ()
    works: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    experiments: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    pictures: Mapping[str, Pictures] = dataclasses.field(default_factory=dict)
    missing: Sequence[Mapping[str, Any]] = ()
    measured: Mapping[str, pd.DataFrame] = dataclasses.field(default_factory=dict)
    larger: Mapping[str, Sequence[Any]] = dataclasses.field(default_factory=dict)
    table: bool = True
    config: str | None = None
    rates: pd.DataFrame | None = None
    answers: Sequence[Mapping[str, Any]] = ()

    def measures(self, claim: Claim) -> Mapping[str, Any]:
        """Return what the experiment of a claim declares of its table; nothing if it is not known."""
        return self.experiments.get(claim.entry["experiment"], {}).get("measures", {})


def collect(
    figures: Iterable[Path], alts: Iterable[Path], details: Iterable[Path] = (), charts: Iterable[Path] = ()
) -> dict[str, Pictures]:
    """Return the pictures of claims by their ids, which are the names of the folders that the files lie in.

    Parameters
    ----------
    figures, details
        SVG files.
    alts
        What they show in words: ``figure.alt.txt`` and ``details.alt.txt``.
    charts
        Files ``interactive.json``.
    """
    said = {(path.parent.name, path.name.split(".")[0]): path.read_text(encoding="utf-8").strip() for path in alts}
    kinds = {"figure": figures, "details": details}
    drawn: dict[str, dict[str, Any]] = {}
    for kind, paths in kinds.items():
        for path in paths:
            drawn.setdefault(path.parent.name, {})[kind] = Picture(path, said.get((path.parent.name, kind), ""))
    for path in charts:
        drawn.setdefault(path.parent.name, {})["chart"] = path.read_text(encoding="utf-8").strip()
    return {claim: Pictures(**made) for claim, made in drawn.items()}
