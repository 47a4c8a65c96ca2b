"""Packed convolutions by every technique against torch's grouped ones, also where a model is not finite."""

import pytest
import torch
import torch.nn.functional as F

from overparam import models
from overparam.packs import convolution, techniques

# models, different inputs, channels in and out, side of the kernel, stride
SHAPES = [
    (4, 4, 3, 1, 3, 1),
    (4, 4, 1, 2, 3, 1),
    (4, 2, 2, 1, 3, 1),
    (4, 4, 3, 4, 5, 2),
    (6, 2, 2, 3, 1, 1),
    (4, 4, 1, 1, 3, 2),
]
CASES = [
    (shape, groups)
    for shape in SHAPES
    for groups in (techniques.PAIRS, 1, 2, 4)
    if groups == techniques.PAIRS or shape[1] % groups == 0
] + [(shape, None) for shape in SHAPES]  # as on a GPU


def choose(monkeypatch, groups):
    """Let all convolutions be computed in so many groups, or as on a GPU."""
    monkeypatch.setattr(techniques, "by_table", lambda x: groups is not None)
    monkeypatch.setattr(techniques, "convolution", lambda *_: groups)


def drawn(shape, dtype=torch.float32):
    n_models, inputs, n_in, n_out, size, _ = shape
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(5, inputs * n_in, 8, 6, generator=generator).to(dtype).contiguous(memory_format=torch.channels_last)
    return x, torch.randn(n_models, n_out, n_in, size, size, generator=generator).to(dtype)


def results(shape, convolve, x, weight, poisoned_gradient=False):
    """Return output and derivatives, with the models, or the inputs, first."""
    n_models, inputs, _, n_out, size, stride = shape
    x, weight = x.clone().requires_grad_(), weight.clone().requires_grad_()
    y = convolve(x, weight, stride, size // 2)
    gradient = torch.randn(y.shape, generator=torch.Generator().manual_seed(1)).to(y.dtype)
    if poisoned_gradient:
        gradient[0, n_out, 0, 0] = torch.inf  # of model 1
    y.backward(gradient)
    assert y.is_contiguous(memory_format=torch.channels_last)
    return [*(_first(part, n) for part, n in ((y.detach(), n_models), (x.grad, inputs))), weight.grad]


def _first(part, n):
    return part.unflatten(1, (n, -1)).transpose(0, 1)


def grouped(x, weight, stride, padding):
    return F.conv2d(x, weight.flatten(0, 1), stride=stride, padding=padding, groups=x.shape[1] // weight.shape[2])


@pytest.mark.parametrize(("shape", "groups"), CASES)
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5), (torch.bfloat16, 2e-2)]
)
def test_techniques_give_what_grouped_convolution_gives(shape, groups, dtype, tolerance, monkeypatch):
    choose(monkeypatch, groups)
    x, weight = drawn(shape, dtype)
    exact = results(shape, grouped, x.double(), weight.double())
    for found, expected in zip(results(shape, convolution.convolve, x, weight), exact, strict=True):
        assert found.dtype == dtype
        assert (found.double() - expected).norm() < tolerance * expected.norm()


@pytest.mark.parametrize(("shape", "groups"), CASES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("poison", ["input", "weight", "overflow", "gradient"])
def test_a_model_that_is_not_finite_changes_no_bit_of_another(shape, groups, dtype, poison, monkeypatch):
    choose(monkeypatch, groups)
    n_models, inputs, n_in = shape[:3]
    x, weight = drawn(shape, dtype)
    healthy = results(shape, convolution.convolve, x, weight)
    hit = 1 * inputs // n_models  # the input of model 1
    if poison == "input":
        x[0, hit * n_in, 0, 0] = torch.inf
    if poison == "weight":
        weight[1] = torch.nan
    if poison == "overflow":
        x[:, hit * n_in : (hit + 1) * n_in] *= 1e20
        weight[1] *= 1e20
    found = results(shape, convolution.convolve, x, weight, poison == "gradient")
    sick = [
        model
        for model in range(n_models)
        if (model * inputs // n_models == hit if poison in ("input", "overflow") else model == 1)
    ]
    for number, (one, other) in enumerate(zip(found, healthy, strict=True)):
        bad = [hit] if number == 1 else sick
        good = [n for n in range(len(one)) if n not in bad]
        assert torch.equal(one[good], other[good])
    assert found[0][1].isfinite().all() == (poison == "gradient")  # and it shows
    assert not all(part[number].isfinite().all() for part, number in zip(found, (1, hit, 1), strict=True))


def test_the_table():
    technique = techniques.convolution
    assert technique(8, 8, 1, 4, 3, 2) == techniques.PAIRS
    assert [technique(8, 8, n_out, n_in, 3, 2) for n_in, n_out in ((2, 4), (4, 8), (8, 16))] == [2, 4, 8]
    assert [technique(8, 8, n_out, n_in, 3, 4) for n_in, n_out in ((2, 4), (4, 8), (8, 16))] == [4, 8, 8]
    assert technique(3, 3, 4, 2, 3, 2) == 3  # an odd number of models stays apart
    assert technique(8, 4, 4, 2, 3, 2) == 1


def test_a_network_says_how_it_is_computed():
    narrow = models.build("cnn", 1, 8, (3, 8, 8), 4)
    assert narrow.technique("bfloat16") == "2 × pairs, blocks of 4, blocks of 2"
    assert narrow.technique("float32") == "2 × pairs, blocks of 2, grouped"
    wide = models.build("cnn", techniques.WIDE // 8, 8, (3, 8, 8), 4)
    assert wide.technique("float32").startswith("one model at a time") and wide.at_once == 1
    assert models.build("resnet20", 16, 4, (3, 8, 8), 4).technique("float32") == "19 × grouped"
