"""The CudaConvNet of 145,578 parameters: ``layers-80sec.cfg`` of cuda-convnet (Krizhevsky 2011), for 32×32 images.

Three 5×5 convolutions with bias and 32, 32, 64 channels, each pooled over 3×3 windows at stride 2: the first by the
maximum, then ReLU; the others ReLU, then by the mean of those pixels of the window that lie in the image. A layer of 64
ReLU units on the remaining 64 maps of 4×4 pixels, and a linear layer. The initialisation is torch's default; the
original's normal distributions (deviations 1e-4, 0.01, 0.1) belong to inputs from 0 to 255.

The width w multiplies channels and units; 1 is as published. For 10 classes of 32×32 colour images there are 142,336·w²
+ 3,232·w + 10 parameters: 25·3·32 + 32, 25·32·32 + 32, 25·32·64 + 64, 1,024·64 + 64 and 64·10 + 10 for w = 1.
"""

import torch
import torch.nn.functional as F

from overparam.errors import UserError
from overparam.packs.convolutional import Convolution, ConvolutionalPack, normalise_within_maps
from overparam.packs.layers import Linear


class CudaConvNet(ConvolutionalPack):
    """Pack of CudaConvNets: with a hidden layer, or with local response normalization instead."""

    def __init__(self, width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int, hidden: bool):
        super().__init__(n_models)
        n_channels, height, side = input_shape
        if height % 8 or side % 8:
            raise UserError(f"the CudaConvNet takes images whose sides are multiples of 8, not {height}×{side}")
        narrow, wide = 32 * width, 64 * width
        self.conv1 = Convolution(n_models, n_channels, narrow, 5, first=True)
        self.conv2 = Convolution(n_models, narrow, narrow, 5)
        self.conv3 = Convolution(n_models, narrow, wide, 5)
        n_features = wide * (height // 8) * (side // 8)
        self.hidden = Linear(n_models, wide, n_features) if hidden else None
        self.output = Linear(n_models, n_classes, wide if hidden else n_features)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits ``(M, K, B)``."""
        x = F.max_pool2d(self.conv1(inputs), 3, 2, ceil_mode=True).relu_()
        x = F.avg_pool2d(self.conv2(self._normalise(x)).relu_(), 3, 2, ceil_mode=True)
        x = F.avg_pool2d(self.conv3(self._normalise(x)).relu_(), 3, 2, ceil_mode=True)
        features = self.flatten(x)
        return self.output(self.hidden(features).relu_() if self.hidden else features)

    def _normalise(self, x: torch.Tensor) -> torch.Tensor:
        return x if self.hidden else normalise_within_maps(x, size=3, alpha=5e-5, beta=0.75)


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> CudaConvNet:
    """Return a pack of networks with ``width`` times the published channels, for sides that are multiples of 8."""
    return CudaConvNet(width, n_models, input_shape, n_classes, hidden=True)
