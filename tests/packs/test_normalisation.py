"""Batch norm, pooling and ReLU in one step against torch's layers one after another in float64."""

import pytest
import torch
import torch.nn.functional as F

from overparam.packs.normalisation import normalise

SHAPES = [(8, 12, 1), (16, 8, 2), (6, 9, 3), (64, 8, 8), (520, 4, 2), (3, 5, 1)]  # channels, side, pooling


def plain(x, running_mean, running_var, scale, shift, training, pool, rectify):
    y = F.batch_norm(x, running_mean[0], running_var[0], scale[0], shift[0], training)
    y = F.max_pool2d(y, pool)
    return y.relu() if rectify else y


def results(function, x, scale, shift, pool, rectify, training=True):
    precise = torch.promote_types(x.dtype, torch.float32)
    x = x.clone().requires_grad_()
    scale, shift = (each.to(precise).requires_grad_() for each in (scale, shift))
    mean, variance = torch.full_like(scale, 0.5), torch.full_like(scale, 2.0)
    mean, variance = mean.detach(), variance.detach()
    y = function(x, mean, variance, scale, shift, training, pool, rectify)
    y.backward(torch.randn(y.shape, generator=torch.Generator().manual_seed(1)).to(y.dtype))
    return y.detach(), x.grad, scale.grad, shift.grad, mean, variance


def drawn(n_channels, side, dtype=torch.float64):
    generator = torch.Generator().manual_seed(0)
    x = 3 + 2 * torch.randn(16, n_channels, side, side, generator=generator)
    x = (x * 4).round() / 4  # equal pixels in one window: the first takes the gradient
    scale = torch.rand(1, n_channels, generator=generator) + 0.5
    scale[:, 1] *= -1
    shift = torch.randn(1, n_channels, generator=generator)
    return x.to(dtype).contiguous(memory_format=torch.channels_last), scale, shift


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("rectify", [True, False])
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-6), (torch.bfloat16, 1e-2)]
)
def test_layers_one_after_another_give_the_same(shape, rectify, training, dtype, tolerance):
    *size, pool = shape
    x, scale, shift = drawn(*size)
    exact = results(plain, x, scale, shift, pool, rectify, training)
    found = results(normalise, x.to(dtype), scale, shift, pool, rectify, training)
    for one, other in zip(found, exact, strict=True):
        assert (one.double() - other).norm() <= tolerance * other.norm()
    assert found[0].dtype == found[1].dtype == dtype
    assert found[0].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("shape", SHAPES)
def test_inference_gives_the_same(shape):
    *size, pool = shape
    x, scale, shift = drawn(*size, torch.float32)
    arguments = torch.full_like(scale, 0.5), torch.full_like(scale, 2.0), scale, shift, False, pool, True
    expected = plain(x, *arguments)
    with torch.inference_mode():
        torch.testing.assert_close(normalise(x, *arguments), expected)


@pytest.mark.parametrize("poison", [torch.nan, torch.inf])
@pytest.mark.parametrize("pool", [1, 2])
def test_a_channel_that_is_not_finite_changes_no_bit_of_another(poison, pool):
    x, scale, shift = drawn(8, 12, torch.bfloat16)
    healthy = results(normalise, x, scale, shift, pool, True)
    x[0, 3, 0, 0] = poison
    good = [channel for channel in range(8) if channel != 3]
    found = results(normalise, x, scale, shift, pool, True)
    for one, other in zip(found, healthy, strict=True):
        assert torch.equal(one[:, good], other[:, good])
    assert not found[0][:, 3].isfinite().any()


def test_without_scale_it_is_one():
    x, scale, shift = drawn(8, 12)
    shift, ones = shift.double(), torch.ones_like(scale).double()
    statistics = torch.zeros_like(shift), torch.ones_like(shift)
    found = normalise(x, *statistics, None, shift, True)
    torch.testing.assert_close(found, F.batch_norm(x, None, None, ones[0], shift[0], True))


def test_evaluation_can_be_differentiated_by_torch_func():
    x, scale, shift = drawn(4, 4, torch.float64)
    statistics = torch.zeros_like(scale).double(), torch.ones_like(scale).double()

    def function(shift):
        return normalise(x, *statistics, scale.double(), shift, False, 2, True).sum(dim=(0, 2, 3))

    jacobian = torch.func.jacrev(function)(shift.double())[:, 0]
    assert jacobian.diagonal().sum() > 0
    torch.testing.assert_close(jacobian, jacobian.diagonal().diag())
