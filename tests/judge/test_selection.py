"""Filters keep what they say, and every doubt is an error that names its cause."""

import numpy as np
import pandas as pd
import pytest

from overparam.errors import UserError
from overparam.judge import selection

TABLE = pd.DataFrame(
    {
        "quantity": "error",
        "seed": np.tile([0, 1], 6),
        "width": np.repeat([1, 2, 4], 4),
        "label_noise": np.tile([0.0, 0.0, 0.1 + 0.2, 0.1 + 0.2], 3),
        "method": pd.array(["sgd", "sgd", None, None] * 3, dtype="string"),
        "value": np.arange(12.0),
    }
)


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ({}, 12),
        ({"width": 2}, 4),
        ({"width": [1, 4]}, 8),
        ({"width": {"min": 2}}, 8),
        ({"width": {"above": 2}}, 4),
        ({"width": {"min": 2, "below": 4}}, 4),
        ({"label_noise": 0.3}, 6),  # 0.1 + 0.2 is not 0.3 to the last bit
        ({"method": None}, 6),
        ({"method": ["sgd", None]}, 12),
        ({"quantity": "error", "seed": 1}, 6),
    ],
)
def test_select(where, count):
    assert len(selection.select(TABLE, "error", where)) == count


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ({"widht": 2}, "unknown column `widht` in `where`, did you mean `width`?"),
        ({"width": 3}, r"no row has width = 3 \(found: 1, 2, 4\)"),
        ({"width": {"above": 4}}, "no row has width with above 4"),
        ({"quantity": "loss"}, "no row has quantity = loss"),
        ({"width": {"from": 1}}, "unknown limit `from` for column `width`"),
    ],
)
def test_select_says_what_is_wrong(where, message):
    with pytest.raises(UserError, match=message):
        selection.select(TABLE, "error", where)


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ({"width": 3}, selection.NothingMeasured),
        ({"width": 2, "method": "adam"}, selection.NothingMeasured),
        ({"width": 3, "label_nois": 0}, UserError),  # the missing level must not hide the misspelt column
        ({"quantity": "loss"}, UserError),
        ({"width": {"from": 1}}, UserError),
    ],
)
def test_level_that_was_not_measured_is_told_from_a_mistake(where, kind):
    with pytest.raises(UserError) as caught:
        selection.select(TABLE, "error", where)
    assert type(caught.value) is kind


def test_several_rows_of_one_seed_and_place_name_the_column_that_varies():
    with pytest.raises(UserError, match=r"2 rows for seed = 0, width = 1.*differ in label_noise, method"):
        selection.curves(TABLE, "width")


def test_identical_rows_are_refused_too():
    rows = pd.concat([TABLE[TABLE.label_noise == 0]] * 2)
    with pytest.raises(UserError, match="differ in nothing else"):
        selection.curves(rows, "width")


def test_grid_refuses_a_seed_that_lacks_a_place():
    rows = TABLE[(TABLE.label_noise == 0)].iloc[:-1]
    with pytest.raises(UserError, match="seed 1 has no row at width = 4"):
        selection.grid(rows, "width")


def test_scalars_reduce_along_named_columns_and_keep_missing_values():
    rows = TABLE[TABLE.label_noise == 0]
    assert selection.scalars(rows, "last", "width").tolist() == [8, 9]
    assert selection.scalars(TABLE, "max", ["width", "label_noise"]).tolist() == [10, 11]
    broken = rows.assign(value=rows["value"].where(rows["width"] < 4))
    assert np.isnan(selection.scalars(broken, "min", "width")).all()
    with pytest.raises(UserError, match="one is expected"):
        selection.scalars(rows)


def test_pairs_ignore_conditions_that_the_other_side_does_not_have():
    rows = TABLE[TABLE.label_noise == 0]
    limits = pd.DataFrame({"quantity": "bound", "seed": [0, 1], "width": np.nan, "value": [10.0, 20.0]})
    assert selection.paired(rows, limits)["other"].tolist() == [10, 20] * 3
    with pytest.raises(UserError, match="3 of 6 rows have nothing to be compared with"):
        selection.paired(rows, limits[limits.seed == 0])
    with pytest.raises(UserError, match="one is expected"):
        selection.paired(rows, pd.concat([limits, limits]))


def test_control_leaves_a_side_the_columns_that_it_names():
    prediction = {"where": {"width": 1, "method": "sgd"}, "greater": {"where": {"width": 2}}, "less": 0.5}
    assert selection.controlled(prediction, {"width": 4, "method": "ridge"}) == {
        "where": {"width": 4, "method": "ridge"},
        "greater": {"where": {"width": 2}},
        "less": 0.5,
    }


def test_imposed_reaches_every_side():
    prediction = {"where": {"width": 1}, "greater": {"where": {"width": 2}}, "less": 0.5}
    assert selection.imposed(prediction, {"width": 4}) == {
        "where": {"width": 4},
        "greater": {"where": {"width": 4}},
        "less": 0.5,
    }
