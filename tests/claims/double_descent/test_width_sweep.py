"""The width sweep hands on the trainer's numbers unchanged, each once, and its claim is judged rightly."""

import pandas as pd
import pytest
import synthetic_training

from overparam.claims.double_descent.width_sweep import measure as width_sweep
from overparam.judge.predictions import evaluate

PEAK = {
    "name": "peak",
    "kind": "peak",
    "quantity": "error",
    "where": {"split": "test", "labels": "clean", "stopping": "final", "label_noise": 0.2},
    "each": ["study"],
    "x": "width",
    "prominence": 0.02,
}


def bump(width: int, level: float) -> float:
    """Return a test error with a peak of height ``level`` at width 16."""
    return 0.3 + level * (width == 16)


def one(table: pd.DataFrame, **where) -> pd.Series:
    """Return the values of the rows that have these conditions."""
    for column, value in where.items():
        table = table[table[column] == value]
    return table["value"]


def test_values_are_those_of_the_stopping_epoch():
    table = width_sweep.measure({"seed": 0}, synthetic_training.table(seeds=(0,)))
    shared = {"quantity": "error", "split": "test", "width": 8, "label_noise": 0.2}
    assert one(table, stopping="final", **shared).tolist() == pytest.approx([0.3])
    assert one(table, stopping="heldout_error", **shared).tolist() == pytest.approx([0.12])
    assert one(table, stopping="heldout_error", **shared | {"quantity": "loss"}).tolist() == pytest.approx([0.24])


def test_test_samples_have_no_noisy_labels_and_rows_are_unique():
    table = width_sweep.measure({"seed": 0}, synthetic_training.table())
    assert set(table.loc[table["split"] == "test", "labels"]) == {"clean"}
    keys = ["study", "width", "label_noise", "seed", "stopping", "quantity", "split", "labels"]
    assert not table.duplicated(keys).any()


def test_diverged_models_are_counted_and_kept():
    training = synthetic_training.table()
    lost = training["width"] == 2
    training.loc[lost, "diverged"] = True
    training.loc[lost & (training["epoch"] == 100), ["error_noisy", "error_clean"]] = float("nan")
    table = width_sweep.measure({"seed": 0}, training)
    assert one(table, quantity="diverged").sum() == 2 * 3
    assert one(table, quantity="error", split="test", stopping="final", width=2).isna().all()


def test_order_of_the_training_rows_does_not_matter():
    training = synthetic_training.table()
    shuffled = training.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        width_sweep.measure({"seed": 0}, training), width_sweep.measure({"seed": 0}, shuffled)
    )


@pytest.mark.parametrize(("stopping", "verdict"), [("final", "supported"), ("heldout_error", "refuted")])
def test_the_peak_is_seen_at_the_end_and_not_when_stopped(stopping, verdict):
    training = synthetic_training.table(widths=(4, 8, 16, 32, 64), seeds=range(4), final=bump)
    table = width_sweep.measure({"seed": 0}, training)
    prediction = {**PEAK, "where": {**PEAK["where"], "stopping": stopping}}
    assert evaluate(table, prediction)["verdict"] == verdict
