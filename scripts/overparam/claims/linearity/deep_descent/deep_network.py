"""Many deep networks at once: outputs, gradients by backpropagation, and the tangent kernel.

    h⁰ = x,   hˡ = c σ(Wˡ hˡ⁻¹ / √m_{l−1}),   f = W^{L+1} h^L / √m_L,

where no factor stands in the first layer, as inputs have norm 1, and c makes E c²σ²(g) = 1 for a normal g, so that the
signal keeps its size in every layer. Entries of all Wˡ are N(0, 1). Such are the networks of Du et al. (arXiv
1811.03804).
"""

import dataclasses

import torch
from jaxtyping import Float

from overparam.theory.activations import ACTIVATIONS

SCALES = {"relu": 2**0.5, "tanh": 1.5925374197}  # c = (E σ²(g))^(−1/2)

Weights = list[Float[torch.Tensor, "networks out into"]]


@dataclasses.dataclass(frozen=True, eq=False)
class Pass:
    """One forward and backward pass of B networks over their n samples.

    Attributes
    ----------
    outputs
        f, (B, n).
    layers
        What enters each layer: hˡ⁻¹, (B, n, m_{l−1}).
    slopes
        ∂f/∂(Wˡ hˡ⁻¹), (B, n, m_l); the gradient of one sample's output in Wˡ is the outer product with what enters.
    """

    outputs: torch.Tensor
    layers: list[torch.Tensor]
    slopes: list[torch.Tensor]

    def gradients(self, residual: Float[torch.Tensor, "networks n"]) -> Weights:
        """Return Jᵀ residual, in the shapes of the weights."""
        pairs = zip(self.slopes, self.layers, strict=True)
        return [(slope * residual[..., None]).mT @ layer for slope, layer in pairs]

    def kernel(self) -> Float[torch.Tensor, "networks n n"]:
        """Return the tangent kernel JJᵀ without forming J."""
        pairs = zip(self.slopes, self.layers, strict=True)
        return torch.stack([(slope @ slope.mT) * (layer @ layer.mT) for slope, layer in pairs]).sum(dim=0)


def through(weights: Weights, inputs: Float[torch.Tensor, "networks n d"], activation: str) -> Pass:
    """Return outputs and slopes of networks with the given weights, the last of which has one row."""
    phi, scale = ACTIVATIONS[activation], SCALES[activation]
    shares = [1.0, *(matrix.shape[2] ** -0.5 for matrix in weights[1:])]
    layers, before = [inputs], []
    for matrix, share in zip(weights[:-1], shares[:-1], strict=True):
        before.append(share * (layers[-1] @ matrix.mT))
        layers.append(scale * phi.value(before[-1]))
    outputs = shares[-1] * (layers[-1] @ weights[-1].mT)
    slopes = [torch.full_like(outputs, shares[-1])]
    for matrix, share, z in zip(weights[:0:-1], shares[-2::-1], reversed(before), strict=True):
        slopes.insert(0, share * scale * phi.first(z) * (slopes[0] @ matrix))
    return Pass(outputs[..., 0], layers, slopes)
