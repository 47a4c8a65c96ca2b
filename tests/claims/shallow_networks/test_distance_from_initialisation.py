"""Distances from the initialisation: against autograd and the linearised solution, and the control."""

import numpy as np
import pytest
import torch
from smoke_settings import settings

from overparam.claims.shallow_networks.distance_from_initialisation import measure as distance_from_initialisation
from overparam.theory.activations import ACTIVATIONS


@pytest.mark.parametrize("name", ["softplus", "relu"])
def test_descent_follows_autograd_and_reaches_the_linearised_solution(name):
    phi = ACTIVATIONS[name]
    draw = torch.Generator().manual_seed(0)
    options = {"generator": draw, "dtype": torch.float64}
    x = torch.nn.functional.normalize(torch.randn(2, 5, 6, **options), dim=2)
    y, w = torch.randn(2, 5, **options).sign(), torch.randn(2, 4000, 6, **options)
    v = torch.where(torch.arange(4000) < 2000, 1.0, -1.0).double() / 4000**0.5
    found = distance_from_initialisation.descend(x, y, v, w, phi, tolerance=1e-6, step_limit=5000)
    assert found["limit_hit"].sum() == 0
    assert (found["residual_ratio"] <= 1e-6).all()
    np.testing.assert_allclose(found["relative_distance"], found["linear_distance"], rtol=0.05)

    def loss(weights: torch.Tensor) -> torch.Tensor:
        return ((phi.value(x[0] @ weights.T) @ v - y[0]) ** 2).sum() / 2

    def outputs(weights: torch.Tensor) -> torch.Tensor:
        return phi.value(x[0] @ weights.T) @ v

    jacobian = torch.func.jacrev(outputs)(w[0]).reshape(5, -1)
    rate = 1 / torch.linalg.matrix_norm(jacobian, 2) ** 2
    one = distance_from_initialisation.descend(x[:1], y[:1], v, w[:1], phi, tolerance=1e-6, step_limit=1)
    step = rate * torch.func.grad(loss)(w[0]).norm() / w[0].norm()
    assert one["relative_distance"][0] == pytest.approx(float(step), rel=1e-9)
    closest = torch.linalg.lstsq(jacobian, (y[0] - outputs(w[0]))[:, None], driver="gelsd").solution.norm()
    assert one["linear_distance"][0] == pytest.approx(float(closest / w[0].norm()), rel=1e-9)
    assert one["limit_hit"][0] == 1


def test_distance_shrinks_with_width_and_the_control_does_not():
    table = distance_from_initialisation.measure(settings("distance_from_initialisation"))
    rows = table[(table["quantity"] == "relative_distance") & (table["sweep"] == "width")]
    means = rows.groupby(["output_scale", "activation", "width"])["value"].mean()
    curves = (
        means[key]
        for key in (("one over root width", "softplus"), ("one over root width", "relu"), ("steep", "softplus"))
    )
    slopes = [np.polyfit(np.log(curve.index), np.log(curve), 1)[0] for curve in curves]
    assert -0.65 < slopes[0] < -0.35 and -0.65 < slopes[1] < -0.35
    assert slopes[2] > 0.3
