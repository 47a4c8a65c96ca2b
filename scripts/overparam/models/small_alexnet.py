"""The small AlexNet of Zhang et al. (arXiv 1611.03530, appendix A), 1,387,786 parameters on 28×28 colour images.

Two modules of a 5×5 convolution with bias, ReLU, 3×3 max pooling at stride 2 and local response normalization; layers
of 384 and 192 ReLU units; a linear layer. The paper gives no channels: 64 in both convolutions, as in TensorFlow's
CIFAR-10 tutorial, give the published count exactly, so the normalization is that tutorial's too (over 9 channels of a
model, 1 + 0.001/9 Σ, power 0.75). Pooling keeps incomplete windows, which is TensorFlow's SAME padding for even sides:
28 → 14 → 7. The initialisation is torch's default.

The width w multiplies channels and units; 1 is as published. For 10 classes of 28×28 colour images there are
1,380,352·w² + 7,424·w + 10 parameters.
"""

import torch
import torch.nn.functional as F

from overparam.errors import UserError
from overparam.packs.convolutional import Convolution, ConvolutionalPack, normalise_across_channels
from overparam.packs.layers import Linear


class SmallAlexNet(ConvolutionalPack):
    """Pack of small AlexNets."""

    def __init__(self, width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int):
        super().__init__(n_models)
        n_channels, height, side = input_shape
        if height % 4 or side % 4:
            raise UserError(f"the small AlexNet takes images whose sides are multiples of 4, not {height}×{side}")
        k = 64 * width
        self.conv1 = Convolution(n_models, n_channels, k, 5, first=True)
        self.conv2 = Convolution(n_models, k, k, 5)
        self.hidden1 = Linear(n_models, 384 * width, k * (height // 4) * (side // 4))
        self.hidden2 = Linear(n_models, 192 * width, 384 * width)
        self.output = Linear(n_models, n_classes, 192 * width)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits ``(M, K, B)``."""
        x = inputs
        for convolution in (self.conv1, self.conv2):
            x = F.max_pool2d(convolution(x), 3, 2, ceil_mode=True).relu_()  # ReLU commutes with the maximum
            x = normalise_across_channels(x, self.n_models, size=9, alpha=0.001, beta=0.75)
        return self.output(self.hidden2(self.hidden1(self.flatten(x)).relu_()).relu_())


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> SmallAlexNet:
    """Return a pack of networks with ``width`` times the published channels, for sides that are multiples of 4."""
    return SmallAlexNet(width, n_models, input_shape, n_classes)
