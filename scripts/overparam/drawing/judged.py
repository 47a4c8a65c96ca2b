"""What was predicted and what came of it, as the verdict says it: no figure states it a second time."""

from typing import Any

from overparam.judge.selection import listed, suggestion


def prediction(verdict: dict[str, Any], name: str, form: str = "printed") -> dict[str, Any]:
    """Return a judged prediction: its verdict, its estimates and what was declared.

    Raises
    ------
    ValueError
        If the form has no such prediction.
    """
    judged = verdict["forms"].get(form, {}).get("predictions", [])
    found = next((one for one in judged if one["name"] == name), None)
    if found is None:
        known = [one["name"] for one in judged]
        guess = suggestion(name, known)
        raise ValueError(
            f"{verdict['claim']}: no prediction {name!r} in the form {form!r}{guess} (it has {listed(known) or 'none'})"
        )
    return found


def declared(verdict: dict[str, Any], name: str, form: str = "printed") -> dict[str, Any]:
    """Return a prediction as the claim declares it and as the judge saw it, defaults included."""
    return prediction(verdict, name, form)["declared"]


def band(verdict: dict[str, Any], name: str, form: str = "printed") -> tuple[float | None, float | None]:
    """Return the range predicted, of the place where a peak is predicted; None for an end that is unbounded.

    Raises
    ------
    ValueError
        If there is no such prediction, or if it declares no range (a bound, an equality, a peak without ``at``).
    """
    given = declared(verdict, name, form)
    ends = given.get("band", given.get("at"))
    if ends is None:
        raise ValueError(f"{verdict['claim']}: the prediction {name!r} declares no band")
    low, high = (None if end is None else float(end) for end in ends)
    return low, high


def estimate(
    verdict: dict[str, Any], name: str, form: str = "printed", *, of: str | None = None, each: str = ""
) -> dict[str, Any] | None:
    """Return an estimate of a prediction: ``estimate, low, high, band, verdict``; None where there is none.

    Parameters
    ----------
    of
        Which one, where a prediction has several: "place" of a peak, say. Default: the first.
    each
        The combination of conditions, as the verdict labels it: "width = 8, steps = 10".
    """
    for one in prediction(verdict, name, form)["estimates"]:
        label, _, kind = one["name"].rpartition(": ")
        if label == each and of in (None, kind):
            return one
    return None


def under_control(verdict: dict[str, Any]) -> dict[str, Any]:
    """Return the verdict with the predictions as they were judged under the control, where the claim must fail."""
    forms = {name: form["control"] or {"predictions": []} for name, form in verdict["forms"].items()}
    return {**verdict, "forms": forms}
