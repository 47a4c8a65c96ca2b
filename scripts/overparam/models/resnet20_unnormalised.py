"""ResNet20 without batch norm (as in Oymak et al., arXiv 1906.05392, whose Jacobian must be that of single images).

The network of :mod:`overparam.models.resnet20` with a bias in every convolution instead of batch norm: no image's
output depends on another image. The initialisation is torch's default: He's would double the variance in each of the
nine blocks, because nothing rescales their sums.

It has 1,044·w² + 110·w + 10 parameters for 10 classes of colour images: 269,034 at the published width 16.
"""

from overparam.packs.residual import ResNet


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> ResNet:
    """Return a pack of networks with ``width`` channels in the first stage, for images of at least 4×4 pixels."""
    return ResNet(3, width, n_models, input_shape, n_classes, normalised=False)
