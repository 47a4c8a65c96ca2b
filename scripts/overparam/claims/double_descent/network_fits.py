"""Many small networks fitted to subsets of a data set at once: few packs hold all widths, numbers of classes and seeds.

The networks of one pack are brought to the largest width and the most classes by hidden units and outputs of weight
zero. Such a unit has the output 0 and, as ReLU'(0) is 0, no gradient. Such an output has the target 0 and, with squared
loss, no residual. So both stay zero. The loss is a mean over all outputs of the pack, which divides that of a network
with k of K outputs by K/k. Adam's steps do not depend on that, apart from its ε, so that every network trains as it
would alone; under SGD its rate is k/K of the one that is set.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from overparam import models, seeding
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset, Split
from overparam.packs.losses import LOSSES
from overparam.packs.pack import Pack
from overparam.training import trainer
from overparam.training.samples import Samples, resident

MODEL = "mlp"
NOISE = "wrong_label"
# Number of first-layer weights of a pack at which a step spends as long on products as on calls. Measured with batches
# of 48 to 64 images of 64 pixels: a step takes 0.4 ms, and 0.5 ms for every 64,000 weights.
CALLS = 60_000


@dataclasses.dataclass(frozen=True)
class Member:
    """One network per seed: hidden units, outputs, and the noise of the labels that it is given."""

    width: int
    n_classes: int
    label_noise: float = 0.0


@dataclasses.dataclass(frozen=True, eq=False)
class Labelled:
    """Images ``(S or 1, n, height, width, channels)`` and the labels ``(S, J, n)`` of each seed's J networks."""

    images: torch.Tensor
    labels: torch.Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class Look:
    """Losses and errors at one moment of training: arrays ``(S, J)`` by split.

    Attributes
    ----------
    step
        Steps taken.
    loss
        Squared loss, summed over the classes; predicting zero has 1.
    error
        Share of wrong predictions; a sample whose scores are not finite counts as wrong.
    """

    step: int
    loss: dict[str, np.ndarray]
    error: dict[str, np.ndarray]


def draw(
    dataset: Dataset,
    root: int,
    seeds: Sequence[int],
    members: Sequence[Member],
    n: int,
    *,
    n_heldout: int = 0,
    n_test: int | None = None,
    pool: int | None = None,
    copies: int = 1,
    device: torch.device | str = "cpu",
) -> dict[str, Labelled]:
    """Draw the samples of every seed and the labels of every network.

    The samples of a seed at one n are the first of those at a larger n, with the same labels. Where a network has fewer
    classes than the data set, these are dealt out evenly to its classes at random.

    Parameters
    ----------
    dataset
        Images and clean labels.
    root, seeds
        Every seed has its own draw of samples, label noise and grouping.
    members
        The networks of a seed.
    n
        Training samples.
    n_heldout
        Samples that are not trained on, with labels corrupted in the same way; with 0 there is no split ``heldout``.
        Together with ``n`` they are at most as many as there are.
    n_test
        Test images, at most, with clean labels; all seeds share them.
    pool
        Number of training images to draw from, the first ones (default: all).
    copies
        How often every pixel occurs.
    device
        Where the samples stay.
    """
    pool = pool or len(dataset.train)
    train, test = (_images(dataset, part, copies) for part in (dataset.train, dataset.test))
    splits = ("train", "heldout") if n_heldout else ("train",)
    images: dict[str, list] = {split: [] for split in splits}
    given: dict[str, list] = {split: [] for split in (*splits, "test")}
    for seed in seeds:
        order = seeding.generator(root, "network_fits", seed, "images", pool).permutation(pool)
        dealt = seeding.generator(root, "network_fits", seed, "groups").permutation(len(dataset.classes))
        for split, kept in zip(splits, (order[:n], order[pool - n_heldout :]), strict=False):
            images[split].append(train[kept])
            clean = dataset.train.labels[kept]
            given[split].append([_noisy(dealt[clean] % one.n_classes, one, root, seed, split) for one in members])
        given["test"].append([dealt[dataset.test.labels[:n_test]] % one.n_classes for one in members])
    stacked = {split: torch.stack(parts) for split, parts in images.items()} | {"test": test[None, :n_test]}
    return {
        split: Labelled(stacked[split].to(device), torch.from_numpy(np.array(given[split])).to(device))
        for split in stacked
    }


def follow(
    training: dict[str, Any],
    root: int,
    seeds: Sequence[int],
    members: Sequence[Member],
    samples: dict[str, Labelled],
    steps: int,
) -> Iterator[Look]:
    """Train every member from every seed on its seed's samples with squared loss, and look at all of them.

    Parameters
    ----------
    training
        ``batch_size`` (at most: an epoch is divided into equal batches, as nearly as possible), ``optimizer`` and
        ``evaluations`` (the number of looks, spread evenly in log steps; or the steps after which to look, moved to the
        end of the nearest epoch).
    root, seeds
        Initialisation and order of the samples come from the root seed and the seed: the networks of a seed share the
        order, and those of one width the initialisation.
    members
        The J networks of every seed.
    samples
        What :func:`draw` returned.
    steps
        Training ends with the epoch in which these are reached.

    Yields
    ------
    Look
        At every moment that ``evaluations`` asks for, and at the end. A caller that stops iterating stops the training.
    """
    labels, image = {split: part.labels for split, part in samples.items()}, samples["train"].images.shape[2:]
    parts = packs([one.width for one in members], CALLS / (len(seeds) * image.numel()))
    runs = []
    for part in parts:
        own = {split: Labelled(samples[split].images, labels[split][:, part]) for split in samples}
        runs.append(_follow(training, root, seeds, [members[place] for place in part], own, steps))
    back = np.argsort(np.concatenate(parts))
    for looks in zip(*runs, strict=True):
        loss, error = (
            {
                split: np.concatenate([getattr(look, name)[split] for look in looks], axis=1)[:, back]
                for split in samples
            }
            for name in ("loss", "error")
        )
        yield Look(looks[0].step, loss, error)


