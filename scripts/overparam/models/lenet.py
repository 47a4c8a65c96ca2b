"""A network of the LeNet kind (LeCun et al. 1998) with four layers: two convolutions, then two fully connected ones.

Two 5×5 convolutions with bias and w, 2w channels, each with max pooling over 2×2 pixels and ReLU; a layer of 16w ReLU
units on the remaining maps, and a linear layer. For one channel, 28×28 pixels and 10 classes there are 1,618·w² + 204·w
+ 10 parameters: 26·w, 50·w² + 2w, 1,568·w² + 16w and 160·w + 10.

The channels, kernels and units are our choice; Li, Soltanolkotabi & Oymak 2019 (arXiv 1903.11680) use two convolutional
and two fully connected layers for MNIST.
"""

import torch
import torch.nn.functional as F

from overparam.errors import UserError
from overparam.packs.convolutional import Convolution, ConvolutionalPack
from overparam.packs.layers import Linear


class LeNet(ConvolutionalPack):
    """Pack of LeNets."""

    def __init__(self, width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int):
        super().__init__(n_models)
        n_channels, height, side = input_shape
        if height % 4 or side % 4:
            raise UserError(f"the LeNet takes images whose sides are multiples of 4, not {height}×{side}")
        self.conv1 = Convolution(n_models, n_channels, width, 5, first=True)
        self.conv2 = Convolution(n_models, width, 2 * width, 5)
        self.hidden = Linear(n_models, 16 * width, 2 * width * (height // 4) * (side // 4))
        self.output = Linear(n_models, n_classes, 16 * width)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits ``(M, K, B)``."""
        x = F.max_pool2d(self.conv1(inputs), 2).relu_()
        x = F.max_pool2d(self.conv2(x), 2).relu_()
        return self.output(self.hidden(self.flatten(x)).relu_())


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> LeNet:
    """Return a pack of networks of width w = ``width`` for images whose sides are multiples of 4."""
    return LeNet(width, n_models, input_shape, n_classes)
