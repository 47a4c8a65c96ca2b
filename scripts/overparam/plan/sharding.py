"""Cutting lists into runs of neighbours: as few as a limit allows, and as even as their number allows."""

import functools
import itertools
import operator
from collections.abc import Callable, Sequence


def runs_within(costs: Sequence[float], limit: float) -> list[slice]:
    """Cut a list into the fewest runs whose costs sum to at most ``limit``, the costliest as cheap as can be.

    Parameters
    ----------
    costs
        Of every entry, >= 0; one above the limit is a run of its own.
    limit
        Of the sum of a run.
    """
    runs = _runs(costs, lambda total: total <= limit)
    while True:
        largest = max((_total(costs, run) for run in runs if run.stop - run.start > 1), default=None)
        if largest is None:
            return runs
        tighter = _runs(costs, functools.partial(operator.gt, largest))
        if len(tighter) > len(runs):
            return runs
        runs = tighter


def even_runs(n: int, most: int) -> list[slice]:
    """Cut n entries into the fewest runs of at most ``most`` (at least 1), their lengths differing by at most one."""
    pieces = -(-n // most)
    cuts = [-(-number * n // pieces) for number in range(pieces + 1)]
    return [slice(start, stop) for start, stop in itertools.pairwise(cuts)]


def _runs(costs: Sequence[float], fits: Callable[[float], bool]) -> list[slice]:
    """Cut a list into runs, each as long as its total fits; the first entry of a run always does."""
    starts = [0]
    total = 0.0
    for index, cost in enumerate(costs):
        if index > starts[-1] and not fits(total + cost):
            starts.append(index)
            total = 0.0
        total += cost
    return [slice(start, stop) for start, stop in zip(starts, [*starts[1:], len(costs)], strict=True)]


def _total(costs: Sequence[float], run: slice) -> float:
    """Return the sum of a run, added up in the order of :func:`_runs`, so that it is the same number."""
    total = 0.0
    for cost in costs[run]:
        total += cost
    return total
