"""What stands beside a network's module is what torch counts in it, and a cell's estimate follows from it."""

import contextlib

import pytest
import torch
from plain_networks import FIXED, PLAIN
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from overparam import models
from overparam.datasets import digits, views
from overparam.errors import UserError
from overparam.packs.losses import LOSSES
from overparam.plan import image_sizes, training_cost

SHAPES = ((1, 8, 8), (3, 16, 16), (3, 32, 32))
N_CLASSES = 7


def images(shape):
    return image_sizes.Images(pixels=shape[1] * shape[2], channels=shape[0], classes=N_CLASSES, test=0)


def counted(network, shape):
    """Return operations per image of a plain network, forward and backward, and sizes of what its layers put out."""
    sizes = []
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(lambda _, inputs, output: sizes.append(output[0].numel()))
    with FlopCounterMode(display=False) as counter:
        nn.functional.cross_entropy(network(torch.zeros(2, *shape)), torch.zeros(2, dtype=torch.long)).backward()
    return counter.get_total_flops() / 2, sizes


@pytest.mark.parametrize("model", PLAIN)
@pytest.mark.parametrize("shape", SHAPES)
def test_declared_costs_are_those_of_the_plain_network(model, shape):
    for width in (1, 2) if model in FIXED else (1, 2, 5, 16):
        operations, sizes = counted(PLAIN[model](width, shape, N_CLASSES), shape)
        assert training_cost.per_image(model, width, images(shape)) == pytest.approx((operations, sum(sizes)), rel=1e-3)
        assert training_cost.declaration(model)["layers"] == len(sizes)


@pytest.mark.parametrize("model", PLAIN)
@pytest.mark.parametrize("shape", SHAPES)
def test_declared_costs_are_about_those_of_the_pack(model, shape):
    """Sums over neighbours are counted there too, hence a tenth; colour images may be stored with a fourth channel."""
    batch = 4
    for width in (1, 2) if model in FIXED else (1, 16):
        pack = models.build(model, width, 1, shape, N_CLASSES)
        pack.initialise([torch.Generator().manual_seed(0)])
        stored = pack.store(torch.zeros(batch, *shape[1:], shape[0]), "float32")
        inputs, labels = pack.batch(stored, torch.arange(batch)[None]), torch.zeros(1, batch, dtype=torch.long)
        with FlopCounterMode(display=False) as counter:
            pack.train().backpropagate(inputs, labels, LOSSES["cross_entropy"], contextlib.nullcontext())
        operations, _ = training_cost.per_image(model, width, images((stored.shape[-1], *shape[1:])))
        assert operations == pytest.approx(counter.get_total_flops() / batch, rel=0.1)


def test_every_network_declares_its_cost():
    assert all(training_cost.declaration(model) for model in models.names())


STUDY = {"model": "mlp", "n_train": 100, "n_heldout": 0, "epochs": 10, "batch_size": 40, "evaluations": 3}


def test_the_estimate_is_the_formula_of_its_module():
    shown = image_sizes.Images(pixels=64, channels=1, classes=10, test=50)
    operations, activations = 4 * 64 * 5 + 6 * 5 * 10, 5 + 10
    cost = training_cost.cost(STUDY, 5, shown, gigaflops=2)
    assert cost.waiting * 60 == pytest.approx(10 * 3 * 2 * 1e-4)  # epochs × steps × layers
    assert cost.work * 60 == pytest.approx((10 * 100 + 3 * 150 / 3) * (operations + 500 * activations) / 2e9)
    assert cost.minutes(7) == pytest.approx(cost.waiting + 7 * cost.work)
    assert training_cost.cost({**STUDY, "evaluations": [0, 5, 10]}, 5, shown, gigaflops=2) == cost
    assert training_cost.cost({**STUDY, "model": "of_ones_own"}, 5, shown, gigaflops=2) is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("layers: 2\noperations: {width: 1}", "mine.yaml.description: missing"),
        ("description: x\nlayers: 2\noperations: {depth: 1}", 'mine.yaml.operations: "depth"'),
        ("description: x\nlayers: 2\noperations: {width: no}", "mine.yaml.operations.width: "),
    ],
)
def test_a_wrong_file_is_refused(tmp_path, monkeypatch, text, sentence):
    (tmp_path / "mine.yaml").write_text(f"{text}\nactivations: {{width: 1}}\n")
    monkeypatch.setattr(training_cost, "FOLDER", tmp_path)
    training_cost.declaration.cache_clear()
    with pytest.raises(UserError) as caught:
        training_cost.declaration("mine")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "dataset",
    [
        {},
        {"n_train": 1400},
        {"n_train": 1000, "n_test": 300},
        {"resolution": 32, "crop": 28, "colour": True},
        {"classes": [1, 4, 5], "resolution": 16},
    ],
)
def test_images_are_known_before_they_are_made(dataset):
    dataset = {"name": "mine", "source": "digits", **dataset}
    made = views.view(digits.read(), {**dataset, "seed": 0})
    known = image_sizes.images(dataset)
    _, channels, height, width = made.test.images.shape
    assert (known.channels, known.pixels, known.classes) == (channels, height * width, len(made.classes))
    assert known.test == pytest.approx(len(made.test), abs=10)  # classes are not exactly of one size


def test_sources_are_as_their_readers_say():
    assert image_sizes.images({"source": "cifar10"}) == image_sizes.Images(32 * 32, 3, 10, 10_000)
    assert image_sizes.images({"source": "cifar10", "classes": [0, 1]}).test == 2_000
