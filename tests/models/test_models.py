"""Packs of networks against plain torch modules."""

import math

import pytest
import torch
from plain_networks import FIXED, PLAIN, ResponseNorm, taken_from
from torch.func import functional_call, jacrev, vmap

from overparam import models, seeding
from overparam.errors import UserError
from overparam.packs.convolutional import concatenate, normalise_across_channels, normalise_within_maps

SHAPES = dict.fromkeys(PLAIN, (3, 16, 16)) | dict.fromkeys(("mlp", "mlp3"), (2, 4, 4)) | dict.fromkeys(FIXED, (3, 8, 8))
WIDTHS = {model: 1 if model in FIXED else 3 for model in PLAIN}


def drawn(model, width, seeds, shape, n_classes):
    pack = models.build(model, width, len(seeds), shape, n_classes)
    pack.initialise([seeding.torch_generator(0, "init", seed) for seed in seeds])
    return pack


def test_networks_are_found_by_the_name_of_their_module():
    assert models.names() == sorted(PLAIN)
    with pytest.raises(UserError, match="there is no network 'layers'"):
        models.build("layers", 2, 1, (1, 8, 8), 10)


@pytest.mark.parametrize("model", PLAIN)
@pytest.mark.parametrize("width", [1, 2])
@pytest.mark.parametrize(("shape", "n_classes"), [((1, 8, 8), 10), ((3, 16, 16), 4), ((3, 32, 32), 10)])
def test_parameters_are_counted_as_in_the_plain_network(model, width, shape, n_classes):
    expected = sum(parameter.numel() for parameter in PLAIN[model](width, shape, n_classes).parameters())
    assert models.build(model, width, 3, shape, n_classes).n_params == expected


@pytest.mark.parametrize("w", [1, 2, 16])
def test_parameters_of_the_lenet(w):
    assert models.build("lenet", w, 1, (1, 28, 28), 10).n_params == 1618 * w**2 + 204 * w + 10


@pytest.mark.parametrize("k", [1, 2, 64])
def test_parameters_of_the_published_cnn(k):
    assert models.build("cnn", k, 1, (3, 32, 32), 10).n_params == 378 * k**2 + 152 * k + 10  # 1,558,026 for k = 64


