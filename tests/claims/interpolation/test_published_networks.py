"""The table of published networks: what is measured of each, and what is printed."""

import numpy as np
import pandas as pd
import pytest
from declared_tables import declared
from synthetic_training import table
from undecided_verdicts import undecided

from overparam import models
from overparam.claims.interpolation.printed_networks import COUNTS, PRINTED, RESNET
from overparam.claims.interpolation.published_networks import measure as published_networks
from overparam.claims.interpolation.published_networks import recht_table as figure

SIDES = {"small_alexnet": 28, "small_inception": 28, "mlp": 28, "mlp3": 28}


def trained(model, width, n_params, **changes):
    rows = table(widths=(width,), levels=(0.0, 1.0), study=changes.get("study", model))
    return rows.assign(model=model, n_params=n_params, **changes)


@pytest.fixture(scope="module")
def measurements():
    training = pd.concat(
        [
            trained("cuda_convnet", 1, 145_578),
            trained("cuda_convnet", 1, 145_578, study="regularized", weight_decay=0.1).query("label_noise == 0"),
            trained("cuda_convnet", 1, 145_578, study="augmented", augmented=True).query("label_noise == 0"),
            trained("mlp", 512, 1_209_867),
            trained("cnn", 1, 50),
        ]
    )
    return published_networks.measure({"seed": 0}, training)


def values(measurements, quantity, **where):
    rows = measurements[measurements["quantity"] == quantity]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows["value"].to_numpy()


@pytest.mark.parametrize(("model", "width"), COUNTS)
def test_counts_are_those_of_the_networks(model, width):
    side = SIDES.get(model, 32)
    assert models.build(model, width, 1, (3, side, side), 10).n_params == COUNTS[model, width]


def test_the_resnet_is_the_nearest_and_not_exact():
    n_params = models.build(RESNET.model, RESNET.width, 1, (3, 32, 32), 10).n_params
    assert 0 < abs(n_params - RESNET.n_params) < 0.002 * RESNET.n_params
    assert (RESNET.model, RESNET.width) not in COUNTS


def test_the_last_epoch_counts(measurements):
    rows = {"model": "mlp", "labels": "true"}
    np.testing.assert_allclose(values(measurements, "test_error", **rows), [0.1, 0.101, 0.102])
    np.testing.assert_allclose(values(measurements, "train_error", **rows), 0)
    assert (values(measurements, "params_per_sample", **rows) == 12_098.67).all()


def test_counts_are_compared_where_they_are_printed(measurements):
    assert (values(measurements, "excess_params", model="cuda_convnet") == 0).all()
    assert (values(measurements, "excess_params", model="mlp") == 1).all()
    assert len(values(measurements, "excess_params", model="cnn")) == 0


def test_conditions(measurements):
    measured = measurements[measurements["place"].isna()]
    assert set(measured["labels"]) == {"true", "random"}
    kinds = measured.drop_duplicates("study").set_index("study")["regularisation"]
    assert kinds.to_dict() == {
        "cuda_convnet": "none", "regularized": "explicit", "augmented": "explicit", "mlp": "none", "cnn": "none"
    }  # fmt: skip
    assert set(measured.loc[measured["parameterization"] == "under", "model"]) == {"cnn"}


def test_levels_between_true_and_random_labels_are_left_out():
    training = table(widths=(8,), levels=(0.0, 0.2, 1.0))
    found = published_networks.measure({"seed": 0}, training)
    assert len(found[(found["quantity"] == "test_error") & found["place"].isna()]) == 2 * 3


def test_printed_rows(measurements):
    printed = measurements[measurements["place"].notna()]
    assert (printed["n_train"] == 50_000).all()
    assert len(printed[printed["quantity"] == "printed_test_error"]) == len(PRINTED) + 1
    assert values(measurements, "printed_train_loss", model="cuda_convnet").tolist() == [0.34, 0]


def test_figure(measurements):
    verdict = undecided("recht_table", zero_train_loss={"greater": 0.2})
    drawn = figure.draw(declared(measurements, "published_networks"), verdict)
    assert len(drawn.axes) == 2 and drawn.axes[0].lines[-1].get_xdata()[0] == 0.2
    assert drawn.axes[0].get_xlabel() == "train loss, nats (0 drawn at 0.0001)"
    text = figure.alt_text(measurements, {"data": None})
    assert "CudaConvNet, regularized (145,578 parameters): train loss 0" in text
    assert "MLP, random labels (1,209,867 parameters): train loss" in text and "n = 100" in text
    assert "5-layer CNN, p < n (50 parameters)" in text and "MLP, p < n" not in text
