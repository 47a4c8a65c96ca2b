"""The small Inception of Zhang et al. (arXiv 1611.03530, appendix A, figure 3), 1,649,402 parameters on colour images.

Every convolution is followed by batch norm and ReLU. A 3×3 convolution of 96 channels; Inception modules (1×1 and 3×3
convolutions side by side) and downsampling modules (a 3×3 convolution of stride 2 beside 3×3 max pooling of stride 2)
as in :data:`MODULES`; the mean over all pixels; a linear layer. Images are 28×28 in the paper: maps of 28, 14 and 7
pixels.

The count is exact with one parameter per channel beside the weights, and it is the same in the paper for the network
without batch norm: a shift in batch norm where there is one, else a bias, and no scale (TensorFlow-Slim's default).
Strided windows are padded by one pixel on every side, TensorFlow's on the right and at the bottom only. Momentum and ε
of batch norm and the initialisation are torch's defaults.

The width w multiplies the channels; 1 is as published. For 10 classes of colour images there are 1,641,728·w² + 7,664·w
+ 10 parameters, whatever the size of the images.
"""

import torch
import torch.nn.functional as F
from torch import nn

from overparam.packs.convolutional import BatchNorm, Convolution, ConvolutionalPack, concatenate
from overparam.packs.layers import Linear
from overparam.packs.residual import refuse_small_images

MODULES = (  # channels of the 1×1 and of the 3×3 convolution of an Inception module; None: of a downsampling module
    (32, 32),
    (32, 48),
    (None, 80),
    (112, 48),
    (96, 64),
    (80, 80),
    (48, 96),
    (None, 96),
    (176, 160),
    (176, 160),
)


def normalised(n_models: int, n_in: int, n_out: int, size: int, stride: int = 1, first: bool = False) -> nn.Sequential:
    """Return a convolution, its batch norm and ReLU."""
    convolution = Convolution(n_models, n_in, n_out, size, stride, bias=False, first=first)
    return nn.Sequential(convolution, BatchNorm(n_models, n_out, rectified=True, scaled=False))


class Inception(nn.Module):
    """1×1 and 3×3 convolutions of the same input, their channels joined."""

    def __init__(self, n_models: int, n_in: int, n_1x1: int, n_3x3: int):
        super().__init__()
        self.n_models = n_models
        self.point = normalised(n_models, n_in, n_1x1, 1)
        self.square = normalised(n_models, n_in, n_3x3, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map ``(B, M·in, H, W)`` to ``(B, M·(n_1x1 + n_3x3), H, W)``."""
        return concatenate(self.n_models, self.point(x), self.square(x))


class Downsampling(nn.Module):
    """A strided 3×3 convolution and max pooling of the same input, their channels joined."""

    def __init__(self, n_models: int, n_in: int, n_3x3: int):
        super().__init__()
        self.n_models = n_models
        self.square = normalised(n_models, n_in, n_3x3, 3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map ``(B, M·in, H, W)`` to ``(B, M·(n_3x3 + in), H/2, W/2)``."""
        pooled = F.max_pool2d(x, 3, 2, padding=1)
        return concatenate(self.n_models, self.square(x), pooled)


class SmallInception(ConvolutionalPack):
    """Pack of small Inceptions."""

    def __init__(self, width: int, n_models: int, n_channels: int, n_classes: int):
        super().__init__(n_models)
        n_in = 96 * width
        self.stem = normalised(n_models, n_channels, n_in, 3, first=True)
        blocks: list[nn.Module] = []
        for n_1x1, n_3x3 in MODULES:
            if n_1x1 is None:
                blocks.append(Downsampling(n_models, n_in, n_3x3 * width))
                n_in += n_3x3 * width
            else:
                blocks.append(Inception(n_models, n_in, n_1x1 * width, n_3x3 * width))
                n_in = (n_1x1 + n_3x3) * width
        self.blocks = nn.Sequential(*blocks)
        self.output = Linear(n_models, n_classes, n_in)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits ``(M, K, B)``."""
        x = self.blocks(self.stem(inputs))
        return self.output(self.flatten(F.adaptive_avg_pool2d(x, 1)))


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> SmallInception:
    """Return a pack of networks with ``width`` times the published channels, for images of at least 4×4 pixels."""
    refuse_small_images("small Inception", input_shape, 4)
    return SmallInception(width, n_models, input_shape[0], n_classes)
