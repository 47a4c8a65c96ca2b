"""The answer at the head of the index and of the README, worded by the verdicts that it rests on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from overparam.report import wording

FILE = Path(__file__).with_name("answer.yaml")
OTHERWISE = {
    "refuted": "That is refuted here",
    "inconclusive": "That could not be decided here",
    "not-reached": "That was not reached at this size",
    "vacuous": "That holds, but says little here",
}


def sentences() -> list[dict[str, Any]]:
    """Return the sentences as they are written: the ``claims`` that each rests on, its ``text`` and its ``picture``."""
    return list(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def told(
    forms: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str], written: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what may be said: each sentence whose claims are all there, as their verdicts have it.

    Parameters
    ----------
    forms, titles
        The verdict on the printed form of every claim, see :func:`overparam.report.wording.standing`, and its title.
    written
        The sentences as :func:`sentences` returns them.

    Returns
    -------
    list of dict
        ``text``; ``claims``: the ids of those that the sentence rests on; and ``picture``: the id of the claim whose
        figure goes with it, or None.
    """
    return [
        {"text": _text(one, forms, titles), "claims": list(one["claims"]), "picture": one.get("picture")}
        for one in written
        if set(one["claims"]) <= set(forms)
    ]


def _text(sentence: Mapping[str, Any], forms: Mapping[str, Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    """Return a sentence if all that it rests on came out as it takes for granted, else how each of its claims did."""
    rests = sentence["claims"]
    if all(_verdict(forms[claim]) == expected for claim, expected in rests.items()):
        return " ".join(sentence["text"].split())
    return " ".join(f"{titles[claim]}? {_outcome(forms[claim])}." for claim in rests)


def _verdict(form: Mapping[str, Any]) -> str:
    """Return a verdict; what is supported by so much that it says nothing is told apart."""
    return "vacuous" if wording.standing(form) == "vacuous" else str(form["verdict"])


def _outcome(form: Mapping[str, Any]) -> str:
    return OTHERWISE.get(wording.standing(form)) or OTHERWISE.get(_verdict(form), "So it was measured here")
