"""Batches of images, interleaved by pixels."""

import pytest
import torch

from overparam.packs import pixels


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("n_channels", [1, 2, 3, 4, 5])
def test_every_pixel_holds_the_channels_of_all_groups(precision, groups, n_channels):
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(7, 4, 6, n_channels, generator=generator)
    index = torch.randint(0, 7, (groups, 5), generator=generator)
    stored = pixels.store(images, precision)
    batch = pixels.gather(stored, index)
    assert batch.shape == (5, groups * pixels.channels_stored(n_channels), 4, 6)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    assert batch.dtype == stored.dtype == getattr(torch, precision)
    by_group = batch.unflatten(1, (groups, -1))  # (B, G, channels, H, W)
    for group in range(groups):
        expected = images[index[group]].permute(0, 3, 1, 2).to(batch.dtype)
        assert torch.equal(by_group[:, group, :n_channels], expected)
        assert (by_group[:, group, n_channels:] == 0).all()


def test_images_that_were_not_stored_are_brought_into_the_same_layout():
    images = torch.randn(7, 4, 4, 3, generator=torch.Generator().manual_seed(0))
    index = torch.arange(6).view(2, 3)
    for precision in ("float32", "bfloat16"):
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            assert torch.equal(pixels.gather(images, index), pixels.gather(pixels.store(images, precision), index))
