"""Whether a table holds what was declared of it: names, order and types of its columns, values, ranges and gaps.

A declaration is one of :mod:`overparam.tables` or what an experiment says under ``measures``. The types are those of
Arrow, which every job has loaded to read and write parquet.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from overparam.tables import MEASUREMENTS

ROUNDING = 1e-6  # beyond the ends of a range, for float32: relative to an end, and at least this much
CLOSE = 1e-9  # numbers are one of the declared values if they differ by this part of it

Columns = Mapping[str, Mapping[str, Any]]

KINDS: dict[str, tuple[Callable[[pa.DataType], bool], ...]] = {
    "text": (pa.types.is_string, pa.types.is_large_string),
    "whole": (pa.types.is_integer,),
    "number": (pa.types.is_floating,),
    "truth": (pa.types.is_boolean,),
}


def problem(table: pd.DataFrame, columns: Columns, *, others: bool = False) -> str | None:
    """Return the first thing that is wrong with a table, or ``None``.

    Parameters
    ----------
    columns
        Every column by name, in the order of the table.
    others
        Whether the table may have columns besides, and any order.
    """
    if not table.columns.is_unique:
        return f"a column stands there twice: {table.columns[table.columns.duplicated()][0]}"
    if table.empty:
        return "has no rows"
    if wrong := _names(list(table.columns), list(columns), others):
        return wrong
    found = (_column(table[name], column, exact=True) for name, column in columns.items())
    return next((f"{name} {wrong}" for name, wrong in zip(columns, found, strict=True) if wrong), None)


def measured_problem(table: pd.DataFrame, measures: Mapping[str, Columns]) -> str | None:
    """Return the first thing in which measurements differ from what their experiment ``measures``, or ``None``."""
    return next(_measured(table, measures), None)


def _measured(table: pd.DataFrame, measures: Mapping[str, Columns]) -> Iterator[str]:
    if wrong := problem(table, MEASUREMENTS, others=True):
        yield wrong
        return
    own = [name for name in table.columns if name not in MEASUREMENTS]
    if wrong := _names(own, list(measures["columns"]), others=False):
        yield wrong
        return
    for name, column in measures["columns"].items():
        if wrong := _column(table[name], column):
            yield f"the column {name} {wrong}"
    names = table["quantity"]
    unknown = ~names.isin(list(measures["quantities"]))
    if unknown.any():
        first, count = names[unknown].iloc[0], int((names == names[unknown].iloc[0]).sum())
        meant = _like(first, measures["quantities"])
        yield f"the quantity {first!r} in {count} of {len(table)} rows is not declared{meant}"
    for name, values in table["value"].groupby(names, sort=False):
        quantity = measures["quantities"].get(name, {})
        if values.isna().any() and not quantity.get("gaps", False):
            yield f"the quantity {name} is no number in {_of(values.isna())}, and declares no gaps"
        finite = values[np.isfinite(values)]
        if wrong := _outside(finite.to_numpy(), quantity.get("range"), len(values)):
            yield f"the quantity {name} {wrong}"


def _names(found: Sequence[str], declared: Sequence[str], others: bool) -> str | None:
    for name in declared:
        if name not in found:
            return f"there is no column {name}{_like(name, [one for one in found if one not in declared])}"
    if others:
        return None
    if more := [name for name in found if name not in declared]:
        return f"has other columns as well: {', '.join(map(str, more))}"
    if list(found) != list(declared):
        first = next(index for index, name in enumerate(found) if name != declared[index])
        return f"has its columns in another order: {found[first]} where {declared[first]} is declared"
    return None


def _column(values: pd.Series, declared: Mapping[str, Any], exact: bool = False) -> str | None:
    """Return what is wrong with a column; unless ``exact``, whole numbers may stand for numbers.

    Where gaps are declared, a column without any value may be of any type, and whole numbers are numbers to pandas.
    """
    try:
        array = pa.Array.from_pandas(values)
    except pa.ArrowException as error:
        return f"is a mixture, not {declared['type']}: {' '.join(str(error).split())}"
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    kind, gaps = declared["type"], declared.get("gaps", False)
    present = array.drop_null()
    if len(present) < len(array) and not gaps:
        return f"has gaps in {len(array) - len(present)} of {len(array)} rows"
    if not len(present) and not exact:
        return None
    if not _fits(present, kind, exact, gaps):
        example = f", say {present[0].as_py()!r}" if len(present) else ""
        return f"is {array.type}, not {kind}{example}, in {len(present)} of {len(array)} rows"
    return _not_listed(present, declared.get("values"), len(array)) or _outside(
        present.to_numpy(zero_copy_only=False), declared.get("range"), len(array)
    )


def _fits(present: pa.Array, kind: str, exact: bool, gaps: bool) -> bool:
    if any(fits(present.type) for fits in KINDS[kind]):
        return True
    if kind == "number":
        return not exact and pa.types.is_integer(present.type)
    if kind == "whole" and gaps and pa.types.is_floating(present.type):
        numbers = present.to_numpy()
        return bool((numbers == np.round(numbers)).all())
    return False


def _not_listed(present: pa.Array, allowed: Sequence[Any] | None, n_rows: int) -> str | None:
    if allowed is None:
        return None
    values = present.to_numpy(zero_copy_only=False)
    if isinstance(allowed[0], str):
        known = np.isin(values.astype(object), np.array(allowed, dtype=object))
    else:
        known = np.isclose(values[:, None].astype(float), np.array(allowed, dtype=float), rtol=CLOSE, atol=0).any(
            axis=1
        )
    if known.all():
        return None
    first = present[int(np.argmin(known))].as_py()
    return (
        f"is {first!r} in a row, which is none of its values; {(~known).sum()} of {n_rows} rows{_like(first, allowed)}"
    )


def _outside(values: np.ndarray, ends: Sequence[float | None] | None, n_rows: int) -> str | None:
    """Return what is wrong with numbers that should lie in a closed range, up to rounding."""
    low, high = ends or (None, None)
    outside = np.zeros(len(values), dtype=bool)
    if low is not None:
        outside |= values < low - ROUNDING * max(1, abs(low))
    if high is not None:
        outside |= values > high + ROUNDING * max(1, abs(high))
    if not outside.any():
        return None
    shown = f"{'(−∞' if low is None else f'[{low:g}'}, {'∞)' if high is None else f'{high:g}]'}"
    return f"is {values[outside][0]:g} in a row, outside {shown}; {outside.sum()} of {n_rows} rows"


def _of(selected: pd.Series) -> str:
    return f"{int(selected.sum())} of {len(selected)} rows"


def _like(name: Any, known: Sequence[Any] | Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(str(name), [str(one) for one in known], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
