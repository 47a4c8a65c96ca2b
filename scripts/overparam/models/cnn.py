"""The 5-layer CNN of Nakkiran et al. 2019 (arXiv 1912.02292, appendix B.1).

Four stages of 3×3 convolution with bias, batch norm, ReLU and max pooling, with [k, 2k, 4k, 8k] channels for width k,
and a linear layer. Pooling is [1, 2, 2, 8] for 32×32 images, as in the paper; for images of side s the last is s/4, so
that the last map is always 1×1. It has 378·k² + 152·k + 10 parameters for 10 classes of colour images.
"""

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from overparam.packed.layers import Linear, NormalisedConvolution
from overparam.packed.pack import Pack
from overparam.program import UserError


class CNN(Pack):
    """Pack of convolutional networks: grouped convolutions, channels-last, models along the channels."""

    def __init__(self, width: int, n_models: int, n_channels: int, side: int, n_classes: int):
        super().__init__(n_models)
        channels = [n_channels, width, 2 * width, 4 * width, 8 * width]
        self.pooling = (1, 2, 2, side // 4)
        self.stages = nn.ModuleList(
            NormalisedConvolution(n_models, n_in, n_out) for n_in, n_out in itertools.pairwise(channels)
        )
        self.output = Linear(n_models, n_classes, channels[-1])

    def arrange(self, images: torch.Tensor) -> torch.Tensor:
        """Return ``(B, G·channels, H, W)`` in channels-last memory."""
        return images.permute(1, 2, 3, 0, 4).flatten(3).permute(0, 3, 1, 2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits ``(M, K, B)``."""
        x = inputs
        for stage, pool in zip(self.stages, self.pooling, strict=True):
            x = stage(x)
            if pool > 1:
                x = F.max_pool2d(x, pool)  # before ReLU, with which it commutes: fewer elements to rectify
            x = x.relu_()
        features = x.reshape(len(x), self.n_models, -1)  # (B, M, 8k)
        return self.output(features.permute(1, 2, 0))


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> CNN:
    """Return a pack of networks of width k = ``width`` for square images whose side is a multiple of 4."""
    channels, height, side = input_shape
    if height != side or side % 4 or side < 4:
        raise UserError(f"the CNN takes square images whose side is a multiple of 4, not {height}×{side}")
    return CNN(width, n_models, channels, side, n_classes)
