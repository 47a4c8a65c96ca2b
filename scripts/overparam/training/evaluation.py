"""Losses and errors of every model of a pack on one split, and the epochs at which they are measured."""

import numpy as np
import torch
from jaxtyping import Float

from overparam.packs.losses import Loss
from overparam.packs.pack import Pack
from overparam.training.samples import Samples

BATCH = 500  # samples in one forward pass; another number changes results by rounding only
AT_ONCE = 16384  # samples × models in one forward pass on a GPU, where every call costs; its memory was not measured


def epochs(evaluations: int | list[int], last: int) -> list[int]:
    """Return the epochs at which to evaluate, ascending; 0 is the initialisation.

    Parameters
    ----------
    evaluations
        How many epochs, at least 2: epoch 0, and the others evenly spread in log epoch from 1 to ``last`` (fewer where
        two fall on the same epoch). Or a list of the epochs themselves. ``last`` is always among them.
    last
        Number of epochs trained, >= 1.
    """
    if isinstance(evaluations, int):
        spread = np.geomspace(last, 1, evaluations - 1).round().astype(int).tolist()
        return sorted({0, last, *spread})
    return sorted({last, *(epoch for epoch in evaluations if epoch <= last)})


def batch_size(n_models: int, device: torch.device) -> int:
    """Return how many samples M models see in one forward pass."""
    return BATCH if device.type == "cpu" else max(BATCH, AT_ONCE // n_models)


@torch.inference_mode()
def evaluate(
    pack: Pack, samples: Samples, loss: Loss, precision: torch.autocast
) -> dict[str, Float[np.ndarray, " models"]]:
    """Return the metrics of every model on ``samples``, in evaluation mode (batch norm uses its running statistics).

    Returns
    -------
    dict
        Float64 arrays: ``loss_noisy``, ``error_noisy`` (against the given labels), ``loss_clean``,
        ``error_clean``, ``error_corrupted`` (against the given label, on the samples where it is false) and
        ``corrupted_fraction``. A metric is NaN where it does not exist: test samples have no noisy labels,
        ``error_corrupted`` needs corrupted samples, and a model whose loss is not finite has no errors.
    """
    training = pack.training
    pack.eval()
    n_models, n, device = pack.n_models, len(samples), samples.clean.device
    corrupted = None if samples.given is None else samples.given != samples.clean
    sums = torch.zeros(5, n_models, dtype=torch.float64, device=device)
    size = batch_size(n_models, device)
    for start in range(0, n, size):
        index = torch.arange(start, min(start + size, n), device=device)
        with precision:
            logits = pack(pack.batch(samples.images, index[None]))
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
        predicted = logits.argmax(dim=1)  # (M, B)
        clean = samples.clean[index].expand(n_models, -1)
        sums[0] += loss(logits, clean).double().sum(dim=1)
        sums[1] += (predicted != clean).sum(dim=1)
        if corrupted is not None:
            given, false = samples.noisy[:, index], corrupted[:, index]
            wrong = predicted != given
            sums[2] += loss(logits, given).double().sum(dim=1)
            sums[3] += wrong.sum(dim=1)
            sums[4] += (wrong & false).sum(dim=1)
    pack.train(training)
    loss_clean, error_clean, loss_noisy, error_noisy, error_corrupted = sums.cpu().numpy() / n
    fraction = np.zeros(n_models) if corrupted is None else corrupted.double().mean(dim=1).cpu().numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        error_corrupted = error_corrupted / fraction
    table = {"loss_noisy": loss_noisy, "error_noisy": error_noisy, "loss_clean": loss_clean, "error_clean": error_clean}
    table |= {"error_corrupted": error_corrupted}
    failed = ~np.isfinite(loss_clean)
    for name in table:
        if name.startswith("error"):
            table[name][failed] = np.nan  # a prediction that is not a number is neither right nor wrong
    if corrupted is None:
        for name in ("loss_noisy", "error_noisy", "error_corrupted"):
            table[name] = np.full(n_models, np.nan)
    return table | {"corrupted_fraction": fraction}
