"""Exponents that figures take from the verdict, and those that they fit as the judge does."""

import numpy as np
import pandas as pd
import pytest
from judged_tables import judged as evaluated
from judged_tables import noise, table

from overparam.drawing import exponents, judged
from overparam.drawing.width_curves import exponent

X = 2.0 ** np.arange(1, 10)


def verdict(band, measurements=None) -> dict:
    rows = table(np.exp(noise(0.1)) * X**-0.5) if measurements is None else measurements
    found = evaluated(rows, "slope", x="width", band=band)
    control = {"verdict": "refuted", "predictions": [found | {"verdict": "refuted"}], "supported_parts": []}
    return {"claim": "T1", "forms": {"printed": {"predictions": [found], "control": control}}}


@pytest.mark.parametrize(("band", "middle"), [([-0.52, -0.48], -0.5), ([0.85, 1.15], 1), ([1.85, 2.15], 2)])
def test_predicted_exponent_is_the_middle_of_the_band(band, middle):
    assert exponents.predicted(verdict(band), "p") == middle


@pytest.mark.parametrize("band", [[None, -0.45], [0.95, None]])
def test_open_band_has_no_middle(band):
    with pytest.raises(ValueError, match="T1: the band of 'p' is open at one end"):
        exponents.predicted(verdict(band), "p")


@pytest.mark.parametrize(("value", "text"), [(-0.5, "−1/2"), (1.0, "1"), (-1.0, "−1"), (2, "2"), (0.25, "1/4")])
def test_exponents_are_spelled_as_fractions_with_a_true_minus_sign(value, text):
    assert exponents.spelled(value) == text


def test_measured_exponent_is_that_of_the_verdict_and_of_the_figures_own_fit():
    rows = table(np.exp(noise(0.1)) * X**-0.5)
    assert exponents.measured(verdict([None, -0.4], rows), "p", digits=6) == f"{exponent(rows):.6f}"


def test_exponent_that_the_judge_could_not_estimate_is_unknown():
    rows = table(np.zeros((3, 9)))
    assert exponents.measured(verdict([None, -0.4], rows), "p") == "unknown"
    assert exponents.measured(verdict([None, -0.4]), "p", each="width = 3") == "unknown"


def test_fit_leaves_out_what_has_no_logarithm():
    rows = table(np.exp(noise(0.1)) * X**-0.5)
    gaps = pd.concat([rows, rows.iloc[:4].assign(value=[0.0, np.inf, np.nan, -1.0], width=1.0)])
    assert exponent(gaps) == exponent(rows)
    assert np.isnan(exponent(rows[rows["width"] == 2]))


def test_predictions_under_the_control_are_read_like_those_of_the_claim():
    control = judged.under_control(verdict([None, -0.4]))
    assert judged.prediction(control, "p")["verdict"] == "refuted"
    assert judged.band(control, "p") == (None, -0.4)
    without = verdict([None, -0.4])
    without["forms"]["printed"]["control"] = None
    with pytest.raises(ValueError, match="no prediction 'p'"):
        judged.prediction(judged.under_control(without), "p")
