"""The cells of a study: what one training job makes.

A study lists its widths, noise levels and seeds. An entry of such a list is one value, or a list of values that share a
job (``0to4`` is the list of 0, 1, 2, 3, 4). These groups are closed: what a cell holds depends on its own entries
alone, so an added width, noise level or block of seeds opens new cells and changes no old one.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

GRID = {"widths": "widths", "label_noise": "noise levels", "seeds": "seeds"}
NOT_TRAINED = ("experiments",)  # who reads a study changes nothing in its training


@dataclasses.dataclass(frozen=True)
class Cell:
    """One training job: every combination of its widths, noise levels and seeds."""

    study: str
    widths: tuple[int, ...]
    label_noise: tuple[float, ...]
    seeds: tuple[int, ...]

    @property
    def name(self) -> str:
        """The file name of the cell, without suffix; it says all that the cell holds."""
        return f"w{spell(self.widths)}_n{spell(self.label_noise)}_s{spell(self.seeds)}"


def spell(values: Sequence[float]) -> str:
    """Spell numbers as ``1-2-5``; three or more consecutive integers as ``0to4``."""
    consecutive = all(isinstance(value, int) for value in values) and len(values) > 2
    if consecutive and list(values) == list(range(values[0], values[-1] + 1)):
        return f"{values[0]}to{values[-1]}"
    return "-".join(_spelled(value) for value in values)


def _spelled(value: float) -> str:
    """Spell one number so that it can be read back exactly."""
    short = format(value, "g")
    return str(value) if isinstance(value, int) else short if float(short) == value else repr(value)


def groups(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the closed groups of a list whose entries are single values, lists of values or ranges as ``0to4``."""
    return [_members(value) for value in values]


def unspell(text: str) -> tuple[int, ...]:
    """Return the whole numbers that :func:`spell` spelled."""
    first, to, last = text.partition("to")
    return tuple(range(int(first), int(last) + 1)) if to else tuple(map(int, text.split("-")))


def _members(entry: Any) -> tuple[Any, ...]:
    if isinstance(entry, str):
        return unspell(entry)
    return tuple(entry) if isinstance(entry, list) else (entry,)


def cells(study: dict[str, Any]) -> Iterator[Cell]:
    """Yield the cells of a study in the order of its lists."""
    for widths, noise, seeds in itertools.product(*(groups(study[key]) for key in GRID)):
        yield Cell(study["name"], widths, tuple(float(level) for level in noise), seeds)


def settings(study: dict[str, Any], cell: Cell, seed: int) -> dict[str, Any]:
    """Return the settings of one cell: those of its study, with the cell's own members and the root seed."""
    shared = {key: value for key, value in study.items() if key not in (*GRID, *NOT_TRAINED, "name")}
    members = {key: list(getattr(cell, key)) for key in GRID}
    return {**shared, **members, "study": study["name"], "seed": seed}


def repeated(study: dict[str, Any]) -> list[str]:
    """Return a sentence for every value that stands twice in one list of the study, and for empty ranges."""
    problems = []
    for key, noun in GRID.items():
        empty = [entry for entry in study[key] if isinstance(entry, str) and not unspell(entry)]
        problems += [f"study {study['name']!r}: {entry} counts down; write the smaller number first" for entry in empty]
        values = [value for group in groups(study[key]) for value in group]
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            listed = ", ".join(format(value, "g") for value in twice)
            problems.append(f"study {study['name']!r}: {listed} stands twice among its {noun}; list each once")
    return problems
