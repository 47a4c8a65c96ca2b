"""What figures of trained networks share: labels, levels, and where curves cross."""

import numpy as np
import pytest

from overparam.drawing import studies


def test_the_label_of_another_data_set_is_not_borrowed():
    data = {"data": {"name": "cifar10_small", "label": "CIFAR-10 (JPEG)"}}
    assert studies.data_label("cifar10_small", data) == "CIFAR-10 (JPEG)"
    assert studies.data_label("digits", data) == "digits"


def test_every_one_of_several_data_sets_has_its_label():
    labels = {"digits": "digits", "cifar10-four": "CIFAR-10 (JPEG)"}
    data = {"data": {"name": "digits and cifar10-four", "label": "digits and CIFAR-10 (JPEG)", "labels": labels}}
    assert studies.data_label("cifar10-four", data) == "CIFAR-10 (JPEG)"
    assert studies.data_label("digits", data) == "digits"


def test_crossing_is_interpolated_in_the_logarithm():
    assert studies.crossing([1, 4], [0.3, -0.1], 0.1) == pytest.approx(2)
    assert studies.crossing([1, 4], [0.3, 0.2], 0.1) is None
    assert studies.crossing([1, 4], [0.05, 0.01], 0.1) is None


def test_some_levels_keep_both_ends():
    levels = list(np.arange(10) / 10)
    assert studies.some(levels) == pytest.approx([0, 0.2, 0.4, 0.7, 0.9])
    assert studies.some([0.1, 0.3]) == [0.1, 0.3]
