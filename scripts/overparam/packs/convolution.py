"""Convolution of many models at once, models along the channels.

Each technique does the same sums, in another order. Kernels of CPUs take 16 or 32 channels at a time, and a narrow
network has one or two; so several models make one dense convolution whose weight is zero between different models
(``blocks``), or every pair of a channel in and a channel out is convolved by itself and the sums are taken by products
with matrices of zeros and ones (``pairs``).

Zeros don't keep models apart where one of them is infinite or not a number, nor do kernels of grouped convolutions that
read beyond their own channels and multiply by zero: that is looked for, and such a model is computed with zeros in its
place and marked afterwards. On a GPU the marks stay there, and are made whether there is such a model or not: to look
for one would be to wait for the GPU.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float

from overparam.packs import techniques


def convolve(
    x: Float[torch.Tensor, "batch groups_channels height width"],
    weight: Float[torch.Tensor, "models n_out n_in rows columns"],
    stride: int = 1,
    padding: int = 0,
) -> Float[torch.Tensor, "batch models*n_out new_height new_width"]:
    """Convolve the images of every model with its own weight.

    Parameters
    ----------
    x
        Channels-last, with G·in channels; G divides M, and groups of M/G models share an input.
    weight
        One kernel per model, output and input.
    stride, padding
        In pixels, the same in both directions.

    Returns
    -------
    torch.Tensor
        Channels-last.
    """
    n_models, n_out, n_in = weight.shape[:3]
    inputs = x.shape[1] // n_in
    if torch.is_autocast_enabled(x.device.type):
        dtype = torch.get_autocast_dtype(x.device.type)
        x, weight = x.to(dtype), weight.to(dtype)
    if inputs > 1 and techniques.by_table(x):
        groups = techniques.convolution(n_models, inputs, n_out, n_in, weight.shape[3], x.element_size())
        if groups == techniques.PAIRS:
            return _Pairs.apply(x, weight, stride, padding)
        return _Blocks.apply(x, weight, stride, padding, groups)
    if inputs > 1:
        return _Grouped.apply(x, weight, stride, padding)
    weight = weight.flatten(0, 1).contiguous(memory_format=torch.channels_last)
    return F.conv2d(x, weight, stride=stride, padding=padding)


class _Blocks(torch.autograd.Function):
    """Dense convolutions of several models each."""

    @staticmethod
    def forward(ctx, x, weight, stride, padding, groups):
        ctx.inputs, ctx.shape, ctx.options = x.shape[1] // weight.shape[2], weight.shape, (stride, padding, groups)
        x, ctx.bad = _finite(x, ctx.inputs)
        dense = _dense(weight, ctx.inputs, groups)
        ctx.save_for_backward(x, dense)
        return _marked(F.conv2d(x, dense, None, *ctx.options[:2], groups=groups), ctx.bad)

    @staticmethod
    def backward(ctx, dy):
        x, dense = ctx.saved_tensors
        n_models = ctx.shape[0]
        dy, bad = _finite(dy, n_models)
        dx, dweight = _derivatives(ctx, dy, x, dense, *ctx.options)
        dweight = _diagonal(dweight, n_models, ctx.inputs, ctx.options[2]).movedim(-1, 1).reshape(ctx.shape)
        return *_derivatives_marked(dx, dweight, ctx.inputs, bad, ctx.bad), None, None, None


class _Pairs(torch.autograd.Function):
    """One convolution for every pair of a channel in and a channel out."""

    @staticmethod
    def forward(ctx, x, weight, stride, padding):
        ctx.inputs, ctx.shape, ctx.options = x.shape[1] // weight.shape[2], weight.shape, (stride, padding)
        n_models, n_out, n_in = ctx.shape[:3]
        x, ctx.bad = _finite(x, ctx.inputs)
        spread, pairs = _product(x, _spread(weight, ctx.inputs)), weight.view(-1, 1, *weight.shape[3:])
        ctx.save_for_backward(x, pairs)
        y, failed = F.conv2d(spread, pairs, None, *ctx.options, groups=len(pairs)), None
        if n_in > 1:
            y, failed = _finite(y, n_models)
            y = _product(y, _gather(n_models * n_out, n_in, y))
        return _marked(_marked(y, ctx.bad), failed)

    @staticmethod
    def backward(ctx, dy):
        x, pairs = ctx.saved_tensors
        n_models, n_out, n_in = ctx.shape[:3]
        spread = _spread(pairs.view(ctx.shape), ctx.inputs)
        dy, bad = _finite(dy, n_models)
        if n_in > 1:
            dy = _product(dy, _gather(n_models * n_out, n_in, dy).T)
        dx, dweight = _derivatives(ctx, dy, _product(x, spread), pairs, *ctx.options, len(pairs))
        failed = None
        if dx is not None and spread is not None:
            dx, failed = _finite(dx, n_models)
            dx = _product(dx, spread.T)
        return *_derivatives_marked(dx, dweight.view(ctx.shape), ctx.inputs, bad, failed, ctx.bad), None, None


class _Grouped(torch.autograd.Function):
    """One grouped convolution of all models, for GPUs; NaN goes where a model, or what it reads, is not finite."""

    @staticmethod
    def forward(ctx, x, weight, stride, padding):
        ctx.inputs, ctx.shape, ctx.options = x.shape[1] // weight.shape[2], weight.shape, (stride, padding)
        largest, x = _largest(x, ctx.inputs), torch.nan_to_num(x, 0, 0, 0)
        weight = weight.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        ctx.save_for_backward(x, weight)
        y = F.conv2d(x, weight, None, *ctx.options, groups=ctx.inputs)
        y.unflatten(1, (ctx.inputs, -1)).add_(largest, alpha=0)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, weight = ctx.saved_tensors
        largest, dy = _largest(dy, ctx.shape[0]), torch.nan_to_num(dy, 0, 0, 0)
        dx, dweight = _derivatives(ctx, dy, x, weight, *ctx.options, ctx.inputs)
        dweight = dweight.view(ctx.shape)
        return dx, dweight.add_(largest[..., None], alpha=0), None, None


def _derivatives(ctx, dy, x, weight, stride, padding, groups):
    mask = [ctx.needs_input_grad[0], ctx.needs_input_grad[1], False]
    options = [stride, stride], [padding, padding], [1, 1], False, [0, 0], groups
    return torch.ops.aten.convolution_backward(dy, x, weight, None, *options, mask)[:2]


def _derivatives_marked(dx, dweight, inputs: int, *failures):
    """Write NaN over the derivatives of bad models: of weights, and of the inputs that they read."""
    for bad in failures:
        if bad is not None:
            dweight.unflatten(0, (len(bad), -1))[bad] = torch.nan
            if dx is not None:
                _marked(dx, bad.view(inputs, -1).any(dim=1))
    return dx, dweight


def _dense(weight: torch.Tensor, inputs: int, groups: int) -> torch.Tensor:
    """Return the weight of dense convolutions, zero between different models."""
    n_models, n_out, n_in, height, width = weight.shape
    shape = n_models * n_out, height, width, inputs // groups * n_in
    dense = weight.new_zeros(shape).permute(0, 3, 1, 2)  # channels-last
    blocks = weight.view(groups, inputs // groups, -1, n_out, n_in, height, width).movedim(1, -1)
    _diagonal(dense, n_models, inputs, groups).copy_(blocks)
    return dense


def _diagonal(dense: torch.Tensor, n_models: int, inputs: int, groups: int) -> torch.Tensor:
    """Return the part that belongs to one model, ``(groups, M/G, out, in, height, width, G/groups)``: a view."""
    n_in, size = dense.shape[1] * groups // inputs, dense.shape[2:]
    blocks = dense.view(groups, inputs // groups, n_models // inputs, -1, inputs // groups, n_in, *size)
    return blocks.diagonal(dim1=1, dim2=4)


def _spread(weight: torch.Tensor, inputs: int) -> torch.Tensor | None:
    """Return the matrix ``(G·in, M·out·in)`` that copies each channel to its pairs, None for the identity."""
    n_models, n_out, n_in = weight.shape[:3]
    if n_models * n_out == inputs:
        return None
    eye = torch.eye(inputs * n_in, dtype=weight.dtype, device=weight.device).view(inputs, n_in, inputs, 1, n_in)
    return eye.expand(-1, -1, -1, n_models // inputs * n_out, -1).reshape(inputs * n_in, -1)


def _gather(n_sums: int, n_in: int, like: torch.Tensor) -> torch.Tensor:
    """Return the matrix ``(M·out·in, M·out)`` that sums over the channels in."""
    return torch.eye(n_sums, dtype=like.dtype, device=like.device).repeat_interleave(n_in, dim=0)


def _product(x: torch.Tensor, matrix: torch.Tensor | None) -> torch.Tensor:
    """Multiply the channels of every pixel by a matrix ``(channels, others)``; None is the identity."""
    if matrix is None:
        return x
    x = x.permute(0, 2, 3, 1)
    batch, height, width = x.shape[:3]
    shape = batch, matrix.shape[1], height, width  # of a tensor that is no view: callers may work on it in place
    y = torch.empty(shape, dtype=x.dtype, device=x.device, memory_format=torch.channels_last)
    torch.mm(x.reshape(-1, len(matrix)), matrix, out=y.permute(0, 2, 3, 1).view(-1, matrix.shape[1]))
    return y


def _finite(x: torch.Tensor, n_models: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return x with zeros for the models that aren't finite, and which these are ``(M,)``; None if there is none."""
    x = x.contiguous(memory_format=torch.channels_last)
    if torch.isfinite(x.sum()):
        return x, None
    channels = torch.isfinite(x).all(dim=0).flatten(1).all(dim=1)
    bad = ~channels.view(n_models, -1).all(dim=1)
    if not bad.any():  # the sum has overflown
        return x, None
    x = x.clone()
    x.unflatten(1, (n_models, -1))[:, bad] = 0
    return x, bad


def _largest(x: torch.Tensor, n_models: int) -> torch.Tensor:
    """Return each model's largest absolute value, ``(M, 1, 1, 1)``; zero times it is NaN if the model is not finite."""
    return torch.linalg.vector_norm(x.unflatten(1, (n_models, -1)), torch.inf, dim=(0, 2, 3, 4)).view(-1, 1, 1, 1)


def _marked(x: torch.Tensor, bad: torch.Tensor | None) -> torch.Tensor:
    """Write NaN over the models, or groups of models, that are bad."""
    if bad is not None:
        x.unflatten(1, (len(bad), -1))[:, bad] = torch.nan
    return x
