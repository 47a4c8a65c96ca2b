"""The spread of the test loss over initial weights, everything else being equal; how many fit, and their norms."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam import seeding
from overparam.claims.double_descent import enough_images
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset
from overparam.packs.perceptron import Perceptron
from overparam.progress import Progress
from overparam.training import machine
from overparam.training import trained_solutions as trained
from overparam.training.samples import resident

NOISE = "wrong_label"
Row = dict[str, Any]
Looks = dict[str, np.ndarray]  # quantity: (seeds, initialisations)


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Train networks that differ in their initial weights alone, and compare their test losses.

    They are trained by Adam on squared loss for a fixed number of epochs, in float32, with a learning rate that falls
    linearly to zero. Losses are summed over the classes: predicting zero has 1. A seed is a draw of the label noise,
    and all seeds share their images. Networks that stop early are each taken at their smallest loss on held-out samples
    under their given labels.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If there are too few training images.
    """
    enough_images.check("initialisation_spread", settings, dataset)
    device = machine.prepare(settings["gpus"])
    progress = Progress(len(settings["widths"]), "widths")
    shared, rows = _SharedSamples(settings, dataset, device), []
    for width in settings["widths"]:
        rows += shared.spreads(width)
        progress.advance()
    return pd.DataFrame(rows).astype({"value": float, "initialisation": "Int64"})


class _SharedSamples:
    """The samples, which all seeds share, and their labels in every seed."""

    def __init__(self, settings: dict[str, Any], dataset: Dataset, device: torch.device):
        self.settings, self.n_classes = settings, len(dataset.classes)
        n, held, seeds = settings["n_train"], settings["n_heldout"], range(settings["n_seeds"])
        noise, count = settings["label_noise"], settings["n_initialisations"]
        order = self._draws("images").permutation(len(dataset.train))
        draws = [
            labels.corrupt(dataset.train.labels, self.n_classes, noise, NOISE, self._draws("labels", seed))
            for seed in seeds
        ]
        given = np.repeat(draws, count, axis=0)  # (S · initialisations, all training images)
        parts = (order[:n], order[n : n + held])
        self.train, self.heldout = (trained.samples(dataset, rows, given[:, rows], device) for rows in parts)
        self.test, self.test_labels = resident(dataset, dataset.test, device)

    def _draws(self, *names: str | int) -> np.random.Generator:
        return seeding.generator(self.settings["seed"], "initialisation_spread", *names)

    def spreads(self, width: int) -> Iterator[Row]:
        """Train all networks of one width and yield how much they differ."""
        settings, model = self.settings, self.settings["model"]
        members = [
            (seed, start) for seed in range(settings["n_seeds"]) for start in range(settings["n_initialisations"])
        ]
        addresses = [("initialisation_spread", "start", model, width, *member) for member in members]
        pack = trained.initialised(model, width, settings["seed"], addresses, self.train.images, self.n_classes)
        optimizer = {"name": "adam", "learning_rate": settings["learning_rate"], "schedule": "linear"}
        best, looks = np.full(self._shape, np.inf), {}
        for moment in trained.train(pack, {**settings, "optimizer": optimizer, "order_seed": 0}, self.train):
            now = self._look(pack)
            diverged = self._by_seed(~moment.finite)
            if moment.step == 0:
                looks["initial"] = now
            outputs = trained.logits(pack, self.heldout.images)
            heldout = self._mean_loss(outputs, self.heldout.given)
            better = heldout < best
            best = np.where(better, heldout, best)
            before = looks.get("heldout_loss", now)
            looks["heldout_loss"] = {name: np.where(better, now[name], before[name]) for name in now}
            looks["final"] = now
        size = {"width": width, "n_params": pack.n_params, "n_train": len(self.train)}
        size |= {"params_per_label": pack.n_params / (len(self.train) * self.n_classes)}
        size |= {"label_noise": settings["label_noise"], "noise_definition": NOISE}
        for seed in range(settings["n_seeds"]):
            for stopping, look in looks.items():
                common = {"seed": seed, **size, "stopping": stopping}
                own = {name: values[seed] for name, values in look.items()}
                yield from ({**common, "quantity": name, "value": value} for name, value in summary(own).items())
            common = {"seed": seed, **size, "stopping": "final"}
            yield {**common, "quantity": "diverged", "value": diverged[seed].mean()}
            for start, loss in enumerate(looks["final"]["loss"][seed]):
                yield {**common, "initialisation": start, "quantity": "loss", "value": loss}

    def _look(self, pack: trained.Pack) -> Looks:
        fit, seen = trained.logits(pack, self.train.images), trained.logits(pack, self.test)
        return {
            "loss": self._mean_loss(seen, self.test_labels),
            "error": self._by_seed(trained.errors(seen, self.test_labels)),
            "train_loss": self._mean_loss(fit, self.train.given),
            "train_error": self._by_seed(trained.errors(fit, self.train.given)),
            "weight_norm": self._by_seed(torch.linalg.vector_norm(pack.vectors(), dim=1, dtype=torch.float64)),
            "balanced_norm": self._by_seed(balanced_norms(pack)),
        }

    def _mean_loss(self, outputs: torch.Tensor, given: torch.Tensor) -> np.ndarray:
        return self.n_classes * self._by_seed(trained.sample_losses(outputs, given).mean(dim=1))

    @property
    def _shape(self) -> tuple[int, int]:
        return self.settings["n_seeds"], self.settings["n_initialisations"]

    def _by_seed(self, values: torch.Tensor) -> np.ndarray:
        return values.cpu().numpy().reshape(self._shape)


def balanced_norms(pack: trained.Pack) -> torch.Tensor:
    """Return the least norm of each network's weights over all rescalings of its units, ``(M,)``, float64.

    A ReLU unit whose incoming weights w and bias b are multiplied by c > 0 and whose outgoing weights v are divided by
    c computes the same. Over all c the least of ‖(w, b)‖² + ‖v‖² is 2 ‖(w, b)‖ ‖v‖; output biases stay as they are
    (Neyshabur, Tomioka & Srebro 2015, arXiv 1412.6614). It is no number for networks of more than one hidden layer.
    """
    if not (isinstance(pack, Perceptron) and len(pack.layers) == 2):
        return torch.full((pack.n_models,), torch.nan, dtype=torch.float64)
    hidden, output = pack.hidden, pack.output
    incoming = torch.cat([hidden.weight.detach(), hidden.bias.detach()[..., None]], dim=2).double().norm(dim=2)
    outgoing, offset = output.weight.detach().double().norm(dim=1), output.bias.detach().double()
    return ((2 * incoming * outgoing).sum(dim=1) + (offset**2).sum(dim=1)).sqrt()


def summary(look: Looks) -> dict[str, float]:
    """Return location and spread over the initialisations of one seed; every array is ``(initialisations,)``.

    Standard deviations have the divisor I − 1.
    """
    loss, error = look["loss"], look["error"]
    low, middle, high = np.percentile(loss, [25, 50, 75])
    deviation = loss.std(ddof=1)
    return {
        "spread": deviation,
        "relative_spread": deviation / loss.mean(),
        "interquartile": (high - low) / middle,
        "error_spread": error.std(ddof=1),
        "mean_loss": loss.mean(),
        "mean_error": error.mean(),
        "train_loss": look["train_loss"].mean(),
        "train_error": look["train_error"].mean(),
        "fitted": (look["train_error"] == 0).mean(),
        "weight_norm": look["weight_norm"].mean(),
        "balanced_norm": look["balanced_norm"].mean(),
    }