@pytest.mark.parametrize("model", PLAIN)
def test_a_part_of_a_pack_computes_what_the_pack_does(model):
    shape = SHAPES[model]
    pack = drawn(model, WIDTHS[model], range(4), shape, 4).double().eval()
    images = torch.randn(5, *shape[1:], shape[0], generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    batch = torch.arange(5).view(1, -1)
    whole, part = pack(pack.batch(images, batch)), pack.part(slice(1, 3))
    torch.testing.assert_close(part(part.batch(images, batch)), whole[1:3], rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(pack(pack.batch(images, batch)), whole, rtol=0, atol=0)  # the whole is as it was


def test_parameters_of_the_mlp():
    d, h, n_classes = 64, 256, 10
    assert models.build("mlp", h, 2, (1, 8, 8), n_classes).n_params == (d + 1) * h + (h + 1) * n_classes


@pytest.mark.parametrize(
    ("model", "side", "published_width", "published", "formula"),
    [
        ("preact_resnet18", 32, 64, 11_171_146, (2724, 213)),
        ("resnet20", 32, 16, 269_722, (1044, 153)),
        ("resnet20_unnormalised", 32, 16, 269_034, (1044, 110)),
        ("resnet_2m", 32, 1, 2_397_978, (2_391_552, 6416)),
        ("cuda_convnet", 32, 1, 145_578, (142_336, 3232)),
        ("cuda_convnet_lrn", 32, 1, 89_578, (76_800, 12_768)),
        ("small_alexnet", 28, 1, 1_387_786, (1_380_352, 7424)),
        ("small_inception", 28, 1, 1_649_402, (1_641_728, 7664)),
        ("mlp3", 28, 512, 1_735_178, (2, 2352 + 3 + 10)),
    ],
)
def test_parameters_of_the_published_networks(model, side, published_width, published, formula):
    squared, linear = formula
    for width in (1, 2, published_width):
        n_params = models.build(model, width, 1, (3, side, side), 10).n_params
        assert n_params == squared * width**2 + linear * width + 10
    assert n_params == published


@pytest.mark.parametrize("model", PLAIN)
def test_initialisation_of_a_seed_does_not_depend_on_its_pack(model):
    alone = drawn(model, WIDTHS[model], [7], SHAPES[model], 5).vectors()
    packed = drawn(model, WIDTHS[model], [2, 7, 7, 1], SHAPES[model], 5).vectors()
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


def test_convolutions_start_as_in_torch_or_as_in_the_paper():
    plain = PLAIN["cuda_convnet"](2, (3, 8, 8), 10)
    pack = drawn("cuda_convnet", 2, [0], (3, 8, 8), 10)
    bound = 1 / math.sqrt(64 * 25)
    for own, other in ((pack.conv2.weight[0], plain[4].weight), (pack.conv2.bias[0], plain[4].bias)):
        assert max(own.detach().abs().max(), other.detach().abs().max()) <= bound
    assert pack.conv2.weight.detach().std() == pytest.approx(bound / math.sqrt(3), rel=0.01)
    weight = drawn("resnet20", 16, [0], (3, 8, 8), 10).blocks[-1].second[0].weight.detach()
    assert weight.std() == pytest.approx(math.sqrt(2 / (64 * 9)), rel=0.02)  # He et al. 2015
    assert weight.abs().max() > 3.5 * weight.std()  # normal, not uniform


@pytest.mark.parametrize("model", PLAIN)
@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("training", [True, False])
def test_outputs_are_those_of_plain_networks(model, groups, training):
    shape, n_classes, n_models, width = SHAPES[model], 5, 4, WIDTHS[model]
    pack = drawn(model, width, range(n_models), shape, n_classes).train(training)
    images = torch.randn(20, shape[1], shape[2], shape[0], generator=torch.Generator().manual_seed(0))
    index = torch.randint(0, 20, (groups, 6), generator=torch.Generator().manual_seed(1))
    logits = pack(pack.batch(images, index))
    assert logits.shape == (n_models, n_classes, 6)
    for number in range(n_models):
        plain = taken_from(pack, number, model, width, shape, n_classes).train(training)
        inputs = images[index[number * groups // n_models]].permute(0, 3, 1, 2)
        torch.testing.assert_close(logits[number].T, plain(inputs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("model", ["cnn", "preact_resnet18", "resnet20", "small_inception"])
def test_running_statistics_give_the_function_of_torch_also_with_biases(model):
    shape, width = SHAPES[model], WIDTHS[model]
    pack = drawn(model, width, [0], shape, 4).train()
    plain = taken_from(pack, 0, model, width, shape, 4).train()
    images = torch.randn(32, *shape[1:], 3, generator=torch.Generator().manual_seed(0))
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


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [
        ("preact_resnet18", (3, 32, 4), "at least 8×8 pixels, not 32×4"),
        ("resnet20", (3, 3, 8), "at least 4×4 pixels, not 3×8"),
        ("small_inception", (3, 2, 8), "at least 4×4 pixels"),
        ("cuda_convnet", (3, 28, 28), "multiples of 8, not 28×28"),
        ("cuda_convnet_lrn", (1, 12, 8), "multiples of 8, not 12×8"),
        ("small_alexnet", (3, 30, 30), "multiples of 4, not 30×30"),
    ],
)
def test_images_of_a_wrong_size_are_named(model, shape, message):
    with pytest.raises(UserError, match=message):
        models.build(model, 1, 1, shape, 10)


def test_channels_of_a_model_stay_together():
    x, y = torch.arange(2.0 * 4 * 3).view(2, 4, 3, 1), -torch.arange(2.0 * 6 * 3).view(2, 6, 3, 1)
    expected = torch.cat([x[:, :2], y[:, :3], x[:, 2:], y[:, 3:]], dim=1)
    torch.testing.assert_close(concatenate(2, x, y), expected)


@pytest.mark.parametrize("size", [4, 5, 9])
def test_response_normalization_sees_the_channels_of_one_model(size):
    x = torch.randn(2, 12, 4, 5, generator=torch.Generator().manual_seed(0)).abs()
    norm = torch.nn.LocalResponseNorm(size, alpha=0.5, beta=0.75, k=1)
    expected = torch.cat([norm(part) for part in x.chunk(3, dim=1)], dim=1)
    torch.testing.assert_close(normalise_across_channels(x, 3, size, 0.5, 0.75), expected)


def test_response_normalization_of_cuda_convnet():
    x = 100 * torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)).abs()
    normalised = normalise_within_maps(x, size=3, alpha=5e-5, beta=0.75)
    assert (normalised < 0.95 * x).any()
    torch.testing.assert_close(normalised, ResponseNorm()(x))


@pytest.mark.parametrize("model", ["resnet20_unnormalised", "cuda_convnet", "cuda_convnet_lrn", "small_alexnet"])
def test_jacobians_of_single_images_are_those_of_autograd(model):
    shape, width = (3, 8, 8), 1 if model in FIXED else 2
    pack = drawn(model, width, [0], shape, 3).eval()
    plain = taken_from(pack, 0, model, width, shape, 3)
    images = torch.randn(4, 8, 8, 3, generator=torch.Generator().manual_seed(0))

    def outputs(parameters, image):
        return functional_call(pack, parameters, (pack.arrange(image[None, None]),))[0, :, 0]

    parameters = {name: value.detach() for name, value in pack.named_parameters()}
    jacobian = vmap(jacrev(outputs), in_dims=(None, 0))(parameters, images)
    packed = torch.cat([value.flatten(2) for value in jacobian.values()], dim=2)  # (n, K, p)
    for image, rows in zip(images, packed, strict=True):
        logits = plain(image.permute(2, 0, 1)[None])[0]
        for logit, row in zip(logits, rows, strict=True):
            gradient = torch.autograd.grad(logit, plain.parameters(), retain_graph=True)
            torch.testing.assert_close(row, torch.cat([part.flatten() for part in gradient]), rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("model", PLAIN)
def test_reduced_precision_changes_little(model):
    shape, width = SHAPES[model], WIDTHS[model]
    pack = drawn(model, width, [0, 1], shape, 5).eval()
    images = torch.randn(8, shape[1], shape[2], shape[0], generator=torch.Generator().manual_seed(0))
    inputs = pack.batch(images, torch.arange(8).view(1, -1))
    exact = pack(inputs).detach()
    with torch.autocast("cpu", torch.bfloat16):
        coarse = pack(inputs).detach()
    assert coarse.dtype == torch.bfloat16
    assert (coarse - exact).std() < 0.05 * exact.std()
