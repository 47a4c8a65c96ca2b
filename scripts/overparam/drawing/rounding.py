"""Numbers in sentences that bound something: rounded to the side on which the sentence stays true."""

from decimal import ROUND_CEILING, ROUND_FLOOR, Context


def at_most(value: float, digits: int = 2) -> str:
    """Return ``value`` to ``digits`` significant digits, rounded up: for "at most", "below", "within"."""
    return _rounded(value, digits, ROUND_CEILING)


def at_least(value: float, digits: int = 2) -> str:
    """Return ``value`` to ``digits`` significant digits, rounded down: for "at least", "above"."""
    return _rounded(value, digits, ROUND_FLOOR)


def _rounded(value: float, digits: int, rounding: str) -> str:
    shortest = repr(float(value))  # not the binary expansion, in which 0.1 lies above one tenth
    return f"{float(Context(prec=digits, rounding=rounding).create_decimal(shortest)):.{digits}g}"
