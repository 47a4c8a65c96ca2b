"""YAML that the project reads: a key given twice is refused, where PyYAML would silently take the last."""

import codecs
import re
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from overparam.errors import UserError
from overparam.plan.plain_values import DEEPEST, plain
from overparam.quoting import harmless, quoted

LARGEST = 4_000_000  # bytes; the registry has a sixteenth of it
MOST = 100_000  # keys and values as written; the registry has a tenth of it, a configuration a few hundred
LONGEST_NUMBER = 1000  # digits; Python refuses to read a number of more than 4,300
LONG_NUMBER = re.compile(rf"[-+]?[0-9_]{{{LONGEST_NUMBER},}}")
OTHERS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The safe loader, except that a key given twice is an error."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Resolve merge keys `<<`, whose values may be overridden, after refusing double keys."""
        if not getattr(node, "checked", False):  # flattening leaves overridden keys in the node, beside the new ones
            line = node.start_mark.line + 1
            if not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
                raise UserError(f"not YAML: a key of the mapping at line {line} is a list or a mapping")
            double = [key for key, count in Counter(key.value for key, _ in node.value).items() if count > 1]
            if double:
                raise UserError(f"key {quoted(double[0])} is given twice in the mapping at line {line}")
            node.checked = True
        super().flatten_mapping(node)
        # each key once, as constructed: else merges of merges would multiply
        node.value = list({(key.tag, key.value): (key, value) for key, value in node.value}.values())


def read(path: str | Path) -> Any:
    """Return the content of a YAML file as plain values.

    Raises
    ------
    UserError
        If the file can't be read, is not YAML, has a mapping with a key given twice, or values that
        :func:`overparam.plan.plain_values.plain` refuses. The message is one line.
    """
    try:
        text = _text(Path(path))
        _check_size(text)
        return plain(yaml.load(text, _Loader))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {_one_line(error)}") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except Exception as error:  # PyYAML raises nearly anything for a value that only looks like one: 2020-99-99
        problem = f"{type(error).__name__}: {_one_line(error)}"
        raise UserError(f"{path}: not YAML: a value cannot be read ({problem})") from None


def _text(path: Path) -> str:
    """Return the text of a file; a pipe, which would keep its reader waiting, is no file."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise UserError(f"is {OTHERS.get(stat.S_IFMT(mode), 'a device')}; expected a file that can be read twice")
    with path.open("rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise UserError(f"larger than {LARGEST:,} bytes")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise UserError("not YAML: text in UTF-16; save it as UTF-8") from None
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"not YAML: not text in UTF-8, from line {line} on; save it as UTF-8") from None


def _check_size(text: str) -> None:
    """Refuse what the loader, which is recursive, would crash on, and what it would take minutes for."""
    depth = count = 0
    for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        count += isinstance(event, yaml.NodeEvent)
        line = event.start_mark.line + 1
        if depth > DEEPEST:
            raise UserError(f"line {line}: nested more than {DEEPEST} deep")
        if count > MOST:
            raise UserError(f"line {line}: more than {MOST:,} keys and values")
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0] and LONG_NUMBER.fullmatch(event.value):
            raise UserError(f"line {line}: a number of more than {LONGEST_NUMBER} digits")


def _one_line(error: Exception) -> str:
    return harmless(" ".join(str(error).replace('in "<unicode string>", ', "in ").split()), 300)
