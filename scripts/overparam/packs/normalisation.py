"""Batch norm of many models at once, with pooling and ReLU in one step: in packs of narrow networks these take as long
as the convolutions.

Batch norm over M·C channels is batch norm of each model by itself. In training on the CPU three things make it fast:

- A channels-last image of C channels is read as one of r·C channels and r times fewer pixels, which torch's kernels
  like better where C is small; statistics of the r parts are put together afterwards, exactly.
- Max pooling comes first: an increasing map and ReLU commute with it, and channels of negative scale change sign
  before. So all that follows it, and its derivative, is computed on the pooled image.
- The derivative with respect to the input is affine in the input but for the term that pooling places, so the
  normalised image is never stored.

Images may be bfloat16; statistics, scale and shift are float32.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float

from overparam.packs import techniques

MOMENTUM, EPSILON = 0.1, 1e-5  # as in torch
LANES = 512  # channels of an image as it is read, at least


def normalise(
    x: Float[torch.Tensor, "batch all_channels height width"],
    running_mean: Float[torch.Tensor, "models channels"],
    running_var: Float[torch.Tensor, "models channels"],
    scale: Float[torch.Tensor, "models channels"] | None,
    shift: Float[torch.Tensor, "models channels"],
    training: bool,
    pool: int = 1,
    rectify: bool = False,
) -> Float[torch.Tensor, "batch models*channels height//{pool} width//{pool}"]:
    """Normalise every channel over batch and pixels, then max-pool, then rectify.

    Parameters
    ----------
    x
        Channels-last.
    running_mean, running_var
        Updated in training, used otherwise.
    scale, shift
        No scale is scale 1.
    training
        Whether to use the statistics of the batch.
    pool
        Side of the windows of max pooling, and step between them; H and W are multiples of it.
    rectify
        Whether ReLU follows.

    Returns
    -------
    torch.Tensor
        Channels-last.
    """
    scale = torch.ones_like(shift) if scale is None else scale
    parameters = scale.flatten(), shift.flatten()
    statistics = running_mean.flatten(), running_var.flatten()  # views: updated in place
    fused = training or torch.is_inference_mode_enabled()  # otherwise plain operations, which torch.func understands
    if fused and techniques.by_table(x):
        x = x.contiguous(memory_format=torch.channels_last)
        return _Normalise.apply(x, *parameters, *statistics, training, pool, rectify)
    if fused or techniques.by_table(x):
        x = F.batch_norm(x, *statistics, *parameters, training, MOMENTUM, EPSILON)
    else:  # below a vmap torch can't choose among its kernels for GPUs
        x = _by_hand(x, *statistics, *parameters)
    if pool > 1:
        x = F.max_pool2d(x, pool)
    return x.relu() if rectify else x


def _by_hand(x, mean, variance, scale, shift):
    """Return ``scale (x − mean)/√(variance + ε) + shift``, in the number format of x."""
    factor = scale * (variance + EPSILON).rsqrt()
    return (x * factor.view(-1, 1, 1) + (shift - mean * factor).view(-1, 1, 1)).to(x.dtype)


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale, shift, running_mean, running_var, training, pool, rectify):
        negative = scale < 0
        sign = None
        if pool > 1 and negative.any():
            sign = torch.where(negative, -1.0, 1.0)
            x = _signed(x, sign)
            scale = scale.abs()
        if training:
            mean, variance = _statistics(x)
            n = x.numel() // x.shape[1]
            running_mean.lerp_(mean if sign is None else sign * mean, MOMENTUM)
            running_var.lerp_(variance * (n / max(n - 1, 1)), MOMENTUM)
        else:
            mean, variance = running_mean if sign is None else sign * running_mean, running_var
        pooled, places = _pool(x, pool)
        y = _affine(pooled, mean, variance + EPSILON, scale, shift)
        if rectify:
            y.relu_()
        ctx.pool, ctx.rectify = pool, rectify
        ctx.save_for_backward(x, pooled, places, y if rectify else None, mean, variance, scale, sign)
        return y

    @staticmethod
    def backward(ctx, dy):
        x, pooled, places, y, mean, variance, scale, sign = ctx.saved_tensors
        dy = dy.contiguous(memory_format=torch.channels_last)
        if ctx.rectify:
            dy = torch.ops.aten.threshold_backward(dy, y, 0)
        n = x.numel() // x.shape[1]
        # as if the statistics did not depend on x
        lanes = (_repeated(each, pooled) for each in (scale, mean, variance))
        wanted = [ctx.pool > 1, True, True]
        direct, dscale, dshift = torch.ops.aten.native_batch_norm_backward(
            _lanes(dy), _lanes(pooled), *lanes, None, None, False, EPSILON, wanted
        )
        dscale, dshift = (each.view(-1, x.shape[1]).sum(dim=0) for each in (dscale, dshift))
        # that they do: −γ/(σn) (Σdy + x̂ Σdy·x̂) with x̂ = (x − μ)/σ
        inverse = (variance + EPSILON).rsqrt()
        dx = _affine(x, mean, (variance + EPSILON).square(), -scale * dscale / n, -scale * dshift / n * inverse)
        if ctx.pool > 1:
            dx.add_(_unpool(_images(direct, dy), x, places, ctx.pool))
        else:
            factor = _repeated(scale * inverse, x).to(x.dtype).view(1, -1, 1, 1)
            dx = _images(_lanes(dx).addcmul_(_lanes(dy), factor), x)
        if sign is not None:
            dx, dscale = _signed(dx, sign), dscale * sign
        return dx, dscale, dshift, None, None, None, None, None


def _repeats(x: torch.Tensor) -> int:
    """Return r: how many neighbouring pixels are read as one."""
    n, repeats = x.numel() // x.shape[1], 1
    while 2 * repeats * x.shape[1] <= LANES and n % (2 * repeats) == 0:
        repeats *= 2
    return repeats


def _lanes(x: torch.Tensor) -> torch.Tensor:
    """Read ``(B, C, H, W)`` as ``(1, r·C, B·H·W/r, 1)``, both channels-last."""
    lanes = _repeats(x) * x.shape[1]
    return x.permute(0, 2, 3, 1).view(1, -1, 1, lanes).permute(0, 3, 1, 2)


def _images(lanes: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Undo :func:`_lanes`."""
    batch, channels, height, width = like.shape
    return lanes.permute(0, 2, 3, 1).reshape(batch, height, width, channels).permute(0, 3, 1, 2)


