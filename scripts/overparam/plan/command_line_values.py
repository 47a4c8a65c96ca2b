"""Values of ``--config``: Snakemake makes text of all that stands inside a mapping or a list there.

``--config 'jobs={minutes: 5}'`` arrives as ``{"minutes": "5"}``, which no one can write otherwise. In a file text is
text, and answered.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from overparam.plan import validation


def spelled_out(
    config: dict[str, Any], command_line: Mapping[str, Any], problems: Callable[[dict[str, Any]], list[str]]
) -> dict[str, Any]:
    """Return the configuration with the numbers, truth values and nulls that the command line gave as text.

    Parameters
    ----------
    config
        The whole configuration, plain values; not changed.
    command_line
        The part of it that was given there.
    problems
        Returns what is wrong with a configuration, each sentence headed by the key. Text that nothing is wrong with
        stays text.
    """
    texts = [path for path, value in _leaves(command_line) if isinstance(value, str)]
    for path in texts:
        wrong = problems(config)
        if not wrong:
            break
        meant = _with(config, path)
        if meant is not None and _answered(config, path, wrong) and not _answered(meant, path, problems(meant)):
            config = meant
    return config


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield the paths of all that is no mapping and no list."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        yield path, value
    for key, item in items or ():
        yield from _leaves(item, (*path, key))


def _with(config: dict[str, Any], path: tuple[str | int, ...]) -> dict[str, Any] | None:
    """Return a copy in which the text at ``path`` is what YAML reads in it; ``None`` if that is text, too."""
    changed = copy.deepcopy(config)
    *above, last = path
    try:
        parent = changed
        for key in above:
            parent = parent[key]
        text = parent[last]
        value = yaml.safe_load(validation.spelled(text) or text)
    except (LookupError, TypeError, AttributeError, ValueError, yaml.YAMLError):  # not what the command line gave
        return None
    if not (value is None or isinstance(value, bool | int | float)):
        return None
    parent[last] = value
    return changed


def _answered(config: dict[str, Any], path: tuple[str | int, ...], sentences: list[str]) -> bool:
    key = validation.place(config, path, "config")
    return any(sentence.startswith(f"{key}: ") for sentence in sentences)
