"""ResNet20 for small images (He et al., arXiv 1512.03385, section 4.2); the width is the channels of its first stage.

Three stages of three blocks with w, 2w, 4w channels; shortcuts of option A (every second pixel, channels of zeros
appended), as in the paper, so they have no parameters; batch norm after every convolution, no biases before it.
Convolutions are drawn from N(0, 2/fan_in), as the paper says; the linear layer is torch's default.

It has 1,044·w² + 153·w + 10 parameters for 10 classes of colour images: 269,722 at the published width 16 (the paper:
0.27 million).
"""

from overparam.packs.residual import ResNet


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> ResNet:
    """Return a pack of networks with ``width`` channels in the first stage, for images of at least 4×4 pixels."""
    return ResNet(3, width, n_models, input_shape, n_classes)
