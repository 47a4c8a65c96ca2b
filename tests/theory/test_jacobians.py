import numpy as np
import pytest
import torch

from overparam.theory import activations, hidden_layer, jacobians


def network(parameters, x):
    return parameters["outer"] @ torch.tanh(parameters["inner"] @ x)


def problem(n_outputs=3, n_inputs=7):
    draw = torch.Generator().manual_seed(0)
    parameters = {
        "inner": torch.randn(5, 4, dtype=torch.float64, generator=draw),
        "outer": torch.randn(n_outputs, 5, dtype=torch.float64, generator=draw),
    }
    return parameters, torch.randn(n_inputs, 4, dtype=torch.float64, generator=draw)


def by_finite_differences(parameters, inputs, step=1e-6):
    columns = []
    for name, value in parameters.items():
        for index in range(value.numel()):
            shift = torch.zeros_like(value).flatten()
            shift[index] = step
            ends = [
                torch.stack(
                    [network({**parameters, name: value + sign * shift.reshape(value.shape)}, x) for x in inputs]
                )
                for sign in (1, -1)
            ]
            columns.append((ends[0] - ends[1]) / (2 * step))
    return torch.stack(columns, dim=2)


def test_the_jacobian_is_that_of_finite_differences():
    parameters, inputs = problem()
    found = jacobians.jacobian(network, parameters, inputs, memory_mb=100)
    assert found.shape == (7, 3, 35)
    np.testing.assert_allclose(found, by_finite_differences(parameters, inputs), atol=1e-8)


@pytest.mark.parametrize("n_outputs", [1, 3])
@pytest.mark.parametrize("memory_mb", [1e-9, 0.01, 100])
def test_chunks_give_what_one_piece_gives(n_outputs, memory_mb):
    parameters, inputs = problem(n_outputs, n_inputs=11)
    whole = jacobians.jacobian(network, parameters, inputs, memory_mb=1e6).flatten(0, 1)
    np.testing.assert_allclose(
        jacobians.jacobian(network, parameters, inputs, memory_mb).flatten(0, 1), whole, atol=1e-14
    )
    np.testing.assert_allclose(
        jacobians.tangent_kernel(network, parameters, inputs, memory_mb), whole @ whole.T, atol=1e-13
    )
    part = jacobians.tangent_kernel(network, parameters, inputs[:4], memory_mb, others=inputs)
    np.testing.assert_allclose(part, whole[: 4 * n_outputs] @ whole.T, atol=1e-13)


def test_the_chunk_follows_the_memory():
    parameters, _ = problem()
    assert jacobians.chunk_size(parameters, 1e-9, n_outputs=3) == 1
    one = jacobians.chunk_size(parameters, 1, n_outputs=3)
    assert jacobians.chunk_size(parameters, 2, n_outputs=3) == pytest.approx(2 * one, abs=1)
    assert jacobians.chunk_size(parameters, 1, n_outputs=1) == pytest.approx(3 * one, abs=3)


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_the_hidden_layer_agrees_with_torch_func(name):
    draw = torch.Generator().manual_seed(1)
    shape = {"dtype": torch.float64, "generator": draw}
    hidden, v, inputs = torch.randn(2, 6, 3, **shape), torch.randn(2, 6, **shape), torch.randn(2, 5, 3, **shape)
    residual, activation = torch.randn(2, 5, **shape), activations.ACTIVATIONS[name]
    for problem_ in range(2):
        expected = jacobians.jacobian(
            lambda theta, x, at=problem_: v[at] @ activation.value(theta["hidden"] @ x),
            {"hidden": hidden[problem_]}, inputs[problem_], memory_mb=10,
        ).squeeze(1)  # fmt: skip
        found = hidden_layer.jacobian(hidden, v, inputs, activation)[problem_]
        np.testing.assert_allclose(found, expected, atol=1e-10)
        np.testing.assert_allclose(
            hidden_layer.gram(hidden, v, inputs, activation)[problem_], expected @ expected.T, atol=1e-10
        )
        np.testing.assert_allclose(
            hidden_layer.gradient(hidden, v, inputs, residual, activation)[problem_].flatten(),
            expected.T @ residual[problem_],
            atol=1e-10,
        )
        np.testing.assert_allclose(
            hidden_layer.predict(hidden, v, inputs, activation)[problem_],
            activation.value(inputs[problem_] @ hidden[problem_].T) @ v[problem_],
        )
