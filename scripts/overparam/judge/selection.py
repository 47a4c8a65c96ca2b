"""Which measurements a prediction speaks of: filters, curves per seed and pairs, with an error for every doubt.

Nothing is averaged silently: where several rows remain for one seed and place, that is an error.
"""

import dataclasses
import difflib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from overparam.errors import UserError

Where = Mapping[str, Any]
NOT_CONDITIONS = ("quantity", "value")
SIDES = ("greater", "less", "limit", "equals", "reference")  # parts of a prediction that select rows of their own
REDUCTIONS: dict[str, Callable[[np.ndarray], Any]] = {
    "mean": np.mean,
    "median": np.median,
    "max": np.max,
    "min": np.min,
    "last": lambda values: values[-1],
}
COMPARISONS = {"min": np.greater_equal, "max": np.less_equal, "above": np.greater, "below": np.less}


@dataclasses.dataclass(frozen=True)
class Curve:
    """One seed's measurements ``y`` at ascending places ``x``, both float64 of shape (n_x,)."""

    seed: int
    x: np.ndarray
    y: np.ndarray


def merged(*wheres: Where | None) -> dict[str, Any]:
    """Return one filter in which a later mapping wins over an earlier one, column by column."""
    return {column: condition for where in wheres for column, condition in (where or {}).items()}


class NothingMeasured(UserError):
    """No row passes a filter whose columns and quantity are known: the run lacks a level, nothing is misspelt."""


