"""Layers of packs of convolutional networks: the images of M models lie along the channels, ``(B, M·C, H, W)``.

Memory is channels-last, so the channels of one pixel are neighbours, model by model. Convolutions take ``(B, G·C, H,
W)`` too, where groups of M/G models share an input; every other layer sees M·C channels. No layer mixes two models.
"""

import itertools

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import nn

from overparam.packs import pixels, techniques
from overparam.packs.convolution import convolve
from overparam.packs.layers import Affine
from overparam.packs.normalisation import normalise
from overparam.packs.pack import Pack

Images = Float[torch.Tensor, "batch channels height width"]  # the channels are those of all models, or groups
Reduced = Float[torch.Tensor, "batch new_channels new_height new_width"]


class ConvolutionalPack(Pack):
    """Base of packs of convolutional networks; the convolutions that read the images are ``first`` ones."""

    def store(
        self, images: Float[torch.Tensor, "n height width channels"], precision: str
    ) -> Float[torch.Tensor, "n height width stored"]:
        """Return the images with all channels of a pixel, in the number format to compute with."""
        return pixels.store(images, precision)

    def arrange(
        self, images: Float[torch.Tensor, "groups batch height width channels"]
    ) -> Float[torch.Tensor, "batch interleaved height width"]:
        """Return the groups side by side in channels-last memory, 4 channels for colour images."""
        return pixels.interleave(images)

    def batch(
        self, images: Float[torch.Tensor, "n height width channels"], index: Int[torch.Tensor, "groups batch"]
    ) -> Float[torch.Tensor, "batch interleaved height width"]:
        """Gather what :meth:`arrange` returns."""
        return pixels.gather(images, index)

    def flatten(self, x: Images) -> Float[torch.Tensor, "{self.n_models} channels*height*width//{self.n_models} batch"]:
        """Return what linear layers take; like torch's Flatten, channels vary slowest."""
        return x.unflatten(1, (self.n_models, -1)).flatten(2).permute(1, 2, 0)

    @property
    def at_once(self) -> int:
        """On a CPU one wide network after another: its convolutions fill the processor, and caches hold its images."""
        layers = self._convolutions()
        wide = max(layer.weight.shape[1] for layer in layers) >= techniques.WIDE
        return 1 if wide and techniques.by_table(layers[0].weight) else self.n_models

    def _convolutions(self) -> list["Convolution"]:
        return [layer for layer in self.modules() if isinstance(layer, Convolution)]

    def technique(self, precision: str) -> str:
        """Say how the convolutions are computed if every model has its own batches, in their order."""
        if self.at_once == 1 < self.n_models:
            return "one model at a time, channels-last"
        layers = self._convolutions()
        n_bytes = 2 if precision == "bfloat16" else layers[0].weight.element_size()
        chosen = [layer.technique(n_bytes) for layer in layers]
        runs = [(name, len(list(run))) for name, run in itertools.groupby(chosen)]
        return ", ".join(name if length == 1 else f"{length} × {name}" for name, length in runs)


