"""The cells of a study: what one training job makes.

A study lists its widths, noise levels and seeds. An entry of such a list is one value, a list of values, or a range
(``0to4`` is the list of 0, 1, 2, 3, 4). Entries are closed: what is made of an entry of widths with an entry of noise
levels and an entry of seeds depends on these three, on the settings of the study and on ``jobs`` in the configuration
alone, never on what stands beside them, on cores, or on what exists. So an added entry opens new cells and changes no
old one; and for the same reason entries are never joined.

An entry that holds more than ``jobs.minutes`` of work is split into several cells, each again every combination of its
widths, noise levels and seeds, in the order of the configuration. Widths are parted first, because they are trained one
after another and gain nothing by sharing a job; then the networks of one width, which are trained together: seeds
first, because the noise levels of a seed share its initialisation and its batches, and noise levels last. The waiting
between the steps of one width is paid by every part anew, so it is no reason to part the networks of a width.
"""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from overparam.plan import image_sizes, sharding, training_cost

GRID = {"widths": "widths", "label_noise": "noise levels", "seeds": "seeds"}
NOT_TRAINED = ("experiments",)  # who reads a study changes nothing in its training
LONGEST_RANGE = 10_000
MOST_VALUES = 100_000  # in one list of a study, ranges written out
MOST_CELLS = 50_000  # of one study: Snakemake would plan for hours
LONGEST_NAME = 150  # file systems allow 255 bytes, suffixes and temporary names included


@dataclasses.dataclass(frozen=True)
class Cell:
    """One training job: every combination of its widths, noise levels and seeds.

    Attributes
    ----------
    study, widths, label_noise, seeds
        What it holds.
    entry_seeds
        All seeds of the entry that it is made of: their labels share a file, however the entry is split.
    minutes
        About how long it takes; ``None`` if its model declares no cost.
    """

    study: str
    widths: tuple[int, ...]
    label_noise: tuple[float, ...]
    seeds: tuple[int, ...]
    entry_seeds: tuple[int, ...]
    minutes: float | None

    @property
    def name(self) -> str:
        """The file name of the cell, without suffix; it says all that the cell holds."""
        return f"w{spell(self.widths)}_n{spell(self.label_noise)}_s{spell(self.seeds)}"


def plan(
    studies: Sequence[Mapping[str, Any]], datasets: Sequence[Mapping[str, Any]], jobs: Mapping[str, Any]
) -> dict[tuple[str, str], Cell]:
    """Return the cells of all studies by study and name, in the order of the configuration."""
    sources = {dataset["name"]: dataset for dataset in datasets}
    return {
        (cell.study, cell.name): cell for study in studies for cell in cells(study, sources[study["dataset"]], jobs)
    }


def cells(study: Mapping[str, Any], dataset: Mapping[str, Any], jobs: Mapping[str, Any]) -> Iterator[Cell]:
    """Yield the cells of a study in the order of its lists.

    Parameters
    ----------
    study, dataset
        Entries of the configuration's ``studies`` and ``datasets``.
    jobs
        ``minutes``: of work that a cell holds at most, unless it is one network; ``gigaflops``: rate of the device.

    Raises
    ------
    UserError
        If the file that declares the cost of the model is wrong.
    """
    images = image_sizes.images(dataset)
    entries = {key: groups(study[key]) for key in GRID}
    costs = {
        width: images and training_cost.cost(study, width, images, jobs["gigaflops"])
        for width in itertools.chain.from_iterable(entries["widths"])
    }
    for widths, noise, seeds in itertools.product(*entries.values()):
        levels = tuple(float(level) for level in noise)
        for part in _parts(widths, levels, seeds, costs, jobs["minutes"]):
            yield Cell(study["name"], *part, entry_seeds=seeds, minutes=_minutes(*part, costs))


