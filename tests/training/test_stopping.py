"""Stopping rules see the held-out split only, and keep their word on ties and on missing values."""

import numpy as np
import pandas as pd
import pytest
import synthetic_training

from overparam.errors import UserError
from overparam.training import stopping


def epochs(training, rule):
    """Return the epochs at which the rule stops, one per model."""
    return stopping.stopping_epochs(training, rule)["epoch"].tolist()


def test_each_rule_finds_the_epoch_that_was_built_in():
    training = synthetic_training.table()
    assert set(epochs(training, "final")) == {100}
    assert set(epochs(training, "heldout_error")) == {10}
    assert set(epochs(training, "heldout_loss")) == {10}


def test_neither_test_samples_nor_clean_labels_decide():
    training = synthetic_training.table()
    expected = epochs(training, "heldout_error")
    training.loc[training["split"] == "test", ["error_clean", "loss_clean"]] = np.random.default_rng(0).random((108, 2))
    training["error_clean"] = 1 - training["error_clean"]
    assert epochs(training, "heldout_error") == expected


def test_error_and_loss_are_separate_rules():
    training = synthetic_training.table(widths=(2,), levels=(0.2,), seeds=(0,))
    training.loc[(training["split"] == "heldout") & (training["epoch"] == 3), "loss_noisy"] = 0.0
    assert epochs(training, "heldout_error") == [10]
    assert epochs(training, "heldout_loss") == [3]


def test_of_equal_minima_the_earliest_epoch_is_taken():
    training = synthetic_training.table(widths=(2,), levels=(0.0,), seeds=(0,))
    training.loc[training["split"] == "heldout", "error_noisy"] = 0.5
    assert epochs(training.iloc[::-1], "heldout_error") == [0]


def test_an_epoch_without_a_number_is_never_chosen():
    training = synthetic_training.table(widths=(2,), levels=(0.0,), seeds=(0,))
    training.loc[(training["split"] == "heldout") & (training["epoch"] >= 10), "error_noisy"] = np.nan
    assert epochs(training, "heldout_error") == [3]


def test_a_study_without_held_out_samples_is_named():
    training = synthetic_training.table()
    with pytest.raises(UserError, match=r"n_heldout.*of s"):
        epochs(training[training["split"] != "heldout"], "heldout_error")


def test_a_study_without_held_out_samples_keeps_its_last_epoch():
    training = pd.concat([synthetic_training.table(study="a"), synthetic_training.table(study="b")])
    without = training[(training["study"] == "a") | (training["split"] != "heldout")]
    at = stopping.at_stopping(without)
    assert set(at.loc[at["study"] == "a", "stopping"]) == set(stopping.RULES)
    assert set(at.loc[at["study"] == "b", "stopping"]) == {"final"}
    assert set(stopping.at_stopping(without[without["study"] == "b"])["stopping"]) == {"final"}


def test_held_out_samples_for_some_models_only_are_an_error():
    training = synthetic_training.table()
    with pytest.raises(UserError, match=r"n_heldout.*of s"):
        stopping.at_stopping(training[(training["split"] != "heldout") | (training["width"] == 8)])


def test_models_of_two_studies_are_kept_apart():
    training = pd.concat([synthetic_training.table(study="a"), synthetic_training.table(study="b")])
    at = stopping.at_stopping(training)
    assert len(at) == 2 * 18 * len(stopping.RULES) * 3
    assert not at.duplicated([*stopping.MODEL, "stopping", "split"]).any()
