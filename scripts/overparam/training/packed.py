"""Training of one pack: every combination of noise level and seed at one width, as one computation."""

import contextlib
from typing import Any

import pandas as pd
import torch

from overparam import models, seeding
from overparam.packed.pack import Pack
from overparam.progress import Progress
from overparam.training import evaluation, optimizers
from overparam.training.losses import LOSSES, Loss
from overparam.training.samples import Samples, members


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
    train = splits["train"]
    n, batch_size, last = len(train), settings["batch_size"], settings["epochs"]
    pack = build(settings, width, _input_shape(train), n_classes).to(device)
    update = optimizers.optimizer(list(pack.parameters()), settings["optimizer"])
    schedule = optimizers.schedule(settings["optimizer"], -(-n // batch_size), last)
    loss, precision = LOSSES[settings["loss"]], _precision(settings, device)
    recorder = _Recorder(settings, pack, splits, loss, precision)
    wanted = set(evaluation.epochs(settings["evaluations"], last))
    finite = torch.ones(pack.n_models, dtype=torch.bool, device=device)
    generators = [seeding.torch_generator(settings["seed"], "order", seed) for seed in settings["seeds"]]
    step = 0
    if 0 in wanted:
        recorder.record(0, step, finite)
    for epoch in range(1, last + 1):
        order = torch.stack([torch.randperm(n, generator=generator) for generator in generators]).to(device)  # (S, n)
        given = _in_order(train.given, order)
        for start in range(0, n, batch_size):
            rows = slice(start, start + batch_size)
            with precision:
                logits = pack(pack.batch(train.images, order[:, rows]))
            losses = loss(logits.float(), given[:, rows]).mean(dim=1)  # (M,)
            losses.sum().backward()  # each model's own gradient: no other term of the sum depends on it
            update(schedule(step))
            finite &= torch.isfinite(losses.detach())
            step += 1
        if epoch in wanted:
            recorder.record(epoch, step, finite)
        if progress:
            progress.advance()
    return recorder.table()


def build(settings: dict[str, Any], width: int, input_shape: tuple[int, int, int], n_classes: int) -> Pack:
    """Return the initialised pack of a cell at one width, on the CPU."""
    seeds = [seed for _, seed in members(settings)]
    pack = models.build(settings["model"], width, len(seeds), input_shape, n_classes)
    address = ("init", settings["model"], width)
    pack.initialise([seeding.torch_generator(settings["seed"], *address, seed) for seed in seeds])
    return pack.train()


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

    def record(self, epoch: int, step: int, finite: torch.Tensor) -> None:
        """Evaluate every model on every split; take what is not finite out of ``finite``."""
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
            when = {"epoch": epoch, "step": step, "split": split}
            self.rows.append(pd.DataFrame({**self.who, **when, **table, **norms, "diverged": diverged}))

    def table(self) -> pd.DataFrame:
        """Return all rows, model by model."""
        rows = pd.concat(self.rows, ignore_index=True)
        rows["model_number"] = rows.index % self.pack.n_models
        return rows.sort_values("model_number", kind="stable", ignore_index=True).drop(columns="model_number")
