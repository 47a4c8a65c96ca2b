"""Headlines of claims whose printed form fails where the corrected one holds."""

from typing import Any

from overparam.drawing import headlines


def headline(verdict: dict[str, Any], *, both: str, printed: str, supported: str, refuted: str, undecided: str) -> str:
    """Return the sentence for what both forms came to.

    Parameters
    ----------
    both
        The finding if the printed form is refuted and the corrected one supported.
    printed
        What to say if only the printed form is decided, and refuted.
    supported, refuted, undecided
        What to say of the corrected form in all other cases; see :func:`.headlines.by_verdict`.
    """
    forms = {name: form["verdict"] for name, form in verdict["forms"].items()}
    fails = forms.get("printed") == "refuted"
    if fails and forms.get("corrected") == "supported":
        return both
    if fails and forms.get("corrected") == "inconclusive":
        return printed
    return headlines.by_verdict(verdict, form="corrected", supported=supported, refuted=refuted, undecided=undecided)
