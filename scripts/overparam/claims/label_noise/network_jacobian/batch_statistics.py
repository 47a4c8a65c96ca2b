"""Batch norm as a function of one image, with the statistics of the training images at the present weights.

The rows of a Jacobian belong to one image each, so the output for an image must not depend on the other images. The
running statistics of training will not do: at the start they are those of no image (mean 0, variance 1), and later they
lag behind the weights.
"""

from collections.abc import Iterable

import torch

from overparam.packs.normalisation import MOMENTUM
from overparam.packs.pack import Pack

STATISTICS = ("running_mean", "running_var")


@torch.no_grad()
def recompute(pack: Pack, batches: Iterable[torch.Tensor]) -> None:
    """Set the running statistics of every layer to the mean, over ``batches``, of those that training would use.

    Every layer gets what the layers before it make of a batch in training mode. A pack without batch norm does not
    change. Afterwards the pack is in the same mode, training or evaluation, as before.

    Parameters
    ----------
    pack
        Its running statistics are changed in place, and nothing else.
    batches
        What ``pack.arrange`` returned for each batch; all have the same number of images.
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
