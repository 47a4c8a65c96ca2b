"""Layers of packs of convolutional networks: the images of M models lie along the channels, ``(B, M·C, H, W)``.

Memory is channels-last, so the channels of one pixel are neighbours, model by model. Convolutions take ``(B, G·C, H,
W)`` too, where groups of M/G models share an input; every other layer sees M·C channels. No layer mixes two models.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from overparam.packed.convolution import convolve
from overparam.packed.normalisation import normalise
from overparam.packed.pack import Pack


class ConvolutionalPack(Pack):
    """Base of packs of convolutional networks."""

    def arrange(self, images: torch.Tensor) -> torch.Tensor:
        """Return ``(B, G·channels, H, W)`` in channels-last memory."""
        return images.permute(1, 2, 3, 0, 4).flatten(3).permute(0, 3, 1, 2)

    def flatten(self, x: torch.Tensor) -> torch.Tensor:
        """Return ``(M, C·H·W, B)``, what linear layers take; like torch's Flatten, channels vary slowest."""
        return x.unflatten(1, (self.n_models, -1)).flatten(2).permute(1, 2, 0)


class Convolution(nn.Module):
    """Convolution in each of M models, padded so that stride 1 keeps the size of the image.

    Parameters
    ----------
    n_models, n_in, n_out
        Models, channels in, channels out.
    size
        Side of the kernel, odd.
    stride
        Step between outputs.
    bias
        Whether the layer has one.
    he
        Draw weights from N(0, 2/fan_in) (He et al., arXiv 1502.01852, equation 10) instead of torch's default
        U(−1/√fan_in, 1/√fan_in), which is what biases are always drawn from.
    """

    def __init__(
        self, n_models: int, n_in: int, n_out: int, size: int, stride: int = 1, bias: bool = True, he: bool = False
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_models, n_out, n_in, size, size))
        self.bias = nn.Parameter(torch.empty(n_models, n_out)) if bias else None
        self.stride, self.padding, self.he = stride, size // 2, he

    @torch.no_grad()
    def draw(self, model: int, generator: torch.Generator) -> None:
        """Draw the weight, then the bias, of one model."""
        fan_in = self.weight[0, 0].numel()
        bound = 1 / math.sqrt(fan_in)
        if self.he:
            self.weight[model].normal_(0, math.sqrt(2 / fan_in), generator=generator)
        else:
            self.weight[model].uniform_(-bound, bound, generator=generator)
        if self.bias is not None:
            self.bias[model].uniform_(-bound, bound, generator=generator)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map ``(B, G·in, H, W)`` to ``(B, M·out, H', W')``."""
        y = convolve(x, self.weight, self.stride, self.padding)
        if self.bias is None:
            return y
        return y.add_(self.bias.to(y.dtype).view(1, -1, 1, 1))  # the gradient of a convolution needs no output


class BatchNorm(nn.Module):
    """Batch norm in each of M models, then ReLU if ``rectified``; without ``scaled`` it has a shift alone.

    Batch norm over M·C channels is batch norm of each model by itself. Momentum 0.1, ε = 1e-5, scale 1 and shift 0 at
    the start, as in torch.
    """

    def __init__(self, n_models: int, n_channels: int, rectified: bool = False, scaled: bool = True):
        super().__init__()
        self.rectified = rectified
        self.scale = nn.Parameter(torch.ones(n_models, n_channels)) if scaled else None
        self.shift = nn.Parameter(torch.zeros(n_models, n_channels))
        self.register_buffer("running_mean", torch.zeros(n_models, n_channels))
        self.register_buffer("running_var", torch.ones(n_models, n_channels))

    @torch.no_grad()
    def draw(self, model: int, generator: torch.Generator) -> None:
        """Reset one model: nothing here is random."""
        for values, start in ((self.scale, 1), (self.shift, 0), (self.running_mean, 0), (self.running_var, 1)):
            if values is not None:
                values[model] = start

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise ``(B, M·C, H, W)`` over batch and pixels."""
        statistics = self.running_mean, self.running_var
        return normalise(x, *statistics, self.scale, self.shift, self.training, rectify=self.rectified)


def concatenate(n_models: int, *parts: torch.Tensor) -> torch.Tensor:
    """Join the channels of each model: ``(B, M·C_i, H, W)`` to ``(B, M·ΣC_i, H, W)``."""
    by_model = [part.permute(0, 2, 3, 1).unflatten(3, (n_models, -1)) for part in parts]  # (B, H, W, M, C_i)
    return torch.cat(by_model, dim=4).flatten(3).permute(0, 3, 1, 2)


def pad_channels(x: torch.Tensor, n_models: int, n_channels: int) -> torch.Tensor:
    """Append channels of zeros to each model, up to ``n_channels``."""
    by_model = x.permute(0, 2, 3, 1).unflatten(3, (n_models, -1))  # (B, H, W, M, C)
    missing = n_channels - by_model.shape[4]
    return F.pad(by_model, (0, missing)).flatten(3).permute(0, 3, 1, 2)


def normalise_within_maps(x: torch.Tensor, size: int, alpha: float, beta: float) -> torch.Tensor:
    """Divide by (1 + α·mean of x² over the size×size pixels around)^β, zeros beyond the edges counted."""
    around = F.avg_pool2d(x * x, size, 1, padding=size // 2)
    return x * (1 + alpha * around).pow(-beta)


def normalise_across_channels(x: torch.Tensor, n_models: int, size: int, alpha: float, beta: float) -> torch.Tensor:
    """Divide by (1 + α·mean of x² over the ``size`` channels around)^β, as torch's LocalResponseNorm with k = 1 does.

    Channels around are those of the same model. Their sum is a product with a banded matrix, which takes a quarter of
    the time of torch's own pooling.
    """
    pixels = x.permute(0, 2, 3, 1).unflatten(3, (n_models, -1))  # (B, H, W, M, C)
    channel = torch.arange(pixels.shape[4], device=x.device)
    offset = channel - channel[:, None]
    near = (-((size - 1) // 2) <= offset) & (offset <= size // 2)  # of row from column
    around = (pixels * pixels) @ near.to(x.dtype)
    return (pixels * (1 + alpha / size * around).pow(-beta)).flatten(3).permute(0, 3, 1, 2)
