"""Activations are the same functions for arrays and for tensors, with the derivatives and bounds that they say."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from overparam import places
from overparam.theory.activations import ACTIVATIONS

Z = np.linspace(-16, 16, 6401) + 1e-3  # no kink among them


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("part", ["value", "first", "second"])
def test_arrays_and_tensors_agree(name, part):
    function = getattr(ACTIVATIONS[name], part)
    for precision, tolerance in ((torch.float64, 1e-13), (torch.float32, 1e-6)):
        found = function(torch.as_tensor(Z, dtype=precision))
        assert found.dtype == precision and found.shape == Z.shape
        np.testing.assert_allclose(found.numpy(), function(Z), rtol=tolerance, atol=tolerance)
    assert isinstance(function(Z), np.ndarray) and float(function(Z[7])) == pytest.approx(function(Z)[7], abs=1e-14)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize(("of", "part"), [("value", "first"), ("first", "second")])
def test_derivatives_are_those_of_autograd(name, of, part):
    z = torch.as_tensor(Z).requires_grad_()
    values = getattr(ACTIVATIONS[name], of)(z)
    slopes = torch.autograd.grad(values.sum(), z)[0] if values.requires_grad else torch.zeros_like(z)
    torch.testing.assert_close(getattr(ACTIVATIONS[name], part)(z.detach()), slopes, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_two_at_once_are_those_of_one_at_a_time(name):
    activation, far = ACTIVATIONS[name], np.append(Z, [-900, 900])
    for pair in ("value_and_first", "first_and_second"):
        alone = [getattr(activation, part) for part in pair.split("_and_")]
        for z in (far, torch.as_tensor(far), torch.as_tensor(far, dtype=torch.float32)):
            tolerance = 1e-6 if z.dtype == torch.float32 else 1e-14
            for found, expected in zip(getattr(activation, pair)(z), alone, strict=True):
                np.testing.assert_allclose(found, expected(z), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", [name for name in ACTIVATIONS if name != "quadratic"])  # whose slope has no bound
def test_bounds_are_the_largest_absolute_values(name):
    activation, z = ACTIVATIONS[name], torch.as_tensor(Z).requires_grad_()
    second = activation.second(z)
    third = torch.autograd.grad(second.sum(), z)[0] if second.requires_grad else torch.zeros_like(z)
    for bound, values in zip(activation.bounds, (activation.first(z), second, third), strict=True):
        assert float(values.detach().abs().max()) == pytest.approx(bound, rel=1e-5, abs=1e-12)
    assert activation.smooth == (name != "relu")


def test_the_derivatives_of_relu_at_its_kink_are_zero():
    for zero in (np.zeros(1), torch.zeros(1)):
        relu = ACTIVATIONS["relu"]
        assert [float(part(zero)[0]) for part in (relu.value, relu.first, relu.second)] == [0, 0, 0]


def test_arrays_need_no_torch():
    code = (
        "import sys, numpy as np; from overparam.theory.activations import ACTIVATIONS;"
        "[one.value(np.ones(2)) for one in ACTIVATIONS.values()]; print('torch' in sys.modules)"
    )
    folder = places.PACKAGE.parent
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
