"""Packs of networks of several widths and numbers of classes, against torch's own layers trained one by one."""

import numpy as np
import pytest
import torch
from digits_data import digits_dataset

from overparam import seeding
from overparam.claims.double_descent import network_fits
from overparam.claims.double_descent.network_fits import Member, draw, follow, n_params, padded
from overparam.datasets.arrow import Dataset

MEMBERS = [Member(3, 4, 0.2), Member(7, 10), Member(5, 2, 0.5)]
TRAINING = {"batch_size": 8, "optimizer": {"name": "adam", "learning_rate": 0.01}, "evaluations": [6, 30]}
SEEDS = [4, 9]


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(100, 40)


def plain(member: Member, seed: int) -> torch.nn.Sequential:
    """Return one network of torch's own layers with the weights that the pack is given."""
    network = torch.nn.Sequential(
        torch.nn.Linear(64, member.width), torch.nn.ReLU(), torch.nn.Linear(member.width, member.n_classes)
    )
    generator = seeding.torch_generator(0, "init", "mlp", member.width, seed)
    with torch.no_grad():
        for layer in (network[0], network[2]):
            bound = layer.in_features**-0.5
            for parameter in (layer.weight, layer.bias):
                parameter.uniform_(-bound, bound, generator=generator)
    return network


@pytest.mark.parametrize("place", range(3))
def test_a_network_of_a_pack_trains_as_it_would_alone(dataset, place):
    samples = draw(dataset, 0, SEEDS, MEMBERS, 20)
    *_, last = follow(TRAINING, 0, SEEDS, MEMBERS, samples, 30)
    member = MEMBERS[place]
    for number, seed in enumerate(SEEDS):
        network = plain(member, seed)
        images = samples["train"].images[number].flatten(1)
        targets = torch.eye(member.n_classes)[samples["train"].labels[number, place]]
        optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
        order = seeding.torch_generator(0, "order", seed)
        for _ in range(10):  # epochs of 3 batches: 7, 7 and 6 samples
            for batch in torch.randperm(20, generator=order).split(7):
                optimizer.zero_grad()
                (network(images[batch]) - targets[batch]).square().mean().backward()
                optimizer.step()
        assert last.step == 30
        residual = network(images) - targets
        assert last.loss["train"][number, place] == pytest.approx(residual.square().sum(dim=1).mean().item(), rel=2e-3)
        wrong = network(samples["test"].images[0].flatten(1)).argmax(dim=1) != samples["test"].labels[number, place]
        assert last.error["test"][number, place] == pytest.approx(wrong.double().mean().item(), abs=0.026)


def test_packs_divide_narrow_networks_from_wide_ones(dataset, monkeypatch):
    assert network_fits.packs([64, 3, 24, 4], calls=30) == [[1, 3], [2], [0]]
    assert network_fits.packs([64, 3, 24, 4], calls=1e9) == [[1, 3, 2, 0]]
    samples = draw(dataset, 0, SEEDS, MEMBERS, 20)
    whole = list(follow(TRAINING, 0, SEEDS, MEMBERS, samples, 30))
    monkeypatch.setattr(network_fits, "CALLS", 0)
    divided = list(follow(TRAINING, 0, SEEDS, MEMBERS, samples, 30))
    assert [look.step for look in whole] == [look.step for look in divided]
    for one, other in zip(whole, divided, strict=True):
        for split in ("train", "test"):
            np.testing.assert_allclose(one.loss[split], other.loss[split], rtol=1e-3)


def test_padding_stays_zero(dataset):
    pack = padded(0, SEEDS, MEMBERS, (8, 8, 1))
    assert pack.n_models == 6
    weights = list(pack.parameters())
    assert (weights[0][0::3, 3:] == 0).all() and (weights[0][0::3, :3] != 0).all()
    assert (weights[2][0::3, 4:] == 0).all() and (weights[2][0::3, :, 3:] == 0).all()


def test_padding_does_not_learn(dataset, monkeypatch):
    kept = []
    original = network_fits.padded
    monkeypatch.setattr(network_fits, "padded", lambda *given: kept.append(original(*given)) or kept[0])
    list(follow(TRAINING, 0, SEEDS, MEMBERS, draw(dataset, 0, SEEDS, MEMBERS, 20), 30))
    hidden, _, output, bias = kept[0].parameters()
    assert (hidden[0::3, 3:] == 0).all() and (output[0::3, 4:] == 0).all() and (bias[0::3, 4:] == 0).all()
    assert not torch.equal(hidden, next(original(0, SEEDS, MEMBERS, (8, 8, 1)).parameters()))


def test_samples_are_nested_and_each_seed_has_its_own(dataset):
    few, more = (draw(dataset, 0, SEEDS, MEMBERS, n, n_heldout=10, pool=60) for n in (12, 30))
    for name in ("images", "labels"):
        part = getattr(more["train"], name)
        part = part[:, :12] if name == "images" else part[:, :, :12]
        assert torch.equal(getattr(few["train"], name), part)
    assert not torch.equal(few["train"].images[0], few["train"].images[1])
    assert torch.equal(few["heldout"].images, more["heldout"].images)
    trained = {image.numpy().tobytes() for image in more["train"].images[0]}
    assert not trained & {image.numpy().tobytes() for image in more["heldout"].images[0]}


def test_label_noise_and_groups_are_those_of_the_member(dataset):
    members = [Member(3, 4), Member(3, 4, 0.3), Member(3, 10)]
    labels = draw(dataset, 0, [1], members, 100)["train"].labels[0]
    assert (labels[0] != labels[1]).double().mean().item() == pytest.approx(0.3, abs=0.12)
    groups = {(int(a), int(b)) for a, b in zip(labels[2], labels[0], strict=True)}
    assert len(groups) == 10  # every class belongs to one group
    assert sorted(np.bincount([group for _, group in groups])) == [2, 2, 3, 3]


def test_parameters_are_counted():
    assert n_params(Member(7, 10), (8, 8, 1)) == 65 * 7 + 8 * 10
    assert n_params(Member(7, 10), (8, 8, 2)) == 129 * 7 + 8 * 10
