"""Networks trained until they fit: each is left where it first fits, as if it were alone."""

import numpy as np
import pytest
import torch
from digits_data import digits_dataset

from overparam.datasets.arrow import Dataset
from overparam.training import trained_solutions as trained

SETTINGS = {"seed": 0, "order_seed": 0, "epochs": 300, "batch_size": 20, "evaluations": list(range(0, 300, 5))}
DESCENT = {"name": "sgd", "learning_rate": 0.2, "momentum": 0.9}
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(300, 100)


def fitted(dataset: Dataset, starts: list[int], level: float, largest: bool = False):
    rows = np.arange(20)
    samples = trained.samples(dataset, rows, np.stack([dataset.train.labels[rows]] * len(starts)), CPU)
    pack = trained.initialised("mlp", 64, 0, [("test", start) for start in starts], samples.images, 10)
    reached = trained.train_until(pack, {**SETTINGS, "optimizer": DESCENT}, samples, level, largest)
    losses = trained.sample_losses(trained.logits(pack, samples.images), samples.given)
    return pack, reached, losses.numpy()


def test_networks_end_where_they_first_reach_the_level_alone_or_packed(dataset):
    together, reached, losses = fitted(dataset, [0, 1, 2], 1e-3)
    assert reached.all()
    assert (losses.mean(axis=1) <= 1e-3).all() and (losses.mean(axis=1) > 1e-5).all()
    for start in range(3):
        alone, _, _ = fitted(dataset, [start], 1e-3)
        torch.testing.assert_close(alone.vectors()[0], together.vectors()[start], rtol=1e-3, atol=1e-4)


def test_the_largest_loss_decides_if_asked(dataset):
    _, _, losses = fitted(dataset, [0, 1], 1e-3, largest=True)
    assert (losses.max(axis=1) <= 1e-3).all()


def test_a_network_that_does_not_get_there_is_left_after_the_last_epoch(dataset):
    left, reached, _ = fitted(dataset, [0], 1e-30)
    assert not reached.any()
    rows = np.arange(20)
    samples = trained.samples(dataset, rows, dataset.train.labels[rows][None], CPU)
    pack = trained.initialised("mlp", 64, 0, [("test", 0)], samples.images, 10)
    for _ in trained.train(pack, {**SETTINGS, "optimizer": DESCENT}, samples):
        pass
    assert torch.equal(left.vectors(), pack.vectors())


def test_losses_errors_and_disagreement_by_hand():
    outputs = torch.tensor([[[1.0, 0], [0, 1]], [[1, 1], [0, 0]], [[0, 1], [1, 0]]])  # (3 networks, 2 classes, 2)
    labels = torch.tensor([0, 1])
    torch.testing.assert_close(trained.errors(outputs, labels), torch.tensor([0, 0.5, 1]).double())
    torch.testing.assert_close(trained.sample_losses(outputs, labels)[1], torch.tensor([0, 1]).double())
    classes = outputs.argmax(dim=1).numpy()  # 0 1; 0 0; 1 0
    pairs = [(classes[i] != classes[j]).mean() for i, j in ((0, 1), (0, 2), (1, 2))]
    assert trained.disagreement(outputs) == pytest.approx(np.mean(pairs))
    assert np.isnan(trained.disagreement(outputs[:1]))
