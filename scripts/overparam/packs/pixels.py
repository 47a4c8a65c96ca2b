"""Batches of images for packs of convolutional networks: every pixel holds the channels of all groups of models.

Interleaving the images of several groups moves whole pixels, as one number each; so colour images get a fourth channel
of zeros, and a pixel has 2, 4, 8 or 16 bytes.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int

NUMBERS = {2: torch.int16, 4: torch.int32, 8: torch.int64, 16: torch.complex128}  # by bytes of a pixel; only copied


def channels_stored(n_channels: int) -> int:
    """Return how many channels a pixel has in memory: 4 for colour."""
    return 4 if n_channels == 3 else n_channels


def store(images: Float[torch.Tensor, "*any channels"], precision: str) -> Float[torch.Tensor, "*any stored"]:
    """Return images with all stored channels, bfloat16 where that may be used."""
    images = images.bfloat16() if precision == "bfloat16" else images
    missing = channels_stored(images.shape[-1]) - images.shape[-1]
    return F.pad(images, (0, missing)) if missing else images


def interleave(
    images: Float[torch.Tensor, "groups batch height width channels"],
) -> Float[torch.Tensor, "batch interleaved height width"]:
    """Return the images with the channels of all groups side by side, channels-last."""
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


def gather(
    images: Float[torch.Tensor, "n height width channels"], index: Int[torch.Tensor, "groups batch"]
) -> Float[torch.Tensor, "batch interleaved height width"]:
    """Gather the images that ``index`` numbers, as :func:`interleave` returns them."""
    return interleave(images.index_select(0, index.flatten()).view(*index.shape, *images.shape[1:]))
