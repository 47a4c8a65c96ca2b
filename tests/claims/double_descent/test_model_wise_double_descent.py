"""The figure of the width sweep: places and findings are those of the verdict."""

import numpy as np
import pandas as pd
import pytest
import synthetic_training
from declared_tables import declared
from undecided_verdicts import undecided

from overparam.claims.double_descent.width_sweep import measure as width_sweep
from overparam.claims.double_descent.width_sweep import model_wise_double_descent
from overparam.claims.double_descent.width_sweep import model_wise_double_descent_details as details

VERDICT = undecided("model_wise_double_descent")


def swept(names=("a",)):
    """Return measurements of a sweep with a peak of 50 % at width 16 and 20 % noise."""
    final = lambda width, level: 0.3 + level * (width == 16)  # noqa: E731
    tables = [synthetic_training.table((4, 8, 16, 32), (0.0, 0.2), study=name, final=final) for name in names]
    return measured(pd.concat(tables))


def measured(training):
    return declared(width_sweep.measure({"seed": 0}, training), "width_sweep")


def peak_verdict(tested_at, verdicts=("supported",) * 3):
    """Return a verdict on study a whose rise, fall and weaker side came out like this."""
    names = ("rise", "fall", "weaker side")
    estimates = [
        {"name": f"study = a: {name}", "verdict": one, "low": 0.1, "high": 0.2}
        for name, one in zip(names, verdicts, strict=True)
    ]
    detail = {"study = a": {"tested_at": tested_at, "reference": 9.5}}
    found = undecided("model_wise_double_descent")
    found["forms"]["printed"]["predictions"][0].update(estimates=estimates, detail=detail)
    return found


def test_alt_text_of_the_sweep_takes_places_and_finding_from_the_verdict():
    text = model_wise_double_descent.alt_text(swept(), peak_verdict([[8.0, 16.0, 32.0]] * 2))
    assert "a peak is shown" in text and "falls to 30.1% at width 8, rises to 50.1% at width 16" in text
    assert "20 % label noise, mean of 3 seeds" in text and "5% at width 9.5" in text
    both = model_wise_double_descent.alt_text(swept(), peak_verdict([[8.0, 16.0, 32.0], [4.0, 16.0, 32.0]]))
    assert "at width 8, rises" in both and "at width 4, rises" in both


@pytest.mark.parametrize("missing", range(3))
def test_alt_text_of_a_sweep_names_no_peak_unless_all_of_it_is_shown(missing):
    verdicts = ["inconclusive" if i == missing else "supported" for i in range(3)]
    text = model_wise_double_descent.alt_text(swept(), peak_verdict([[8.0, 16.0, 32.0]] * 2, verdicts))
    assert "no peak shown" in text and "rises" not in text and "10.0 to 20.0 points" in text


def test_alt_text_of_a_sweep_that_was_not_judged_names_no_peak():
    assert "no peak shown" in model_wise_double_descent.alt_text(swept(), VERDICT)


def test_the_sweep_shows_medians_where_the_judge_takes_them():
    seeds = range(20)
    training = synthetic_training.table((4, 8, 16, 32), (0.0, 0.2), seeds=seeds, study="a")
    training.loc[training["seed"] == 19, "error_clean"] = 100.0  # a mean would notice
    measurements, verdict = measured(training), peak_verdict([[4.0, 8.0, 16.0]] * 2)
    verdict["forms"]["printed"]["predictions"][0]["declared"]["average"] = "median"
    text = model_wise_double_descent.alt_text(measurements, verdict)
    assert "median of 20 seeds" in text and "31.0% at width 8" in text
    figure = model_wise_double_descent.draw(measurements, verdict)
    assert "median of 20 seeds" in figure.axes[0].get_title()
    averages = [line for line in figure.axes[0].lines if line.get_marker() in ("o", "s")]
    assert np.max([line.get_ydata() for line in averages]) < 1


def test_a_sweep_without_held_out_samples_is_drawn():
    training = synthetic_training.table((4, 8, 16, 32), study="a")
    measurements = measured(training[training["split"] != "heldout"])
    text = model_wise_double_descent.alt_text(measurements, peak_verdict([[4.0, 8.0, 16.0]] * 2))
    assert "early stopping" not in text
    assert model_wise_double_descent.draw(measurements, VERDICT).axes


@pytest.mark.parametrize("names", [("a",), ("a", "b")])
def test_every_study_of_a_sweep_has_its_axes_in_the_details(names):
    assert len(model_wise_double_descent.draw(swept(names), VERDICT).axes) == 2
    assert len(details.draw(swept(names), VERDICT).axes) == 2 * len(names)


def test_networks_without_label_noise_are_drawn_beside_whichever_study_they_belong_to():
    noisy = synthetic_training.table((4, 8, 16, 32), (0.2,), study="a")
    clean = synthetic_training.table((4, 8, 16, 32), (0.0,), study="b")
    for training in (pd.concat([noisy, clean]), synthetic_training.table((4, 8, 16, 32), (0.0, 0.2), study="a")):
        drawn = model_wise_double_descent.draw(measured(training), VERDICT)
        named = [
            text.get_text() for text in drawn.axes[0].texts + drawn.axes[0].get_children() if hasattr(text, "get_text")
        ]
        assert "no label\nnoise" in named and "20 % label\nnoise" in named


def test_the_threshold_of_the_sweep_and_the_level_of_noise_are_those_of_the_claim():
    reference = {"reference": {"level": 0.25}, "where": {"label_noise": 0.0}}
    verdict = undecided("model_wise_double_descent", peak_at_threshold=reference)
    train = model_wise_double_descent.draw(swept(), verdict).axes[1]
    assert 0.25 in [line.get_ydata()[0] for line in train.lines if line.get_linestyle() == ":"]
    assert "0 % label noise" in model_wise_double_descent.alt_text(swept(), verdict)
