"""Three hidden layers of ``width`` ReLU units each, the "MLP 3×512" of Zhang et al. (arXiv 1611.03530) at width 512."""

import math

from overparam.packs.perceptron import Perceptron


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> Perceptron:
    """Return a pack of networks with three layers of ``width`` hidden units."""
    return Perceptron(n_models, [math.prod(input_shape), width, width, width, n_classes])
