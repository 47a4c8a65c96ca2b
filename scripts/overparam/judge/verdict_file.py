"""The verdict on one claim: every form judged, and judged again where it must fail."""

import dataclasses
from typing import Any

import pandas as pd

from overparam.errors import UserError
from overparam.judge.predictions import outcomes, plain, written
from overparam.judge.selection import controlled, listed
from overparam.judge.verdicts import INCONCLUSIVE, REFUTED, SUPPORTED, Outcome, combine


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
        If a prediction does not fit the measurements, other than by a level that these lack; names claim, form,
        prediction and what is wrong.
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
    """Judge the predictions of one form and, by the same judge, its control.

    A control that is supported, or was not measured although that could have shown it to be supported, makes the form
    inconclusive: a verdict is worth nothing without a control that was run and failed. Parts of a failed control that
    hold all the same (a prediction, or one combination of its ``each``) are its ``supported_parts``, and the reason
    names them.
    """
    predictions, place = entry["forms"][form]["predictions"], f"{entry['id']}, {form} form"
    judged = [_judged(measurements, one, place) for one in predictions]
    verdict, reason = combine(one.verdict for one in judged), _reason(judged)
    under = _control(entry, form, measurements)
    control = None
    if under:
        control = {"verdict": combine(one.verdict for one in under), "predictions": [one.content for one in under]}
        control["supported_parts"] = [name for one in under for name, part in one.parts if part.verdict == SUPPORTED]
        verdict, reason = _with_control(verdict, reason, control, under)
    return {
        "verdict": verdict,
        "vacuous": verdict == SUPPORTED and any(one.content["vacuous"] for one in judged),
        "reason": reason,
        "predictions": [one.content for one in judged],
        "control": control,
    }


@dataclasses.dataclass(frozen=True)
class Judged:
    """One prediction with its outcomes: by the label of each combination, and as they are written down."""

    outcomes: dict[str, Outcome]
    content: dict[str, Any]

    @property
    def verdict(self) -> str:
        return self.content["verdict"]

    @property
    def parts(self) -> list[tuple[str, Outcome]]:
        """The outcomes by name: that of the prediction, with the combination if there are several."""
        name = self.content["name"]
        return [(f"{name} ({label})" if label else name, outcome) for label, outcome in self.outcomes.items()]

    @property
    def unmeasured(self) -> list[str]:
        """Why combinations have no estimates, each reason once."""
        return list(dict.fromkeys(one.unmeasured for one in self.outcomes.values() if one.unmeasured))


def _judged(measurements: pd.DataFrame, prediction: dict[str, Any], place: str) -> Judged:
    try:
        found = outcomes(measurements, prediction)
    except UserError as error:
        raise UserError(f"{place}, prediction `{prediction['name']}`: {error}") from error
    return Judged(found, written(prediction, found))


def _control(entry: dict[str, Any], form: str, measurements: pd.DataFrame) -> list[Judged]:
    control = entry.get("control")
    if not control:
        return []
    predictions = entry["forms"][form]["predictions"]
    chosen = [one for one in predictions if one["name"] in control.get("only", [one["name"]])]
    place = f"{entry['id']}, {form} form, control"
    return [_judged(measurements, controlled(one, control["where"]), place) for one in chosen]


def _with_control(verdict: str, reason: str, control: dict[str, Any], under: list[Judged]) -> tuple[str, str]:
    """Return the verdict on a form and its reason, given what became of the control."""
    if control["verdict"] == SUPPORTED:
        return INCONCLUSIVE, "the control did not fail: the same predictions are supported where they must not be"
    open_parts = [part for one in under for _, part in one.parts if part.verdict != SUPPORTED]
    if all(part.unmeasured for part in open_parts):  # else the parts that were measured failed already
        lacking = "; ".join(f"{one.content['name']} ({sentence})" for one in under for sentence in one.unmeasured)
        own = "" if verdict == SUPPORTED else f"; {reason}"
        verdict, reason = INCONCLUSIVE, f"the control was not measured: {lacking}{own}"
    if control["supported_parts"]:
        reason += f"; under the control these parts still hold: {listed(control['supported_parts'])}"
    return verdict, reason


def _reason(judged: list[Judged]) -> str:
    """Return one sentence that names the predictions which decided."""
    verdict = combine(one.verdict for one in judged)
    if verdict == SUPPORTED:
        idle = [one.content["name"] for one in judged if one.content["vacuous"]]
        return f"every prediction is supported{'; far from tight: ' + ', '.join(idle) if idle else ''}"
    deciding = [one for one in judged if one.verdict == (REFUTED if verdict == REFUTED else INCONCLUSIVE)]
    return f"{verdict}: " + "; ".join(f"{one.content['name']} ({_numbers(one)})" for one in deciding)


def _numbers(judged: Judged) -> str:
    shown = [e for e in judged.content["estimates"] if e["verdict"] != SUPPORTED]
    shown = [e for e in shown if e["verdict"] == REFUTED] or shown
    texts = [f"{e['name']} {_range(e['low'], e['high'])}, predicted {_range(*e['band'])}" for e in shown]
    texts += judged.unmeasured if judged.verdict == INCONCLUSIVE else []
    return "; ".join([*texts[:3], *(["…"] if len(texts) > 3 else [])])


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "unknown"
    if low is None or high is None:
        return f"at most {high:.3g}" if low is None else f"at least {low:.3g}"
    return f"{low:.3g} to {high:.3g}"


def _not_judged(reason: str) -> dict[str, Any]:
    return {"verdict": INCONCLUSIVE, "vacuous": False, "reason": reason, "predictions": [], "control": None}
