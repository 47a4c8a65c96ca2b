"""Batches of images for packs of convolutional networks: every pixel holds the channels of all groups of models.

Interleaving the images of several groups moves whole pixels, as one number each; so colour images get a fourth channel
of zeros, and a pixel has 2, 4, 8 or 16 bytes.
"""

import torch
import torch.nn.functional as F

NUMBERS = {2: torch.int16, 4: torch.int32, 8: torch.int64, 16: torch.complex128}  # by bytes of a pixel; only copied


def channels_stored(n_channels: int) -> int:
    """Return how many channels a pixel has in memory: 4 for colour."""
    return 4 if n_channels == 3 else n_channels


def store(images: torch.Tensor, precision: str) -> torch.Tensor:
    """Return images ``(…, channels)`` with all stored channels, bfloat16 where that may be used."""
    images = images.bfloat16() if precision == "bfloat16" else images
    missing = channels_stored(images.shape[-1]) - images.shape[-1]
    return F.pad(images, (0, missing)) if missing else images


def interleave(images: torch.Tensor) -> torch.Tensor:
    """Return images ``(G, B, height, width, channels)`` as ``(B, G·channels, height, width)``, channels-last."""
    autocast = torch.is_autocast_enabled(images.device.type)
    images = store(images, "bfloat16" if autocast else "float32")
    groups, batch, height, width, channels = images.shape
    number = NUMBERS.get(channels * images.element_size())
    if groups == 1 or number is None:
        pixels = images.permute(1, 2, 3, 0, 4).flatten(3)
    else:
        pixels = images.contiguous().view(number)[..., 0].permute(1, 2, 3, 0).contiguous()
        pixels = pixels.view(images.dtype).view(batch, height, width, groups * channels)
    return pixels.permute(0, 3, 1, 2)


def gather(images: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
    """Gather ``index`` ``(G, B)`` from images ``(n, height, width, channels)``, as :func:`interleave` returns them."""
    return interleave(images.index_select(0, index.flatten()).view(*index.shape, *images.shape[1:]))
