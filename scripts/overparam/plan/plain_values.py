"""What was read from a file as plain values, whatever it was: mappings, lists, text, numbers, truth values and null."""

import re
from typing import Any

from overparam.errors import UserError
from overparam.quoting import harmless

DEEPEST = 40  # mappings and lists inside one another
MOST = 500_000  # values; what an alias of YAML names is counted wherever it stands
LARGEST = 2**63 - 1  # of a whole number
NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # control characters, halves of a character


def plain(value: Any, name: str = "") -> Any:
    """Return a copy of ``value`` that JSON can hold: keys become text, tuples lists, and what else YAML has text.

    Parameters
    ----------
    value
        What a reader of YAML or JSON made; a mapping may even contain itself.
    name
        Where it stands, say ``"config"``; heads the key in a message.

    Raises
    ------
    UserError
        If it is too deep or too large, or has a number that no file of results can hold, or text that is none.
    """
    left = MOST

    def refused(key: str, problem: str) -> UserError:
        return UserError(f"{harmless(key)}: {problem}" if key else problem)

    def copied(value: Any, key: str, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise refused(name, f"more than {MOST:,} values, aliases counted wherever they stand")
        if isinstance(value, dict | list | tuple):
            if depth == DEEPEST:
                raise refused(key, f"nested more than {DEEPEST} deep")
            if isinstance(value, dict):
                return {
                    text(str(part), key): copied(item, f"{key}.{part}" if key else str(part), depth + 1)
                    for part, item in value.items()
                }
            return [copied(item, f"{key}[{index}]", depth + 1) for index, item in enumerate(value)]
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            if abs(value) > LARGEST:
                raise refused(key, f"a whole number of {value.bit_length()} bits; nothing here takes more than 63")
            return value
        return text(str(value), key)

    def text(value: str, key: str) -> str:
        if found := NO_TEXT.search(value):
            raise refused(key, f"text with the character U+{ord(found[0]):04X}, which cannot be shown")
        return value

    return copied(value, name, 0)
