"""Training of one pack: all noise levels and seeds of one width as one computation."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import pandas as pd
import torch

from overparam import models, seeding
from overparam.jobs import interruption
from overparam.packs.losses import LOSSES
from overparam.packs.pack import Pack
from overparam.progress import Progress
from overparam.training import augmentation, evaluation, optimizers
from overparam.training.checkpoint import Checkpoint
from overparam.training.position import Generators, Moment, Position
from overparam.training.recording import Recorder
from overparam.training.samples import Samples, members


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """Models of a pack that are stepped together, and the groups whose batches they see."""

    pack: Pack
    models: slice
    groups: slice
    update: optimizers.Optimizer


def train_pack(
    settings: dict[str, Any],
    splits: dict[str, Samples],
    n_classes: int,
    width: int,
    device: torch.device,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> pd.DataFrame:
    """Train the models of a cell at one width.

    The models of one seed have the same initial weights and the same order of batches at every noise level. Different
    seeds share neither, and what a seed draws does not depend on the models that it is packed with.

    Parameters
    ----------
    settings
        The settings of a cell.
    splits
        What :func:`overparam.training.samples.load` returned.
    n_classes
        Number of classes.
    width
        Width of the network.
    device
        The device that holds ``splits``.
    progress
        Advanced at the end of every epoch.
    checkpoint
        Where the state is saved, and from where an interrupted training goes on; the table has the same bytes either
        way.

    Returns
    -------
    pandas.DataFrame
        One row per model, epoch and split, with ``width``, ``n_params``, ``label_noise``, ``seed``, ``epoch``,
        ``step``, ``split``, the metrics of :func:`overparam.training.evaluation.evaluate`, ``distance`` and
        ``weight_norm`` (‖θ − θ₀‖ and ‖θ‖ over all parameters) and ``diverged``, which is true from the moment on at
        which a parameter, or a loss in training or evaluation, was not finite.
    """
    pack = build(settings, width, _input_shape(splits["train"]), n_classes).to(device)
    recorder = Recorder(settings, pack, splits, LOSSES[settings["loss"]], _precision(settings, device))
    if checkpoint:
        checkpoint.attach(rows=recorder)
    try:
        for moment in fit(pack, settings, splits["train"], progress, checkpoint):
            recorder.record(moment)
        return recorder.table()
    except interruption.Stopped:  # between two steps, or during an evaluation, which changes no state
        if checkpoint:
            checkpoint.save()
        raise


def fit(
    pack: Pack,
    settings: dict[str, Any],
    train: Samples,
    progress: Progress | None = None,
    checkpoint: Checkpoint | None = None,
) -> Iterator[Moment]:
    """Train a pack, and hand over to the caller whenever an evaluation is due.

    Parameters
    ----------
    pack
        The initialised pack, on the device of the samples. It is trained in place.
    settings
        The settings of a cell.
    train
        Samples with the labels given to each model.
    progress
        Advanced at the end of every epoch.
    checkpoint
        Where the state is saved between two steps whenever that is due. If the job is asked to stop, the caller saves
        it.

    Yields
    ------
    Moment
        At every epoch of ``settings["evaluations"]``, while the pack is in the state of that moment. A training that
        goes on from a saved state yields only what comes after that state.

    Raises
    ------
    Stopped
        If the job is asked to stop: between two steps, or while the caller evaluates.
    """
    n, device = len(train), train.clean.device
    batch_size, last, root = settings["batch_size"], settings["epochs"], settings["seed"]
    steps_per_epoch = -(-n // batch_size)
    schedule = optimizers.schedule(settings["optimizer"], steps_per_epoch, last)
    loss, precision = LOSSES[settings["loss"]], _precision(settings, device)
    orders = [seeding.torch_generator(root, "order", seed) for seed in order_seeds(settings)]
    images = pack.store(train.images, settings["precision"])
    augment = augmentation.build(settings, images, order_seeds(settings))
    images = None if augment else images  # the augmentation holds padded copies
    parts = _parts(pack, len(orders), settings["optimizer"])
    wanted = set(evaluation.epochs(settings["evaluations"], last))
    at = Position(torch.ones(pack.n_models, dtype=torch.bool, device=device))
    generators = Generators([*orders, *(augment.generators if augment else [])])
    if checkpoint:
        updates = {f"optimizer{number}": part.update for number, part in enumerate(parts)}
        checkpoint.attach(pack=pack, position=at, generators=generators, **updates)
        if checkpoint.restore() and progress:
            progress.skip(max(at.epoch - 1, 0))

    def inputs(part: _Part, index: torch.Tensor) -> torch.Tensor:
        return part.pack.arrange(augment(index, part.groups)) if augment else part.pack.batch(images, index)

    with interruption.deferred():
        if at.epoch == 0 and 0 in wanted:
            with interruption.allowed():
                yield Moment(0, 0, at.finite)
        for epoch in range(max(at.epoch, 1), last + 1):
            if epoch > at.epoch:
                at.begin(epoch)
                generators.remember()
            else:
                generators.recall()
            step = (epoch - 1) * steps_per_epoch
            order = torch.stack([torch.randperm(n, generator=generator) for generator in orders]).to(device)  # (S, n)
            given = _in_order(train.given, order)
            if augment:
                augment.draw()
            rates = [schedule(step + number) for number in range(steps_per_epoch)]
            for part in parts[at.part :]:
                batches = order[part.groups].split(batch_size, dim=1)
                labels = given[part.models].split(batch_size, dim=1)
                losses = []
                for index, y, rate in list(zip(batches, labels, rates, strict=True))[at.batch :]:
                    losses.append(part.pack.backpropagate(inputs(part, index), y, loss, precision))
                    part.update(rate)
                    at.batch += 1
                    due = checkpoint and checkpoint.due
                    if due or interruption.requested():
                        at.judge(part.models, losses)
                        interruption.poll()
                    if due:
                        checkpoint.save()
                at.judge(part.models, losses)
                at.part, at.batch = at.part + 1, 0
            if epoch in wanted:
                with interruption.allowed():
                    yield Moment(epoch, step + steps_per_epoch, at.finite)
            if progress:
                progress.advance()


def order_seeds(settings: dict[str, Any]) -> list[int]:
    """Return the seeds that order the batches, one per group of models that share their batches."""
    fixed = settings.get("order_seed")
    return settings["seeds"] if fixed is None else [fixed]


def build(settings: dict[str, Any], width: int, input_shape: tuple[int, int, int], n_classes: int) -> Pack:
    """Return the initialised pack of a cell at one width, on the CPU."""
    seeds = [seed for _, seed in members(settings)]
    pack = models.build(settings["model"], width, len(seeds), input_shape, n_classes)
    address = ("init", settings["model"], width)
    pack.initialise([seeding.torch_generator(settings["seed"], *address, seed) for seed in seeds])
    return pack.train()


def _parts(pack: Pack, n_groups: int, optimizer: dict[str, Any]) -> list[_Part]:
    """Cut a pack into parts of about ``pack.at_once`` models; a part holds whole groups, or lies within one group."""
    size, group = min(pack.at_once, pack.n_models), pack.n_models // n_groups
    if size >= group:
        size -= size % group
        cuts = [slice(start, min(start + size, pack.n_models)) for start in range(0, pack.n_models, size)]
    else:
        cuts = [
            slice(first + start, first + min(start + size, group))
            for first in range(0, pack.n_models, group)
            for start in range(0, group, size)
        ]
    parts = []
    for cut in cuts:
        part = pack if len(cuts) == 1 else pack.part(cut)
        groups = slice(cut.start // group, (cut.stop - 1) // group + 1)
        parts.append(_Part(part, cut, groups, optimizers.optimizer(list(part.parameters()), optimizer)))
    return parts


def _in_order(given: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """Return the labels ``(M, n)`` in the order of each model's seed, ``(S, n)``."""
    n_seeds, n = order.shape
    per_seed = given.view(n_seeds, -1, n)
    return per_seed.gather(2, order[:, None, :].expand_as(per_seed)).view(-1, n)


def _input_shape(samples: Samples) -> tuple[int, int, int]:
    height, width, channels = samples.images.shape[1:]
    return channels, height, width


def _precision(settings: dict[str, Any], device: torch.device) -> contextlib.AbstractContextManager:
    return torch.autocast(device.type, torch.bfloat16, enabled=settings["precision"] == "bfloat16")
