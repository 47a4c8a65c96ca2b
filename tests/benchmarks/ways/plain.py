"""Training of one network at a time, as public reproductions do it.

``DataLoader`` in the same process (``num_workers=0``), every image through PIL and torchvision's transforms, float32,
``torch.optim.Adam``; and the same with the normalised images in memory.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

RATE = 1e-3


class Images(Dataset):
    """Images as torchvision's own data sets give them: an array, made a PIL image and transformed at every access.

    Parameters
    ----------
    images
        ``(n, height, width, channels)``, uint8.
    labels
        ``(n,)``.
    mean, deviation
        Per channel, of values in [0, 1].
    """

    def __init__(self, images: np.ndarray, labels: np.ndarray, mean: list[float], deviation: list[float]):
        self.images, self.labels = images, labels.tolist()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize(mean, deviation)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
        image = self.images[number]
        image = Image.fromarray(image if image.shape[2] == 3 else image[:, :, 0])
        return self.transform(image), self.labels[number]


def loader(dataset: Images, batch_size: int) -> DataLoader:
    """Return the shuffled batches of whole size."""
    return DataLoader(dataset, batch_size=batch_size, shuffle=True, num_workers=0, drop_last=True)


def in_memory(images: torch.Tensor, labels: torch.Tensor, batch_size: int) -> Iterator[tuple[torch.Tensor, ...]]:
    """Yield the shuffled batches of whole size of images ``(n, channels, height, width)`` held in memory."""
    order = torch.randperm(len(labels), device=labels.device)
    for index in order[: len(order) // batch_size * batch_size].split(batch_size):
        yield images[index], labels[index]


def train(
    network: nn.Module, batches: Iterable[tuple[torch.Tensor, torch.Tensor]], device: torch.device
) -> list[float]:
    """Train by Adam, one step per batch; return the loss before every step."""
    network.to(device).train()
    optimizer = torch.optim.Adam([one for one in network.parameters() if one.requires_grad], lr=RATE)
    criterion = nn.CrossEntropyLoss()
    losses = []
    for images, labels in batches:
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = criterion(network(images), labels)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses).tolist()


def loss_after(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor, order: torch.Tensor, batch_size: int
) -> float:
    """Train for one epoch in the given order; return the mean loss on all images afterwards, in evaluation mode."""
    train(network, ((images[index], labels[index]) for index in order.split(batch_size)), images.device)
    network.eval()
    with torch.no_grad():
        return nn.functional.cross_entropy(network(images), labels).item()
