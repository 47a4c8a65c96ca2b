"""The verdict on one claim: every form judged, and judged again where it must fail."""

from typing import Any

import pandas as pd

from overparam.judge.predictions import evaluate, plain
from overparam.judge.selection import imposed
from overparam.judge.verdicts import INCONCLUSIVE, REFUTED, SUPPORTED, combine
from overparam.program import UserError


def judge_claim(
    entry: dict[str, Any],
    measurements: pd.DataFrame | None,
    data: dict[str, Any] | None,
    cost: dict[str, Any],
    provenance: dict[str, Any],
    unavailable: str | None = None,
) -> dict[str, Any]:
    """Return the content of ``verdict.json`` for one entry of the registry.

    Parameters
    ----------
    entry
        The claim, valid by the registry's schema.
    measurements
        Tidy table of the claim's experiment; not looked at where ``unavailable`` is given.
    data
        Data set that the measurements were made on, or None.
    cost, provenance
        Recorded as they are.
    unavailable
        Why nothing was measured. Every form is then inconclusive for this reason and carries no number.

    Raises
    ------
    UserError
        If a prediction does not fit the measurements; names claim, form, prediction and what is wrong.
    """
    if unavailable is None and measurements is None:
        raise UserError(f"{entry['id']}: there are neither measurements nor a reason why they are unavailable")
    forms = {
        name: judge_form(entry, name, measurements) if unavailable is None else _not_judged(unavailable)
        for name in entry["forms"]
    }
    return plain(
        {
            "claim": entry["id"],
            "name": entry["name"],
            "forms": forms,
            "data": data,
            "cost": cost,
            "provenance": provenance,
        }
    )


def judge_form(entry: dict[str, Any], form: str, measurements: pd.DataFrame) -> dict[str, Any]:
    """Judge the predictions of one form and, by the same judge, its control."""
    predictions = entry["forms"][form]["predictions"]
    judged = [_evaluated(measurements, one, f"{entry['id']}, {form} form") for one in predictions]
    control = _control(entry, form, measurements)
    verdict, reason = combine(one["verdict"] for one in judged), _reason(judged)
    if control and control["verdict"] == SUPPORTED:
        verdict, reason = (
            INCONCLUSIVE,
            "the control did not fail: the same predictions are supported where they must not be",
        )
    return {
        "verdict": verdict,
        "vacuous": verdict == SUPPORTED and any(one["vacuous"] for one in judged),
        "reason": reason,
        "predictions": judged,
        "control": control,
    }


def _control(entry: dict[str, Any], form: str, measurements: pd.DataFrame) -> dict[str, Any] | None:
    control = entry.get("control")
    predictions = entry["forms"][form]["predictions"]
    chosen = [one for one in predictions if control and one["name"] in control.get("only", [one["name"]])]
    if not chosen:
        return None
    place = f"{entry['id']}, {form} form, control"
    judged = [_evaluated(measurements, imposed(one, control["where"]), place) for one in chosen]
    return {"verdict": combine(one["verdict"] for one in judged), "predictions": judged}


def _evaluated(measurements: pd.DataFrame, prediction: dict[str, Any], place: str) -> dict[str, Any]:
    try:
        return evaluate(measurements, prediction)
    except UserError as error:
        raise UserError(f"{place}, prediction `{prediction['name']}`: {error}") from error


def _reason(judged: list[dict[str, Any]]) -> str:
    """Return one sentence that names the predictions which decided."""
    verdict = combine(one["verdict"] for one in judged)
    if verdict == SUPPORTED:
        idle = [one["name"] for one in judged if one["vacuous"]]
        return f"every prediction is supported{'; far from tight: ' + ', '.join(idle) if idle else ''}"
    deciding = [one for one in judged if one["verdict"] == (REFUTED if verdict == REFUTED else INCONCLUSIVE)]
    return f"{verdict}: " + "; ".join(f"{one['name']} ({_numbers(one)})" for one in deciding)


def _numbers(judged: dict[str, Any]) -> str:
    shown = [e for e in judged["estimates"] if e["verdict"] != SUPPORTED]
    shown = [e for e in shown if e["verdict"] == REFUTED] or shown
    texts = [f"{e['name']} {_range(e['low'], e['high'])}, predicted {_range(*e['band'])}" for e in shown[:3]]
    return "; ".join([*texts, *(["…"] if len(shown) > 3 else [])])


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "unknown"
    if low is None or high is None:
        return f"at most {high:.3g}" if low is None else f"at least {low:.3g}"
    return f"{low:.3g} to {high:.3g}"


def _not_judged(reason: str) -> dict[str, Any]:
    return {"verdict": INCONCLUSIVE, "vacuous": False, "reason": reason, "predictions": [], "control": None}
