"""Which samples a cell trains on, and with which labels."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny_cells import CPU, SHAPES, corruptions, dataset, settings, trained

from overparam.datasets import labels
from overparam.errors import UserError
from overparam.training import samples


def test_heldout_samples_follow_the_training_samples():
    data, given = dataset(SHAPES["mlp"]), settings("mlp")
    splits = samples.load(given, data, corruptions(data, [0.4, 0.0], [3, 0]), CPU)
    assert samples.members(given) == [(0.0, 0), (0.4, 0), (0.0, 3), (0.4, 3)]
    assert [len(splits[name]) for name in ("train", "heldout", "test")] == [40, 12, 30]
    expected = labels.draw(data.train.labels, 4, 0.4, "wrong_label", 3).given
    np.testing.assert_array_equal(splits["train"].given[3], expected[:40])
    np.testing.assert_array_equal(splits["heldout"].given[3], expected[40:52])
    np.testing.assert_allclose(splits["heldout"].images[0].permute(2, 0, 1), data.normalised("train")[40])
    assert "heldout" not in samples.load(settings("mlp", n_heldout=0), data, corruptions(data, [0, 0.4], [0, 3]), CPU)


def test_all_seeds_may_share_the_labels_of_one():
    data, given = dataset(SHAPES["mlp"]), settings("mlp", label_seed=7)
    splits = samples.load(given, data, corruptions(data, [0.0, 0.4], [7]), CPU)
    expected = labels.draw(data.train.labels, 4, 0.4, "wrong_label", 7).given
    for model in (1, 3):  # noise 0.4 of both seeds
        np.testing.assert_array_equal(splits["train"].given[model], expected[:40])
    with pytest.raises(UserError, match=r"wrong_label noise 0 and seed 7"):
        samples.load(given, data, corruptions(data, [0.0, 0.4], [0, 3]), CPU)


@pytest.mark.parametrize("normalisation", ["channel", "image"])
def test_samples_do_not_depend_on_how_many_are_normalised_at_once(normalisation, monkeypatch):
    data = dataclasses.replace(dataset(SHAPES["cnn"]), view={"normalisation": normalisation})
    tables = corruptions(data, [0.0, 0.4], [0, 3])
    whole = samples.load(settings("cnn"), data, tables, CPU)
    monkeypatch.setattr(samples, "CHUNK", 7)
    for name, split in samples.load(settings("cnn"), data, tables, CPU).items():
        assert torch.equal(split.images, whole[name].images)
        assert split.images.is_contiguous()


def test_data_that_do_not_suffice_are_named():
    data = dataset(SHAPES["mlp"])
    with pytest.raises(UserError, match="need 70 training samples, but noise has 60"):
        trained(settings("mlp", n_train=58), data)
    with pytest.raises(UserError, match=r"no table of labels for wrong_label noise 0 and seed 3"):
        samples.load(settings("mlp"), data, corruptions(data, [0.0, 0.4], [0]), CPU)
    other = dataset(SHAPES["mlp"], n_train=61)
    with pytest.raises(UserError, match="other samples"):
        samples.load(settings("mlp"), data, corruptions(other, [0.0, 0.4], [0, 3]), CPU)
    with pytest.raises(UserError, match="'digits', but 'noise'"):
        trained(settings("mlp", dataset="digits"), data)
