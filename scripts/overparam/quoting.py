"""Other people's names, values and sentences in our messages: in one line, bounded, and harmless to a terminal."""

import reprlib
from collections.abc import Iterable
from typing import Any

LONGEST = 80  # characters of one name or value
SENTENCE = 300  # characters of what another library or server says
MOST = 8  # names of a list


class _Cut(reprlib.Repr):
    """Represents what is nested or long without ever making all of its text."""

    def __init__(self):
        super().__init__()
        self.maxlevel, self.maxstring, self.maxother = 3, LONGEST, LONGEST

    def repr_bytes(self, value: bytes | bytearray, level: int) -> str:
        return self.repr_str(bytes(value[: LONGEST + 1]).decode("latin1"), level)

    repr_bytearray = repr_bytes

    def repr_int(self, value: int, level: int) -> str:
        # Python refuses to spell thousands of digits
        return f"a number of {value.bit_length():,} bits" if value.bit_length() > 128 else repr(value)

    def repr_instance(self, value: Any, level: int) -> str:
        try:
            return super().repr_instance(value, level)
        except Exception:  # an object's own, which may do anything
            return f"<{type(value).__name__}>"


def quoted(value: Any, most: int = LONGEST) -> str:
    """Return ``value`` as Python would write it, control characters escaped, at most ``most`` characters of it."""
    return _ended(_Cut().repr(value), most)


def listed(values: Iterable[Any], most: int = MOST) -> str:
    """Return the first ``most`` values, quoted, and how many more there are; "nothing" if there is none."""
    values = list(values)
    shown = ", ".join(quoted(value, LONGEST // 2) for value in values[:most])
    left = len(values) - most
    return f"{shown} and {left:,} more" if left > 0 else shown or "nothing"


def brief(text: Any, most: int = SENTENCE) -> str:
    """Return a text in one line, control characters escaped, at most ``most`` characters of it."""
    return harmless(" ".join(str(text)[: 4 * most].split()), most)


def harmless(text: str, most: int = LONGEST) -> str:
    """Return a text with its control characters escaped, at most ``most`` characters of it."""
    start = text[: most + 1]
    return _ended("".join(char if char.isprintable() else repr(char)[1:-1] for char in start), most)


def reason(error: BaseException) -> str:
    """Return what an error says in one bounded line; its name if it says nothing."""
    return brief(error) or type(error).__name__


def _ended(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
