"""A table that is not what was declared is refused: which column or quantity, the first wrong value, how many rows."""

import types

import numpy as np
import pandas as pd
import pytest
from declarations import MEASURES, changed

from overparam.claims import measuring
from overparam.jobs import table_checks
from overparam.plan import experiment_settings

NAN, INF = float("nan"), float("inf")


def right(**columns):
    """Return a table of four rows that is what MEASURES says, with these columns in place of its own."""
    rows = {
        "study": ["a", "b", "a", "b"],
        "width": [1, 2, 4, 8],
        "depth": [2, 4, 2, 4],
        "quantity": ["error", "error", "loss", "norm"],
        "rate": [0.0, NAN, 0.5, 1.0],
        "level": [0.0, 0.2, 0.2, 0.2 * (1 + 1e-12)],
        "split": ["train", "test", "test", "train"],
        "value": [0.0, 1.0, NAN, -3.0],
        "rule": ["last", None, "best", "last"],
        "widest": [True, False, False, True],
        "seed": [0, 1, 2, 3],
    }
    return pd.DataFrame(rows | columns)


ACCEPTED = {
    "as declared": right(),
    "infinite where the range is closed": right(value=[INF, 1.0, -INF, INF]),
    "to rounding at the ends of a range": right(value=[-1e-9, 1 + 1e-7, 0.0, 0.0]),
    "whole numbers for numbers": right(rate=[0, 1, 1, 0], level=[0, 0, 0, 0]),
    "gaps throughout": right(rule=[None] * 4, rate=[None] * 4),
    "gaps throughout, as numbers": right(rule=[NAN] * 4),
    "categories": right().astype({"split": "category", "rule": "category"}),
    "text as objects": right().astype({"study": object, "rule": object}),
    "small whole numbers": right().astype({"width": "int8", "seed": "int32"}),
}


