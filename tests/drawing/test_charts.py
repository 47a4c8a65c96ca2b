"""Interactive charts: data once and rounded, text that can stand in a page, colours that are seen on both grounds."""

import json
import logging
import math
import types

import altair as alt
import pandas as pd
import pytest

from overparam import places
from overparam.drawing import charts, claim_chart, surfaces

GROUNDS = ("#ffffff", "#0d0f12")  # of report/assets/style.css


def small(measurements, verdict):
    """Return a chart whose data are named and used twice."""
    data = charts.records(measurements[["width", "value"]], "made")
    x = alt.X("width:Q")
    one = alt.Chart(data).mark_line().encode(x=x, y="value:Q")
    layers = [one, charts.cursor(charts.at("w"), x), one.mark_point()]
    params = [*charts.slider("w", "width", [1, 2, 4], 1), charts.readout("'at ' + w_text")]
    return charts.column(alt.layer(*layers), params=params, message="It falls </script> & rises.")


@pytest.fixture
def saved(monkeypatch, tmp_path):
    """Return a function that saves the chart of a module with this function and returns what was written."""

    def save(chart, measurements):
        monkeypatch.setattr(claim_chart.importlib, "import_module", lambda name: types.SimpleNamespace(chart=chart))
        claim_chart.save("any", measurements, {}, tmp_path / "chart.json")
        return (tmp_path / "chart.json").read_text()

    return save


@pytest.fixture
def measurements():
    return pd.DataFrame({"width": [1, 2, 4], "value": [1 / 3, math.nan, 2e-9], "quantity": "error", "seed": 0})


def test_data_stand_once_rounded_and_without_what_is_no_number(saved, measurements):
    text = saved(small, measurements)
    chart = json.loads(text)
    expected = [{"width": 1, "value": 0.3333}, {"width": 2, "value": None}, {"width": 4, "value": 2e-9}]
    assert chart["datasets"]["made"] == expected
    assert text.count("0.3333") == 1 and text.count('"name":"made"') == 2
    assert "<" not in text and chart["usermeta"]["message"] == chart["description"] == "It falls </script> & rises."
    assert saved(small, measurements) == text


def test_two_data_of_one_name_are_refused():
    twice = [{"data": {"name": "made", "values": [{"x": 1}]}}, {"data": {"name": "made", "values": [{"x": 2}]}}]
    with pytest.raises(ValueError, match="two data of a chart are called 'made'"):
        claim_chart.written({"vconcat": twice})


def test_a_chart_that_is_large_is_told(saved, measurements, monkeypatch, caplog):
    monkeypatch.setattr(claim_chart, "LIMIT", 100)
    with caplog.at_level(logging.WARNING):
        saved(small, measurements)
    assert "bytes, more than 100" in caplog.text


def test_networks_that_diverged_are_told(saved, measurements):
    networks = {"study": "s", "model": "mlp", "label_noise": 0.2, "seed": 0, "quantity": "diverged"}
    diverged = pd.DataFrame([{**networks, "width": width, "value": value} for width, value in ((1, 1.0), (2, 0.0))])
    table = pd.concat([measurements, diverged], ignore_index=True)
    said = "1 of 2 networks diverged: their losses or weights are not finite; averages are over the others."
    assert json.loads(saved(small, table))["usermeta"]["message"].endswith(said)
    assert "Too few networks are left" in saved(lambda *_: 1 / 0, table)
    with pytest.raises(ZeroDivisionError):
        saved(lambda *_: 1 / 0, measurements)


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("colour", [charts.TEST, charts.TRAIN, charts.OTHER])
def test_curves_are_seen_on_both_grounds(ground, colour):
    light, dark = sorted(map(_luminance, (ground, colour)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3  # WCAG 2.2, 1.4.11


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_numbers_are_written_as_people_write_them():
    assert [charts.written(value) for value in (0.0565, 461.2, 3.94e10, 0.0)] == ["0.0565", "461", "3.94 × 10¹⁰", "0"]
    assert [charts.power_of_ten(power) for power in (-4, 0, 2, 11)] == ["10⁻⁴", "1", "100", "10¹¹"]


def test_many_values_of_a_slider_are_thinned_out():
    found = charts.thinned(range(1000))
    assert len(found) == charts.MOST and found[0] == 0 and found[-1] == 999
    assert charts.thinned([3, 1, 3, 2]) == [1, 2, 3]


def test_a_surface_has_the_means_over_seeds_and_the_median_epoch_of_stopping():
    rows = [
        {"width": width, "epoch": epoch, "seed": seed, "value": width / 8 + epoch / 100 + seed / 10}
        for width in (1, 2) for epoch in (0, 1, 10) for seed in (0, 1)
    ]  # fmt: skip
    curve = pd.DataFrame(rows)
    stop = curve[(curve["width"] == 2) & (curve["epoch"] + 9 * curve["seed"] == 10)]
    found = surfaces.of("made", [curve], "width", [stop])
    assert (found.rows, found.epochs) == ([1.0, 2.0], [1, 10])
    assert found.values == [[[0.185], [0.275]], [[0.31], [0.4]]]
    assert found.stops == [[None, None], [5.5, pytest.approx(0.355)]]


def test_the_script_of_the_pages_uses_the_bundle_alone():
    script = (places.PACKAGE / "report/assets/charts.js").read_text()
    assert "http" not in script and "vegaEmbed(" in script
