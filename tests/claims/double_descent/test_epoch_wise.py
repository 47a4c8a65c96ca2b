"""Errors over time are smoothed and turned into rises and falls as stated, at epochs that other seeds chose."""

import numpy as np
import pandas as pd
import pytest
import synthetic_training
from declared_tables import declared
from matplotlib import pyplot
from undecided_verdicts import undecided

from overparam.claims.double_descent.epoch_wise import epoch_wise_double_descent
from overparam.claims.double_descent.epoch_wise import epoch_wise_double_descent_details as details
from overparam.claims.double_descent.epoch_wise import measure as epoch_wise
from overparam.judge.predictions import evaluate

SETTINGS = {"seed": 0, "smoothing": 1}
EPOCHS = synthetic_training.EPOCHS[1:]
TEST = {  # error at epochs 1, 3, 10, 30, 100
    2: [0.9, 0.6, 0.45, 0.4, 0.4],
    8: [0.9, 0.4, 0.3, 0.4, 0.5],
    32: [0.6, 0.2, 0.4, 0.3, 0.25],
}
TRAIN_END = {2: 0.4, 8: 0.12, 16: 0.3, 32: 0.0}
PEAK = {
    "name": "large-falls-rises-falls",
    "kind": "peak",
    "quantity": "smoothed_error",
    "where": {"split": "test", "labels": "clean", "label_noise": 0.2, "size": "large"},
    "each": ["study"],
    "x": "epoch",
    "prominence": 0.05,
}


def trained(test=TEST, seeds=range(4), jitter=0.002, **options) -> pd.DataFrame:
    """Return a training table whose test error follows ``test``, ``jitter`` higher with every seed."""
    table = synthetic_training.table(tuple(test), (0.0, 0.2), seeds=seeds, **options)
    for row in table.index[(table["split"] == "test") & (table["epoch"] > 0)]:
        width, epoch, seed = table.loc[row, ["width", "epoch", "seed"]]
        table.loc[row, "error_clean"] = test[width][EPOCHS.index(epoch)] + jitter * seed
    end = (table["split"] == "train") & (table["epoch"] == 100)
    table.loc[end, "error_noisy"] = table.loc[end, "width"].map(TRAIN_END)
    return table


def values(table: pd.DataFrame, quantity: str, **where) -> pd.Series:
    rows = table[(table["quantity"] == quantity) & (table["label_noise"] == 0.2)]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows.set_index("seed")["value"]


def curve(epochs, errors) -> pd.DataFrame:
    """Return rows of one model's error."""
    model = dict.fromkeys(epoch_wise.MODEL, 0)
    return pd.DataFrame({**model, "split": "test", "quantity": "error", "epoch": epochs, "value": errors})


def test_smoothing_averages_what_lies_within_the_factor():
    epochs = np.arange(21)
    smoothed = epoch_wise.smooth(curve(epochs, epochs**2.0), 1.25).set_index("epoch")["value"]
    assert smoothed[1] == 1 and smoothed[3] == 9  # no other epoch lies within a quarter
    assert smoothed[10] == pytest.approx(np.mean(np.arange(8, 13) ** 2))  # 8 and 12.5 are the limits
    assert smoothed[20] == pytest.approx(np.mean(np.arange(16, 21) ** 2))
    assert 0 not in smoothed.index
    assert epoch_wise.smooth(curve(epochs, epochs**2.0), 1)["value"].tolist() == (epochs[1:] ** 2).tolist()


def test_rise_and_fall_are_those_of_the_curves():
    table = epoch_wise.measure(SETTINGS, trained())
    assert values(table, "rise", size="large").tolist() == pytest.approx([0.2] * 4)
    assert values(table, "fall", size="large").tolist() == pytest.approx([0.15] * 4)
    assert set(values(table, "first_minimum_epoch", size="large")) == {3}
    assert set(values(table, "peak_epoch", size="large")) == {10}
    assert values(table, "rise", size="medium").tolist() == pytest.approx([0.2] * 4)
    assert values(table, "fall", size="medium").tolist() == pytest.approx([0.0] * 4)
    assert values(table, "rise", size="small").tolist() == pytest.approx([0.0] * 4)


def test_a_seed_does_not_choose_its_own_places():
    training = trained(jitter=0)
    own = (training["seed"] == 1) & (training["split"] == "test") & (training["width"] == 32)
    training.loc[own & (training["epoch"] == 30), "error_clean"] = 5.0
    table = epoch_wise.measure(SETTINGS, training)
    assert values(table, "peak_epoch", size="large").to_dict() == {0: 30, 1: 10, 2: 30, 3: 10}
    assert values(table, "rise", size="large").to_dict() == pytest.approx({0: 0.1, 1: 0.2, 2: 0.1, 3: 0.2})


