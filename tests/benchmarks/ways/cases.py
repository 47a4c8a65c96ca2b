"""What is trained: networks, their shapes, how many of them are packed, and the images."""

import dataclasses
import io
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import torch
from PIL import Image
from plain_networks import PLAIN, taken_from
from torch import nn

from overparam.datasets import cifar
from overparam.packs.pack import Pack
from overparam.training import trainer
from overparam.training.samples import Samples

BATCH, N_CLASSES, N_TRAIN, RATE = 128, 10, 5120, 1e-3
SHAPES = {64: (1, 8, 8), 3072: (3, 32, 32)}
# seeds packed at each width; in a run of the pipeline they are the seeds of a study
SEEDS = {
    "mlp": {4: 16, 16: 16, 64: 16, 512: 16},
    "mlp3": {512: 4},
    "cnn": {1: 8, 2: 8, 4: 4, 8: 4, 16: 2, 64: 1},
    "preact_resnet18": {1: 4, 4: 4, 16: 2, 64: 1},
}
OTHERWISE = 4


@dataclasses.dataclass(frozen=True)
class Case:
    """A network, the number of its inputs, its width, and its pack: seeds × noise levels that share their batches."""

    model: str
    n_inputs: int
    width: int
    seeds: int
    noises: int = 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of an image."""
        return SHAPES[self.n_inputs]

    def settings(self, precision: str, epochs: int) -> dict:
        """Return the settings of a cell."""
        return {
            "model": self.model,
            "seeds": list(range(self.seeds)),
            "label_noise": [level / 10 for level in range(self.noises)],
            "optimizer": {"name": "adam", "learning_rate": RATE},
            "loss": "cross_entropy",
            "batch_size": BATCH,
            "precision": precision,
            "seed": 0,
            "epochs": epochs,
            "evaluations": [epochs],
        }

    def pack(self, precision: str, device: torch.device) -> Pack:
        """Return the initialised pack."""
        return trainer.build(self.settings(precision, 1), self.width, self.shape, N_CLASSES).to(device)

    def plain(self, pack: Pack | None = None, number: int = 0) -> nn.Module:
        """Return one network as a plain module, with its own start or that of network ``number`` of a pack."""
        if pack is None:
            return PLAIN[self.model](self.width, self.shape, N_CLASSES)
        return taken_from(pack, number, self.model, self.width, self.shape, N_CLASSES)


@dataclasses.dataclass(frozen=True, eq=False)
class Data:
    """Images ``(n, height, width, channels)``, uint8, and labels; what they are; mean and deviation per channel."""

    images: np.ndarray
    labels: np.ndarray
    source: str

    def moments(self) -> tuple[list[float], list[float]]:
        """Return mean and deviation of the channels, of values in [0, 1]."""
        values = self.images.reshape(-1, self.images.shape[-1]) / 255
        return values.mean(axis=0).tolist(), values.std(axis=0).tolist()

    def samples(self, case: Case, n: int, device: torch.device) -> Samples:
        """Return the first n, normalised, as the trainer takes them; every model has the same labels."""
        mean, deviation = self.moments()
        images = torch.from_numpy(((self.images[:n] / 255 - mean) / deviation).astype(np.float32)).to(device)
        labels = torch.from_numpy(self.labels[:n]).to(device)
        return Samples(images, labels, labels.repeat(case.seeds * case.noises, 1))


def data(n_inputs: int) -> Data:
    """Return CIFAR-10 images if they have 3,072 inputs and $OVERPARAM_CIFAR10 names some, else uniform noise."""
    channels, height, width = SHAPES[n_inputs]
    given = os.environ.get("OVERPARAM_CIFAR10")
    if n_inputs == 3072 and given:
        path = Path(given)
        if path.is_file():
            split = cifar.read_archive("cifar10", path).train
            images = split.images[:N_TRAIN].transpose(0, 2, 3, 1)
            return Data(np.ascontiguousarray(images), split.labels[:N_TRAIN], "CIFAR-10")
        table = pq.read_table(path / "train.parquet").slice(0, N_TRAIN)
        encoded = [row["bytes"] for row in table["img"].to_pylist()]
        images = np.stack([np.asarray(Image.open(io.BytesIO(one)).convert("RGB")) for one in encoded])
        return Data(images, table["label"].to_numpy().astype(np.int64), f"CIFAR-10 from {path.name}")
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (N_TRAIN, height, width, channels), dtype=np.uint8)
    return Data(images, rng.integers(0, N_CLASSES, N_TRAIN), "noise")
