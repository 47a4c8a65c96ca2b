"""κ(X) of a data set, and gradient descent on clustered and spread inputs."""

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged
from scipy import integrate, special, stats

from overparam.claims.shallow_networks.data_condition_number import data_condition_number as figure
from overparam.claims.shallow_networks.data_condition_number import measure as data_condition_number
from overparam.claims.shallow_networks.hidden_layer_descent import HiddenLayerProblems
from overparam.seeding import generator
from overparam.theory import activations, hermite, hidden_layer, two_layer

SETTINGS = {
    "seed": 0, "memory_mb": 50, "n_seeds": 3, "ratios": [0.25], "dimensions": [8, 12], "crowded_ratios": [1],
    "crowded_dimensions": [6, 9], "kept_dimensions": [5, 7], "kept_n_train": [10, 40], "n_clusters": 4,
    "n_per_cluster": 4, "cluster_dimension": 6, "radii": [0.1, 0.4, 1.4], "width": 32, "steps": 80,
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return data_condition_number.measure(SETTINGS)


def test_orthogonal_inputs_have_the_condition_number_of_one_entry():
    mean_square = integrate.quad(lambda z: special.expit(z) ** 2 * stats.norm.pdf(z), -30, 30, epsabs=1e-12)[0]
    for activation, diagonal in (("relu", 0.5), ("softplus", mean_square)):
        found = data_condition_number.condition_number(np.eye(4), activation)
        assert found["covariance_eigenvalue"] == pytest.approx(diagonal, rel=1e-9)  # XXᵀ = I
        assert found["condition_number"] == pytest.approx(1 / diagonal, rel=1e-9)


def test_condition_number_of_other_inputs_by_quadrature():
    inputs = two_layer.unit_vectors(9, 4, generator(0, "test"))
    smallest = np.linalg.eigvalsh(hermite.covariance_by_quadrature(hermite.gram_of(inputs), "softplus"))[0]
    expected = (4 / 9) ** 0.5 * np.linalg.svd(inputs, compute_uv=False)[0] / smallest
    found = data_condition_number.condition_number(inputs, "softplus")["condition_number"]
    assert found == pytest.approx(expected, rel=1e-6)


def test_repeated_inputs_have_an_infinite_condition_number():
    inputs = two_layer.unit_vectors(3, 4, generator(0, "test"))
    twice = np.vstack([inputs, inputs[:1]])
    for activation in data_condition_number.ACTIVATIONS:
        assert data_condition_number.condition_number(twice, activation)["condition_number"] == np.inf


def test_derived_eigenvalue_is_the_edge_of_marchenko_and_pastur():
    # it takes (XXᵀ)^{⊙(r+1)} for the Gram matrix of rows of unit norm with independent entries
    squares = hermite.coefficients("softplus", 40) ** 2
    expected = squares[1] * (1 - (30 / 78) ** 0.5) ** 2 + squares[3] * (1 - (30 / 1365) ** 0.5) ** 2 + squares[5:].sum()
    found = data_condition_number.derived_eigenvalue(30, 12, "softplus")  # N_1 = 78, N_3 = 1365
    assert found == pytest.approx(expected, rel=1e-3)
    rows = generator(0, "test").standard_normal((600, 1200)) / 1200**0.5
    edge = np.linalg.eigvalsh(rows @ rows.T)[0]
    assert edge == pytest.approx((1 - 0.5**0.5) ** 2, rel=0.05)


@pytest.mark.parametrize("ratio", [0.125, 0.5, 2.0])
@pytest.mark.parametrize("activation", data_condition_number.ACTIVATIONS)
def test_limit_is_that_of_the_derived_eigenvalue(activation, ratio):
    dimension = 10**6
    derived = data_condition_number.derived_eigenvalue(round(ratio * dimension**2), dimension, activation)
    assert data_condition_number.limit(ratio, activation) == pytest.approx(1 / derived, rel=0.01)


def test_limit_of_relu_beyond_the_quadratic_rank():
    # Σ_{r≥2} μ_r² = 1/2 − 1/4 − 1/2π
    assert data_condition_number.limit(1, "relu") == pytest.approx(1 / (1 / 4 - 1 / (2 * np.pi)), rel=1e-12)


def test_two_near_inputs_bound_the_condition_number_of_relu():
    # the 2 × 2 block has the eigenvalue (1/2 − Σ_12), about θ/2π
    angle = 1e-3
    inputs = np.array([[1, 0, 0], [np.cos(angle), np.sin(angle), 0], [0, 0, 1]])
    found = data_condition_number.condition_number(inputs, "relu")["covariance_eigenvalue"]
    assert found == pytest.approx(angle / (2 * np.pi), rel=0.01)


def test_crowding_raises_the_condition_number_and_growing_with_the_dimension_does_not(table):
    rows = table[(table["quantity"] == "condition_number") & (table["activation"] == "softplus")]
    means = rows.groupby(["dimension", "n_features", "n_train"])["value"].mean()
    assert means["kept", 5, 40] > 20 * means["kept", 5, 10]
    assert means["grows", 12, 36] < 3 * means["grows", 8, 16]
    assert means["grows", 9, 81] < means["grows", 6, 36]


def test_descent_follows_autograd():
    draw = torch.Generator().manual_seed(0)
    options = {"generator": draw, "dtype": torch.float64}
    x = torch.nn.functional.normalize(torch.randn(1, 4, 3, **options), dim=2)
    y, start = torch.randn(1, 4, **options), torch.randn(1, 6, 3, **options)
    phi, v = activations.ACTIVATIONS["softplus"], hidden_layer.half_signs(6, 6**-0.5)
    problems = HiddenLayerProblems(x, y, start, v[None])

    def residual(weights: torch.Tensor) -> torch.Tensor:
        return phi.value(x[0] @ weights.T) @ v - y[0]

    jacobian = torch.func.jacrev(residual)(start[0]).reshape(4, -1)
    rate = 1 / torch.linalg.matrix_norm(jacobian, 2) ** 2
    moved = start[0] - rate * torch.func.grad(lambda w: (residual(w) ** 2).sum() / 2)(start[0])
    expected = residual(moved).norm() / residual(start[0]).norm()
    ratio, share = data_condition_number.descend(problems, "softplus", 1)
    assert ratio[0] == pytest.approx(float(expected), rel=1e-12)
    assert share[0] == pytest.approx(float(1 / torch.linalg.cond(jacobian) ** 2), rel=1e-8)


def test_common_step_is_the_smallest_of_the_group():
    draw = generator(0, "test")
    x = np.stack([two_layer.unit_vectors(5, 3, draw), np.repeat(two_layer.unit_vectors(1, 3, draw), 5, axis=0)])
    y, start = torch.as_tensor(draw.standard_normal((2, 5))), torch.as_tensor(draw.standard_normal((1, 8, 3)))
    v = hidden_layer.half_signs(8, 8**-0.5).expand(2, -1)
    problems = HiddenLayerProblems(torch.as_tensor(x), y, start.expand(2, -1, -1), v)
    own, _ = data_condition_number.descend(problems, "softplus", 20)
    common, _ = data_condition_number.descend(problems, "softplus", 20, torch.tensor([0, 0]))
    assert common[1] == own[1]  # the second problem has five equal inputs, and so the larger eigenvalue
    assert common[0] > own[0]


def test_spread_inputs_are_better_conditioned_and_fitted_faster(table):
    rows = table[table["quantity"] == "rate"]
    kappa = rows.groupby(["activation", "seed", "radius"])["data_condition_number"].mean().unstack()
    assert (kappa[0.1] > kappa[0.4]).all() and (kappa[0.4] > kappa[1.4]).all()
    rates = rows.groupby(["labels", "activation", "radius"])["value"].mean().unstack()
    gain = rates[1.4] / rates[0.1]
    assert (gain["random"] > 3).all()
    assert (gain["by cluster"] < gain["random"] / 2).all()
    assert rows.groupby("step_size")["value"].mean()["own"] > rows.groupby("step_size")["value"].mean()["common"]
    assert table.loc[table["quantity"] == "diverged", "value"].max() == 0


def test_figure_and_its_text(table):
    drawn = judged("E9", table)
    text = figure.alt_text(*drawn)
    mean = table[(table["quantity"] == "condition_number") & (table["n_features"] == 12)].groupby("activation")["value"]
    limit = data_condition_number.limit(0.25, "relu")
    assert f"ReLU {mean.mean()['relu']:.3g} at n/d² = 0.25 (limit {limit:.3g})" in text
    assert len(figure.draw(*drawn).axes) == 2
