"""What figures say of predictions, regimes and cuts is the verdict's, and leaves the axes as they are."""

import numpy as np
import pytest

from overparam.drawing import cut_axes, headlines, predicted, regimes, theme


def verdict(found="supported", missed=()):
    estimates = [{"name": "slope", "estimate": -0.5, "low": -0.6, "high": -0.4, "band": [-0.7, -0.3]}]
    declared = {"name": "decay", "kind": "slope", "band": [-0.7, -0.3]}
    above = {"name": "above", "declared": {"band": [2, None]}, "estimates": []}
    prediction = {"name": "decay", "declared": declared, "estimates": estimates}
    return {
        "claim": "A1",
        "forms": {"printed": {"verdict": found, "not_reached": list(missed), "predictions": [prediction, above]}},
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (verdict(), "It falls"),
        (verdict("refuted"), "It does not fall"),
        (verdict("inconclusive"), "Undecided: how it falls"),
        (verdict("inconclusive", ["fitted"]), "Not reached at this size: how it falls"),
    ],
)
def test_a_headline_says_what_was_found(given, said):
    texts = {"supported": "It falls", "refuted": "It does not fall", "undecided": "How it falls"}
    assert headlines.by_verdict(given, **texts) == said


def test_what_begins_a_formula_stays_as_it_is_written():
    texts = {"supported": "", "refuted": ""}
    for undecided in ("SGD at a floor", "$N = n$", "A peak"):
        said = headlines.by_verdict(verdict("inconclusive"), undecided=undecided, **texts)
        assert said == f"Undecided: {undecided}" or (undecided == "A peak" and said == "Undecided: a peak")


@pytest.mark.parametrize("name", ["decay", "above"])
def test_a_band_leaves_the_axis_as_it_is(name):
    _, (axis,) = theme.panels()
    axis.plot([1, 10], [-1, 4])
    before = axis.get_xlim(), axis.get_ylim()
    predicted.predicted_band(axis, verdict(), name)
    predicted.predicted_band(axis, verdict(), name, along="x", label=None)
    assert (axis.get_xlim(), axis.get_ylim()) == before
    low, high = axis.patches[0].get_extents().transformed(axis.transData.inverted()).intervaly
    expected = (-0.7, -0.3) if name == "decay" else (2, before[1][1])
    assert np.allclose(sorted((low, high)), expected)


def test_a_slope_is_the_one_predicted():
    _, (axis,) = theme.panels()
    axis.set(xscale="log", yscale="log")
    predicted.predicted_slope(axis, verdict(), "decay", start=(1, 2), to=100)
    x, y = axis.get_lines()[0].get_data()
    assert np.allclose(np.diff(np.log(y)) / np.diff(np.log(x)), -0.5)
    assert y[0] == 2 and axis.texts[0].get_text() == "predicted −1/2"


def test_regimes_are_named_on_their_side_of_the_threshold():
    figure, (axis,) = theme.panels()
    axis.plot([0.1, 10], [1, 2])
    axis.set_title("A panel")
    axis.set_xscale("log")
    before = axis.get_xlim()
    regimes.shade(axis, 1, "$N = n$")
    figure.draw_without_rendering()
    under, over, label = axis.texts
    assert axis.get_xlim() == before and axis.get_title() == "A panel"
    place = axis.transData.transform((1, 1))[0]
    assert under.get_window_extent().x1 < place < over.get_window_extent().x0
    assert over.get_window_extent().y1 < axis.title.get_window_extent().y0 and label.get_text() == "$N = n$"


def test_what_an_axis_cuts_is_counted():
    _, (axis,) = theme.panels()
    axis.plot([1, 2, 3], [1, 50, 70], color=theme.CATEGORIES[0])
    assert cut_axes.cut_above(axis, 10, "seeds") == 2
    assert axis.get_ylim()[1] == 10
    assert [text.get_text() for text in axis.texts] == ["2 seeds above"]