def _repeated(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Repeat ``(C,)`` for the channels of :func:`_lanes`."""
    return values.repeat(_repeats(x))


def _signed(x: torch.Tensor, sign: torch.Tensor) -> torch.Tensor:
    """Multiply the channels by 1 or −1."""
    return _images(_lanes(x) * _repeated(sign, x).to(x.dtype).view(1, -1, 1, 1), x)


def _statistics(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and biased variance of every channel, float32."""
    precise = torch.promote_types(x.dtype, torch.float32)
    unused = x.new_zeros(_repeats(x) * x.shape[1], dtype=precise)  # makes the results as precise
    means, variances = torch.batch_norm_update_stats(_lanes(x), unused, unused, 0.0)
    means, variances = means.view(-1, x.shape[1]), variances.view(-1, x.shape[1])
    between, mean = torch.var_mean(means, dim=0, correction=0)
    return mean, variances.mean(dim=0) + between


def _affine(x, mean, variance, scale, shift):
    """Return ``scale (x − mean)/√variance + shift``."""
    lanes = (_repeated(each, x) for each in (mean, variance, scale, shift))
    return _images(F.batch_norm(_lanes(x), *lanes, False, 0.0, 0.0), x)


def _pool(x: torch.Tensor, pool: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return the largest values of the windows, and their places."""
    return torch.ops.aten.max_pool2d_with_indices(x, [pool, pool], [pool, pool]) if pool > 1 else (x, None)


def _unpool(dy: torch.Tensor, x: torch.Tensor, places: torch.Tensor | None, pool: int) -> torch.Tensor:
    """Return the derivative with respect to ``x`` from that with respect to what :func:`_pool` returned."""
    if pool == 1:
        return dy
    sizes = [pool, pool], [pool, pool], [0, 0], [1, 1]
    return torch.ops.aten.max_pool2d_with_indices_backward(dy, x, *sizes, False, places)