def test_noise_alone_does_not_rise():
    noise = np.random.default_rng(0).normal(size=(400, 20))
    own = np.mean(
        [noise[i, j] - noise[i, k] for i in range(400) for k, j in [epoch_wise.largest_rise(noise[i : i + 1])]]
    )
    rows = pd.concat([curve(np.arange(1, 21), errors).assign(seed=seed) for seed, errors in enumerate(noise)])
    rises = epoch_wise.turns(rows.assign(quantity="smoothed_error"))
    rises = rises[rises["quantity"] == "rise"]["value"]
    assert own > 2 and abs(rises.mean()) < 4 * rises.sem()


def test_medium_is_the_network_that_just_fits_whatever_its_test_error():
    test = {**TEST, 16: [0.9, 0.9, 0.9, 0.9, 0.9]}
    table = epoch_wise.measure(SETTINGS, trained(dict(sorted(test.items()))))
    sizes = table.drop_duplicates("width").set_index("width")["size"]
    assert sizes[2] == "small" and sizes[8] == "medium" and sizes[32] == "large" and pd.isna(sizes[16])


def test_a_network_far_from_fitting_is_not_medium():
    training = trained(TEST)
    between = training["width"].isin(sorted(TEST)[1:-1]) & (training["split"] == "train")
    for error in (0.03, 0.3):
        found = epoch_wise.measure(SETTINGS, training.assign(error_noisy=training["error_noisy"].mask(between, error)))
        assert set(found["size"].dropna()) == {"small", "large"}


def test_one_seed_can_not_choose_for_itself():
    table = epoch_wise.measure(SETTINGS, trained(seeds=[3]))
    assert values(table, "rise").isna().all() and len(values(table, "rise")) == 3


def test_diverged_models_stay_and_are_counted():
    training = trained()
    lost = (training["width"] == 32) & (training["seed"] == 2)
    training.loc[lost, "diverged"] = True
    training.loc[lost & (training["epoch"] == 100), ["error_noisy", "error_clean"]] = float("nan")
    table = epoch_wise.measure(SETTINGS, training)
    assert values(table, "diverged", width=32).to_dict() == {0: 0, 1: 0, 2: 1, 3: 0}
    assert values(table, "fall", size="large").isna().tolist() == [False, True, True, True]  # 1 and 3 rely on it


def test_order_of_the_training_rows_does_not_matter_and_rows_are_unique():
    training = trained()
    table = epoch_wise.measure(SETTINGS, training)
    pd.testing.assert_frame_equal(table, epoch_wise.measure(SETTINGS, training.sample(frac=1, random_state=0)))
    keys = ["study", "width", "label_noise", "seed", "quantity", "split", "labels", "epoch"]
    assert not table.duplicated(keys).any()


@pytest.mark.parametrize(("size", "verdict"), [("large", "supported"), ("medium", "refuted"), ("small", "refuted")])
def test_the_judge_sees_the_peak_of_the_large_network_only(size, verdict):
    table = epoch_wise.measure(SETTINGS, trained())
    assert evaluate(table, {**PEAK, "where": {**PEAK["where"], "size": size}})["verdict"] == verdict


def test_the_figure_shows_every_study_and_its_text_the_numbers():
    training = pd.concat([trained(study="a"), trained(study="b")])
    table = declared(epoch_wise.measure(SETTINGS, training), "epoch_wise")
    verdict = undecided("epoch_wise_double_descent")
    verdict["forms"]["printed"]["predictions"][0].update(evaluate(table, PEAK))
    text = epoch_wise_double_descent.alt_text(table, verdict)
    assert text.count("falls, rises and falls again: 20.3% at epoch 3, 40.3% at epoch 10, 25.3% at epoch 100") == 2
    assert "at least 20.0 points" in text and "fall to the end at least 15.0" in text and "40.3% at best" in text
    undecided_yet = undecided("epoch_wise_double_descent", large_falls_rises_falls={"prominence": 0.07})
    text = epoch_wise_double_descent.alt_text(table, undecided_yet)
    assert "is not shown to fall, rise and fall again by 7 points" in text
    figure = epoch_wise_double_descent.draw(table, verdict)
    assert len(figure.axes) == 4  # map, its scale, test and train
    assert len(details.draw(table, verdict).axes) == 2 * 4
    assert figure.get_size_inches()[0] * figure.dpi <= 900
    pyplot.close("all")
