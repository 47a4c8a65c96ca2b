"""Test loss and error over width, for two optimisers and several levels of label noise."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam import seeding
from overparam.claims.double_descent import enough_images
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset
from overparam.progress import Progress
from overparam.training import machine, trainer
from overparam.training import trained_solutions as trained
from overparam.training.samples import resident

NOISE = "wrong_label"
MOMENTUM = 0.9
Look = dict[tuple[str, str], np.ndarray]  # (quantity, split): one value per network


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Train networks by Adam and by SGD and return their losses and errors.

    They are trained on cross-entropy for a fixed number of epochs, in float32, with a learning rate that falls linearly
    to zero. A seed is a draw of the label noise and of initial weights, which both optimisers and all levels of noise
    share; all seeds share their images. Networks that stop early are each taken at their smallest loss on held-out
    samples under their given labels.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If there are too few training images.
    """
    enough_images.check("optimisers", settings, dataset)
    device = machine.prepare(settings["gpus"])
    sweep = _Sweep(settings, dataset, device)
    rows: list[dict[str, Any]] = []
    progress = Progress(2 * len(settings["widths"]), "widths")
    for name in ("adam", "sgd"):
        for width in settings["widths"]:
            rows += sweep.rows(name, width)
            progress.advance()
    return pd.DataFrame(rows).astype({"value": float})


class _Sweep:
    """The samples, which all networks share, and the labels of every level of noise and seed."""

    def __init__(self, settings: dict[str, Any], dataset: Dataset, device: torch.device):
        self.settings, self.n_classes = settings, len(dataset.classes)
        n, held = settings["n_train"], settings["n_heldout"]
        self.members = [(noise, seed) for noise in settings["label_noise"] for seed in range(settings["n_seeds"])]
        order = self._draws("images").permutation(len(dataset.train))
        given = np.stack(
            [
                labels.corrupt(dataset.train.labels, self.n_classes, noise, NOISE, self._draws("labels", seed))
                for noise, seed in self.members
            ]
        )
        parts = (order[:n], order[n : n + held])
        self.train, self.heldout = (trained.samples(dataset, rows, given[:, rows], device) for rows in parts)
        self.test, self.test_labels = resident(dataset, dataset.test, device)

    def _draws(self, *names: str | int) -> np.random.Generator:
        return seeding.generator(self.settings["seed"], "optimisers", *names)

    def rows(self, name: str, width: int) -> Iterator[dict[str, Any]]:
        """Train all networks of one optimiser and width, and yield what is measured of them."""
        settings = self.settings
        addresses = [("optimisers", "start", settings["model"], width, seed) for _, seed in self.members]
        pack = trained.initialised(
            settings["model"], width, settings["seed"], addresses, self.train.images, self.n_classes
        )
        best = np.full(len(self.members), np.inf)
        looks: dict[str, Look] = {}
        for moment in trainer.fit(pack, self._training(name), self.train):
            now, heldout = self._look(pack), _losses(trained.logits(pack, self.heldout.images), self.heldout.noisy)
            better = heldout < best
            best = np.where(better, heldout, best)
            before = looks.get("heldout_loss", now)
            looks = {"heldout_loss": {key: np.where(better, now[key], before[key]) for key in now}, "final": now}
            diverged = ~moment.finite.cpu().numpy()
        common = {
            "optimizer": name, "width": width, "n_params": pack.n_params, "n_train": len(self.train),
            "label_noise": 0.0, "noise_definition": NOISE,
        }  # fmt: skip
        for number, (noise, seed) in enumerate(self.members):
            one = {**common, "label_noise": noise, "seed": seed}
            for stopping, look in looks.items():
                for (quantity, split), values in look.items():
                    yield {**one, "split": split, "stopping": stopping, "quantity": quantity, "value": values[number]}
            yield {**one, "split": "train", "stopping": "final", "quantity": "diverged", "value": diverged[number]}

    def _training(self, name: str) -> dict[str, Any]:
        settings = self.settings
        optimizer = {"name": name, "learning_rate": settings[f"{name}_learning_rate"], "schedule": "linear"}
        if name == "sgd":
            optimizer["momentum"] = MOMENTUM
        fixed = {"loss": "cross_entropy", "precision": "float32", "optimizer": optimizer, "order_seed": 0}
        return {**settings, **fixed, "batch_size": min(settings["batch_size"], len(self.train))}

    def _look(self, pack: trained.Pack) -> Look:
        found = {}
        for split, images, given in (
            ("train", self.train.images, self.train.noisy),
            ("test", self.test, self.test_labels),
        ):
            outputs = trained.logits(pack, images)
            found["loss", split] = _losses(outputs, given)
            found["error", split] = trained.errors(outputs, given).cpu().numpy()
        return found


def _losses(outputs: torch.Tensor, given: torch.Tensor) -> np.ndarray:
    """Return the mean cross-entropy of every network, (M,); outputs are (M, K, n) and labels (M, n) or (n,)."""
    chosen = outputs.log_softmax(dim=1).gather(1, given.expand(len(outputs), -1)[:, None])
    return -chosen.double().mean(dim=(1, 2)).cpu().numpy()
