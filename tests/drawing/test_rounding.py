"""Bounds in sentences: rounded so that the sentence stays true."""

import pytest

from overparam.drawing.rounding import at_least, at_most


@pytest.mark.parametrize(
    ("value", "digits", "low", "high"),
    [
        (0.0452, 1, "0.04", "0.05"),
        (9.503e-23, 1, "9e-23", "1e-22"),
        (0.1, 1, "0.1", "0.1"),  # 0.1 is no binary number: it must not become 0.2
        (99.5, 2, "99", "1e+02"),
        (-0.0452, 1, "-0.05", "-0.04"),
        (0.0, 2, "0", "0"),
        (float("inf"), 2, "inf", "inf"),
    ],
)
def test_rounding_goes_to_the_side_on_which_the_sentence_stays_true(value, digits, low, high):
    assert at_least(value, digits) == low
    assert at_most(value, digits) == high
