"""One quantity above another, paired by seed."""

import numpy as np
import pandas as pd
import pytest
from judged_tables import X, judged, noise, scalars, table, verdict

from overparam.errors import UserError
from overparam.seeding import generator


@pytest.mark.parametrize(
    ("gap", "scale", "expected"), [(0.1, 0.01, "supported"), (-0.1, 0.01, "refuted"), (0.01, 0.1, "inconclusive")]
)
@pytest.mark.parametrize("n_seeds", [6, 24])
def test_ordering(gap, scale, expected, n_seeds):
    base = generator(0, "base").normal(size=n_seeds)  # common to both sides: pairing removes it
    scatter = noise(scale, n_seeds, 1, "gap")[:, 0]
    gaps = gap + scatter - scatter.mean()
    rows = pd.concat([scalars(base, method="b"), scalars(base + gaps, method="a")])
    sides = {"greater": {"where": {"method": "a"}}, "less": {"where": {"method": "b"}}}
    assert verdict(rows, "ordering", **sides) == expected


def test_ratio_is_the_geometric_mean():
    rows = pd.concat([scalars([1, 2, 4], method="b"), scalars([2, 8, 4], method="a")])
    sides = {"greater": {"where": {"method": "a"}}, "less": {"where": {"method": "b"}}}
    (estimate,) = judged(rows, "ordering", relation="ratio", **sides)["estimates"]
    assert estimate["estimate"] == pytest.approx(2)
    assert estimate["band"] == [1, None]


def test_ordering_against_a_number_and_with_reduction():
    rows = table(np.tile(X, (6, 1)) + noise(0.1))
    settings = {"greater": {"reduce": "max", "along": "width"}, "less": {"reduce": "last", "along": "width"}}
    assert verdict(rows, "ordering", band=[-1, 1], **settings) == "supported"
    assert verdict(rows, "ordering", greater={"where": {"width": 4}}, less=3.5) == "supported"
    assert verdict(rows, "ordering", greater=3.5, less={"where": {"width": 4}}) == "refuted"


def test_proportion_needs_enough_cases():
    settings = {"greater": {}, "less": 0.95, "average": "proportion"}
    assert verdict(scalars(np.ones(8)), "ordering", **settings) == "inconclusive"
    assert verdict(scalars(np.ones(100)), "ordering", **settings) == "supported"
    assert verdict(scalars(np.zeros(8)), "ordering", **settings) == "refuted"


def test_diverged_runs_count_in_orderings():
    sides = {"greater": {"where": {"method": "a"}}, "less": {"where": {"method": "b"}}}
    base = scalars([1, 1.1, 0.9, 1, 1.05], method="b")
    every = pd.concat([base, scalars([np.inf] * 5, method="a")])
    assert verdict(every, "ordering", **sides) == "supported"
    some = pd.concat([base, scalars([5, 5.1, 4.9, 5.2, np.inf], method="a")])
    assert verdict(some, "ordering", **sides) == "supported"
    assert verdict(some, "ordering", **sides, band=[0, 100]) == "inconclusive"
    lost = pd.concat([base, scalars([5, 5.1, 4.9, 5.2, np.nan], method="a")])
    assert verdict(lost, "ordering", **sides) == "inconclusive"


def test_sides_must_have_the_same_seeds():
    rows = pd.concat([scalars([1, 1, 1], method="b"), scalars([2, 2], method="a")])
    with pytest.raises(UserError, match="seeds 2 are on one side only"):
        verdict(rows, "ordering", greater={"where": {"method": "a"}}, less={"where": {"method": "b"}})