def packs(widths: Sequence[int], calls: float) -> list[list[int]]:
    """Return the places of the members of each pack: narrow networks are kept apart from much wider ones.

    The time that a pack takes is its number of networks times its largest width, plus ``calls``.
    """
    order = sorted(range(len(widths)), key=lambda place: widths[place])
    rising, count = [widths[place] for place in order], len(order)
    taken = [cut * rising[cut - 1] + (count - cut) * rising[-1] for cut in range(1, count)]
    if not taken or count * rising[-1] - min(taken) <= calls:
        return [order]
    cut = 1 + int(np.argmin(taken))
    return [
        [part[place] for place in own]
        for part in (order[:cut], order[cut:])
        for own in packs([widths[i] for i in part], calls)
    ]


def _follow(
    training: dict[str, Any],
    root: int,
    seeds: Sequence[int],
    members: Sequence[Member],
    samples: dict[str, Labelled],
    steps: int,
) -> Iterator[Look]:
    """Do what :func:`follow` does, for the members of one pack."""
    train = samples["train"]
    n, device = train.labels.shape[-1], train.images.device
    per_epoch = -(-n // training["batch_size"])
    batch = -(-n // per_epoch)  # equal batches: a last one of few samples would make n = 68 noisier than n = 64
    evaluations = training["evaluations"]
    if not isinstance(evaluations, int):
        evaluations = sorted({max(1, round(step / per_epoch)) for step in evaluations})
    settings = {
        "seed": root, "seeds": list(seeds), "loss": "squared", "batch_size": batch, "precision": "float32",
        "epochs": -(-steps // per_epoch), "evaluations": evaluations, "optimizer": training["optimizer"],
    }  # fmt: skip
    pack = padded(root, seeds, members, train.images.shape[2:]).to(device)
    inputs = {split: pack.arrange(part.images) for split, part in samples.items()}
    batch_of, first = pack.batch, n * torch.arange(len(seeds), device=device)[:, None]
    pack.batch = lambda images, index: batch_of(images, index + first)  # sample i of seed s is image s·n + i of all
    given = train.labels.flatten(0, 1)
    for moment in trainer.fit(pack, settings, Samples(train.images.flatten(0, 1).contiguous(), given[0], given)):
        seen = {split: _seen(pack, members, inputs[split], part.labels) for split, part in samples.items()}
        loss, error = ({split: values[index] for split, values in seen.items()} for index in (0, 1))
        yield Look(moment.step, loss, error)


def padded(root: int, seeds: Sequence[int], members: Sequence[Member], image: Sequence[int]) -> Pack:
    """Return one pack of all members of all seeds, a seed's one after another, each initialised as if it were alone.

    ``image`` is the shape (height, width, channels).
    """
    shape = (image[2], image[0], image[1])
    width, n_classes = (max(getattr(one, name) for one in members) for name in ("width", "n_classes"))
    pack = models.build(MODEL, width, len(seeds) * len(members), shape, n_classes)
    with torch.no_grad():
        for parameter in pack.parameters():
            parameter.zero_()
        for place, one in enumerate(members):
            alone = models.build(MODEL, one.width, len(seeds), shape, one.n_classes)
            alone.initialise([seeding.torch_generator(root, "init", MODEL, one.width, seed) for seed in seeds])
            for target, source in zip(pack.parameters(), alone.parameters(), strict=True):
                target[place :: len(members)][(slice(None), *map(slice, source.shape[1:]))] = source
    return pack.train()


def n_params(member: Member, image: Sequence[int]) -> int:
    """Return the number of parameters of a network on images of shape (height, width, channels)."""
    return models.build(MODEL, member.width, 1, (image[2], image[0], image[1]), member.n_classes).n_params


def _images(dataset: Dataset, part: Split, copies: int) -> torch.Tensor:
    images, _ = resident(dataset, part, torch.device("cpu"))
    return images.repeat(1, 1, 1, copies)


def _noisy(clean: np.ndarray, member: Member, root: int, seed: int, split: str) -> np.ndarray:
    if not member.label_noise:
        return clean
    draws = seeding.generator(root, "network_fits", seed, "label noise", split)
    return labels.corrupt(clean, member.n_classes, member.label_noise, NOISE, draws)


@torch.inference_mode()
def _seen(
    pack: Pack, members: Sequence[Member], inputs: torch.Tensor, wanted: torch.Tensor
) -> tuple[np.ndarray, np.ndarray]:
    """Return loss and error of every network, ``(S, J)``."""
    logits, flat = pack(inputs), wanted.flatten(0, 1)  # (M, K, n), (M, n)
    most = logits.shape[1]
    losses = most * LOSSES["squared"](logits, flat).double().mean(dim=1)
    classes = torch.tensor([one.n_classes for one in members], device=logits.device).repeat(len(wanted))
    outside = torch.arange(most, device=logits.device) >= classes[:, None]  # (M, K)
    # the first of the largest, as from argmax, which takes five times as long along this axis
    predicted = logits.masked_fill(outside[:, :, None], -torch.inf).max(dim=1).indices
    wrong = (predicted != flat) | ~logits.isfinite().all(dim=1)
    return tuple(values.view(wanted.shape[:2]).cpu().numpy() for values in (losses, wrong.double().mean(dim=1)))
