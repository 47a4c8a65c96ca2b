"""Figures take names of axes from the declaration of the experiment, and say what is missing in it."""

import pandas as pd
import pytest
from declarations import MEASURES

from overparam.drawing import labels


@pytest.fixture
def measurements():
    table = pd.DataFrame({"quantity": ["error", "loss"], "value": [0.1, 0.2], "seed": 0, "width": [1, 2]})
    labels.attach(table, MEASURES)
    return table


def test_labels_and_values_are_those_declared(measurements):
    assert labels.quantity(measurements, "norm") == "$\\|w\\|$"
    assert labels.column(measurements, "level") == "noise"
    assert labels.values(measurements, "split") == ["train", "test"]


def test_selected_rows_keep_their_labels(measurements):
    chosen = measurements[measurements["quantity"] == "error"].assign(x=1).sort_values("width")
    assert labels.quantity(chosen, "error") == "error"
    assert chosen.attrs["measures"] is measurements.attrs["measures"], "a copy with each selection takes time"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (lambda table: labels.quantity(table, "eror"), "no 'eror' under measures.quantities, did you mean `error`?"),
        (lambda table: labels.quantity(table, "width"), "no 'width' under measures.quantities (it has error, loss"),
        (lambda table: labels.column(table, "widht"), "no 'widht' under measures.columns, did you mean `width`?"),
        (lambda table: labels.values(table, "study"), "the column 'study' declares no `values` in experiment.yaml"),
    ],
)
def test_what_is_not_declared_is_named(measurements, question, expected):
    with pytest.raises(ValueError) as caught:
        question(measurements)
    assert expected in str(caught.value)


def test_measurements_without_a_declaration_say_where_it_comes_from(measurements):
    measurements.attrs.clear()
    with pytest.raises(ValueError, match="the measurements carry no declaration"):
        labels.column(measurements, "width")
