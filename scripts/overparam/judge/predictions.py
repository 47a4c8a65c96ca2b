"""Evaluate one prediction of the registry on a table of measurements."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from overparam.errors import UserError
from overparam.judge.defaults import complete
from overparam.judge.inequalities import bound, equality
from overparam.judge.intervals import LEVEL
from overparam.judge.multiplicity import corrected
from overparam.judge.orderings import ordering
from overparam.judge.peaks import peak
from overparam.judge.selection import NothingMeasured, imposed, listed, merged, select, suggestion
from overparam.judge.thresholds import threshold
from overparam.judge.trends import monotone, slope
from overparam.judge.verdicts import Estimate, Outcome, combine

KINDS: dict[str, Callable[[pd.DataFrame, dict[str, Any]], Outcome]] = {
    "slope": slope,
    "threshold": threshold,
    "ordering": ordering,
    "peak": peak,
    "bound": bound,
    "equality": equality,
    "monotone": monotone,
}


def evaluate(measurements: pd.DataFrame, prediction: dict[str, Any]) -> dict[str, Any]:
    """Judge one prediction alone and write down what it came to; see :func:`outcomes` and :func:`written`."""
    return written(prediction, corrected([outcomes(measurements, prediction)]).judged[0])


def outcomes(measurements: pd.DataFrame, prediction: dict[str, Any]) -> dict[str, Outcome]:
    """Judge one prediction; with ``each``, separately for every combination of values of these columns, by its label.

    Where the run has no rows that the prediction speaks of, the outcome is inconclusive and says so; that of one
    combination leaves the others as they are. Nothing is corrected yet for the number of estimates.
    """
    prediction = complete(prediction)
    try:
        combinations = _combinations(measurements, prediction)
    except NothingMeasured as error:
        return {"": _unmeasured(error)}
    return {label: _outcome(measurements, imposed(prediction, where)) for label, where in combinations.items()}


def written(prediction: dict[str, Any], judged: dict[str, Outcome]) -> dict[str, Any]:
    """Return what a prediction came to, from the outcome of every combination.

    Returns
    -------
    dict
        ``name, kind, declared, verdict, vacuous, estimates, n_seeds, n_instances, detail`` as plain JSON values; a
        number that is not finite is null, and ``detail`` says why. ``declared`` is the prediction itself as it was
        judged, with every default: what a figure shows of it, it takes from there.
    """
    details = {label: _explained(outcome) for label, outcome in judged.items()}
    return {
        "name": prediction["name"],
        "kind": prediction["kind"],
        "declared": complete(prediction),
        "verdict": combine(outcome.verdict for outcome in judged.values()),
        "vacuous": any(outcome.vacuous for outcome in judged.values()),
        "estimates": [_written(estimate, label) for label, outcome in judged.items() for estimate in outcome.estimates],
        "n_seeds": min((outcome.n_seeds for outcome in judged.values() if not outcome.unmeasured), default=0),
        "n_instances": sum(outcome.n_instances for outcome in judged.values()),
        "detail": plain(details.get("", details)),
    }


def _outcome(measurements: pd.DataFrame, prediction: dict[str, Any]) -> Outcome:
    try:
        return KINDS[prediction["kind"]](measurements, prediction)
    except NothingMeasured as error:
        return _unmeasured(error)


def _unmeasured(error: NothingMeasured) -> Outcome:
    return Outcome([], n_seeds=0, n_instances=0, unmeasured=str(error))


def _combinations(measurements: pd.DataFrame, prediction: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return one filter per combination of values of the columns in ``each``, by its label."""
    columns = prediction.get("each", [])
    if not columns:
        return {"": {}}
    side: dict[str, Any] = next(
        (prediction[key] for key in ("greater", "less") if isinstance(prediction.get(key), dict)), {}
    )
    quantity: Any = side.get("quantity", prediction.get("quantity"))
    rows = select(measurements, quantity, merged(prediction.get("where"), side.get("where")))
    for column in columns:
        if column not in rows.columns:
            known = listed(list(rows.columns))
            raise UserError(
                f"unknown column `{column}` in `each`{suggestion(column, list(rows.columns))} (columns: {known})"
            )
    found = rows[columns].drop_duplicates().sort_values(columns, kind="stable")
    filters = [dict(zip(columns, values, strict=True)) for values in found.itertuples(index=False, name=None)]
    return {", ".join(f"{column} = {_spelled(value)}" for column, value in one.items()): one for one in filters}


def _spelled(value: Any) -> str:
    """Return a condition as text; one that does not apply to the rows is ``none``."""
    return "none" if pd.isna(value) else str(value)


def _explained(outcome: Outcome) -> dict[str, Any]:
    reasons = {estimate.name: _reasons(estimate) for estimate in outcome.estimates if _reasons(estimate)}
    return {
        **outcome.detail,
        **({"reasons": reasons} if reasons else {}),
        **({"not_measured": outcome.unmeasured} if outcome.unmeasured else {}),
    }


def _reasons(estimate: Estimate) -> str:
    strays = (
        f"outside its band at {percent(LEVEL)}, but not at the {percent(estimate.level)} that a refutation takes here"
    )
    return "; ".join(filter(None, [estimate.interval.reason, strays if estimate.stray else ""]))


def _written(estimate: Estimate, label: str) -> dict[str, Any]:
    interval = estimate.interval
    return plain(
        {
            "name": f"{label}: {estimate.name}" if label else estimate.name,
            "estimate": interval.estimate,
            "low": interval.low,
            "high": interval.high,
            "band": list(estimate.band),
            "verdict": estimate.verdict,
        }
    )


def percent(level: float) -> str:
    """Return a level of confidence in per cent, to two digits of what it leaves."""
    return f"{100 - float(f'{100 * (1 - level):.2g}'):.6g} %"


def plain(content: Any) -> Any:
    """Return ``content`` as JSON values: numpy numbers unpacked, numbers that are not finite as null."""
    if isinstance(content, dict):
        return {str(key): plain(value) for key, value in content.items()}
    if isinstance(content, list | tuple | np.ndarray):
        return [plain(value) for value in content]
    if isinstance(content, np.generic):
        content = content.item()
    return None if isinstance(content, float) and not np.isfinite(content) else content
