"""Training of one pack: every combination of noise level and seed at one width, as one computation."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any

import pandas as pd
import torch

from overparam import models, seeding
from overparam.packed.pack import Pack
from overparam.progress import Progress
from overparam.training import augmentation, evaluation, optimizers
from overparam.training.losses import LOSSES, Loss
from overparam.training.samples import Samples, members


@dataclasses.dataclass(frozen=True, eq=False)
class Moment:
    """A moment of a training at which it is looked at.

    Attributes
    ----------
    epoch, step
        Epochs and steps taken so far.
    finite
        ``(M,)``, bool: no loss of the model has been infinite or not a number so far. It may be changed.
    """

    epoch: int
    step: int
    finite: torch.Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class _Part:
    """Models of a pack that take their steps together, and the groups whose batches they see."""

    pack: Pack
    models: slice
    groups: slice
    update: optimizers.Step


def train_pack(
    settings: dict[str, Any],
    splits: dict[str, Samples],
    n_classes: int,
    width: int,
    device: torch.device,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Train the models of a cell at one width.

    Models of one seed share their initialisation and the order of their batches at every noise level; seeds share
    neither, and a seed's draws do not depend on what it is packed with.

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
        Where ``splits`` are.
    progress
        Told of every finished epoch.

    Returns
    -------
    pandas.DataFrame
        One row per model, epoch and split, with ``width``, ``n_params``, ``label_noise``, ``seed``, ``epoch``,
        ``step``, ``split``, the metrics of :func:`overparam.training.evaluation.evaluate`, ``distance`` and
        ``weight_norm`` (‖θ − θ₀‖ and ‖θ‖, all parameters) and ``diverged``: a loss in training, a loss in an evaluation
        or a parameter has not been finite, now or earlier.
    """
    pack = build(settings, width, _input_shape(splits["train"]), n_classes).to(device)
    recorder = _Recorder(settings, pack, splits, LOSSES[settings["loss"]], _precision(settings, device))
    for moment in fit(pack, settings, splits["train"], progress):
        recorder.record(moment)
    return recorder.table()


def fit(pack: Pack, settings: dict[str, Any], train: Samples, progress: Progress | None = None) -> Iterator[Moment]:
    """Train a pack, and stop to be looked at whenever an evaluation is due.

    Parameters
    ----------
    pack
        Initialised, on the device of the samples; it is trained in place.
    settings
        The settings of a cell.
    train
        Samples with the labels given to each model.
    progress
        Told of every finished epoch.

    Yields
    ------
    Moment
        At every epoch of ``settings["evaluations"]``, the pack being in the state of that moment.
    """
    n, device = len(train), train.clean.device
    batch_size, last, root = settings["batch_size"], settings["epochs"], settings["seed"]
    steps_per_epoch = -(-n // batch_size)
    schedule = optimizers.schedule(settings["optimizer"], steps_per_epoch, last)
    loss, precision = LOSSES[settings["loss"]], _precision(settings, device)
    orders = [seeding.torch_generator(root, "order", seed) for seed in order_seeds(settings)]
    images = pack.store(train.images, settings["precision"])
    augment = augmentation.build(settings, images, order_seeds(settings))
    images = None if augment else images  # which has padded ones of its own
    parts = _parts(pack, len(orders), settings["optimizer"])
    wanted = set(evaluation.epochs(settings["evaluations"], last))
    finite = torch.ones(pack.n_models, dtype=torch.bool, device=device)
    step = 0
    if 0 in wanted:
        yield Moment(0, step, finite)
    for epoch in range(1, last + 1):
        order = torch.stack([torch.randperm(n, generator=generator) for generator in orders]).to(device)  # (S, n)
        given = _in_order(train.given, order)
        if augment:
            augment.draw()
        rates = [schedule(step + number) for number in range(steps_per_epoch)]
        for part in parts:
            batches = order[part.groups].split(batch_size, dim=1)
            labels = given[part.models].split(batch_size, dim=1)
            losses = []
            for index, y, rate in zip(batches, labels, rates, strict=True):
                inputs = part.pack.arrange(augment(index, part.groups)) if augment else part.pack.batch(images, index)
                losses.append(part.pack.backpropagate(inputs, y, loss, precision))
                part.update(rate)
            finite[part.models] &= torch.isfinite(torch.stack(losses)).all(dim=0)
        step += steps_per_epoch
        if epoch in wanted:
            yield Moment(epoch, step, finite)
        if progress:
            progress.advance()


def order_seeds(settings: dict[str, Any]) -> list[int]:
    """Return the seeds of the orders of the batches, one per group of models that share their batches."""
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
    """Cut a pack into parts of about ``pack.at_once`` models: of whole groups, or each within one group."""
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


class _Recorder:
    """Rows of the training table, gathered at every evaluation."""

    def __init__(self, settings, pack: Pack, splits: dict[str, Samples], loss: Loss, precision):
        self.pack, self.splits, self.loss, self.precision = pack, splits, loss, precision
        self.start = pack.vectors()
        noise, seeds = zip(*members(settings), strict=True)
        self.who = {"n_params": pack.n_params, "label_noise": noise, "seed": seeds}
        self.rows: list[pd.DataFrame] = []

    def record(self, moment: Moment) -> None:
        """Evaluate every model on every split; take what is not finite out of ``moment.finite``."""
        finite = moment.finite
        parameters = self.pack.vectors()
        norms = {
            "distance": torch.linalg.vector_norm(parameters - self.start, dim=1, dtype=torch.float64).cpu().numpy(),
            "weight_norm": torch.linalg.vector_norm(parameters, dim=1, dtype=torch.float64).cpu().numpy(),
        }
        finite &= torch.isfinite(parameters).all(dim=1)
        metrics = {
            split: evaluation.evaluate(self.pack, samples, self.loss, self.precision)
            for split, samples in self.splits.items()
        }
        for table in metrics.values():
            finite &= torch.from_numpy(table["loss_clean"]).isfinite().to(finite.device)
        diverged = (~finite).cpu().numpy()
        for split, table in metrics.items():
            when = {"epoch": moment.epoch, "step": moment.step, "split": split}
            self.rows.append(pd.DataFrame({**self.who, **when, **table, **norms, "diverged": diverged}))

    def table(self) -> pd.DataFrame:
        """Return all rows, model by model."""
        rows = pd.concat(self.rows, ignore_index=True)
        rows["model_number"] = rows.index % self.pack.n_models
        return rows.sort_values("model_number", kind="stable", ignore_index=True).drop(columns="model_number")
