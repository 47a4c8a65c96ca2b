"""Figures take levels, bands and estimates from the verdict."""

import pandas as pd
import pytest

from overparam.drawing import judged
from overparam.jobs import records
from overparam.judge.verdict_file import judge_claim

ORDERING = {"name": "order", "kind": "ordering", "quantity": "error", "greater": {"where": {"width": 1}}, "less": 0.1}
PEAK = {
    "name": "peak",
    "kind": "peak",
    "quantity": "error",
    "where": {"method": "sgd"},
    "x": "width",
    "at": [None, 2],
    "reference": {"quantity": "error", "level": 0.15, "direction": "falling"},
}
SLOPE = {"name": "rate", "kind": "slope", "quantity": "error", "x": "width", "band": [-1, 0.5], "each": ["method"]}
BOUND = {"name": "bound", "kind": "bound", "quantity": "error", "limit": 1}
CLAIM = {
    "id": "B4",
    "name": "a-claim",
    "forms": {"printed": {"predictions": [ORDERING, PEAK, BOUND]}, "corrected": {"predictions": [SLOPE]}},
    "control": {"description": "No peak.", "where": {"method": "ridge"}},
}
ROWS = [
    {"quantity": "error", "value": 0.3 / width + seed / 100, "seed": seed, "width": width, "method": method}
    for seed in range(4)
    for width in (1, 2, 4, 8)
    for method in ("sgd", "ridge")
]


@pytest.fixture(scope="module")
def verdict():
    table = pd.DataFrame(ROWS)
    table = table[(table["method"] == "sgd") | (table["width"] < 8)]
    ordering = {**ORDERING, "where": {"method": "sgd"}}
    claim = {**CLAIM, "forms": CLAIM["forms"] | {"printed": {"predictions": [ordering, PEAK, BOUND]}}}
    return judge_claim(claim, table, None, {}, {})


def test_a_prediction_is_declared_as_the_claim_has_it_and_with_defaults(verdict):
    said = judged.declared(verdict, "peak")
    assert {key: said[key] for key in PEAK} == PEAK
    assert said["reference"]["level"] == 0.15
    assert (said["prominence"], said["relation"], said["scale"], said["valley"]) == (0, "difference", "log", False)
    assert judged.declared(verdict, "bound")["tolerance"] == 0


def test_a_control_is_declared_as_it_was_judged(verdict):
    (under,) = [one for one in verdict["forms"]["printed"]["control"]["predictions"] if one["name"] == "peak"]
    assert under["declared"]["where"] == {"method": "ridge"}


def test_bands(verdict):
    assert judged.band(verdict, "peak") == (None, 2.0)
    assert judged.band(verdict, "rate", "corrected") == (-1.0, 0.5)
    assert judged.band(verdict, "order") == (0.0, None)  # the judge's own
    with pytest.raises(ValueError, match="B4: the prediction 'bound' declares no band"):
        judged.band(verdict, "bound")


def test_estimates(verdict):
    assert judged.estimate(verdict, "peak")["name"] == "rise"
    assert judged.estimate(verdict, "peak", of="place")["band"] == [None, 2.0]
    sgd = judged.estimate(verdict, "rate", "corrected", each="method = sgd")
    assert sgd["name"] == "method = sgd: slope" and sgd["estimate"] == pytest.approx(-0.9, abs=0.1)
    half = judged.estimate(verdict, "rate", "corrected", each="method = sgd", of="slope of upper half")
    assert half["name"] == "method = sgd: slope of upper half"
    assert judged.estimate(verdict, "rate", "corrected", each="method = adam") is None


def test_a_prediction_that_was_not_measured_has_a_declaration_and_no_estimate():
    table = pd.DataFrame(ROWS).query("method == 'ridge'")
    verdict = judge_claim(CLAIM, table, None, {}, {})
    assert judged.estimate(verdict, "peak") is None
    assert judged.band(verdict, "peak") == (None, 2.0)


@pytest.mark.parametrize(
    ("name", "form", "expected"),
    [
        (
            "peaks",
            "printed",
            "B4: no prediction 'peaks' in the form 'printed', did you mean `peak`? (it has order",
        ),
        ("peak", "corrected", "B4: no prediction 'peak' in the form 'corrected' (it has rate)"),
        ("peak", "improved", "B4: no prediction 'peak' in the form 'improved' (it has none)"),
    ],
)
def test_a_prediction_that_is_not_there_is_named(verdict, name, form, expected):
    with pytest.raises(ValueError) as caught:
        judged.declared(verdict, name, form)
    assert str(caught.value).startswith(expected)


def test_the_file_of_a_verdict_has_the_declarations(verdict):
    assert records.mismatch(verdict, records.VERDICT) is None
    (one, *_) = verdict["forms"]["printed"]["predictions"]
    lacking = {key: value for key, value in one.items() if key != "declared"}
    assert records.mismatch(lacking, records.PREDICTION) == "it lacks declared"
