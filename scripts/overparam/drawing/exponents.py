"""Exponents in figures: what a claim predicts, for guide lines, and what the judge found, for alt texts."""

from fractions import Fraction
from typing import Any

from overparam.drawing import judged


def predicted(verdict: dict[str, Any], name: str, form: str = "printed") -> float:
    """Return the exponent that a slope is predicted to have: the middle of its band.

    Raises
    ------
    ValueError
        If the verdict has no such prediction, or if its band is open at one end.
    """
    low, high = judged.band(verdict, name, form)
    if low is None or high is None:
        raise ValueError(f"{verdict['claim']}: the band of {name!r} is open at one end and has no middle")
    return round((low + high) / 2, 9)


def spelled(exponent: float) -> str:
    """Return an exponent as a figure prints it, with a true minus sign: −1/2."""
    return str(Fraction(exponent).limit_denominator(100)).replace("-", "−")


def measured(verdict: dict[str, Any], name: str, form: str = "printed", *, each: str = "", digits: int = 2) -> str:
    """Return the exponent that the judge estimated from all places; "unknown" where it could not.

    Parameters
    ----------
    each
        The combination of conditions, as the verdict labels it: "activation = tanh", say.
    digits
        Digits after the point.
    """
    found = judged.estimate(verdict, name, form, of="slope", each=each)
    return "unknown" if found is None or found["estimate"] is None else f"{found['estimate']:.{digits}f}"