class Convolution(Affine):
    """Convolution in each of M models, padded so that stride 1 keeps the size of the image.

    Parameters
    ----------
    n_models, n_in, n_out
        Models, channels in, channels out.
    size
        Side of the kernel, odd.
    stride
        Step between outputs.
    bias, he
        As :class:`overparam.packs.layers.Affine` takes them.
    first
        Whether it reads the images, whose pixels may hold a channel of zeros beside their own.
    """

    def __init__(
        self,
        n_models: int,
        n_in: int,
        n_out: int,
        size: int,
        stride: int = 1,
        bias: bool = True,
        he: bool = False,
        first: bool = False,
    ):
        super().__init__(n_models, n_out, n_in, size, size, bias=bias, he=he)
        self.stride = stride
        self.missing = pixels.channels_stored(n_in) - n_in if first else 0

    def forward(self, x: Images) -> Reduced:
        """Map the G·in channels of the groups to the M·out channels of the models."""
        y = self.products(x)
        if self.bias is None:
            return y
        return y.add_(self.bias.to(y.dtype).view(1, -1, 1, 1))  # the gradient of a convolution needs no output

    def products(self, x: Images) -> Reduced:
        """Convolve without adding the bias."""
        weight = F.pad(self.weight, (0, 0, 0, 0, 0, self.missing)) if self.missing else self.weight
        return convolve(x, weight, self.stride, self.weight.shape[3] // 2)

    def technique(self, n_bytes: int) -> str:
        """Say how it is computed in numbers of so many bytes if every model has its own inputs."""
        n_models, n_out, n_in, size, _ = self.weight.shape
        if n_models == 1 or not techniques.by_table(self.weight):
            return "grouped" if n_models > 1 else "one model"
        groups = techniques.convolution(n_models, n_models, n_out, n_in + self.missing, size, n_bytes)
        return techniques.described(groups, n_models)


class BatchNorm(nn.Module):
    """Batch norm in each of M models, then max pooling over ``pool`` × ``pool`` pixels, then ReLU if ``rectified``.

    Batch norm over M·C channels is batch norm of each model by itself. Momentum 0.1, ε = 1e-5, scale 1 and shift 0 at
    the start, as in torch. Without ``scaled`` it has a shift alone.
    """

    def __init__(self, n_models: int, n_channels: int, rectified: bool = False, scaled: bool = True, pool: int = 1):
        super().__init__()
        self.rectified, self.pool = rectified, pool
        self.scale: Float[nn.Parameter, "models channels"] | None = None
        if scaled:
            self.scale = nn.Parameter(torch.ones(n_models, n_channels))
        self.shift: Float[nn.Parameter, "models channels"] = nn.Parameter(torch.zeros(n_models, n_channels))
        self.running_mean: Float[torch.Tensor, "models channels"]
        self.running_var: Float[torch.Tensor, "models channels"]
        self.register_buffer("running_mean", torch.zeros(n_models, n_channels))
        self.register_buffer("running_var", torch.ones(n_models, n_channels))

    def forward(self, x: Images) -> Float[torch.Tensor, "batch channels height//{self.pool} width//{self.pool}"]:
        """Normalise every channel over batch and pixels, and pool."""
        statistics = self.running_mean, self.running_var
        return normalise(x, *statistics, self.scale, self.shift, self.training, self.pool, self.rectified)


class NormalisedConvolution(Convolution):
    """3×3 convolution with bias, batch norm, max pooling and ReLU in each of M models.

    Batch norm subtracts the bias of the convolution again, so its gradient is exactly zero. It counts as a parameter
    and stays at its initial value: it is left out of the sum, because Adam would blow the rounding errors in its
    gradient up to full steps, and the running mean starts at minus the bias, which gives the same function as torch's
    own layers also where running statistics are used.
    """

    def __init__(self, n_models: int, n_in: int, n_out: int, pool: int, first: bool):
        super().__init__(n_models, n_in, n_out, 3, first=first)
        self.norm = BatchNorm(n_models, n_out, rectified=True, pool=pool)

    bias: Float[nn.Parameter, "models out"]

    @torch.no_grad()
    def draw(self, model: int, generator: torch.Generator) -> None:
        """Draw the weight, then the bias, of one model."""
        super().draw(model, generator)
        self.norm.running_mean[model] = -self.bias[model]

    def forward(self, x: Images) -> Reduced:
        """Map the G·in channels of the groups to the M·out channels of the models, pooled."""
        return self.norm(self.products(x))


def concatenate(
    n_models: int, *parts: Float[torch.Tensor, "batch _ height width"]
) -> Float[torch.Tensor, "batch all_channels height width"]:
    """Join the channels of each model."""
    by_model = [part.permute(0, 2, 3, 1).unflatten(3, (n_models, -1)) for part in parts]  # (B, H, W, M, C_i)
    return torch.cat(by_model, dim=4).flatten(3).permute(0, 3, 1, 2)


def pad_channels(
    x: Images, n_models: int, n_channels: int
) -> Float[torch.Tensor, "batch {n_models}*{n_channels} height width"]:
    """Append channels of zeros to each model, up to ``n_channels``."""
    by_model = x.permute(0, 2, 3, 1).unflatten(3, (n_models, -1))  # (B, H, W, M, C)
    missing = n_channels - by_model.shape[4]
    return F.pad(by_model, (0, missing)).flatten(3).permute(0, 3, 1, 2)


def normalise_within_maps(x: Images, size: int, alpha: float, beta: float) -> Images:
    """Divide by (1 + α·mean of x² over the size×size pixels around)^β, zeros beyond the edges counted."""
    around = F.avg_pool2d(x * x, size, 1, padding=size // 2)
    return x * _power(1 + alpha * around, -beta)


def normalise_across_channels(x: Images, n_models: int, size: int, alpha: float, beta: float) -> Images:
    """Divide by (1 + α·mean of x² over the ``size`` channels around)^β, as torch's LocalResponseNorm with k = 1 does.

    Channels around are those of the same model. Their sum is a product with a banded matrix, which takes a quarter of
    the time of torch's own pooling.
    """
    pixels = x.permute(0, 2, 3, 1).unflatten(3, (n_models, -1))  # (B, H, W, M, C)
    channel = torch.arange(pixels.shape[4], device=x.device)
    offset = channel - channel[:, None]
    near = (-((size - 1) // 2) <= offset) & (offset <= size // 2)  # of row from column
    around = (pixels * pixels) @ near.to(x.dtype)
    return (pixels * _power(1 + alpha / size * around, -beta)).flatten(3).permute(0, 3, 1, 2)


def _power(x: torch.Tensor, exponent: float) -> torch.Tensor:
    """Return a power in the number format of x: autocast would take it, and all that follows, in float32 on a GPU."""
    with torch.autocast(x.device.type, enabled=False):
        return x.pow(exponent)
