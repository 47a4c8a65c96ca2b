"""One hidden layer of ``width`` ReLU units: (d + 1)·h + (h + 1)·K parameters for d inputs and K classes."""

import math

import torch

from overparam.packed.layers import Linear
from overparam.packed.pack import Pack


class MLP(Pack):
    """Pack of fully connected networks; samples are the last dimension, so every product reads contiguous memory."""

    def __init__(self, width: int, n_models: int, n_inputs: int, n_classes: int):
        super().__init__(n_models)
        self.hidden = Linear(n_models, width, n_inputs)
        self.output = Linear(n_models, n_classes, width)

    def arrange(self, images: torch.Tensor) -> torch.Tensor:
        """Return ``(G, d, B)``; an image's pixels run over rows, columns, channels."""
        return images.flatten(2).transpose(1, 2)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the logits ``(M, K, B)``."""
        return self.output(self.hidden(inputs).relu_())


def build(width: int, n_models: int, input_shape: tuple[int, int, int], n_classes: int) -> MLP:
    """Return a pack of networks with ``width`` hidden units."""
    return MLP(width, n_models, math.prod(input_shape), n_classes)
