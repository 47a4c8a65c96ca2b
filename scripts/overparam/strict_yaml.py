"""YAML that the project reads: a key given twice is refused, where PyYAML would silently take the last."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from overparam.program import UserError


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
    """The safe loader, except that a key given twice is an error."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Resolve merge keys `<<`, whose values may be overridden, after refusing double keys."""
        if not getattr(node, "checked", False):  # flattening leaves overridden keys in the node, beside the new ones
            keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            double = [key for key, count in keys.items() if count > 1]
            if double:
                raise UserError(f"key {double[0]!r} is given twice in the mapping at line {node.start_mark.line + 1}")
            node.checked = True
        super().flatten_mapping(node)


def read(path: str | Path) -> Any:
    """Return the content of a YAML file.

    Raises
    ------
    UserError
        If the file can't be read, is not YAML, or has a mapping with a key given twice.
    """
    try:
        return yaml.load(Path(path).read_text(encoding="utf-8"), _Loader)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: not YAML: not text in UTF-8") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None
