"""What every number in an experiment's table means, as a table to read: for the pages and the README."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from overparam.tables import MEASUREMENTS

HEADS = ("name", "kind", "meaning", "unit", "allowed", "gaps", "label")


def rows(measures: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return a row of text for each quantity, then for each column, in the order in which they are declared.

    Parameters
    ----------
    measures
        As :func:`overparam.plan.experiment_settings.measures` returns it.

    Returns
    -------
    list of dict
        ``name``; ``kind``: quantity, or the type of a column; ``meaning``; ``unit``, empty where a column has none;
        ``allowed``: values or range, empty where anything is; ``gaps``: yes or no; ``label``.
    """
    quantities = [_row(name, one, "quantity") for name, one in measures["quantities"].items()]
    columns = [_row(name, one, one["type"]) for name, one in measures["columns"].items()]
    return [*quantities, *columns, _row("seed", MEASUREMENTS["seed"] | {"label": "seed"}, "whole")]


def columns(declared: Mapping[str, Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return a row of text for each column of a table that is declared as :mod:`overparam.tables` declares its own."""
    return [_row(name, {**one, "label": ""}, one["type"]) for name, one in declared.items()]


def _row(name: str, one: Mapping[str, Any], kind: str) -> dict[str, str]:
    low, high = one.get("range", (None, None))
    ends = "" if low is None and high is None else f"{_end(low, '−∞')} to {_end(high, '∞')}"
    allowed = ", ".join(map(str, one["values"])) if "values" in one else ends
    gaps = "yes" if one.get("gaps") else "no"
    return dict(zip(HEADS, (name, kind, one["meaning"], one.get("unit", ""), allowed, gaps, one["label"]), strict=True))


def _end(end: float | None, unbounded: str) -> str:
    return unbounded if end is None else f"{end:g}"


def markdown(table: Iterable[Mapping[str, str]], heads: Sequence[str] = HEADS) -> str:
    """Return rows as a table in Markdown, a name as code; signs that Markdown would read as its own are escaped.

    ``heads`` says which columns are shown, ``name`` first.
    """
    lines = [" | ".join(heads), " | ".join("---" for _ in heads)]
    for row in table:
        lines.append(" | ".join([f"`{row['name']}`", *(_escaped(row[head]) for head in heads[1:])]))
    return "".join(f"| {line} |\n" for line in lines)


def _escaped(text: str) -> str:
    return "".join(f"\\{sign}" if sign in "\\|*_<`" else sign for sign in text)
