"""Residual networks as packs: the blocks of He et al., and the family of 6n + 2 layers for small images."""

import itertools

import torch.nn.functional as F
from torch import nn

from overparam.errors import UserError
from overparam.packs.convolutional import BatchNorm, Convolution, ConvolutionalPack, Images, Reduced, pad_channels
from overparam.packs.layers import Linear
from overparam.packs.losses import Logits


class PreactivationBlock(nn.Module):
    """Two (batch norm, ReLU, 3×3 convolution) beside a shortcut (He et al., arXiv 1603.05027, figure 4e).

    Where the size or the channels change, the shortcut is a 1×1 convolution of the first activation.
    """

    def __init__(self, n_models: int, n_in: int, n_out: int, stride: int):
        super().__init__()
        self.norm1 = BatchNorm(n_models, n_in, rectified=True)
        self.conv1 = Convolution(n_models, n_in, n_out, 3, stride, bias=False)
        self.norm2 = BatchNorm(n_models, n_out, rectified=True)
        self.conv2 = Convolution(n_models, n_out, n_out, 3, bias=False)
        changes = stride != 1 or n_in != n_out
        self.projection = Convolution(n_models, n_in, n_out, 1, stride, bias=False) if changes else None

    def forward(self, x: Images) -> Reduced:
        """Map the channels in of every model to its channels out."""
        active = self.norm1(x)
        shortcut = self.projection(active) if self.projection else x
        return self.conv2(self.norm2(self.conv1(active))).add_(shortcut)


class BasicBlock(nn.Module):
    """Two 3×3 convolutions beside a shortcut without parameters (He et al., arXiv 1512.03385, option A).

    Where the size changes, the shortcut takes every second pixel, and where the channels do, it appends channels of
    zeros. Without batch norm the convolutions have biases.
    """

    def __init__(self, n_models: int, n_in: int, n_out: int, stride: int, normalised: bool):
        super().__init__()
        self.n_models, self.n_out, self.stride = n_models, n_out, stride
        self.grows = n_in != n_out
        self.first = convolution(n_models, n_in, n_out, stride, normalised, rectified=True)
        self.second = convolution(n_models, n_out, n_out, 1, normalised, rectified=False)

    def forward(self, x: Images) -> Reduced:
        """Map the channels in of every model to its channels out."""
        shortcut = x[:, :, :: self.stride, :: self.stride]
        if self.grows:
            shortcut = pad_channels(shortcut, self.n_models, self.n_out)
        return (self.second(self.first(x)) + shortcut).relu_()


def convolution(
    n_models: int, n_in: int, n_out: int, stride: int, normalised: bool, rectified: bool, first: bool = False
) -> nn.Sequential:
    """Return a 3×3 convolution with He's initialisation and batch norm, or with torch's initialisation and a bias.

    ``rectified`` adds ReLU; ``first`` says that it reads the images.
    """
    if not normalised:
        layer = Convolution(n_models, n_in, n_out, 3, stride, first=first)
        return nn.Sequential(layer, nn.ReLU()) if rectified else nn.Sequential(layer)
    layer = Convolution(n_models, n_in, n_out, 3, stride, bias=False, he=True, first=first)
    return nn.Sequential(layer, BatchNorm(n_models, n_out, rectified))


class ResNet(ConvolutionalPack):
    """Pack of residual networks of 6n + 2 layers for small images (He et al., arXiv 1512.03385, section 4.2).

    A 3×3 convolution; three stages of n basic blocks with w, 2w, 4w channels, the second and third at half the
    resolution of the one before; the mean over all pixels; a linear layer.

    Parameters
    ----------
    blocks
        Blocks per stage, n.
    width
        Channels of the first stage, w.
    n_models
        Number of models.
    input_shape
        Channels, height and width of one image; both sides at least 4.
    n_classes
        Number of outputs.
    normalised
        Whether there is batch norm.
    stem_width
        Channels of the first convolution; w by default.

    Raises
    ------
    UserError
        If the images are too small to be halved twice.
    """

    def __init__(
        self,
        blocks: int,
        width: int,
        n_models: int,
        input_shape: tuple[int, int, int],
        n_classes: int,
        normalised: bool = True,
        stem_width: int | None = None,
    ):
        super().__init__(n_models)
        refuse_small_images("ResNet", input_shape, 4)
        stem_width = stem_width or width
        self.stem = convolution(n_models, input_shape[0], stem_width, 1, normalised, rectified=True, first=True)
        strides = blocks * [1] + 2 * [2, *(blocks - 1) * [1]]
        channels = [stem_width, *blocks * [width], *blocks * [2 * width], *blocks * [4 * width]]
        self.blocks = nn.Sequential(
            *(
                BasicBlock(n_models, n_in, n_out, stride, normalised)
                for (n_in, n_out), stride in zip(itertools.pairwise(channels), strides, strict=True)
            )
        )
        self.output = Linear(n_models, n_classes, 4 * width)

    def forward(self, inputs: Images) -> Logits:
        """Return the logits."""
        x = self.blocks(self.stem(inputs))
        return self.output(self.flatten(F.adaptive_avg_pool2d(x, 1)))


def refuse_small_images(name: str, input_shape: tuple[int, int, int], side: int) -> None:
    """Raise a ``UserError`` where a side of the images is shorter than ``side`` pixels."""
    _, height, width = input_shape
    if min(height, width) < side:
        raise UserError(f"the {name} takes images of at least {side}×{side} pixels, not {height}×{width}")
