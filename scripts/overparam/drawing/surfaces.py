"""What trained networks do over time, as a table: means over seeds by what was varied, by epoch and by curve."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from overparam.drawing import charts


@dataclass
class Surface:
    """Means over seeds for one study, by row and epoch; None where there is none."""

    title: str
    rows: list[float]
    epochs: list[int]
    values: list[list[list[float | None]]]  # by row, epoch and curve
    stops: list[list[float | None]] = field(default_factory=list)  # by row: epoch of stopping, value of every curve
    threshold: float | None = None  # a place among the rows that is marked

    def plain(self) -> dict[str, Any]:
        """Return what stands in a chart."""
        return {name: getattr(self, name) for name in ("rows", "epochs", "values", "stops", "threshold")}


def of(title: str, curves: Sequence[pd.DataFrame], row: str, stops: Sequence[pd.DataFrame] = ()) -> Surface:
    """Return the surface of one study.

    Parameters
    ----------
    title
        What the study is called.
    curves
        For every curve its rows: ``epoch``, ``value``, ``seed`` and the column ``row``.
    row
        The column that tells rows of the surface apart.
    stops
        For every curve its rows at the epoch where a rule stops each network; the surface has their median epoch.
    """
    means = [
        rows[rows["epoch"] > 0].pivot_table(index=row, columns="epoch", values="value", aggfunc="mean", dropna=False)
        for rows in curves
    ]
    places, epochs = (
        charts.thinned(set().union(*(getattr(mean, axis) for mean in means))) for axis in ("index", "columns")
    )
    tables = [mean.reindex(index=places, columns=epochs).to_numpy(float) for mean in means]
    values = [[charts.rounded(table[i, j] for table in tables) for j in range(len(epochs))] for i in range(len(places))]
    return Surface(title, list(map(float, places)), list(map(int, epochs)), values, _stops(stops, row, places))


def _stops(stops: Sequence[pd.DataFrame], row: str, places: Sequence[float]) -> list[list[float | None]]:
    if not stops:
        return []
    epochs = pd.concat(stops).groupby(row)["epoch"].median().reindex(places)
    means = [rows.groupby(row)["value"].mean().reindex(places) for rows in stops]
    return [charts.rounded([epoch, *values]) for epoch, *values in zip(epochs, *means, strict=True)]


def said(names: Sequence[str], values: Sequence[float | None]) -> str:
    """Return "test error 12.3 % and train error 4.5 %" of some curves."""
    return " and ".join(
        f"{name} {100 * value:.1f} %" for name, value in zip(names, values, strict=True) if value is not None
    )