def _parts(
    widths: tuple[int, ...],
    noise: tuple[float, ...],
    seeds: tuple[int, ...],
    costs: Mapping[int, training_cost.Cost | None],
    minutes: float,
) -> Iterator[tuple[tuple[int, ...], tuple[float, ...], tuple[int, ...]]]:
    """Yield widths, noise levels and seeds of every cell that one combination of entries is split into."""
    known = _known(widths, costs)
    if known is None:
        yield widths, noise, seeds
        return
    n_models = len(noise) * len(seeds)
    for run in sharding.runs_within([cost.minutes(n_models) for cost in known], minutes):
        together = widths[run]
        most = n_models if len(together) > 1 else _most(known[run][0].work, n_models, minutes)
        for some_seeds in sharding.even_runs(len(seeds), max(1, most // len(noise))):
            for some_noise in sharding.even_runs(len(noise), min(most, len(noise))):
                yield together, noise[some_noise], seeds[some_seeds]


def _most(work: float, n_models: int, minutes: float) -> int:
    """Return how many networks of so many minutes each a cell may hold: at least one."""
    return n_models if n_models * work <= minutes else max(1, int(minutes / work))


def _known(widths: tuple[int, ...], costs: Mapping[int, training_cost.Cost | None]) -> list[training_cost.Cost] | None:
    """Return the cost of every width, ``None`` if that of one is not known; then that of none is."""
    known = [cost for width in widths if (cost := costs[width]) is not None]
    return known if len(known) == len(widths) else None


def _minutes(
    widths: tuple[int, ...],
    noise: tuple[float, ...],
    seeds: tuple[int, ...],
    costs: Mapping[int, training_cost.Cost | None],
) -> float | None:
    known = _known(widths, costs)
    return None if known is None else sum(cost.minutes(len(noise) * len(seeds)) for cost in known)


def settings(study: dict[str, Any], cell: Cell, seed: int) -> dict[str, Any]:
    """Return the settings of one cell: those of its study, with the cell's own members and the root seed."""
    shared = {key: value for key, value in study.items() if key not in (*GRID, *NOT_TRAINED, "name")}
    members = {key: list(getattr(cell, key)) for key in GRID}
    return {**shared, **members, "study": study["name"], "seed": seed}


def spell(values: Sequence[float]) -> str:
    """Spell numbers as ``1-2-5``; three or more consecutive whole numbers as ``0to4``, also among others."""
    return "-".join(
        f"{run[0]}to{run[-1]}" if len(run) > 2 else "-".join(map(_spelled, run)) for run in _consecutive(values)
    )


def _consecutive(values: Sequence[float]) -> list[list[float]]:
    """Cut numbers into runs of whole numbers that count up by one; any other number is a run of its own."""
    runs: list[list[float]] = []
    for value in values:
        if runs and isinstance(value, int) and isinstance(runs[-1][-1], int) and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return runs


def _spelled(value: float) -> str:
    """Spell one number so that it can be read back exactly."""
    short = format(value, "g")
    return str(value) if isinstance(value, int) else short if float(short) == value else repr(value)


def unspell(text: str) -> tuple[int, ...]:
    """Return the whole numbers that :func:`spell` spelled."""
    return tuple(value for part in text.split("-") for value in _range(part))


def groups(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the entries of a list, which are single values, lists of values or ranges as ``0to4``."""
    return [
        tuple(_range(value)) if isinstance(value, str) else tuple(value) if isinstance(value, list) else (value,)
        for value in values
    ]


def _range(text: str) -> range:
    first, _, last = text.partition("to")
    return range(int(first), int(last or first) + 1)


def problems(study: Mapping[str, Any], dataset: Mapping[str, Any] | None, jobs: Mapping[str, Any]) -> list[str]:
    """Return a sentence for everything that is wrong with the lists of a study.

    That is, ranges that are empty or too long, values that stand twice in one list, more values or cells than a plan
    can hold, and cells whose names would be too long for files. Without a ``dataset`` cells are not looked at.

    Raises
    ------
    UserError
        If the file that declares the cost of the model is wrong.
    """
    name, found = f"study {study['name']!r}", []
    for key, noun in GRID.items():
        ranges = {entry: len(_range(entry)) for entry in study[key] if isinstance(entry, str)}
        found += [
            f"{name}: {entry} counts down; write the smaller number first" for entry, n in ranges.items() if not n
        ]
        found += [
            f"{name}: {entry} are {n:,} {noun}; an entry takes at most {LONGEST_RANGE:,}"
            for entry, n in ranges.items()
            if n > LONGEST_RANGE
        ]
        n_values = sum(
            ranges[entry] if isinstance(entry, str) else len(entry) if isinstance(entry, list) else 1
            for entry in study[key]
        )
        if n_values > MOST_VALUES and max(ranges.values(), default=0) <= LONGEST_RANGE:
            found.append(f"{name}: {n_values:,} {noun}; a study takes at most {MOST_VALUES:,}")
    if found:
        return found
    for key, noun in GRID.items():
        counted = Counter(itertools.chain.from_iterable(groups(study[key])))
        twice = sorted(value for value, count in counted.items() if count > 1)
        if twice:
            listed = ", ".join(map(_spelled, twice))
            found.append(f"{name}: {listed} stands twice among its {noun}; list each once")
    if found or dataset is None:
        return found
    names = [cell.name for cell in itertools.islice(cells(study, dataset, jobs), MOST_CELLS + 1)]
    if len(names) > MOST_CELLS:
        found.append(
            f"{name}: more than {MOST_CELLS:,} jobs; list several widths, noise levels or seeds in one entry, or raise "
            "config.jobs.minutes"
        )
    long = next((cell for cell in names if len(cell) > LONGEST_NAME), None)
    if long:
        found.append(
            f"{name}: the name of the cell {long[:40]}… has {len(long)} characters, files take {LONGEST_NAME}; "
            "list fewer values in one entry"
        )
    return found
