"""Preactivation ResNet18 of width k (Nakkiran et al., arXiv 1912.02292, appendix B.1; He et al., arXiv 1603.05027).

A 3×3 convolution; four stages of two preactivation blocks with k, 2k, 4k, 8k channels and strides 1, 2, 2, 2; the mean
over all pixels; a linear layer. No convolution has a bias. Like the public code of the paper, it has no batch norm
between the last block and the mean, and torch's default initialisation. k = 64 is the standard ResNet18.

It has 2,724·k² + (9c + K·8 + 106)·k + K parameters for c channels and K classes: 36·k² + 8·k in the first stage, 128·C²
+ 14·C in a stage whose input has C = k, 2k, 4k channels, 9c·k in the first convolution, 8k·K + K in the linear layer.
That is 2,724·k² + 213·k + 10 for 10 classes of colour images, and 11,171,146 for k = 64.
"""

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from overparam.packs.convolutional import Convolution, ConvolutionalPack
from overparam.packs.layers import Linear
from overparam.packs.residual import PreactivationBlock, refuse_small_images


class PreactivationResNet18(ConvolutionalPack):
    """Pack of preactivation ResNet18."""

    def __init__(self, width: int, n_models: int, n_channels: int, n_classes: int):
        super().__init__(n_models)
        k = width
        self.stem = Convolution(n_models, n_channels, k, 3, bias=False, first=True)
        channels = [k, k, k, 2 * k, 2 * k, 4 * k, 4 * k, 8 * k, 8 * k]
        strides = [1, 1, 2, 1, 2, 1, 2, 1]
        self.blocks = nn.Sequential(
            *(
                PreactivationBlock(n_models, n_in, n_out, stride)
                for (n_in, n_out), stride in zip(itertools.pairwise(channels), strides, strict=True)
            )
        )
        self.output = Linear(n_models, n_classes, 8 * k)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits ``(M, K, B)``."""
        x = self.blocks(self.stem(inputs))
        return self.output(self.flatten(F.adaptive_avg_pool2d(x, 1)))


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> PreactivationResNet18:
    """Return a pack of networks of width k = ``width`` for images of at least 8×8 pixels."""
    refuse_small_images("preactivation ResNet18", input_shape, 8)
    return PreactivationResNet18(width, n_models, input_shape[0], n_classes)