@pytest.mark.parametrize("table", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_declared_is_accepted(table):
    assert table_checks.measured_problem(table, MEASURES) is None


def test_whole_numbers_with_gaps_may_be_stored_as_pandas_stores_them():
    measures = changed(MEASURES, "columns.width.gaps", True)
    assert table_checks.measured_problem(right(width=[1, 2, None, 8]), measures) is None
    assert table_checks.measured_problem(right(width=pd.array([1, None, 4, 8], "Int64")), measures) is None
    found = table_checks.measured_problem(right(width=[1, 2.5, None, 8]), measures)
    assert found == "the column width is double, not whole, say 1.0, in 3 of 4 rows"


REFUSED = {
    "quantity misspelt": (
        right(quantity=["error", "errors", "errors", "norm"]),
        "the quantity 'errors' in 2 of 4 rows is not declared; did you mean 'error'?",
    ),
    "quantity above its range": (
        right(value=[0.0, 1.5, 0.0, 0.0]),
        "the quantity error is 1.5 in a row, outside [0, 1]; 1 of 2 rows",
    ),
    "quantity below its range": (
        right(value=[0.0, 0.0, -0.5, 0.0]),
        "the quantity loss is -0.5 in a row, outside [0, ∞); 1 of 1 rows",
    ),
    "quantity with a gap": (
        right(value=[0.0, NAN, 0.0, 0.0]),
        "the quantity error is no number in 1 of 2 rows, and declares no gaps",
    ),
    "column missing": (right().drop(columns="split"), "there is no column split"),
    "column renamed": (
        right().rename(columns={"split": "splits"}),
        "there is no column split; did you mean 'splits'?",
    ),
    "column more": (right(batch=[1] * 4), "has other columns as well: batch"),
    "columns in another order": (
        right()[["width", "study", *right().columns[2:]]],
        "has its columns in another order: width where study is declared",
    ),
    "column twice": (
        pd.concat([right(), right()[["width"]]], axis=1),
        "a column stands there twice: width",
    ),
    "no rows": (right().iloc[:0], "has no rows"),
    "value not listed": (
        right(split=["train", "valid", "valid", "test"]),
        "the column split is 'valid' in a row, which is none of its values; 2 of 4 rows",
    ),
    "value misspelt where gaps are": (
        right(rule=["lst", None, "best", "last"]),
        "the column rule is 'lst' in a row, which is none of its values; 1 of 4 rows; did you mean 'last'?",
    ),
    "number not listed": (
        right(level=[0.0, 0.2, 0.25, 0.2]),
        "the column level is 0.25 in a row, which is none of its values; 1 of 4 rows",
    ),
    "whole number not listed": (
        right(depth=[2, 3, 3, 3]),
        "the column depth is 3 in a row, which is none of its values; 3 of 4 rows",
    ),
    "column below its range": (
        right(width=[0, 2, 4, 8]),
        "the column width is 0 in a row, outside [1, ∞); 1 of 4 rows",
    ),
    "column above its range": (
        right(rate=[0.0, NAN, 0.5, 2.0]),
        "the column rate is 2 in a row, outside [0, 1]; 1 of 4 rows",
    ),
    "infinite column": (right(rate=[0.0, NAN, INF, 1.0]), "the column rate is inf in a row, outside [0, 1]; 1 of 4"),
    "gap in text": (right(split=["train", None, "test", None]), "the column split has gaps in 2 of 4 rows"),
    "gap in whole numbers": (right(width=[1, None, 4, 8]), "the column width has gaps in 1 of 4 rows"),
    "numbers for text": (right(study=[1, 2, 3, 4]), "the column study is int64, not text, say 1, in 4 of 4 rows"),
    "text for whole numbers": (right(width=list("1248")), "the column width is large_string, not whole, say '1', in 4"),
    "numbers for whole numbers": (
        right(width=[1.0, 2.0, 4.0, 8.0]),
        "the column width is double, not whole, say 1.0, in 4 of 4 rows",
    ),
    "numbers for truth": (right(widest=[1, 0, 0, 1]), "the column widest is int64, not truth, say 1, in 4 of 4 rows"),
    "truth for numbers": (right(rate=[True] * 4), "the column rate is bool, not number, say True, in 4 of 4 rows"),
    "a mixture": (right(study=["a", 1, "b", 2.5]), "the column study is a mixture, not text: "),
}


@pytest.mark.parametrize(("table", "expected"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_declared_is_refused(table, expected):
    found = table_checks.measured_problem(table, MEASURES)
    assert found is not None and found.startswith(expected)


@pytest.fixture
def returns(monkeypatch):
    """Return a function that measures an experiment which returns this table and declares MEASURES."""
    monkeypatch.setattr(experiment_settings, "measures", {"sweep": MEASURES}.get)

    def measured(table, name="sweep"):
        module = types.SimpleNamespace(measure=lambda settings: table)
        monkeypatch.setattr(measuring.importlib, "import_module", lambda address: module)
        monkeypatch.setattr(measuring.places, "measure_module", lambda name: name)
        return measuring.measure(name, {}, [], [], [], memory_mb=100)[0]

    return measured


def test_a_job_refuses_what_its_experiment_does_not_declare(returns):
    pd.testing.assert_frame_equal(returns(right()).astype(object), right().astype(object))
    with pytest.raises(
        ValueError, match=r"experiment 'sweep': its table is not what experiment.yaml says it measures: "
    ):
        returns(right(width=[0, 2, 4, 8]))
    with pytest.raises(ValueError, match="experiment 'sweep': its table has no column value, seed"):
        returns(right().drop(columns=["value", "seed"]))


def test_checking_changes_nothing(returns):
    table = right()
    before = table.copy(deep=True)
    table_checks.measured_problem(table, MEASURES)
    pd.testing.assert_frame_equal(table, before)


def test_a_long_table_is_checked_quickly():
    table = pd.concat([right(value=[0.0, 1.0, NAN, 2.0])] * 50_000, ignore_index=True)
    assert table_checks.measured_problem(table, MEASURES) is None
    table.loc[150_001, "width"] = -7
    assert table_checks.measured_problem(table, MEASURES).startswith("the column width is -7 in a row")


def test_nothing_is_made_of_infinite_values():
    with np.errstate(all="raise"):
        assert table_checks.measured_problem(right(value=[INF, -INF, NAN, INF]), MEASURES) is None
