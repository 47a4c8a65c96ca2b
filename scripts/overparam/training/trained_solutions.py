"""Networks that are trained as one pack on the same images in the same order until they fit them.

Two of these networks that have the same labels differ in their initial weights alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from overparam import models, seeding
from overparam.datasets.arrow import Dataset
from overparam.packs.losses import squared
from overparam.packs.pack import Pack
from overparam.training import trainer
from overparam.training.samples import Samples, resident
from overparam.training.trainer import Moment

CHUNK = 500  # images in one forward pass


def samples(dataset: Dataset, rows: np.ndarray, given: np.ndarray, device: torch.device) -> Samples:
    """Return the training images ``rows`` (n,), normalised, with the labels ``given`` to each network, (M, n)."""
    labels = torch.from_numpy(np.ascontiguousarray(given)).to(device)
    return Samples(*resident(dataset, dataset.train.take(rows), device), labels)


def initialised(
    model: str, width: int, root: int, addresses: Sequence[tuple], images: torch.Tensor, n_classes: int
) -> Pack:
    """Return a pack with one network per address of its initial weights, on the device of ``images`` (n, h, w, c)."""
    _, height, side, channels = images.shape
    pack = models.build(model, width, len(addresses), (channels, height, side), n_classes)
    pack.initialise([seeding.torch_generator(root, *address) for address in addresses])
    return pack.to(images.device).train()


def train(pack: Pack, settings: dict[str, Any], given: Samples) -> Iterator[Moment]:
    """Train the networks on squared loss in float32, as :func:`overparam.training.trainer.fit` does.

    Parameters
    ----------
    pack
        M networks, trained in place.
    settings
        ``epochs``, ``batch_size`` (or all samples, if there are fewer), ``optimizer``, ``evaluations``, the root
        ``seed`` and ``order_seed``, so that all networks see the same batches in the same order.
    given
        Samples on the device of the pack, with M rows of labels.

    Yields
    ------
    Moment
        At the epochs of ``evaluations``.
    """
    fixed = {"loss": "squared", "precision": "float32", "batch_size": min(settings["batch_size"], len(given))}
    yield from trainer.fit(pack, {**settings, **fixed}, given)


def train_until(
    pack: Pack, settings: dict[str, Any], given: Samples, level: float, largest: bool = False
) -> np.ndarray:
    """Train every network until its train loss is at most ``level``, and leave it in that state.

    The loss is measured in evaluation mode at the epochs of ``settings["evaluations"]``. It is the squared loss,
    averaged over the classes, and then averaged over the samples or, with ``largest``, the largest one among them. A
    network that does not reach the level is left in its state after the last epoch.

    Returns
    -------
    numpy.ndarray
        Whether each network reached the level, ``(M,)``, bool.
    """
    count = pack.n_models
    reached = torch.zeros(count, dtype=torch.bool, device=given.given.device)
    state = [*pack.parameters(), *(values for values in pack.buffers() if values.shape[:1] == (count,))]
    state = [values.detach() for values in state]
    kept = [torch.empty_like(values) for values in state]
    for _ in train(pack, settings, given):
        losses = sample_losses(logits(pack, given.images), given.given)
        loss = losses.amax(dim=1) if largest else losses.mean(dim=1)
        new = (loss <= level) & ~reached  # False for a loss that is not a number
        if new.any():
            for saved, values in zip(kept, state, strict=True):
                saved[new] = values[new]
        reached |= new
        if reached.all():
            break
    for saved, values in zip(kept, state, strict=True):
        values[reached] = saved[reached]
    return reached.cpu().numpy()


@torch.inference_mode()
def logits(pack: Pack, images: torch.Tensor) -> torch.Tensor:
    """Return the outputs of every network on ``images`` (n, h, w, c), in evaluation mode: ``(M, K, n)``, float32."""
    mode = pack.training
    pack.eval()
    found = [pack(pack.arrange(part)).float() for part in images[None].split(CHUNK, dim=1)]
    pack.train(mode)
    return torch.cat(found, dim=2)


def sample_losses(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the squared loss of every sample, averaged over the classes, ``(M, n)``; labels are (M, n) or (n,)."""
    return squared(outputs, labels.expand(len(outputs), -1)).double()


def errors(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the share of samples whose largest output is not that of their label, ``(M,)``."""
    return (outputs.argmax(dim=1) != labels).double().mean(dim=1)


def disagreement(outputs: torch.Tensor) -> float:
    """Return the share of samples that two networks classify differently, averaged over all pairs of networks.

    ``outputs`` are (M, K, n); nan if there is one network only.
    """
    classes, count = torch.nn.functional.one_hot(outputs.argmax(dim=1), outputs.shape[1]).double().sum(0), len(outputs)
    pairs = count * (count - 1)
    if not pairs:
        return float("nan")
    return float(1 - ((classes * (classes - 1)).sum(dim=1) / pairs).mean())  # (n, K): agreeing pairs of one sample
