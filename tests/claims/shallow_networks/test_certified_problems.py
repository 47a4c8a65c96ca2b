"""Non-linear least-squares problems: their derivatives, and constants that hold on the whole ball."""

import numpy as np
import pytest
import torch

from overparam.claims.shallow_networks import certified_problems
from overparam.seeding import generator
from overparam.theory import activations

SIZES = {
    "sine": {"n": 3, "p": 7},
    "tanh network": {"n": 3, "d": 4, "k": 5},
    "softplus network": {"n": 3, "d": 4, "k": 5},
    "erf network": {"n": 3, "d": 4, "k": 5},
    "matrix recovery": {"n": 3, "d": 3, "r": 2},
}


def drawn(family: str, scales=(1.0, 1.0, 3.0)) -> certified_problems.CertifiedProblems:
    generators = [generator(0, "test", family, seed) for seed in range(len(scales))]
    return certified_problems.draw(family, SIZES[family], np.array(scales), generators)


@pytest.mark.parametrize("family", SIZES)
def test_jacobian_is_that_of_autograd(family):
    problems = drawn(family)
    theta = problems.start + 0.1
    found = problems.jacobian(problems.data, theta)
    for k in range(len(theta)):
        one = problems.take(torch.tensor([k]))
        expected = torch.func.jacrev(lambda t, one=one: one.outputs(one.data, t[None])[0])(theta[k])
        np.testing.assert_allclose(found[k], expected, atol=1e-12)
    residual = torch.linspace(-1, 1, found.shape[0] * found.shape[1], dtype=torch.float64).reshape(found.shape[:2])
    pulled = problems.pulled(problems.data, theta, residual)
    outputs, state = problems.linearised(problems.data, theta)
    assert torch.equal(outputs, problems.outputs(problems.data, theta))
    assert torch.equal(problems.pulled_by(problems.data, state, residual), pulled)
    np.testing.assert_allclose(pulled, torch.einsum("bnp,bn->bp", found, residual), atol=1e-12)


@pytest.mark.parametrize("share", [0.5, 0.95])
@pytest.mark.parametrize("family", SIZES)
def test_constants_hold_in_the_ball(family, share):
    problems = drawn(family)
    certificate = certified_problems.certify(problems, share)
    draw = torch.Generator().manual_seed(0)
    at_start = problems.jacobian(problems.data, problems.start)
    slowest = torch.linalg.svd(at_start, full_matrices=False)[2][:, -1]
    previous, before = problems.start, at_start
    for number in range(60):
        direction = torch.randn(problems.start.shape, generator=draw, dtype=torch.float64)
        if number % 3 == 0:  # along the weakest direction of the Jacobian, where the smallest singular value may fall
            direction = slowest if number % 2 else -slowest
        theta = problems.start + certificate.radius[:, None] * direction / direction.norm(dim=1, keepdim=True)
        jacobian = problems.jacobian(problems.data, theta)
        values = torch.linalg.svdvals(jacobian)
        assert (values[:, -1] >= certificate.alpha).all() and (values[:, 0] <= certificate.beta).all()
        assert (jacobian.norm(dim=2) <= certificate.row[:, None]).all()
        change = torch.linalg.matrix_norm(jacobian - before, 2)
        assert (change <= certificate.lipschitz * (theta - previous).norm(dim=1)).all()
        assert (values[:, 0] <= problems.largest(problems.data)).all()
        previous, before = theta, jacobian


def test_the_slide_is_the_share_one_half():
    problems = drawn("tanh network")
    certificate = certified_problems.certify(problems, 0.5)
    smallest = torch.linalg.svdvals(problems.jacobian(problems.data, problems.start))[:, -1]
    torch.testing.assert_close(smallest, 2 * certificate.alpha)
    torch.testing.assert_close(certificate.residual, certificate.alpha**2 / (4 * certificate.lipschitz))
    torch.testing.assert_close(certificate.radius, 4 * certificate.residual / certificate.alpha)


@pytest.mark.parametrize("activation", certified_problems.SMOOTHNESS)
def test_derivatives_of_activations_are_bounded_tightly(activation):
    z = torch.linspace(-12, 12, 48_001, dtype=torch.float64)
    phi = activations.ACTIVATIONS[activation]
    second = torch.func.vmap(torch.func.grad(phi.first))(z)
    for found, bound in zip((phi.first(z), second), certified_problems.SMOOTHNESS[activation], strict=True):
        assert found.abs().max() <= bound * (1 + 1e-12)
        assert found.abs().max() >= bound * (1 - 1e-4)


@pytest.mark.parametrize("family", SIZES)
def test_scale_multiplies_every_constant(family):
    generators = [generator(0, "same") for _ in range(2)]
    problems = certified_problems.draw(family, SIZES[family], np.array([1.0, 10.0]), generators)
    certificate = certified_problems.certify(problems, 0.5)
    for name in ("alpha", "beta", "lipschitz", "row", "residual"):
        one, ten = getattr(certificate, name)
        assert float(ten) == pytest.approx(10 * float(one))
    assert float(certificate.radius[0]) == pytest.approx(float(certificate.radius[1]))
