"""Lists are cut into as few runs as a limit allows, and evenly."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overparam.plan import sharding

# sixteenths, whose sums are exact: whether a run is within the limit must not hang on rounding
COSTS = st.lists(st.integers(0, 800).map(lambda sixteenths: sixteenths / 16), min_size=1, max_size=9)


def cuts(n):
    """Return every way to cut n entries into runs."""
    for places in itertools.product([False, True], repeat=n - 1):
        edges = [0, *(place + 1 for place, cut in enumerate(places) if cut), n]
        yield [slice(start, stop) for start, stop in itertools.pairwise(edges)]


def total(costs, run):
    return sum(costs[run])


@given(costs=COSTS, limit=st.integers(16, 1600).map(lambda sixteenths: sixteenths / 16))
def test_runs_are_as_few_and_as_even_as_can_be(costs, limit):
    found = sharding.runs_within(costs, limit)
    assert [index for run in found for index in range(run.start, run.stop)] == list(range(len(costs)))

    def allowed(runs):
        return all(run.stop - run.start == 1 or total(costs, run) <= limit for run in runs)

    def costliest(runs):
        return max((total(costs, run) for run in runs if run.stop - run.start > 1), default=0)

    possible = [runs for runs in cuts(len(costs)) if allowed(runs)]
    assert allowed(found)
    fewest = min(map(len, possible))
    assert len(found) == fewest
    best = min(costliest(runs) for runs in possible if len(runs) == fewest)
    assert costliest(found) == best


@pytest.mark.parametrize(
    ("costs", "limit", "lengths"),
    [
        ([1, 1, 1, 1], 3, [2, 2]),
        ([1, 2, 3, 4, 5, 6], 10, [3, 2, 1]),
        ([1, 1, 50, 1], 10, [2, 1, 1]),
        ([50, 60], 10, [1, 1]),
        ([0.0], 1, [1]),
    ],
)
def test_examples(costs, limit, lengths):
    assert [run.stop - run.start for run in sharding.runs_within(costs, limit)] == lengths


@given(n=st.integers(1, 60), most=st.integers(1, 70))
def test_even_runs(n, most):
    lengths = [run.stop - run.start for run in sharding.even_runs(n, most)]
    assert sum(lengths) == n and max(lengths) <= most and max(lengths) - min(lengths) <= 1
    assert len(lengths) == -(-n // most)
    assert sharding.even_runs(n, most)[0].start == 0 and sharding.even_runs(n, most)[-1].stop == n
