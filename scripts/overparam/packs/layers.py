"""Layers of packs: the models are the first dimension of every parameter."""

import math

import torch
from jaxtyping import Float
from torch import nn


class Affine(nn.Module):
    """Weight and bias of a layer in each of M models.

    Parameters
    ----------
    n_models
        Number of models M.
    shape
        Shape of one model's weight, outputs first.
    bias
        Whether the layer has one.
    he
        Draw weights from N(0, 2/fan_in) (He et al., arXiv 1502.01852, equation 10) instead of torch's default for
        linear and convolutional layers, Kaiming uniform with a = √5: U(−1/√fan_in, 1/√fan_in). Biases are always drawn
        from the latter.
    """

    def __init__(self, n_models: int, *shape: int, bias: bool = True, he: bool = False):
        super().__init__()
        self.weight: Float[nn.Parameter, "models out ..."] = nn.Parameter(torch.empty(n_models, *shape))
        self.bias: Float[nn.Parameter, "models out"] | None = None
        if bias:
            self.bias = nn.Parameter(torch.empty(n_models, shape[0]))
        self.he = he

    @torch.no_grad()
    def draw(self, model: int, generator: torch.Generator) -> None:
        """Draw the weight, then the bias, of one model."""
        fan_in = self.weight[0, 0].numel()
        bound = 1 / math.sqrt(fan_in)
        if self.he:
            self.weight[model].normal_(0, math.sqrt(2 / fan_in), generator=generator)
        else:
            self.weight[model].uniform_(-bound, bound, generator=generator)
        if self.bias is not None:
            self.bias[model].uniform_(-bound, bound, generator=generator)


class Linear(Affine):
    """``y = W x + b`` in each of M models; samples are the last dimension."""

    bias: Float[nn.Parameter, "models out"]

    def forward(self, x: Float[torch.Tensor, "groups n_in batch"]) -> Float[torch.Tensor, "models n_out batch"]:
        """Map inputs to outputs; with fewer groups than models, those of a group share an input and its product."""
        groups, n_in, n_samples = x.shape
        n_models, n_out, _ = self.weight.shape
        weight, bias = self.weight.view(groups, -1, n_in), self.bias.view(groups, -1, 1)
        return torch.baddbmm(bias, weight, x).view(n_models, n_out, n_samples)
