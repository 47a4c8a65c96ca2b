"""Augmentation on the device: random crops of padded images and horizontal flips.

Every seed has a generator of its own and draws one shift and one flip per sample and epoch. So its draws depend neither
on the networks that it is packed with nor on the size of the batches.
"""

from typing import Any

import torch
import torch.nn.functional as F

from overparam import seeding


class Augmentation:
    """Crops and flips, drawn anew for every epoch.

    Parameters
    ----------
    images
        ``(n, height, width, channels)``, normalised.
    pad
        Pixels added on each side, with value 0 (the mean of the training images); a crop has the original size.
    flip
        Whether half of the images are mirrored left to right.
    generators
        One per group of models that share their batches; on the CPU.
    """

    def __init__(self, images: torch.Tensor, pad: int, flip: bool, generators: list[torch.Generator]):
        self.padded = F.pad(images, (0, 0, pad, pad, pad, pad))
        self.size = images.shape[1:3]
        self.pad, self.flip, self.generators = pad, flip, generators
        self.shifts: torch.Tensor  # (2, G, n): rows, columns
        self.flips: torch.Tensor  # (G, n)

    def draw(self) -> None:
        """Draw the shifts and flips of one epoch, for every sample and group."""
        n, device = len(self.padded), self.padded.device
        shifts, flips = [], []
        for generator in self.generators:  # as many draws whatever the options, so that options change no other draw
            shifts.append(torch.randint(0, 2 * self.pad + 1, (2, n), generator=generator))
            flips.append(torch.randint(0, 2, (n,), generator=generator))
        self.shifts = torch.stack(shifts, dim=1).to(device)
        self.flips = torch.stack(flips).to(device).bool() & self.flip

    def __call__(self, index: torch.Tensor, groups: slice = slice(None)) -> torch.Tensor:
        """Return this epoch's version of samples of some groups.

        Parameters
        ----------
        index
            Sample numbers, ``(G, B)``.
        groups
            The G groups that the rows of ``index`` belong to; all groups by default.

        Returns
        -------
        torch.Tensor
            ``(G, B, height, width, channels)``.
        """
        height, width = self.size
        rows, columns = self.shifts[:, groups].gather(2, index.expand(2, *index.shape))
        row = torch.arange(height, device=index.device)
        column = torch.arange(width, device=index.device).expand(*index.shape, width)
        column = torch.where(self.flips[groups].gather(1, index)[..., None], width - 1 - column, column)
        rows, columns = rows[..., None] + row, columns[..., None] + column  # (G, B, height), (G, B, width)
        return self.padded[index[..., None, None], rows[..., :, None], columns[..., None, :]]


def build(settings: dict[str, Any], images: torch.Tensor, seeds: list[int]) -> Augmentation | None:
    """Return the augmentation of a cell, or ``None`` if its settings have none.

    Parameters
    ----------
    settings
        ``augmentation``: ``{crop: pixels of padding, flip: bool}``, where either may be left out; and the root
        ``seed``.
    images
        Training images ``(n, height, width, channels)``.
    seeds
        One per group of models that share their batches.
    """
    options = settings.get("augmentation") or {}
    if not (options.get("crop") or options.get("flip")):
        return None
    generators = [seeding.torch_generator(settings["seed"], "augmentation", seed) for seed in seeds]
    return Augmentation(images, options.get("crop", 0), options.get("flip", False), generators)
