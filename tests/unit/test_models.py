"""Packs of networks against plain torch modules."""

import math

import pytest
import torch
from plain_networks import PLAIN, taken_from

from overparam import models, seeding
from overparam.program import UserError

SHAPES = {"mlp": (2, 4, 4), "cnn": (3, 16, 16)}


def drawn(model, width, seeds, shape, n_classes):
    pack = models.build(model, width, len(seeds), shape, n_classes)
    pack.initialise([seeding.torch_generator(0, "init", seed) for seed in seeds])
    return pack


def test_networks_are_found_by_the_name_of_their_module():
    assert models.names() == ["cnn", "mlp"]
    with pytest.raises(UserError, match="there is no network 'layers'"):
        models.build("layers", 2, 1, (1, 8, 8), 10)


@pytest.mark.parametrize("model", PLAIN)
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize(("shape", "n_classes"), [((1, 8, 8), 10), ((3, 16, 16), 4), ((3, 32, 32), 10)])
def test_parameters_are_counted_as_in_the_plain_network(model, width, shape, n_classes):
    expected = sum(parameter.numel() for parameter in PLAIN[model](width, shape, n_classes).parameters())
    assert models.build(model, width, 3, shape, n_classes).n_params == expected


@pytest.mark.parametrize("k", [1, 2, 64])
def test_parameters_of_the_published_cnn(k):
    assert models.build("cnn", k, 1, (3, 32, 32), 10).n_params == 378 * k**2 + 152 * k + 10  # 1,558,026 for k = 64


def test_parameters_of_the_mlp():
    d, h, n_classes = 64, 256, 10
    assert models.build("mlp", h, 2, (1, 8, 8), n_classes).n_params == (d + 1) * h + (h + 1) * n_classes


@pytest.mark.parametrize("model", PLAIN)
def test_initialisation_of_a_seed_does_not_depend_on_its_pack(model):
    alone = drawn(model, 3, [7], SHAPES[model], 5).vectors()
    packed = drawn(model, 3, [2, 7, 7, 1], SHAPES[model], 5).vectors()
    assert torch.equal(packed[1], alone[0])
    assert torch.equal(packed[2], alone[0])
    assert not torch.equal(packed[0], alone[0])


def test_initialisation_is_the_default_of_torch():
    pack = drawn("mlp", 400, [0], (1, 8, 8), 10)
    plain = PLAIN["mlp"](400, (1, 8, 8), 10)
    for ours, theirs, fan_in in ((pack.hidden, plain[1], 64), (pack.output, plain[3], 400)):
        bound = 1 / math.sqrt(fan_in)
        for own, other in ((ours.weight[0], theirs.weight), (ours.bias[0], theirs.bias)):
            assert max(own.detach().abs().max(), other.detach().abs().max()) <= bound
        for weight in (ours.weight, theirs.weight):
            assert weight.detach().std() == pytest.approx(bound / math.sqrt(3), rel=0.05)  # of U(−bound, bound)


@pytest.mark.parametrize("model", PLAIN)
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("training", [True, False])
def test_outputs_are_those_of_plain_networks(model, groups, training):
    shape, n_classes, n_models, width = SHAPES[model], 5, 4, 3
    pack = drawn(model, width, range(n_models), shape, n_classes).train(training)
    images = torch.randn(20, shape[1], shape[2], shape[0], generator=torch.Generator().manual_seed(0))
    index = torch.randint(0, 20, (groups, 6), generator=torch.Generator().manual_seed(1))
    logits = pack(pack.batch(images, index))
    assert logits.shape == (n_models, n_classes, 6)
    for number in range(n_models):
        plain = taken_from(pack, number, model, width, shape, n_classes).train(training)
        inputs = images[index[number * groups // n_models]].permute(0, 3, 1, 2)
        torch.testing.assert_close(logits[number].T, plain(inputs), rtol=1e-4, atol=1e-5)


def test_running_statistics_give_the_function_of_torch_also_with_biases():
    shape = SHAPES["cnn"]
    pack = drawn("cnn", 2, [0], shape, 4).train()
    plain = taken_from(pack, 0, "cnn", 2, shape, 4).train()
    images = torch.randn(32, 16, 16, 3, generator=torch.Generator().manual_seed(0))
    index = torch.arange(32).view(1, -1)
    for _ in range(3):
        pack(pack.batch(images, index))
        plain(images.permute(0, 3, 1, 2))
    pack.eval(), plain.eval()
    outputs = pack(pack.batch(images, index))[0].T
    torch.testing.assert_close(outputs, plain(images.permute(0, 3, 1, 2)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 18, 18), (3, 16, 32), (1, 2, 2)])
def test_cnn_refuses_images_that_it_cannot_pool_to_one_pixel(shape):
    with pytest.raises(UserError, match="multiple of 4"):
        models.build("cnn", 2, 1, shape, 10)
