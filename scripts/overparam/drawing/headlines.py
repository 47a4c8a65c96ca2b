"""Headlines that follow the verdict, so that no figure says more than was found."""

from typing import Any


def came_to(verdict: dict[str, Any], form: str) -> str | None:
    """Return the verdict on a form; None if the claim has no such form."""
    return verdict["forms"].get(form, {}).get("verdict")


def by_verdict(
    verdict: dict[str, Any], *, supported: str, refuted: str, undecided: str | None = None, form: str = "printed"
) -> str:
    """Return the sentence for what a form came to.

    Parameters
    ----------
    supported, refuted
        The finding if the form was supported, and if it was refuted.
    undecided
        What to say if neither holds, say what was looked at; a default says only that nothing was decided.
    """
    found = verdict["forms"].get(form, {})
    if found.get("verdict") == "supported":
        return supported
    if found.get("verdict") == "refuted":
        return refuted
    if found.get("not_reached"):
        return f"Not reached at this size: {_lower(undecided)}" if undecided else "Not reached at this size"
    return f"Undecided: {_lower(undecided)}" if undecided else "Undecided at this size"


def _lower(sentence: str) -> str:
    """Return a sentence as it goes on after a colon: its first letter small, unless it begins a name or a formula."""
    word = sentence.split()[0]
    return sentence if len(word) == 1 or not word[1:].islower() or word in NAMES else sentence[0].lower() + sentence[1:]


NAMES = ("Nesterov", "Fourier", "Gaussian", "Hessian")
