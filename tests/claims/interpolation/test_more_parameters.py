"""Test error over the number of parameters within one architecture."""

import pandas as pd
import pytest
from declared_tables import declared
from synthetic_training import table
from undecided_verdicts import undecided

from overparam.claims.interpolation.more_parameters import measure as more_parameters
from overparam.claims.interpolation.more_parameters import more_parameters_generalise_better as figure
from overparam.claims.interpolation.more_parameters import more_parameters_generalise_better_details as details

SETTINGS = {"seed": 0, "fitted": 0.01}
VERDICT = undecided("more_parameters_generalise_better")


def falling(width, level):
    return 0.4 / width**0.5 + level


@pytest.fixture(scope="module")
def measurements():
    training = table(widths=(2, 4, 8, 16), levels=(0.0, 0.2), final=falling)
    unfitted = (training["width"] == 2) & (training["split"] == "train")
    training.loc[unfitted, "error_noisy"] = 0.05
    alone = table(widths=(8,), study="one width")
    return declared(more_parameters.measure(SETTINGS, pd.concat([training, alone])), "more_parameters")


def test_regimes_follow_the_train_error(measurements):
    regimes = measurements[measurements["arm"] == "one_architecture"].groupby("width")["regime"].unique()
    assert {width: list(found) for width, found in regimes.items()} == {
        2: ["below"], 4: ["beyond"], 8: ["beyond"], 16: ["beyond"]
    }  # fmt: skip


def test_two_widths_make_no_trend():
    training = table(widths=(2, 4, 8), levels=(0.2,), final=falling)
    training.loc[(training["width"] == 2) & (training["split"] == "train"), "error_noisy"] = 0.05
    found = declared(more_parameters.measure(SETTINGS, training), "more_parameters")
    regimes = found[found["arm"] == "one_architecture"].groupby("width")["regime"].unique()
    assert {width: list(kinds) for width, kinds in regimes.items()} == {
        2: ["below"], 4: ["few_beyond"], 8: ["few_beyond"]
    }  # fmt: skip
    assert "too few widths fit their labels to show a trend" in figure.alt_text(found, VERDICT)
    assert len(figure.draw(found, VERDICT).axes) == 2


def test_smallest_and_largest_of_each_regime(measurements):
    rows = measurements[(measurements["arm"] == "one_architecture") & (measurements["regime"] == "beyond")]
    assert rows.groupby("width")["size"].unique().map(list).to_dict() == {
        4: ["smallest"],
        8: ["between"],
        16: ["largest"],
    }


def test_errors_are_those_of_the_last_epoch(measurements):
    rows = measurements[(measurements["quantity"] == "test_error") & (measurements["arm"] == "one_architecture")]
    assert len(rows) == 4 * 2 * 3
    for row in rows.itertuples():
        assert row.value == pytest.approx(falling(row.width, row.label_noise) + 0.001 * row.seed)


def test_a_study_of_one_width_is_left_out(measurements):
    assert set(measurements["study"].dropna()) == {"s"}


def test_printed_networks_are_kept_beside(measurements):
    printed = measurements[measurements["arm"] == "printed"].set_index("model")["value"]
    assert printed["cuda_convnet"] == 0.23 and printed["mlp3"] == 0.4761 and len(printed) == 6


def test_figure(measurements):
    drawn = figure.draw(measurements, VERDICT)
    assert [axis.get_xlabel() for axis in drawn.axes] == ["parameters"] * 2
    beside = details.draw(measurements, VERDICT)
    assert "CIFAR-10, n = 50,000" in beside.get_supxlabel()
    assert "CudaConvNet 23.0% at 145,578" in details.alt_text(measurements, VERDICT)
    text = figure.alt_text(measurements, VERDICT)
    assert "23% for CudaConvNet, 47.6% for an MLP with 12 times as many parameters" in text
    assert "MLP on digits, n = 100, 20 % label noise: test error is 40.1% at 80 parameters and 30.1% at 320." in text
    below = measurements.assign(regime=measurements["regime"].mask(measurements["width"] == 4, "below"))
    assert "of those that do not fit their labels, 48.4% at 40 parameters" in figure.alt_text(below, VERDICT)
