"""Layers of packs: the models are the first dimension of every parameter.

Initialisation is torch's default for linear and convolutional layers: Kaiming uniform with a = √5, which is
U(−1/√fan_in, 1/√fan_in) for weights and biases alike.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from overparam.packed.convolution import convolve
from overparam.packed.normalisation import normalise
from overparam.packed.pixels import channels_stored


class Affine(nn.Module):
    """Weight and bias of a layer in each of M models.

    Parameters
    ----------
    n_models
        Number of models M.
    shape
        Shape of one model's weight, outputs first.
    """

    def __init__(self, n_models: int, *shape: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(n_models, *shape))  # (M, out, …)
        self.bias = nn.Parameter(torch.empty(n_models, shape[0]))  # (M, out)

    @torch.no_grad()
    def draw(self, model: int, generator: torch.Generator) -> None:
        """Draw the weight, then the bias, of one model."""
        bound = 1 / math.sqrt(self.weight[0, 0].numel())
        self.weight[model].uniform_(-bound, bound, generator=generator)
        self.bias[model].uniform_(-bound, bound, generator=generator)


class Linear(Affine):
    """``y = W x + b`` in each of M models; samples are the last dimension."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map ``(G, in, B)`` to ``(M, out, B)``; with G < M groups of M/G models share an input and its product."""
        groups, n_in, n_samples = x.shape
        n_models, n_out, _ = self.weight.shape
        weight, bias = self.weight.view(groups, -1, n_in), self.bias.view(groups, -1, 1)
        return torch.baddbmm(bias, weight, x).view(n_models, n_out, n_samples)


class NormalisedConvolution(Affine):
    """3×3 convolution (stride 1, padding 1, with bias), batch norm, max pooling and ReLU in each of M models.

    Batch norm subtracts the bias of the convolution again, so its gradient is exactly zero. It counts as a parameter
    and stays at its initial value: it is left out of the sum, because Adam would blow the rounding errors in its
    gradient up to full steps, and the running mean starts at minus the bias, which gives the same function as torch's
    own layers also where running statistics are used.

    Batch norm over M·C channels is batch norm of each model by itself: momentum 0.1, ε = 1e-5, scale 1 and shift 0 at
    the start, as in torch.
    """

    def __init__(self, n_models: int, n_in: int, n_out: int, pool: int, takes_pixels: bool):
        super().__init__(n_models, n_out, n_in, 3, 3)
        self.pool, self.takes_pixels = pool, takes_pixels
        self.scale = nn.Parameter(torch.ones(n_models, n_out))
        self.shift = nn.Parameter(torch.zeros(n_models, n_out))
        self.register_buffer("running_mean", torch.zeros(n_models, n_out))
        self.register_buffer("running_var", torch.ones(n_models, n_out))

    @torch.no_grad()
    def draw(self, model: int, generator: torch.Generator) -> None:
        """Draw the weight, then the bias, of one model; reset its batch norm."""
        super().draw(model, generator)
        self.scale[model], self.shift[model] = 1, 0
        self.running_mean[model], self.running_var[model] = -self.bias[model], 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map ``(B, G·in, H, W)`` to ``(B, M·out, H/pool, W/pool)``; with G < M groups of M/G models share an input."""
        missing = channels_stored(self.weight.shape[2]) - self.weight.shape[2] if self.takes_pixels else 0
        weight = F.pad(self.weight, (0, 0, 0, 0, 0, missing)) if missing else self.weight
        x = convolve(x, weight, padding=1)
        statistics = self.running_mean, self.running_var
        return normalise(x, *statistics, self.scale, self.shift, self.training, self.pool, rectify=True)
