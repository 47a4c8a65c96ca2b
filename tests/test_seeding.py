"""Draws depend on their own address alone."""

import numpy as np
import pytest
import torch

from overparam import seeding


def test_address_decides():
    draws = [
        seeding.generator(seed, *names).random()
        for seed, names in [(0, ("a",)), (0, ("b",)), (1, ("a",)), (0, ("a", 0))]
    ]
    assert len(set(draws)) == 4
    assert seeding.generator(0, "a").random() == draws[0]


def test_numbers_and_text_are_different_addresses():
    assert seeding.entropy(0, 1) != seeding.entropy(0, "1")
    assert seeding.entropy(0, "a", "b") != seeding.entropy(0, "ab")


def test_torch_and_global_state():
    before = torch.random.get_rng_state()
    first = torch.rand(3, generator=seeding.torch_generator(3, "x"))
    assert torch.equal(first, torch.rand(3, generator=seeding.torch_generator(3, "x")))
    assert torch.equal(before, torch.random.get_rng_state())


def test_uniform_over_addresses():
    draws = np.array([seeding.generator(0, "uniform", index).random() for index in range(4000)])
    assert abs(draws.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 4000)


def test_negative_seed():
    with pytest.raises(ValueError, match=">= 0"):
        seeding.generator(-1)
