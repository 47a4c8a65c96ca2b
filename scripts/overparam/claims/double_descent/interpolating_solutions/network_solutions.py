"""Networks that fit the same images from different starts: how much they differ, and what their norm says of them."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from overparam.datasets import labels
from overparam.datasets.arrow import Dataset
from overparam.packs.pack import Pack
from overparam.training import trained_solutions as trained
from overparam.training.samples import Samples, resident

FEATURES = "network"
NOISE = "wrong_label"
LOOK = 10  # epochs between two looks at the train loss
TRUTH_BATCH = 100
Row = dict[str, Any]


@dataclasses.dataclass(frozen=True, eq=False)
class NetworkSolutions:
    """Networks that fit the images of one seed.

    Attributes
    ----------
    settings
        Those of the experiment ``interpolating_solutions``.
    dataset
        Images and clean labels.
    kept, rest
        Numbers of the training images to fit, ``(n,)``, and of all others.
    seed
        Of label noise and starts.
    device
        Where to train.
    """

    settings: dict[str, Any]
    dataset: Dataset
    kept: np.ndarray
    rest: np.ndarray
    seed: int
    device: torch.device

    def across_widths(self) -> Iterator[Row]:
        """Yield how much networks that fit every label differ on test images, from width to width.

        They are trained by Adam on squared loss, with a rate that falls linearly to zero. Losses are summed over the
        classes: predicting zero has 1. Train error and train loss are means over all networks of a width, under their
        given labels. Disagreement, loss and error on test images are means over those that fit, and no number where
        fewer than two do. These three are also given by ``place``: at the smallest width at which at least half of
        the networks fit (``threshold``), and at the largest (``widest``).
        """
        settings, noises = self.settings, self.settings["label_noise"]
        starts = settings["network_starts"]
        samples = self._samples(starts)
        training = self._training(settings["network_epochs"], [settings["network_epochs"]])
        optimizer = {"name": "adam", "learning_rate": settings["network_learning_rate"], "schedule": "linear"}
        found: dict[float, list[Row]] = {noise: [] for noise in noises}
        for width in sorted(settings["network_widths"]):
            pack = self._pack(width, range(starts), samples)
            for moment in trained.train(pack, {**training, "optimizer": optimizer}, samples):
                finite = moment.finite
            fit, seen = trained.logits(pack, samples.images), trained.logits(pack, self._test[0])
            wrong, train_loss = trained.errors(fit, samples.given), self._losses(fit, samples.given)
            loss, error = self._losses(seen, self._test[1]), trained.errors(seen, self._test[1])
            for number, noise in enumerate(noises):
                own = slice(number * starts, (number + 1) * starts)
                good = (wrong[own] == 0) & finite[own]
                size = self._size(pack, width, noise)
                enough = bool(good.sum() >= 2)
                values = {
                    "disagreement": trained.disagreement(seen[own][good]) if enough else np.nan,
                    "loss": float(loss[own][good].mean()) if enough else np.nan,
                    "error": float(error[own][good].mean()) if enough else np.nan,
                    "fitted": float(good.double().mean()),
                    "train_error": float(wrong[own].mean()),
                    "train_loss": float(train_loss[own].mean()),
                }
                common = {**size, "start": "random"}
                yield from ({**common, "quantity": name, "value": value} for name, value in values.items())
                found[noise].append({**common, **values})
        for noise, looks in found.items():
            at = next((look for look in looks if look["fitted"] >= 0.5), None)
            for place, look in (("threshold", at), ("widest", looks[-1])):
                common = {"features": FEATURES, "start": "random", "place": place, **self._noise(noise)}
                common |= {"n_train": len(self.kept)}
                for name in ("disagreement", "loss", "error"):
                    yield {**common, "quantity": name, "value": look[name] if look else np.nan}

    def across_norms(self) -> Iterator[Row]:
        """Yield risk and norm of wide networks that descent reaches from starts of several sizes.

        Gradient descent with momentum 0.9 on squared loss goes on until the train loss is ``network_level``, or for
        ``network_scaled_epochs``. Where ``start`` is ``scaled``, every initial weight is multiplied by ``start_scale``
        α, and the step is divided by α² where α > 1, as the curvature of the loss grows like α². Where it is ``truth``,
        initial weights are moved by the share ``start_scale`` towards those of a network that was trained from them on
        all other images with their true labels. Values are means over ``network_scaled_starts`` initialisations.
        """
        settings, width = self.settings, self.settings["network_scaled_width"]
        count = settings["network_scaled_starts"]
        samples = self._samples(count)
        begin = self._pack(width, range(count), samples)
        initial = [values.detach().clone() for values in begin.parameters()]
        scales = settings["network_scales"]
        together = [[scale for scale in scales if scale <= 1], *([scale] for scale in scales if scale > 1)]
        for some in filter(None, together):  # scales that share a learning rate
            ways = [torch.cat([scale * values for scale in some]) for values in initial]
            yield from self._descended("scaled", some, ways, samples, max(1.0, *some) ** 2)
        truth, noises = self._truth(width, count), len(settings["label_noise"])
        ends = [values.detach().repeat(noises, *[1] * (values.dim() - 1)) for values in truth.parameters()]
        shares, pairs = settings["truth_shares"], list(zip(initial, ends, strict=True))
        ways = [torch.cat([start + share * (end - start) for share in shares]) for start, end in pairs]
        yield from self._descended("truth", shares, ways, samples, 1.0)

    def _descended(
        self, start: str, scales: Sequence[float], weights: Sequence[torch.Tensor], samples: Samples, slower: float
    ) -> Iterator[Row]:
        """Train scales × noise levels × initialisations from these weights to the level; yield what they came to."""
        settings, last = self.settings, self.settings["network_scaled_epochs"]
        count, copies = settings["network_scaled_starts"], len(scales)
        samples = dataclasses.replace(samples, given=samples.given.repeat(copies, 1))
        pack = self._pack(settings["network_scaled_width"], range(count), samples, copies)
        with torch.no_grad():
            for parameter, values in zip(pack.parameters(), weights, strict=True):
                parameter.copy_(values)
        rate = settings["network_descent_rate"] / slower
        optimizer = {"name": "sgd", "learning_rate": rate, "momentum": 0.9}
        training = {**self._training(last, list(range(LOOK, last, LOOK))), "optimizer": optimizer}
        level = settings["network_level"] / len(self.dataset.classes)
        reached = trained.train_until(pack, training, samples, level)
        seen = trained.logits(pack, self._test[0])
        fit = self._losses(trained.logits(pack, samples.images), samples.given)
        norms = torch.linalg.vector_norm(pack.vectors(), dim=1, dtype=torch.float64)
        values = {
            "loss": self._losses(seen, self._test[1]),
            "error": trained.errors(seen, self._test[1]),
            "norm": norms,
            "train_loss": fit,
            "reached": torch.from_numpy(reached).double(),
        }
        shape = (len(scales), len(settings["label_noise"]), -1)
        means = {name: value.cpu().reshape(shape).mean(dim=2).numpy() for name, value in values.items()}
        for row, scale in enumerate(scales):
            for column, noise in enumerate(settings["label_noise"]):
                common = self._size(pack, settings["network_scaled_width"], noise)
                common |= {"start": start, "start_scale": scale, "solution_norm": means["norm"][row, column]}
                for name, value in means.items():
                    yield {**common, "quantity": name, "value": value[row, column]}

    def _truth(self, width: int, count: int) -> Pack:
        """Return networks trained on all other images with their true labels, from the same initial weights."""
        settings, last = self.settings, self.settings["network_truth_epochs"]
        clean = np.repeat(self.dataset.train.labels[self.rest][None], count, axis=0)
        others = trained.samples(self.dataset, self.rest, clean, self.device)
        pack = self._pack(width, range(count), others, 1, noises=1)
        optimizer = {"name": "sgd", "learning_rate": settings["network_descent_rate"] / 3, "momentum": 0.9}
        training = {**self._training(last, [last]), "batch_size": TRUTH_BATCH, "optimizer": optimizer}
        for _ in trained.train(pack, training, others):
            pass
        return pack

    def _pack(
        self, width: int, starts: Sequence[int], samples: Samples, copies: int = 1, noises: int | None = None
    ) -> Pack:
        """Return ``copies`` × noise levels × ``starts`` networks; those of one start begin at the same weights."""
        noises = len(self.settings["label_noise"]) if noises is None else noises
        model, classes = self.settings["network_model"], len(self.dataset.classes)
        addresses = [("interpolating_solutions", model, width, self.seed, start) for start in starts] * noises * copies
        return trained.initialised(model, width, self.settings["seed"], addresses, samples.images, classes)

    def _samples(self, each: int) -> Samples:
        """Return the images to fit, with the labels of every noise level for ``each`` networks."""
        root, clean, classes = self.settings["seed"], self.dataset.train.labels, len(self.dataset.classes)
        given = [
            labels.draw(clean, classes, noise, NOISE, self.seed, root).given[self.kept]
            for noise in self.settings["label_noise"]
        ]
        return trained.samples(self.dataset, self.kept, np.repeat(given, each, axis=0), self.device)

    @functools.cached_property
    def _test(self) -> tuple[torch.Tensor, torch.Tensor]:
        return resident(self.dataset, self.dataset.test.take(slice(0, self.settings["n_test"])), self.device)

    def _training(self, epochs: int, evaluations: list[int]) -> dict[str, Any]:
        size = self.settings["network_batch_size"]
        order = {"seed": self.settings["seed"], "order_seed": self.seed}
        return {**order, "epochs": epochs, "evaluations": evaluations, "batch_size": size}

    def _losses(self, outputs: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        return len(self.dataset.classes) * trained.sample_losses(outputs, given).mean(dim=1)

    def _size(self, pack: Pack, width: int, noise: float) -> Row:
        n, classes = len(self.kept), len(self.dataset.classes)
        size = {"width": width, "n_params": pack.n_params, "params_per_label": pack.n_params / (n * classes)}
        return {"features": FEATURES, "n_train": n, **size, **self._noise(noise)}

    def _noise(self, noise: float) -> Row:
        return {"label_noise": noise, "noise_definition": NOISE if noise else None}
