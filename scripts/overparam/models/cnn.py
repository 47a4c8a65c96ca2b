"""The 5-layer CNN of Nakkiran et al. 2019 (arXiv 1912.02292, appendix B.1).

Four stages of 3×3 convolution with bias, batch norm, ReLU and max pooling, with [k, 2k, 4k, 8k] channels for width k,
and a linear layer. Pooling is [1, 2, 2, 8] for 32×32 images, as in the paper; for images of side s the last is s/4, so
that the last map is always 1×1. It has 378·k² + 152·k + 10 parameters for 10 classes of colour images.
"""

import itertools

import torch
from torch import nn

from overparam.errors import UserError
from overparam.packs.convolutional import ConvolutionalPack, NormalisedConvolution
from overparam.packs.layers import Linear


class CNN(ConvolutionalPack):
    """Pack of CNNs."""

    def __init__(self, width: int, n_models: int, n_channels: int, side: int, n_classes: int):
        super().__init__(n_models)
        channels = [n_channels, width, 2 * width, 4 * width, 8 * width]
        pooling = (1, 2, 2, side // 4)
        self.stages = nn.Sequential(
            *(
                NormalisedConvolution(n_models, n_in, n_out, pool, first=number == 0)
                for number, ((n_in, n_out), pool) in enumerate(zip(itertools.pairwise(channels), pooling, strict=True))
            )
        )
        self.output = Linear(n_models, n_classes, channels[-1])

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits ``(M, K, B)``."""
        return self.output(self.flatten(self.stages(inputs)))


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> CNN:
    """Return a pack of networks of width k = ``width`` for square images whose side is a multiple of 4."""
    channels, height, side = input_shape
    if height != side or side % 4 or side < 4:
        raise UserError(f"the CNN takes square images whose side is a multiple of 4, not {height}×{side}")
    return CNN(width, n_models, channels, side, n_classes)
