"""Fitted false labels, distances and stopping times come out as they were built in."""

import numpy as np
import pytest
import synthetic_training

from overparam.claims.label_noise.label_corruption import measure as label_corruption


@pytest.fixture(scope="module")
def measurements():
    """Return the measurements of networks with 40 and 640 parameters on 100 samples."""
    return label_corruption.measure({"seed": 0}, synthetic_training.table(widths=(2, 32), levels=(0.0, 0.2, 0.4)))


def one(table, **where):
    """Return the single value of seed 0 under these conditions."""
    for column, value in {"seed": 0, **where}.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table["value"].item()


def test_fitted_is_the_share_of_false_labels_that_are_predicted(measurements):
    where = {"width": 32, "label_noise": 0.4}
    assert one(measurements, quantity="fitted", stopping="final", **where) == 1
    assert one(measurements, quantity="fitted", stopping="heldout_error", **where) == pytest.approx(0.1)
    assert one(measurements, quantity="fitted_over_chance", stopping="heldout_error", **where) == pytest.approx(1)


def test_without_corruption_nothing_is_fitted(measurements):
    clean = measurements[measurements["label_noise"] == 0]
    assert not clean["quantity"].isin(["fitted", "fitted_over_chance"]).any()


def test_distance_absolute_and_relative_to_the_start(measurements):
    where = {"width": 32, "label_noise": 0.2, "stopping": "final"}
    assert one(measurements, quantity="distance", **where) == pytest.approx(10 * 1.2)
    assert one(measurements, quantity="relative_distance", **where) == pytest.approx(10 * 1.2 / 2)


def test_distance_is_compared_with_the_clean_twin_at_the_same_epoch():
    training = synthetic_training.table(widths=(32,), levels=(0.0, 0.4))
    late = (training["label_noise"] == 0) & (training["split"] == "heldout") & (training["epoch"] == 30)
    training.loc[late, "loss_noisy"] = 0  # the clean network stops at epoch 30, the corrupted one at 10
    training.loc[training["seed"] == 1, "distance"] *= 3  # of both twins
    table = label_corruption.measure({"seed": 0}, training)
    ratio = table[table["quantity"] == "distance_over_clean"]
    assert set(ratio["label_noise"]) == {0.4}
    assert one(ratio, stopping="heldout_loss", epoch=10) == pytest.approx(1.4)
    assert ratio.loc[ratio["stopping"] == "final", "value"].tolist() == pytest.approx([1.4] * 3)
    assert one(ratio[ratio["stopping"].isna()], epoch=0) == 1  # both are at their start


def test_without_clean_networks_no_distance_is_compared():
    table = label_corruption.measure({"seed": 0}, synthetic_training.table(widths=(32,), levels=(0.4,)))
    assert "distance_over_clean" not in set(table["quantity"])


def test_parameterization_compares_parameters_with_samples(measurements):
    found = measurements.groupby("width")["parameterization"].unique().to_dict()
    assert {width: values.tolist() for width, values in found.items()} == {2: ["under"], 32: ["over"]}


def test_trajectories_hold_every_epoch_once(measurements):
    path = measurements[measurements["stopping"].isna() & (measurements["quantity"] == "distance")]
    assert not path.duplicated(["width", "label_noise", "seed", "epoch"]).any()
    assert sorted(path["epoch"].unique()) == synthetic_training.EPOCHS


def test_a_model_that_diverged_is_counted_once(measurements):
    assert len(measurements[measurements["quantity"] == "diverged"]) == 2 * 3 * 3
    assert np.all(measurements.loc[measurements["quantity"] == "diverged", "value"] == 0)
