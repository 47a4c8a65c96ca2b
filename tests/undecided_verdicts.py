"""Verdicts as a figure gets them where nothing is decided: every prediction as declared, none with an estimate."""

import copy
from typing import Any

from overparam.judge.defaults import complete
from overparam.plan import experiment_settings, registry

DATA = {"name": "digits", "label": "digits"}


def undecided(name: str, **changes: dict[str, Any]) -> dict[str, Any]:
    """Return a verdict on the claim of this name, as its file is called.

    ``changes`` gives keys of predictions, by the prediction's name with underscores for hyphens and blanks, that are to
    be declared otherwise: what a figure takes from the verdict changes with them.
    """
    claim = next(claim for claim in registry.load() if claim["figure"].endswith(f".{name}"))
    forms = {form: _form(content, changes) for form, content in claim["forms"].items()}
    settings, _ = experiment_settings.resolve(claim["experiment"], "default", {})
    cost = {"settings": settings}
    return {"claim": claim["id"], "name": claim["name"], "forms": forms, "data": DATA, "cost": cost, "provenance": {}}


def _form(content: dict[str, Any], changes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    predictions = []
    for declared in copy.deepcopy(content["predictions"]):
        own = changes.get(declared["name"].replace("-", "_").replace(" ", "_"), {})
        predictions.append(
            {
                "name": declared["name"], "kind": declared["kind"], "declared": {**complete(declared), **own},
                "verdict": "inconclusive", "vacuous": False, "detail": {}, "estimates": [],
            }
        )  # fmt: skip
    return {"verdict": "inconclusive", "vacuous": False, "reason": "", "predictions": predictions, "control": None}
