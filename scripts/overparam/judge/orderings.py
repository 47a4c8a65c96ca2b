"""Whether one quantity exceeds another, or a number, and by how much (`ordering`)."""

from typing import Any

import numpy as np
import pandas as pd

from overparam.errors import UserError
from overparam.judge.intervals import Interval, over_seeds
from overparam.judge.selection import listed, merged, scalars, select
from overparam.judge.verdicts import Estimate, Outcome, band_of


def ordering(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    """Judge ``greater - less``, or ``greater / less``, paired by seed.

    A side is a number or a mapping that overrides ``quantity``, ``where``, ``reduce`` and ``along`` of the prediction.
    Ratios are averaged as logarithms (geometric mean), so that a ratio and its inverse are judged alike. With
    ``average: proportion`` one side is a rate over seeds (outcomes 0 and 1) and the other a number; the interval is
    Clopper and Pearson's, because eight successes of eight do not show a rate of 95 %.

    Notes
    -----
    Where a side is reduced to its largest or smallest value, that choice is made on the very values that are compared,
    which favours it: to show a peak use the kind ``peak``.
    """
    relation, average = prediction["relation"], prediction["average"]
    sides = {name: side(measurements, prediction, prediction[name]) for name in ("greater", "less")}
    tables = {name: values for name, values in sides.items() if isinstance(values, pd.Series)}
    if not tables:
        raise UserError("`greater` and `less` are both numbers: nothing is measured")
    seeds = [set(values.index) for values in tables.values()]
    alone = set.union(*seeds) - set.intersection(*seeds)
    if alone:
        raise UserError(
            f"`greater` and `less` are paired by seed, but seeds {listed(sorted(alone))} are on one side only"
        )
    interval = _proportions(sides, tables, relation) if average == "proportion" else _paired(sides, relation, average)
    band = band_of(prediction["band"])
    with np.errstate(invalid="ignore"):  # infinite values of both signs have no mean
        means = {f"mean_{name}": float(np.mean(values)) for name, values in sides.items()}
    return Outcome(
        [Estimate(relation, interval, band)],
        len(seeds[0]),
        sum(len(values) for values in tables.values()),
        detail=means,
    )


def side(measurements: pd.DataFrame, prediction: dict[str, Any], given: dict[str, Any] | float) -> pd.Series | float:
    """Return one value per seed for a side that is selected, or the number that is given."""
    if not isinstance(given, dict):
        return float(given)
    settings = {**prediction, **given}
    if "quantity" not in settings:
        raise UserError("a side of `ordering` has no `quantity`, and neither has the prediction")
    where = merged(prediction.get("where"), given.get("where"))
    return scalars(select(measurements, settings["quantity"], where), settings.get("reduce"), settings.get("along"))


def _paired(sides: dict[str, Any], relation: str, average: str) -> Interval:
    greater, less = (np.asarray(values, dtype=float) for values in sides.values())
    with np.errstate(all="ignore"):  # infinite and missing values are judged as such
        if relation == "difference":
            return over_seeds(greater - less, average)
        logarithms = np.log(greater / less)
    return over_seeds(logarithms, average).map(lambda value: float(np.exp(value)))


def _proportions(sides: dict[str, Any], tables: dict[str, pd.Series], relation: str) -> Interval:
    if len(tables) != 1:
        raise UserError("`average: proportion` compares a rate with a number; both sides are measured")
    (name, outcomes), reference = next(iter(tables.items())), next(v for v in sides.values() if isinstance(v, float))
    rate = over_seeds(outcomes.to_numpy(float), "proportion")
    if name == "less":  # mirrored, so that the map below stays increasing
        raise UserError("`average: proportion` takes the rate as `greater`; for an upper limit use `band: [null, 0]`")
    return rate.map(lambda value: value - reference if relation == "difference" else value / reference)
