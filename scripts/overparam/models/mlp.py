"""One hidden layer of ``width`` ReLU units: (d + 1)·h + (h + 1)·K parameters for d inputs and K classes."""

import math

from overparam.packs.perceptron import Perceptron


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> Perceptron:
    """Return a pack of networks with ``width`` hidden units."""
    return Perceptron(n_models, [math.prod(input_shape), width, n_classes])
