"""The one-hidden-layer network f(W; x) = vᵀφ(Wx) whose hidden weights W are trained, for many problems at once.

Every tensor has a leading axis of B problems: weights (B, k, d), output weights (B, k), inputs (B, n, d). The Jacobian
in W is J = φ'(XWᵀ) diag(v) ∗ X, row by row (Oymak & Soltanolkotabi, arXiv 1902.04674, section 6.1), so that
JJᵀ = (φ'(XWᵀ) diag(v)² φ'(XWᵀ)ᵀ) ⊙ XXᵀ.
"""

import torch

from overparam.theory.activations import Activation


def predict(hidden: torch.Tensor, v: torch.Tensor, inputs: torch.Tensor, activation: Activation) -> torch.Tensor:
    """Return f(W; x) for hidden weights (B, k, d), output weights (B, k) and inputs (B, n, d): shape (B, n)."""
    return (activation.value(inputs @ hidden.mT) @ v[..., None]).squeeze(-1)


def gradient(
    hidden: torch.Tensor, v: torch.Tensor, inputs: torch.Tensor, residual: torch.Tensor, activation: Activation
) -> torch.Tensor:
    """Return Jᵀ residual for residuals (B, n), in the shape of the hidden weights (B, k, d)."""
    slopes = activation.first(inputs @ hidden.mT) * v[:, None]  # (B, n, k)
    return (slopes * residual[..., None]).mT @ inputs


def jacobian(hidden: torch.Tensor, v: torch.Tensor, inputs: torch.Tensor, activation: Activation) -> torch.Tensor:
    """Return J in W, columns in the order of W flattened by unit, shape (B, n, k·d)."""
    slopes = activation.first(inputs @ hidden.mT) * v[:, None]
    return (slopes[..., None] * inputs[:, :, None]).flatten(2)


def gram(hidden: torch.Tensor, v: torch.Tensor, inputs: torch.Tensor, activation: Activation) -> torch.Tensor:
    """Return JJᵀ for the Jacobian in W, without forming J, shape (B, n, n)."""
    slopes = activation.first(inputs @ hidden.mT) * v[:, None]
    return (slopes @ slopes.mT) * (inputs @ inputs.mT)


def half_signs(width: int, size: float) -> torch.Tensor:
    """Return v with the first half of its ``width`` entries +size and the others −size, float64, shape (k,)."""
    return size * torch.where(torch.arange(width) < width // 2, 1.0, -1.0).double()
