"""Networks trained by two optimisers: both against plain loops on one network, and early stopping."""

import numpy as np
import pytest
import smoke_settings
import torch
from digits_data import digits_dataset

from overparam import seeding
from overparam.claims.double_descent.optimisers import measure
from overparam.datasets import labels
from overparam.errors import UserError
from overparam.training import trained_solutions as trained

SETTINGS = {"widths": [3], "label_noise": [0.0, 0.3], "n_seeds": 2, "gpus": 0}


@pytest.fixture(scope="module")
def dataset():
    return digits_dataset(120, 60)


def value(table, quantity, split="test", stopping="final", **where):
    rows = table[(table["quantity"] == quantity) & (table["split"] == split) & (table["stopping"] == stopping)]
    for column, wanted in where.items():
        rows = rows[rows[column] == wanted]
    return rows["value"]


@pytest.mark.parametrize(("name", "rate"), [("sgd", 0.1), ("adam", 0.02)])
def test_training_is_that_of_a_plain_loop(dataset, name, rate):
    epochs = {"n_train": 20, "batch_size": 20, "epochs": 5, "evaluations": 3}  # one batch of all samples per epoch
    settings = smoke_settings.settings("optimisers", **SETTINGS, **epochs)
    table = measure.measure(settings, dataset)
    order = seeding.generator(1, "optimisers", "images").permutation(120)[:20]
    given = labels.corrupt(
        dataset.train.labels, 10, 0.3, "wrong_label", seeding.generator(1, "optimisers", "labels", 1)
    )
    samples = trained.samples(dataset, order, given[None, order], torch.device("cpu"))
    pack = trained.initialised("mlp", 3, 1, [("optimisers", "start", "mlp", 3, 1)], samples.images, 10)
    parameters = list(pack.parameters())
    options = {"lr": rate, "momentum": 0.9} if name == "sgd" else {"lr": rate}
    optimizer = (torch.optim.SGD if name == "sgd" else torch.optim.Adam)(parameters, **options)
    for epoch in range(5):
        optimizer.param_groups[0]["lr"] = rate * (1 - epoch / 5)
        outputs = pack(pack.arrange(samples.images[None]))[0]  # (classes, n)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(outputs.T, samples.noisy[0]).backward()
        optimizer.step()
    end = torch.nn.functional.cross_entropy(trained.logits(pack, samples.images)[0].T, samples.noisy[0])
    found = value(table, "loss", "train", optimizer=name, label_noise=0.3, seed=1)
    assert found.item() == pytest.approx(end.item(), rel=1e-3)


def test_labels_and_starts_are_shared_and_early_stopping_looks_at_heldout_samples(dataset):
    settings = smoke_settings.settings("optimisers", **SETTINGS, n_heldout=60, epochs=40)
    table = measure.measure(settings, dataset)
    assert (value(table, "diverged", "train") == 0).all()
    final, early = (value(table, "loss", "train", rule).to_numpy() for rule in ("final", "heldout_loss"))
    assert (early >= final - 1e-6).all() and len(final) == 8
    errors = value(table, "error")
    assert np.isin((errors * 60).round(6) % 1, 0).all()  # of 60 test samples


def test_images_must_suffice(dataset):
    with pytest.raises(UserError, match="need 140 training images, but digits has 120"):
        measure.measure(smoke_settings.settings("optimisers", n_train=40, n_heldout=100), dataset)
