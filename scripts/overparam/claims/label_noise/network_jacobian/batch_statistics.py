"""Batch norm as a function of one image: fixed statistics, those of the training images at the present weights.

A Jacobian has one row per image, so an image's output must not depend on the other images. At the start of training the
running statistics are not those of any image yet (mean 0, variance 1), and later they lag behind the weights.
"""

from collections.abc import Iterable

import torch

from overparam.packs.normalisation import MOMENTUM
from overparam.packs.pack import Pack

STATISTICS = ("running_mean", "running_var")


@torch.no_grad()
def recompute(pack: Pack, batches: Iterable[torch.Tensor]) -> None:
    """Set the running statistics of every layer to the mean over ``batches`` of those that training would use.

    Every layer sees what the layers before it make of a batch in training mode. A pack without batch norm is left as it
    is. The pack's mode, training or evaluation, is the same afterwards.

    Parameters
    ----------
    pack
        Changed in place; only its running statistics are.
    batches
        What ``pack.arrange`` returned, of the same number of images each.
    """
    running = [values for name, values in pack.named_buffers() if name.rpartition(".")[2] in STATISTICS]
    if not running:
        return
    sums, count, mode = [torch.zeros_like(values) for values in running], 0, pack.training
    pack.train()
    for batch in batches:
        for values in running:
            values.zero_()
        pack(batch)  # running ← 0.9 · 0 + 0.1 · statistics of the batch
        for total, values in zip(sums, running, strict=True):
            total += values / MOMENTUM
        count += 1
    for total, values in zip(sums, running, strict=True):
        values.copy_(total / count)
    pack.train(mode)
