"""Crops and flips against a plain loop over samples; draws that depend on their own seed only; shared orders."""

import pytest
import torch

from overparam import seeding
from overparam.training import augmentation, trainer

N, HEIGHT, WIDTH, CHANNELS = 30, 5, 7, 3


def images():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(N, HEIGHT, WIDTH, CHANNELS, generator=generator)


def made(seeds, **options):
    return augmentation.build({"seed": 4, "augmentation": options}, images(), seeds)


@pytest.mark.parametrize("options", [{"crop": 2, "flip": True}, {"crop": 3}, {"flip": True}])
def test_crops_and_flips_are_those_of_a_plain_loop(options):
    augment, crop = made([3, 8], **options), options.get("crop", 0)
    index = torch.stack([torch.randperm(N, generator=torch.Generator().manual_seed(seed))[:12] for seed in (0, 1)])
    augment.draw()
    augment.draw()  # the second epoch: draws of the first are gone
    for group, seed in enumerate((3, 8)):
        generator = seeding.torch_generator(4, "augmentation", seed)
        for _ in range(2):
            shifts = torch.randint(0, 2 * crop + 1, (2, N), generator=generator)
            flips = torch.randint(0, 2, (N,), generator=generator)
        for place, number in enumerate(index[group].tolist()):
            expected = torch.zeros(HEIGHT, WIDTH, CHANNELS)
            down, right = (shifts[:, number] - crop).tolist()
            for row in range(HEIGHT):
                for column in range(WIDTH):
                    mirrored = WIDTH - 1 - column if options.get("flip") and flips[number] else column
                    if 0 <= row + down < HEIGHT and 0 <= mirrored + right < WIDTH:
                        expected[row, column] = images()[number, row + down, mirrored + right]
            assert torch.equal(augment(index)[group, place], expected), (seed, number)
    assert torch.equal(augment(index[1:], slice(1, 2)), augment(index)[1:])  # some groups alone
    assert len(shifts.unique()) == 2 * crop + 1


def test_half_of_the_images_are_flipped():
    augment = made(list(range(40)), flip=True)
    augment.draw()
    assert augment.flips.double().mean() == pytest.approx(0.5, abs=4 * 0.5 / (40 * N) ** 0.5)


def test_draws_of_a_seed_depend_on_nothing_else():
    together, alone = made([5, 1, 9], crop=2, flip=True), made([1], crop=2, flip=True)
    index = torch.arange(N).expand(3, N)
    for _ in range(3):
        together.draw()
        alone.draw()
        assert torch.equal(together(index)[1], alone(index[:1])[0])
    halves = torch.cat([alone(index[:1, :11]), alone(index[:1, 11:])], dim=1)  # nor on the size of the batches
    assert torch.equal(halves, alone(index[:1]))
    assert not torch.equal(together(index)[0], together(index)[1])


@pytest.mark.parametrize("options", [None, {}, {"crop": 0, "flip": False}])
def test_without_augmentation_there_is_none(options):
    assert augmentation.build({"seed": 0, "augmentation": options}, images(), [0]) is None
    assert augmentation.build({"seed": 0}, images(), [0]) is None


def test_orders_are_of_each_seed_or_of_all():
    assert trainer.order_seeds({"seeds": [4, 2]}) == [4, 2]
    assert trainer.order_seeds({"seeds": [4, 2], "order_seed": None}) == [4, 2]
    assert trainer.order_seeds({"seeds": [4, 2], "order_seed": 0}) == [0]
