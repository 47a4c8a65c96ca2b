"""The ResNet nearest to 2,401,440 parameters: an architecture that is in no paper; 2,397,978, or 0.14 % fewer.

The network of :mod:`overparam.models.resnet20` (He et al., arXiv 1512.03385) with a first convolution of 16 channels
and stages of 48, 96 and 192: ResNet20 three times as wide in the sense of Zagoruyko & Komodakis (arXiv 1605.07146),
shortcuts still without parameters.

It was found by counting, for 10 classes of colour images, every ResNet of 6n + 2 layers, 1 ≤ n ≤ 40, first-stage
channels from 8 to 199, first convolution of 16 or of as many channels, shortcuts of option A (no parameters) or B (1×1
convolution and batch norm), and every preactivation ResNet18 of width k. The next are 26 layers with 41 channels and A
(2,397,813), 98 layers with 20 and B (2,397,790) and 14 layers with 60 and A (2,405,110); the nearest preactivation
ResNet18 has k = 30 (2,458,000). None of them is exact.

The width w multiplies all channels; 1 is the network that is meant. For 10 classes of colour images there are
2,391,552·w² + 6,416·w + 10 parameters.
"""

from overparam.packs.residual import ResNet


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> ResNet:
    """Return a pack of networks with 16, 48, 96, 192 times ``width`` channels, for images of at least 4×4 pixels."""
    return ResNet(3, 48 * width, n_models, input_shape, n_classes, stem_width=16 * width)
