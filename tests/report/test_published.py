"""What stands beside published numbers: one value per seed, found where the entry says, and nothing in doubt."""

import numpy as np
import pytest
from synthetic_run import CURVES, MEASURED, MEASURES, entry

from overparam.errors import UserError
from overparam.report import published
from overparam.report.reading import Claim

RIDGE = {"quantity": "risk", "where": {"method": "ridge"}}


def beside(table=MEASURED, value="87 %", **ours):
    """Return what stands beside a number printed as ``value``."""
    rows = [{"quantity": "risk", "value": value, "setting": "there", "ours": {**RIDGE, **ours}}]
    claim = Claim(entry("A1", "a-claim", "A claim", published=rows), {})
    return published.rows(claim, MEASURES, table)[0]["ours"]


@pytest.mark.parametrize(("which", "x"), [("smallest", 1), ("valley", 2), ("peak", 3), ("largest", 4)])
def test_a_place_on_the_curve_of_means(which, x):
    values, chosen = published.per_seed({**RIDGE, "at": {"x": which}}, MEASURED)
    assert values.tolist() == CURVES[x] and chosen == {"x": (which, x)}


def test_a_curve_that_only_falls_ends_in_its_valley():
    assert [published._place(np.array([3.0, 2.0, 1.0]), which) for which in ("valley", "peak")] == [2, 2]


def test_the_unit_is_that_of_what_is_printed():
    assert beside(at={"x": "valley"})["value"] == "30 %"
    assert beside(value="0.87", at={"x": "valley"})["value"] == "0.3"
    assert beside(at={"x": "valley"}, one_minus=True)["value"] == "70 %"


def test_one_repetition_has_no_interval():
    found = beside(MEASURED[MEASURED["seed"] == 0], where={"method": "ridge", "x": 2})
    assert (found["value"], found["interval"], found["conditions"]) == ("20 %", "", ["method: ridge", "place x 2"])


def test_what_was_not_measured_is_not_there():
    assert beside(None) is None
    assert beside(where={"method": "descent"}) is None


def test_nothing_is_averaged_silently(caplog):
    with pytest.raises(UserError, match="rows for seed"):
        published.per_seed(RIDGE, MEASURED)
    assert beside() is None
    assert "A1: no number of ours stands beside a published one" in caplog.text
