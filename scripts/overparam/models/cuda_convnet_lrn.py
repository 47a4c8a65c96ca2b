"""The documented 18 % network of cuda-convnet, 89,578 parameters: ``layers-18pct.cfg`` (Krizhevsky 2011).

The network of :mod:`overparam.models.cuda_convnet` without the layer of 64 units and with local response normalization
after the first and the second pooling: within each map, over 3×3 windows, α = 5e-5, β = 0.75 (``rnorm``; the division
of the scale by 9 is cuda-convnet's own). For inputs of unit variance it is close to the identity; the original's range
over ±128. Its weight decay (0.004, and 1 for the linear layer) is a matter of training.

The width w multiplies the channels; 1 is as published. For 10 classes of 32×32 colour images there are 76,800·w² +
12,768·w + 10 parameters.
"""

from overparam.models.cuda_convnet import CudaConvNet


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> CudaConvNet:
    """Return a pack of networks with ``width`` times the published channels, for sides that are multiples of 8."""
    return CudaConvNet(width, n_models, input_shape, n_classes, hidden=False)
