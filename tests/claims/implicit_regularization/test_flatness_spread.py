"""Flatness and spread: eigenvalues against a full Hessian, rescaling, and the spread of a plain loop over networks."""

import numpy as np
import pytest
import smoke_settings
import torch
from digits_data import digits_dataset

from overparam.claims.implicit_regularization.flatness_spread import measure
from overparam.errors import UserError
from overparam.training import trained_solutions as trained


@pytest.fixture(scope="module")
def dataset():
    return digits_dataset(60, 40)


@pytest.fixture
def networks(dataset):
    given = np.stack([dataset.train.labels[:12], (dataset.train.labels[:12] + 1) % 10])
    samples = trained.samples(dataset, np.arange(12), given, torch.device("cpu"))
    return trained.initialised("mlp", 3, 0, [("a",), ("b",)], samples.images, 10), samples


def outputs_of(hidden, bias, output, offset, x):
    return torch.relu(x @ hidden.T + bias) @ output + offset


def plain(pack, one):
    """Return weights and biases of one network, the output weights as (units, classes)."""
    found = [layer_part[one].detach().double() for layer_part in (pack.hidden.weight, pack.hidden.bias)]
    output = pack.output.weight[one].detach().double()
    return [*found, output.T if output.shape[0] == 10 else output, pack.output.bias[one].detach().double()]


def test_eigenvalues_are_those_of_the_whole_hessian(networks):
    pack, samples = networks
    found = measure.top_eigenvalues(pack, samples.images, samples.noisy, 300)
    x = samples.images.flatten(1).double()
    for one in range(2):
        parts = plain(pack, one)
        wanted = torch.nn.functional.one_hot(samples.noisy[one], 10).double()
        shapes = [part.shape for part in parts]

        def loss(flat, shapes=shapes, wanted=wanted):
            own, place = [], 0
            for shape in shapes:
                own.append(flat[place : place + shape.numel()].reshape(shape))
                place += shape.numel()
            return (outputs_of(*own, x) - wanted).square().sum(dim=1).mean()

        hessian = torch.func.hessian(loss)(torch.cat([part.ravel() for part in parts]))
        largest = torch.linalg.eigvalsh(hessian).abs().max().item()
        assert found[one] == pytest.approx(largest, rel=1e-2)


def test_rescaling_changes_the_curvature_and_not_the_function(networks):
    pack, samples = networks
    before = trained.logits(pack, samples.images)
    sharp = measure.top_eigenvalues(pack, samples.images, samples.noisy, 50)
    measure.rescale(pack, torch.tensor([1.0, 20.0]))
    torch.testing.assert_close(trained.logits(pack, samples.images), before, rtol=1e-4, atol=1e-5)
    after = measure.top_eigenvalues(pack, samples.images, samples.noisy, 50)
    assert after[0] == pytest.approx(sharp[0], rel=1e-3) and after[1] > 2 * sharp[1]


def test_both_kinds_of_weights_have_the_same_losses(dataset):
    table = measure.measure(smoke_settings.settings("flatness_spread"), dataset)
    keys = ["sweep", "width", "step_size", "seed"]
    spreads = table[table["quantity"] == "spread"].set_index(keys)
    one, other = (spreads[spreads["weights"] == kind] for kind in ("trained", "rescaled"))
    assert (one["value"] == other["value"]).all() and (one["value"] > 0).all()
    assert (one["sharpness"] != other["sharpness"]).all()


def test_images_must_suffice(dataset):
    with pytest.raises(UserError, match="n_train = 61 needs as many training images, but digits has 60"):
        measure.measure(smoke_settings.settings("flatness_spread", n_train=61), dataset)
