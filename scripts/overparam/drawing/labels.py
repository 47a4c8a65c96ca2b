"""How axes and legends name what was measured: as the experiment declares it, under ``measures`` in experiment.yaml.

The program that draws puts the declaration into ``measurements.attrs["measures"]``, with :func:`attach`. Rows that are
selected keep it; a table that is grouped or joined may lose it, so labels are asked for on the measurements as they
were handed over.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from overparam.judge.selection import listed, suggestion


class Declaration(dict):
    """What an experiment measures, shared by all selections of its table: pandas would copy it with each of them."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "Declaration":
        return self


def attach(measurements: pd.DataFrame, measures: Mapping[str, Any] | None) -> None:
    """Give a table the declaration of its experiment, as it stands in the YAML file; None leaves it without labels."""
    measurements.attrs["measures"] = measures and Declaration(measures)


def quantity(measurements: pd.DataFrame, name: str) -> str:
    """Return the label of a quantity, say for the axis of its values; a ValueError if none is declared."""
    return declared(measurements, "quantities", name)["label"]


def column(measurements: pd.DataFrame, name: str) -> str:
    """Return the label of a column, say for the axis of widths; a ValueError if none is declared."""
    return declared(measurements, "columns", name)["label"]


def values(measurements: pd.DataFrame, name: str) -> list[Any]:
    """Return every value that a column ever has, in the order declared; a ValueError if none are."""
    one = declared(measurements, "columns", name)
    if "values" not in one:
        raise ValueError(f"the column {name!r} declares no `values` in experiment.yaml: add them there")
    return list(one["values"])


def declared(measurements: pd.DataFrame, part: str, name: str) -> Mapping[str, Any]:
    """Return what an experiment says of one of its ``quantities`` or ``columns``.

    Raises
    ------
    ValueError
        If the measurements carry no declaration, or it has no such entry.
    """
    measures = measurements.attrs.get("measures")
    if not measures:
        raise ValueError('the measurements carry no declaration: attrs["measures"] is put there by scripts/draw.py')
    known = list(measures[part])
    if name not in known:
        guess = suggestion(name, known)
        raise ValueError(f"experiment.yaml declares no {name!r} under measures.{part}{guess} (it has {listed(known)})")
    return measures[part][name]
