"""Words and numbers as the page and the table print them."""

from collections.abc import Mapping
from typing import Any

PROJECT = "Over-parameterization, measured"
MISSING = "–"
SYMBOLS = {"supported": "✓", "refuted": "✗", "inconclusive": "○"}
SIGNS = {  # of what is to be told apart at a glance
    "proved": "⊢",
    "vacuous": "✓",
    "mathematics": "≠",
    "measurement": "✗",
    "weaker": "≲",
    "slip": "✎",
    "reading": "⇑",
    "not-reached": "◌",
}
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
MARKS = str.maketrans("-", "−")
RAISED = str.maketrans("−0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float | int | None) -> str:
    """Return ``value`` with about four significant digits; ``None`` (stored for inf and nan) becomes a dash."""
    if value is None:
        return MISSING
    size = abs(value)
    if value == 0 or 1e-3 <= size < 1e3:
        text = f"{value:.4g}"
    elif 1e3 <= size < 1e6:
        text = f"{value:,.0f}"
    else:
        mantissa, exponent = f"{value:.2e}".split("e")
        text = f"{float(mantissa):g}e{int(exponent)}"
    return text.translate(MARKS)


def typeset(value: float | int | None) -> str:
    """Return a number as a page sets it: with a power of ten instead of an exponent after an e."""
    mantissa, mark, exponent = number(value).partition("e")
    if not mark:
        return mantissa
    power = "10" + exponent.translate(RAISED)
    return power if mantissa == "1" else f"{mantissa}·{power}"


def interval(low: float | None, high: float | None) -> str:
    """Return a confidence interval, or a dash where there is none: the value is exact, or nothing is known.

    ``None`` on one side means unbounded on that side.
    """
    return MISSING if low == high else _range(low, high)


def band(low: float | None, high: float | None) -> str:
    """Return a predicted band; ``None`` means unbounded on that side."""
    if low is None and high is None:
        return MISSING
    return f"= {number(low)}" if low == high else _range(low, high)


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"≤ {number(high)}"
    return f"≥ {number(low)}" if high is None else f"[{number(low)}, {number(high)}]"


BASES = {"theorem": "a theorem, checked", "identity": "an identity, checked"}
REFUTATIONS = {
    "mathematics": "contradicted by mathematics",
    "measurement": "contradicted by measurement",
    "weaker": "weaker than stated",
    "slip": "a slip of the pen",
    "reading": "a stronger reading",
}


def verdict(form: Mapping[str, Any]) -> str:
    """Return the verdict on a form in words, with what has to be known of it.

    Parameters
    ----------
    form
        At least ``verdict``; ``vacuous``, ``basis`` and ``not_reached`` as in ``verdict.json``; ``refutation`` as in
        the entry of the claim, or its kind alone; ``unstable`` if other root seeds do not repeat it.
    """
    found = aside(form)
    return f"{form['verdict']} ({found})" if found else form["verdict"]


def aside(form: Mapping[str, Any]) -> str:
    """Return what has to be known of a verdict: that it is vacuous, rests on a proof, or why it is as it is."""
    word, refutation, found = form["verdict"], form.get("refutation"), []
    if word == "supported":
        found = [BASES.get(form.get("basis", ""), ""), "vacuous" if form.get("vacuous") else ""]
    elif word == "refuted" and refutation:
        found = [REFUTATIONS[refutation if isinstance(refutation, str) else refutation["kind"]]]
    elif word == "inconclusive" and form.get("not_reached"):
        found = ["not reached at this size"]
    return ", ".join(filter(None, [*found, "unstable" if form.get("unstable") else ""]))


def standing(form: Mapping[str, Any]) -> str:
    """Return in one word how a form stands: its verdict, and by what the source is contradicted.

    One of ``supported``, ``proved``, ``vacuous``, ``refuted``, those of :data:`REFUTATIONS`, ``inconclusive`` and
    ``not-reached``.
    """
    word, refutation = form["verdict"], form.get("refutation")
    if word == "supported":
        return "vacuous" if form.get("vacuous") else "proved" if form.get("basis") in BASES else word
    if word == "refuted" and refutation:
        return refutation if isinstance(refutation, str) else str(refutation["kind"])
    return "not-reached" if word == "inconclusive" and form.get("not_reached") else word


def symbol(form: Mapping[str, Any]) -> str:
    """Return the sign that stands before a verdict."""
    found = standing(form)
    return SIGNS.get(found) or SYMBOLS.get(found, "")


def spelled(number: int) -> str:
    """Return a small number as a word."""
    return NUMBERS[number] if 0 <= number < len(NUMBERS) else f"{number:,}"


def control(word: str | None) -> str:
    """Return what the verdict of a control means: it is there to fail."""
    return {
        "refuted": "refuted, as it should be",
        "inconclusive": "not supported, as it should be",
        "supported": "supported, which it must not be",
        None: "no control in this form",
    }.get(word, str(word))


def seconds(value: float | None) -> str:
    """Return a duration in the unit that a reader would choose."""
    if value is None:
        return MISSING
    if value < 120:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 7200 else f"{value / 3600:.1f} h"


def sentence(text: str) -> str:
    """Return ``text`` with a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?", "…")) else ".")


def counted(count: int, thing: str) -> str:
    """Return ``1 claim`` or ``2 claims``."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def joined(items: list[Any]) -> str:
    """Return ``a, b and c``."""
    words = [str(item) for item in items]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
