"""YAML that the project reads: a key given twice is refused, where PyYAML would silently take the last."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from overparam.errors import UserError
from overparam.plan.plain_values import DEEPEST, plain

LARGEST = 4_000_000  # bytes; the registry has a sixteenth of it


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
                raise UserError(f"key {double[0]!r} is given twice in the mapping at line {line}")
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
        :func:`overparam.plan.plain_values.plain` refuses.
    """
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise UserError(f"larger than {LARGEST:,} bytes")
        text = content.decode("utf-8")
        _check_depth(text)
        return plain(yaml.load(text, _Loader))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not YAML: not text in UTF-8") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
    except Exception as error:  # PyYAML raises nearly anything for a value that only looks like one: 2020-99-99
        raise UserError(f"{path}: not YAML: a value cannot be read ({type(error).__name__}: {error})") from None


def _check_depth(text: str) -> None:
    """Refuse what is nested too deep for the loader, which is recursive: Python itself would crash."""
    depth = 0
    for event in yaml.parse(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise UserError(f"line {event.start_mark.line + 1}: nested more than {DEEPEST} deep")