def controlled(prediction: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """Return the prediction as it is judged under a control's ``where``.

    It wins over the prediction's own filter, from which every side takes the columns that it does not name itself.
    What a side names, it keeps: a reference at the end of training stays the unit where the control stops early.
    """
    return {**prediction, "where": merged(prediction.get("where"), where)}


def imposed(prediction: Mapping[str, Any], where: Where) -> dict[str, Any]:
    """Return the prediction for one combination of ``each``: ``where`` wins over its filter and that of every side."""
    sides = {key: prediction[key] for key in SIDES if isinstance(prediction.get(key), Mapping)}
    return {
        **prediction,
        "where": merged(prediction.get("where"), where),
        **{key: {**side, "where": merged(side.get("where"), where)} for key, side in sides.items()},
    }


def select(measurements: pd.DataFrame, quantity: str, where: Where | None = None) -> pd.DataFrame:
    """Return the rows of ``quantity`` that pass ``where``; a filter on ``quantity`` itself wins.

    Parameters
    ----------
    measurements
        Tidy table with columns ``quantity``, ``value``, ``seed`` and conditions.
    quantity
        Name of the measured quantity.
    where
        Per column a scalar (null for missing), a list of scalars, or limits ``min``/``max`` (inclusive) and
        ``above``/``below`` (strict). Numbers match to a relative 1e-9.

    Raises
    ------
    UserError
        If a column or the quantity does not exist.
    NothingMeasured
        If no row is left otherwise: the message names the condition that removed the last row.
    """
    conditions = merged({"quantity": quantity}, where)
    for column in conditions:  # all of them first, so that a missing level hides no misspelt column
        if column not in measurements.columns or column == "value":
            known = [name for name in measurements.columns if name != "value"]
            raise UserError(
                f"unknown column `{column}` in `where`{suggestion(column, known)} (columns: {listed(known)})"
            )
    rows = np.arange(len(measurements))  # the table itself is copied once, whatever the number of conditions
    for column, condition in conditions.items():
        left = measurements[column].iloc[rows]
        rows = rows[_matches(left, condition)]
        if not len(rows):
            kind = UserError if column == "quantity" else NothingMeasured
            raise kind(f"no row has {described(column, condition)} (found: {listed(left.unique())})")
    return measurements.iloc[rows]


def curves(rows: pd.DataFrame, x: str) -> list[Curve]:
    """Return one curve per seed, seeds ascending; the places may differ between seeds."""
    rows = _ordered(rows, [x])
    return [
        Curve(int(seed), part[x].to_numpy(float), part["value"].to_numpy(float)) for seed, part in rows.groupby("seed")
    ]


def grid(rows: pd.DataFrame, x: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the common places, shape (n_x,), and the values, shape (n_seeds, n_x).

    Raises
    ------
    UserError
        If a seed lacks a place that another seed has.
    """
    table = _ordered(rows, [x]).set_index(["seed", x])["value"]
    seeds, places = (table.index.unique(level).sort_values() for level in (0, 1))
    absent = pd.MultiIndex.from_product([seeds, places]).difference(table.index)
    if len(absent):
        seed, place = absent[0]
        raise UserError(f"seed {seed} has no row at {x} = {place}, where another seed has one")
    return places.to_numpy(float), table.unstack().sort_index(axis=1).to_numpy(float)


def scalars(rows: pd.DataFrame, reduce: str | None = None, along: str | Sequence[str] | None = None) -> pd.Series:
    """Return one value per seed (index: seed, ascending), reduced along named columns if asked.

    A missing value is kept: the reduction of a seed that holds one is missing too.
    """
    if reduce is None:
        return _ordered(rows, []).set_index("seed")["value"].astype(float)
    columns = [along] if isinstance(along, str) else list(along or [])
    if not columns:
        raise UserError("`reduce` needs `along`: the column, or list of columns, to reduce over")
    rows = _ordered(rows, columns)
    return pd.Series(
        {seed: float(REDUCTIONS[reduce](part.to_numpy(float))) for seed, part in rows.groupby("seed").value}
    )


def paired(rows: pd.DataFrame, others: pd.DataFrame, replaced: Sequence[str] = ()) -> pd.DataFrame:
    """Return ``rows`` with the column ``other``: the value of ``others`` under the same conditions.

    Conditions are all columns but those in ``replaced`` (where the two differ by intention) and those that are null
    throughout ``others`` (it does not depend on them).

    Raises
    ------
    UserError
        If a row has no partner, or several.
    """
    ignored = {*NOT_CONDITIONS, *replaced}
    keys = [column for column in others.columns if column not in ignored and others[column].notna().any()]
    _refuse_duplicates(others, keys)
    others = others[[*keys, "value"]].rename(columns={"value": "other"})
    pairs = rows.merge(others, on=keys, how="left", indicator="partner", validate="many_to_one")
    alone = pairs[pairs["partner"] == "left_only"]
    if len(alone):
        first = ", ".join(f"{key} = {alone.iloc[0][key]}" for key in keys)
        raise UserError(f"{len(alone)} of {len(pairs)} rows have nothing to be compared with, the first at {first}")
    return pairs.drop(columns="partner")


def suggestion(name: str, known: Sequence[str]) -> str:
    """Return ", did you mean …?" if a known name is close to ``name``, else nothing."""
    close = difflib.get_close_matches(str(name), [str(candidate) for candidate in known], n=1)
    return f", did you mean `{close[0]}`?" if close else ""


def listed(values: Sequence[Any], limit: int = 12) -> str:
    """Return the values as a comma-separated list, cut after ``limit``."""
    shown = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return ", ".join([*shown[:limit], "…"] if len(shown) > limit else shown)


def described(column: str, condition: Any) -> str:
    """Return a condition in words."""
    if isinstance(condition, Mapping):
        return f"{column} with " + " and ".join(f"{key} {value}" for key, value in condition.items())
    if isinstance(condition, list | tuple):
        return f"{column} in [{listed(condition)}]"
    return f"{column} = {condition}"


def _matches(column: pd.Series, condition: Any) -> np.ndarray:
    if isinstance(condition, Mapping):
        unknown = set(condition) - set(COMPARISONS)
        if unknown:
            raise UserError(
                f"unknown limit `{sorted(unknown)[0]}` for column `{column.name}` (allowed: {listed([*COMPARISONS])})"
            )
        numbers = pd.to_numeric(column, errors="coerce").to_numpy(float)
        return np.logical_and.reduce([COMPARISONS[key](numbers, limit) for key, limit in condition.items()])
    wanted = condition if isinstance(condition, list | tuple) else [condition]
    return np.logical_or.reduce([_equals(column, value) for value in wanted])


def _equals(column: pd.Series, value: Any) -> np.ndarray:
    if pd.isna(value):
        return column.isna().to_numpy()
    if isinstance(value, int | float) and pd.api.types.is_numeric_dtype(column):
        return np.isclose(column.to_numpy(float, na_value=np.nan), float(value), rtol=1e-9, atol=0)
    return (column == value).fillna(False).to_numpy(bool)


def _ordered(rows: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    for column in columns:
        if column not in rows.columns:
            raise UserError(f"unknown column `{column}`{suggestion(column, list(rows.columns))}")
        if not pd.api.types.is_numeric_dtype(rows[column]) or rows[column].isna().any():
            raise UserError(f"column `{column}` must hold a number in every row that is judged")
    _refuse_duplicates(rows, ["seed", *columns])
    return rows.sort_values(["seed", *columns], kind="stable")


def _refuse_duplicates(rows: pd.DataFrame, keys: list[str]) -> None:
    double = rows[rows.duplicated(keys, keep=False)]
    if double.empty:
        return
    first = double[(double[keys] == double[keys].iloc[0]).all(axis=1)] if keys else double
    varying = [c for c in rows.columns if c not in (*keys, "value") and first[c].nunique(dropna=False) > 1]
    place = ", ".join(f"{key} = {first.iloc[0][key]}" for key in keys)
    cause = (
        f"they differ in {listed(varying)}: name it in `where` or `each`" if varying else "they differ in nothing else"
    )
    raise UserError(f"{len(first)} rows for {place}, where one is expected; {cause}")
