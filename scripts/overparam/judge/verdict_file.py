"""The verdict on one claim: every form judged, and judged again where it must fail."""

import dataclasses
from typing import Any

import pandas as pd

from overparam.errors import UserError
from overparam.judge.intervals import LEVEL
from overparam.judge.multiplicity import corrected
from overparam.judge.predictions import outcomes, percent, plain, written
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
    """Judge the predictions of one form and, by the same judge, its premises and its controls.

    Premises that are not supported make the form inconclusive, whatever its predictions say: what was measured is not
    what the claim speaks of. A control fails if each of its parts does (a prediction, or one combination of its
    ``each``). One that does not fail, or was not measured although that could have shown it to hold, makes the form
    inconclusive: a verdict is worth nothing without a control that was run and failed.

    Returns
    -------
    dict
        ``verdict, vacuous, reason, basis, not_reached, premises, predictions, corrected_for, control``.
        ``not_reached`` names the premises that keep the form from being tested; ``corrected_for`` counts the estimates
        any of which could refute, see :mod:`.multiplicity`; ``control`` is None, or has ``verdict, predictions,
        supported_parts``.
    """
    content, place = entry["forms"][form], f"{entry['id']}, {form} form"
    together = corrected([_outcomes(measurements, one, place) for one in content["predictions"]])
    judged = [
        Judged(found, written(one, found)) for one, found in zip(content["predictions"], together.judged, strict=True)
    ]
    verdict, reason = combine(one.verdict for one in judged), _reason(judged)
    under = _controls(entry, form, measurements)
    control: dict[str, Any] | None = None
    if under:
        parts = [(name, part) for one in under for name, part in one.parts]
        held = [name for name, part in parts if part.verdict == SUPPORTED]
        control = {
            "verdict": SUPPORTED if held else combine(part.verdict for _, part in parts),
            "predictions": [one.content for one in under],
            "supported_parts": held,
        }
        verdict, reason = _with_control(verdict, reason, held, under)
    taken = [*entry.get("premises", []), *content.get("premises", [])]
    premises = [_judged(measurements, one, f"{place}, premise") for one in taken]
    missed = [one for one in premises if one.verdict != SUPPORTED]
    if missed:
        named = "; ".join(f"{one.content['name']} ({_numbers(one, 'needed')})" for one in missed)
        verdict, reason = INCONCLUSIVE, f"not reached at this size: {named}"
    return {
        "verdict": verdict,
        "vacuous": verdict == SUPPORTED and any(one.content["vacuous"] for one in judged),
        "reason": reason,
        "basis": content.get("basis", "measurement"),
        "not_reached": [one.content["name"] for one in missed],
        "premises": [one.content for one in premises],
        "predictions": [one.content for one in judged],
        "corrected_for": together.estimates,
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


def _outcomes(measurements: pd.DataFrame, prediction: dict[str, Any], place: str) -> dict[str, Outcome]:
    try:
        return outcomes(measurements, prediction)
    except UserError as error:
        raise UserError(f"{place}, prediction `{prediction['name']}`: {error}") from error


def _judged(measurements: pd.DataFrame, prediction: dict[str, Any], place: str) -> Judged:
    """Judge a premise, or a prediction under a control: whether it is supported counts, and that is not corrected."""
    found = _outcomes(measurements, prediction, place)
    return Judged(found, written(prediction, found))


def _controls(entry: dict[str, Any], form: str, measurements: pd.DataFrame) -> list[Judged]:
    """Return the predictions of a form as each control that applies to them has them."""
    found = []
    for control in filter(None, [entry.get("control"), *entry.get("more_controls", [])]):
        without, place = control.get("without", {}), f"{entry['id']}, {form} form, control"
        for one in entry["forms"][form]["predictions"]:
            if one["name"] in control.get("only", [one["name"]]) and one["name"] not in without:
                found.append(_judged(measurements, controlled(one, control["where"]), place))
    return found


def _with_control(verdict: str, reason: str, held: list[str], under: list[Judged]) -> tuple[str, str]:
    """Return the verdict on a form and its reason, given what became of its controls and which parts still hold."""
    if held:
        return INCONCLUSIVE, f"the control did not fail: supported where they must not be are {listed(held)}"
    lacking = [f"{one.content['name']} ({sentence})" for one in under for sentence in one.unmeasured]
    if all(part.unmeasured for one in under for _, part in one.parts):  # else what was measured failed already
        own = "" if verdict == SUPPORTED else f"; {reason}"
        return INCONCLUSIVE, f"the control was not measured: {'; '.join(lacking)}{own}"
    return verdict, reason


def _reason(judged: list[Judged]) -> str:
    """Return one sentence that names the predictions which decided."""
    verdict = combine(one.verdict for one in judged)
    if verdict == SUPPORTED:
        idle = [one.content["name"] for one in judged if one.content["vacuous"]]
        return f"every prediction is supported{'; far from tight: ' + ', '.join(idle) if idle else ''}"
    deciding = [one for one in judged if one.verdict == (REFUTED if verdict == REFUTED else INCONCLUSIVE)]
    return f"{verdict}: " + "; ".join(f"{one.content['name']} ({_numbers(one)})" for one in deciding)


def _numbers(judged: Judged, asked: str = "predicted") -> str:
    strays = [
        f" (outside at {percent(LEVEL)}, but a refutation takes {percent(one.level)} here)" if one.stray else ""
        for outcome in judged.outcomes.values()
        for one in outcome.estimates
    ]
    pairs = zip(judged.content["estimates"], strays, strict=True)
    shown = [(e, stray) for e, stray in pairs if e["verdict"] != SUPPORTED]
    shown = [(e, stray) for e, stray in shown if e["verdict"] == REFUTED] or shown
    texts = [f"{e['name']} {_range(e['low'], e['high'])}, {asked} {_range(*e['band'])}{stray}" for e, stray in shown]
    texts += judged.unmeasured if judged.verdict == INCONCLUSIVE else []
    return "; ".join([*texts[:3], *(["…"] if len(texts) > 3 else [])])


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return "unknown"
    if low is None or high is None:
        return f"at most {high:.3g}" if low is None else f"at least {low:.3g}"
    return f"{low:.3g} to {high:.3g}"


def _not_judged(reason: str) -> dict[str, Any]:
    nothing: dict[str, Any] = {"premises": [], "predictions": [], "corrected_for": 0, "control": None}
    said = {"reason": reason, "basis": "measurement", "not_reached": []}
    return {"verdict": INCONCLUSIVE, "vacuous": False, **said, **nothing}
