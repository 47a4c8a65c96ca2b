"""The spread of test losses over initialisations, beside the flatness of the minima that the networks are in."""

from collections.abc import Iterator
from typing import Any, cast

import numpy as np
import pandas as pd
import torch

from overparam import seeding
from overparam.datasets import labels
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.packs.perceptron import Perceptron
from overparam.progress import Progress
from overparam.training import machine
from overparam.training import trained_solutions as trained
from overparam.training.samples import resident

MODEL = "mlp"  # one hidden layer, whose units can be rescaled
NOISE = "wrong_label"


def measure(settings: dict[str, Any], dataset: Dataset) -> pd.DataFrame:
    """Train networks that differ in their initial weights alone, and measure flatness and how much they differ.

    The loss is squared, summed over the classes: predicting zero has 1. Training is in float32 and sees all samples in
    every step. A seed is a draw of the label noise and of the initial weights, and all seeds share their images.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If there are too few training images.
    """
    if settings["n_train"] > len(dataset.train):
        raise UserError(
            f"flatness_spread: n_train = {settings['n_train']} needs as many training images, but {dataset.name} has "
            f"{len(dataset.train)}"
        )
    machine.prepare(0)
    rate, steps = settings["learning_rate"], settings["step_sizes"]
    adam = {"name": "adam", "learning_rate": rate, "schedule": "linear"}
    cases = [("width", width, rate, settings["epochs"], adam) for width in settings["widths"]]
    cases += [
        ("step", settings["step_width"], step, max(1, round(settings["step_time"] / step)),
         {"name": "sgd", "learning_rate": step, "schedule": "constant"})
        for step in steps
    ]  # fmt: skip
    progress, shared = Progress(len(cases), "cases"), _SharedSamples(settings, dataset)
    rows: list[dict[str, Any]] = []
    for sweep, width, step, epochs, optimizer in cases:
        common = {
            "sweep": sweep, "width": width, "step_size": step, "smallest_step": sweep == "width" or step == min(steps),
            "n_train": settings["n_train"], "label_noise": settings["label_noise"],
        }  # fmt: skip
        rows += [{**common, **row} for row in shared.rows(sweep, width, step, epochs, optimizer)]
        progress.advance()
    return pd.DataFrame(rows)


class _SharedSamples:
    """The samples, which all seeds share, and their labels in every seed."""

    def __init__(self, settings: dict[str, Any], dataset: Dataset):
        self.settings, self.n_classes = settings, len(dataset.classes)
        self.shape = settings["n_seeds"], settings["n_initialisations"]
        order = self._draws("images").permutation(len(dataset.train))[: settings["n_train"]]
        noise = settings["label_noise"]
        draws = [
            labels.corrupt(dataset.train.labels, self.n_classes, noise, NOISE, self._draws("labels", seed))
            for seed in range(settings["n_seeds"])
        ]
        given = np.repeat(draws, settings["n_initialisations"], axis=0)
        self.train = trained.samples(dataset, order, given[:, order], torch.device("cpu"))
        self.test, self.test_labels = resident(dataset, dataset.test, torch.device("cpu"))

    def _draws(self, *names: str | int | float) -> np.random.Generator:
        return seeding.generator(self.settings["seed"], "flatness_spread", *names)

    def rows(
        self, sweep: str, width: int, step: float, epochs: int, optimizer: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Train all networks of one case and yield what is measured of them."""
        settings, n = self.settings, len(self.train)
        addresses = [
            ("flatness_spread", "start", width, seed, one)
            for seed in range(self.shape[0])
            for one in range(self.shape[1])
        ]
        pack = cast(
            "Perceptron",
            trained.initialised(MODEL, width, settings["seed"], addresses, self.train.images, self.n_classes),
        )
        training = {
            "seed": settings["seed"], "order_seed": 0, "epochs": epochs, "batch_size": n, "evaluations": [epochs],
            "optimizer": optimizer,
        }  # fmt: skip
        for _ in trained.train(pack, training, self.train):
            pass
        fit, seen = trained.logits(pack, self.train.images), trained.logits(pack, self.test)
        loss, train_loss = self._mean_loss(seen, self.test_labels), self._mean_loss(fit, self.train.noisy)
        factors = [
            np.exp(settings["rescaling"] * self._draws("rescaling", sweep, width, step, seed).standard_normal())
            for seed in range(self.shape[0])
        ]
        for weights in ("trained", "rescaled"):
            if weights == "rescaled":
                rescale(pack, torch.tensor(np.repeat(factors, self.shape[1]), dtype=torch.float32))
            top = top_eigenvalues(pack, self.train.images, self.train.noisy, settings["products"])
            sharpness = top.reshape(self.shape).mean(axis=1)
            for seed in range(self.shape[0]):
                found = {
                    "spread": loss[seed].std(ddof=1), "test_loss": loss[seed].mean(),
                    "train_loss": train_loss[seed].mean(), "top_eigenvalue": sharpness[seed],
                }  # fmt: skip
                for quantity, value in found.items():
                    yield {
                        "weights": weights, "sharpness": float(sharpness[seed]), "seed": seed, "quantity": quantity,
                        "value": float(value),
                    }  # fmt: skip

    def _mean_loss(self, outputs: torch.Tensor, given: torch.Tensor) -> np.ndarray:
        losses = self.n_classes * trained.sample_losses(outputs, given).mean(dim=1)
        return losses.numpy().reshape(self.shape)


def rescale(pack: Perceptron, factors: torch.Tensor) -> None:
    """Multiply all ReLU units of each network by its factor (M,) and divide their output weights by it, in place."""
    with torch.no_grad():
        pack.hidden.weight.mul_(factors[:, None, None])
        pack.hidden.bias.mul_(factors[:, None])
        pack.output.weight.div_(factors[:, None, None])


def top_eigenvalues(pack: trained.Pack, images: torch.Tensor, given: torch.Tensor, products: int) -> np.ndarray:
    """Return the largest |eigenvalue| of each network's Hessian of the train loss, (M,), by power iteration.

    All networks share every product with their Hessians, as none depends on another one's weights.
    """
    parameters = [one for one in pack.parameters() if one.requires_grad]
    outputs = pack(pack.arrange(images[None]))
    wanted = torch.nn.functional.one_hot(given, outputs.shape[1]).transpose(1, 2).to(outputs.dtype)
    loss = (outputs - wanted).square().sum(dim=1).mean(dim=1).sum()
    slopes = torch.autograd.grad(loss, parameters, create_graph=True)
    random = torch.Generator().manual_seed(0)
    vectors = _unit([torch.randn(one.shape, generator=random) for one in parameters])[0]
    lengths = torch.zeros(pack.n_models)
    for _ in range(products):
        along = torch.stack([(slope * vector).sum() for slope, vector in zip(slopes, vectors, strict=True)]).sum()
        vectors, lengths = _unit(torch.autograd.grad(along, parameters, retain_graph=True))
    return lengths.double().numpy()


def _unit(vectors: Any) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Return the vectors of every network over their length, and the lengths (M,)."""
    lengths = torch.stack([one.flatten(1).square().sum(dim=1) for one in vectors]).sum(dim=0).sqrt()
    return [one / lengths.view(-1, *[1] * (one.dim() - 1)) for one in vectors], lengths
