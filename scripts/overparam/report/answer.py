"""The answer at the head of the index, worded by the verdicts that it rests on."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from overparam.report import wording
from overparam.report.reading import Claim

FILE = Path(__file__).with_name("answer.yaml")
OTHERWISE = {
    "refuted": "That is refuted here",
    "inconclusive": "That could not be decided here",
    "not-reached": "That was not reached at this size",
    "vacuous": "That holds, but says little here",
}


def sentences() -> list[dict[str, Any]]:
    """Return the sentences as they are written, each with the ``claims`` that it rests on and its ``text``."""
    return list(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def told(claims: Sequence[Claim], written: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what may be said: each sentence whose claims are all there, as their verdicts have it.

    Returns
    -------
    list of dict
        ``text``, and ``claims``: those that the sentence rests on, the one with the picture first.
    """
    known = {claim.id: claim for claim in claims}
    found = []
    for one in written:
        mine = [known[name] for name in one["claims"] if name in known]
        if len(mine) == len(one["claims"]):
            found.append({"text": " ".join(_text(one, mine).split()), "claims": mine})
    return found


def _text(sentence: Mapping[str, Any], claims: Sequence[Claim]) -> str:
    """Return a sentence if all that it rests on is supported, else how each of its claims came out."""
    if all(wording.standing(_printed(claim)) in ("supported", "proved") for claim in claims):
        return str(sentence["text"])
    return " ".join(f"{claim.entry['title']}? {_outcome(_printed(claim))}." for claim in claims)


def _outcome(form: Mapping[str, Any]) -> str:
    standing = wording.standing(form)
    refuted = "refuted" if form["verdict"] == "refuted" else standing
    return OTHERWISE.get(standing) or OTHERWISE.get(refuted, "So it was measured here")


def _printed(claim: Claim) -> dict[str, Any]:
    return claim.forms["printed"]
