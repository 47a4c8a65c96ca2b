"""Losses per sample, for logits of a whole pack, and their derivatives.

Each loss takes the logits and the class numbers of a batch and returns the losses of its samples. The loss of a model
is the mean over these.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int

from overparam.packs import techniques

Logits = Float[torch.Tensor, "models classes batch"]
Labels = Int[torch.Tensor, "models batch"]
Loss = Callable[[Logits, Labels], Float[torch.Tensor, "models batch"]]


def cross_entropy(logits: Logits, labels: Labels) -> Float[torch.Tensor, "models batch"]:
    """Return −log softmax(z)_y, in nats."""
    return -torch.where(_one_hot(logits, labels), F.log_softmax(logits, dim=1), 0).sum(dim=1)


def squared(logits: Logits, labels: Labels) -> Float[torch.Tensor, "models batch"]:
    """Return (1/K) Σ_c (z_c − 1[c = y])²: the mean over the classes, as in ``torch.nn.MSELoss``; no factor ½."""
    return (logits - _one_hot(logits, labels).to(logits.dtype)).square().mean(dim=1)


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "squared": squared}


def mean_and_gradient(loss: Loss, logits: Logits, labels: Labels, out: Logits) -> Float[torch.Tensor, " models"]:
    """Return each model's mean loss; write the gradient of their sum to ``out``, which has the dtype of the logits.

    By the closed form for the losses of this module, by autograd for any other.
    """
    if loss in _GRADIENTS:
        return _GRADIENTS[loss](logits, labels, out)
    with torch.enable_grad():
        given = logits.detach().requires_grad_()
        losses = loss(given, labels).mean(dim=1)
        losses.sum().backward()
    assert given.grad is not None
    out.copy_(given.grad)
    return losses.detach()


def _cross_entropy_gradient(logits: Logits, labels: Labels, out: Logits) -> Float[torch.Tensor, " models"]:
    """∂/∂z of the mean of −log softmax(z)_y is (softmax(z) − 1_y)/B."""
    logarithms = torch.log_softmax(logits, 1)
    losses = logarithms.gather(1, labels[:, None]).mean((1, 2)).neg_()
    _minus_one_hot(torch.exp(logarithms, out=out), labels).mul_(1 / labels.shape[1])
    return losses


def _squared_gradient(logits: Logits, labels: Labels, out: Logits) -> Float[torch.Tensor, " models"]:
    """∂/∂z of the mean of ‖z − 1_y‖²/K is 2(z − 1_y)/(K·B)."""
    residual = _minus_one_hot(out.copy_(logits), labels)
    losses = residual.square().mean((1, 2))
    residual.mul_(2 / residual[0].numel())
    return losses


_GRADIENTS = {cross_entropy: _cross_entropy_gradient, squared: _squared_gradient}


def _one_hot(logits: Logits, labels: Labels) -> Bool[torch.Tensor, "models classes batch"]:
    """Return ``labels`` as booleans; comparing is deterministic on every device, gathering is not."""
    return labels[:, None, :] == torch.arange(logits.shape[1], device=logits.device)[:, None]


def _minus_one_hot(values: Logits, labels: Labels) -> Logits:
    """Subtract 1 from ``values`` at the labels, in place."""
    if techniques.by_table(values):  # twice as fast as comparing, and deterministic there
        return values.scatter_add_(1, labels[:, None], values.new_full((1, 1, 1), -1).expand_as(labels[:, None]))
    return values.sub_(_one_hot(values, labels).to(values.dtype))
