"""Losses per sample, for logits of a whole pack.

Each takes logits ``(M, K, B)`` and class numbers ``(M, B)`` and returns ``(M, B)``. The loss of a model is the mean
over the samples of the batch.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def cross_entropy(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return −log softmax(z)_y, in nats."""
    return -torch.where(_one_hot(logits, labels), F.log_softmax(logits, dim=1), 0).sum(dim=1)


def squared(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return (1/K) Σ_c (z_c − 1[c = y])²: the mean over the classes, as in ``torch.nn.MSELoss``; no factor ½."""
    return (logits - _one_hot(logits, labels).to(logits.dtype)).square().mean(dim=1)


def _one_hot(logits: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return ``labels`` as booleans ``(M, K, B)``; comparing is deterministic on every device, gathering is not."""
    return labels[:, None, :] == torch.arange(logits.shape[1], device=logits.device)[:, None]


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "squared": squared}
