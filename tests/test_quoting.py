"""Other people's words in messages: one bounded line that a terminal shows as it is."""

import numpy as np
import pytest

from overparam import quoting


class Rude:
    def __repr__(self):
        raise RuntimeError("no")


def nested(depth):
    value = ()
    for _ in range(depth):
        value = (value, value)  # spelled out, 2**depth
    return value


ODD = [
    "x" * 10**7, b"\x1b" * 10**7, "\x1b[31m", "\n\r\t\0\x07\x9b", "\ud800", "\u202eabc", 10**5000, -(10**5000),
    nested(60), [[]] * 10**6,
    {str(number): number for number in range(10**5)}, {1, 2}, np.zeros(10**6), Rude(), None, 1.5, "", b"",
]  # fmt: skip


@pytest.mark.parametrize("value", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("way", [quoting.quoted, lambda value: quoting.listed([value] * 100)])
def test_every_value_becomes_one_bounded_line(value, way):
    text = way(value)
    assert 0 < len(text) < 600
    assert text.replace("\n", "").isprintable() and text.encode()


def test_what_is_short_is_whole():
    assert quoting.quoted("a b") == "'a b'" and quoting.quoted(12) == "12" and quoting.quoted(b"u1") == "'u1'"
    assert quoting.listed(["a", "b"]) == "'a', 'b'" and quoting.listed([]) == "nothing"
    assert quoting.listed(range(10), 3) == "0, 1, 2 and 7 more"


def test_sentences_of_others():
    assert quoting.brief("one\n two\x1b[0m") == "one two\\x1b[0m"
    assert len(quoting.brief("x" * 10**6)) == quoting.SENTENCE
    assert quoting.brief("a\ud800").encode()
    assert quoting.reason(EOFError()) == "EOFError" and quoting.reason(OSError("\n")) == "OSError"
    assert quoting.reason(ValueError("why")) == "why"
