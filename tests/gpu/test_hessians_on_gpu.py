"""Hessians are computed where the weights lie, and are those of the CPU."""

import numpy as np
import pytest
import torch
from pretended_gpu import GPU, OnGpu, pretended

from overparam.theory import curvature


def loss(weights, inputs):
    """A function whose Hessian depends on the place."""
    return (inputs @ weights).tanh().square().mean()


@pytest.fixture
def problem():
    generator = torch.Generator().manual_seed(0)
    draw = {"generator": generator, "dtype": torch.float64}
    return torch.randn(3, 5, **draw), torch.randn(3, 8, 5, **draw)


def test_norms_of_many_hessians(problem, monkeypatch):
    expected, _ = curvature.hessian_norms(loss, problem[0], problem[1:], torch.Generator().manual_seed(1), 100)
    places, lanczos = [], curvature._lanczos_side_by_side
    monkeypatch.setattr(curvature, "_lanczos_side_by_side", lambda *given: places.extend(given[:3]) or lanczos(*given))
    with pretended():
        points, inputs = (part.to(GPU) for part in problem)
        found, settled = curvature.hessian_norms(loss, points, (inputs,), torch.Generator().manual_seed(1), 100)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert settled.all() and all(isinstance(place, OnGpu) for place in places)


def test_products_with_one_hessian(problem):
    point, inputs = (part[0] for part in problem)
    vector = np.arange(5.0)
    expected = curvature.hessian_vector_product(lambda weights: loss(weights, inputs), point)(vector)
    with pretended():
        there = inputs.to(GPU)
        found = curvature.hessian_vector_product(lambda weights: loss(weights, there), point.to(GPU))(vector)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
