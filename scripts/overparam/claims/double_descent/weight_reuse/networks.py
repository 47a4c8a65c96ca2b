"""Networks with one hidden layer that are drawn anew or grown from trained smaller ones, and their training."""

import base64
import functools
import math
from typing import Any

import numpy as np
import torch

from overparam import seeding
from overparam.datasets.arrow import Dataset, Split
from overparam.models import mlp
from overparam.packs.perceptron import Perceptron
from overparam.training import trained_solutions as trained
from overparam.training import trainer
from overparam.training.samples import Samples

EXPERIMENT = "weight_reuse"


class Networks:
    """What all networks share: the training samples of every seed, and the test samples; grey levels are 0 to 1."""

    def __init__(self, settings: dict[str, Any], dataset: Dataset, device: torch.device):
        self.settings, self.device, self.n_classes = settings, device, len(dataset.classes)
        self.seeds = list(range(settings["n_seeds"]))
        parts = [dataset.train.take(self._chosen(seed, len(dataset.train))) for seed in self.seeds]
        self.images = torch.stack([_pixels(dataset, part) for part in parts]).to(device)  # (S, n, height, width, c)
        self.labels = torch.from_numpy(np.stack([part.labels for part in parts])).to(device)  # (S, n)
        test = dataset.test.take(slice(settings["n_test"]))
        self.test = _pixels(dataset, test).to(device)
        self.test_labels = torch.from_numpy(np.array(test.labels)).to(device)

    def n_params(self, width: int) -> int:
        """Return the number of parameters of a network."""
        return self._blank(width, 1).n_params

    def drawn(self, width: int) -> Perceptron:
        """Return a network per seed that starts anew, as ``start`` says."""
        return self._random(width, "start", self.settings["start"]).to(self.device)

    def grown(self, width: int, smaller: dict[str, Any]) -> Perceptron:
        """Return a network per seed that starts from a smaller one, as :func:`written` returned it.

        The units that are added are drawn; the biases of the outputs are those of the smaller network.
        """
        pack = self._random(width, "added units", "normal")
        trained_before = self._blank(smaller["width"], len(self.seeds))
        for whole, part, text in zip(
            pack.parameters(), trained_before.parameters(), smaller["parameters"], strict=True
        ):
            values = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)
            whole.data[(slice(None), *map(slice, part.shape[1:]))] = values.view(part.shape)
        return pack.to(self.device)

    def train(self, pack: Perceptron, *, stops: bool) -> dict[str, np.ndarray]:
        """Train a network per seed, in place.

        Parameters
        ----------
        pack
            The networks, which see the same batches in the same order, whatever their width and their start.
        stops
            Whether each stops as soon as its train error is zero, while the learning rate falls. Otherwise all epochs
            are trained at a constant rate.

        Returns
        -------
        dict
            ``epochs`` that were trained, and whether the loss has been infinite or no number (``diverged``), by seed.
        """
        settings, count, n = self.settings, len(self.seeds), self.labels.shape[1]
        optimizer = {"name": "sgd", "learning_rate": settings["learning_rate"], "momentum": settings["momentum"]}
        looks = []
        if stops:
            optimizer |= {"schedule": "exponential", "factor": settings["decay"] ** (1 / settings["decay_epochs"])}
            every = settings["look_every"]
            looks = [*range(1, every), *range(every, settings["epochs"], every)]
        training = {
            **settings, "seeds": self.seeds, "loss": "squared", "precision": "float32", "optimizer": optimizer,
            "evaluations": looks, "batch_size": min(settings["batch_size"], n),
        }  # fmt: skip
        batch_of, first = (
            functools.partial(type(pack).batch, pack),
            n * torch.arange(count, device=self.device)[:, None],
        )
        pack.batch = lambda images, index: batch_of(images, index + first)  # type: ignore[method-assign]
        samples = Samples(self.images.flatten(0, 1), self.labels[0], self.labels)  # image i of seed s is s·n + i of all
        state = [parameter.detach() for parameter in pack.parameters()]
        ends = [torch.empty_like(values) for values in state]
        running = torch.ones(count, dtype=torch.bool, device=self.device)
        epochs, diverged = np.zeros(count), np.zeros(count)
        for moment in trainer.fit(pack, training, samples):
            now = running.clone()
            if moment.epoch < settings["epochs"]:
                now &= trained.errors(self._fits(pack), self.labels) == 0
            if now.any():
                for end, values in zip(ends, state, strict=True):
                    end[now] = values[now]
                epochs[now.cpu()], diverged[now.cpu()] = moment.epoch, (~moment.finite[now]).cpu()
            running &= ~now
            if not running.any():
                break
        for end, values in zip(ends, state, strict=True):
            values.copy_(end)
        return {"epochs": epochs, "diverged": diverged}

    def seen(self, pack: Perceptron) -> dict[tuple[str, str | None], np.ndarray]:
        """Return losses, errors and norms of trained networks by quantity and split, one value per seed.

        Losses are summed over the classes: predicting zero has 1. A sample whose outputs are not finite counts as
        misclassified.
        """
        found: dict[tuple[str, str | None], torch.Tensor] = {
            ("weight_norm", None): torch.linalg.vector_norm(pack.vectors(), dim=1, dtype=torch.float64)
        }
        outputs = {"train": self._fits(pack), "test": trained.logits(pack, self.test)}
        for split, wanted in (("train", self.labels), ("test", self.test_labels.expand(len(self.seeds), -1))):
            found["loss", split] = self.n_classes * trained.sample_losses(outputs[split], wanted).mean(dim=1)
            wrong = (outputs[split].argmax(dim=1) != wanted) | ~outputs[split].isfinite().all(dim=1)
            found["error", split] = wrong.double().mean(dim=1)
        return {key: values.cpu().numpy() for key, values in found.items()}

    @torch.inference_mode()
    def _fits(self, pack: Perceptron) -> torch.Tensor:
        """Return the outputs of every network on the training samples of its seed, ``(S, K, n)``."""
        return pack(pack.arrange(self.images))

    def _chosen(self, seed: int, available: int) -> np.ndarray:
        draws = seeding.generator(self.settings["seed"], EXPERIMENT, seed, "images")
        return draws.permutation(available)[: self.settings["n_train"]]

    def _blank(self, width: int, count: int) -> Perceptron:
        _, height, side, channels = self.images.shape[1:]
        return mlp.build(width, count, (channels, height, side), self.n_classes)

    def _random(self, width: int, purpose: str, start: str) -> Perceptron:
        """Return a network per seed whose parameters depend on the seed, the width and the purpose alone."""
        pack = self._blank(width, len(self.seeds))
        for number, seed in enumerate(self.seeds):
            draws = seeding.torch_generator(self.settings["seed"], EXPERIMENT, purpose, width, seed)
            for layer in pack.layers:
                weight, bias = layer.weight.data[number], layer.bias.data[number]
                if start == "glorot_uniform":
                    bound = math.sqrt(6 / sum(weight.shape))
                    weight.uniform_(-bound, bound, generator=draws)
                    bias.zero_()
                else:
                    weight.normal_(0, self.settings["deviation"], generator=draws)
                    bias.normal_(0, self.settings["deviation"], generator=draws)
        return pack.train()


def written(pack: Perceptron, width: int) -> dict[str, Any]:
    """Return the parameters of networks so that JSON keeps every bit of them: as base64 of their float32 bytes."""
    values = [parameter.detach().cpu().numpy().astype("<f4") for parameter in pack.parameters()]
    return {"width": width, "parameters": [base64.b64encode(one.tobytes()).decode() for one in values]}


def _pixels(dataset: Dataset, part: Split) -> torch.Tensor:
    """Return grey levels between 0 and 1, ``(n, height, width, channels)``."""
    return torch.from_numpy(part.images.transpose(0, 2, 3, 1).astype(np.float32) / dataset.max_value)
