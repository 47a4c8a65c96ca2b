"""The one-hidden-layer network f(W; x) = vᵀφ(Wx) whose hidden weights W are trained, for many problems at once.

Every tensor has a leading axis of problems. The Jacobian in W is J = φ'(XWᵀ) diag(v) ∗ X, row by row (Oymak &
Soltanolkotabi, arXiv 1902.04674, section 6.1), so that JJᵀ = (φ'(XWᵀ) diag(v)² φ'(XWᵀ)ᵀ) ⊙ XXᵀ.
"""

import torch
from jaxtyping import Float

from overparam.theory.activations import Activation

Hidden = Float[torch.Tensor, "problems k d"]
Output = Float[torch.Tensor, "problems k"]
Inputs = Float[torch.Tensor, "problems n d"]


def predict(hidden: Hidden, v: Output, inputs: Inputs, activation: Activation) -> Float[torch.Tensor, "problems n"]:
    """Return f(W; x) for hidden weights W and output weights v."""
    return (activation.value(inputs @ hidden.mT) @ v[..., None]).squeeze(-1)


def gradient(
    hidden: Hidden, v: Output, inputs: Inputs, residual: Float[torch.Tensor, "problems n"], activation: Activation
) -> Hidden:
    """Return Jᵀ residual, in the shape of the hidden weights."""
    slopes = activation.first(inputs @ hidden.mT) * v[:, None]  # (B, n, k)
    return (slopes * residual[..., None]).mT @ inputs


def jacobian(
    hidden: Hidden, v: Output, inputs: Inputs, activation: Activation
) -> Float[torch.Tensor, "problems n k*d"]:
    """Return J in W, columns in the order of W flattened by unit."""
    slopes = activation.first(inputs @ hidden.mT) * v[:, None]
    return (slopes[..., None] * inputs[:, :, None]).flatten(2)


def gram(hidden: Hidden, v: Output, inputs: Inputs, activation: Activation) -> Float[torch.Tensor, "problems n n"]:
    """Return JJᵀ without forming J."""
    slopes = activation.first(inputs @ hidden.mT) * v[:, None]
    return (slopes @ slopes.mT) * (inputs @ inputs.mT)


def half_signs(width: int, size: float) -> Float[torch.Tensor, " k"]:
    """Return v with the first half of its ``width`` entries +size and the others −size, float64."""
    return size * torch.where(torch.arange(width) < width // 2, 1.0, -1.0).double()
