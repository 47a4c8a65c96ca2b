"""Paths down a loss, against closed forms, scipy and small steps."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from overparam import seeding
from overparam.claims.implicit_regularization.flat_minima.loss_paths import descent, epoch, flow, follow, joined
from overparam.claims.implicit_regularization.flat_minima.squared_relu import SquaredReluProblems, single_loss


def drawn(*shape: int) -> torch.Tensor:
    return torch.as_tensor(seeding.generator(0, "test", *shape).standard_normal(shape))


@pytest.fixture(scope="module")
def linear() -> SquaredReluProblems:
    return SquaredReluProblems(drawn(1, 9, 4), drawn(1, 9), linear=True)


@pytest.fixture(scope="module")
def network() -> SquaredReluProblems:
    return SquaredReluProblems(drawn(1, 9, 4) / 2, drawn(1, 9).sign())


def per_model(*values: float) -> torch.Tensor:
    return torch.tensor([values], dtype=torch.float64)


def solution(problems: SquaredReluProblems) -> tuple[np.ndarray, np.ndarray]:
    """Return the Hessian and the least-squares solution."""
    x, y = problems.inputs[0].numpy(), problems.labels[0].numpy()
    return x.T @ x / len(y), np.linalg.lstsq(x, y)[0]


def test_descent_is_a_power_of_the_hessian(linear):
    hessian, best = solution(linear)
    start, steps = drawn(1, 4, 2, 1), per_model(0.1, 0.3)
    end = follow(descent(linear, steps), start, 11, level=0).end
    for model, h in enumerate((0.1, 0.3)):
        expected = best + np.linalg.matrix_power(np.eye(4) - h * hessian, 11) @ (start[0, :, model, 0].numpy() - best)
        np.testing.assert_allclose(end[0, :, model, 0], expected, rtol=1e-10)


def test_flow_of_the_modified_loss_is_an_exponential_for_least_squares(linear):
    hessian, best = solution(linear)
    values, vectors = np.linalg.eigh(hessian)
    start, terms = drawn(1, 4, 2, 1), per_model(0.0, 0.7)
    end = follow(flow(linear, per_model(0.01, 0.01), terms), start, 150, level=0).end
    for model, c in enumerate((0.0, 0.7)):
        decay = vectors @ np.diag(np.exp(-1.5 * values * (1 + 2 * c * values))) @ vectors.T
        expected = best + decay @ (start[0, :, model, 0].numpy() - best)
        np.testing.assert_allclose(end[0, :, model, 0], expected, rtol=1e-6)
    plain = follow(flow(linear, per_model(0.01, 0.01)), start, 150, level=0).end
    torch.testing.assert_close(plain[:, :, 0], end[:, :, 0])


def test_flow_of_a_network_agrees_with_scipy(network):
    start, c = drawn(1, 5, 1, 3) / 2, 0.4
    end = follow(flow(network, per_model(0.02), per_model(c)), start, 100, level=0).end

    def modified(flat: torch.Tensor) -> torch.Tensor:
        def loss(at: torch.Tensor) -> torch.Tensor:
            return single_loss(at, network.inputs[0], network.labels[0])

        return loss(flat) + c * torch.func.grad(loss)(flat).square().sum()

    slope = torch.func.grad(modified)
    solved = solve_ivp(
        lambda _, flat: -slope(torch.as_tensor(flat)).numpy(), (0, 2), start.flatten().numpy(), rtol=1e-7, atol=1e-8
    )
    np.testing.assert_allclose(end.flatten(), solved.y[:, -1], atol=5e-5)  # ∇²L jumps where a unit switches
    plain = follow(flow(network, per_model(0.02)), start, 100, level=0).end
    assert (end - plain).abs().max() > 5e-3


def test_descent_follows_the_modified_flow_and_tiny_steps_with_the_term_do_too(network):
    start, h = drawn(1, 5, 1, 3) / 2, 0.05
    end = follow(descent(network, per_model(h)), start, 40, level=0).end
    modified, plain = (
        follow(flow(network, per_model(h / 2), per_model(c)), start, 80, level=0).end for c in (h / 4, 0)
    )
    assert (end - modified).norm() < 0.1 * (end - plain).norm()
    weights = start
    for _ in range(4000):  # explicit steps of h/100
        _, gradient, curved = network.gradient(weights, twice=True)
        weights = weights - h / 100 * (gradient + h / 2 * curved)
    assert (weights - modified).norm() < 0.05 * (modified - plain).norm()


def test_crossings_are_where_the_loss_first_passes_the_level(network):
    start, steps = drawn(1, 5, 3, 3) / 2, per_model(0.02, 0.2, 1e-9)
    losses, weights = [], [start]
    for _ in range(301):
        loss, following = descent(network, steps)(weights[-1])
        losses.append(loss)
        weights.append(following)
    level = float(losses[60][0, 0])
    path = follow(descent(network, steps), start, 300, level * (1 + 1e-12))
    assert path.reached.tolist() == [[True, True, False]]
    torch.testing.assert_close(path.end, weights[300])
    for model in (0, 1):
        first = next(k for k, loss in enumerate(losses) if loss[0, model] <= level * (1 + 1e-12))
        torch.testing.assert_close(path.after[:, :, model], weights[first][:, :, model], rtol=0, atol=0)
        torch.testing.assert_close(path.before[:, :, model], weights[first - 1][:, :, model], rtol=0, atol=0)
        above, below = (float(losses[k][0, model]) for k in (first - 1, first))
        assert above ** (1 - path.share[0, model]) * below ** path.share[0, model] == pytest.approx(level)
    assert path.share[0, 2] == 1
    torch.testing.assert_close(path.before[:, :, 2], path.end[:, :, 2])


def test_a_path_that_need_not_be_whole_ends_at_the_level(network):
    start = drawn(1, 5, 1, 3) / 2
    level = 0.9 * float(network.loss(start))
    path = follow(descent(network, per_model(0.1)), start, 10_000, level, whole=False)
    torch.testing.assert_close(path.end, path.after, rtol=0, atol=0)
    assert network.loss(path.end) <= level < network.loss(path.before)


def test_an_epoch_of_one_batch_is_a_step_of_descent_and_of_single_samples_takes_each_once(network):
    start, h = drawn(1, 5, 1, 3) / 2, per_model(0.1)
    for size in (9, 5):  # of 9 samples, the last 4 are left out
        order = seeding.generator(0, "order").permutation(9)[:size]
        batch = SquaredReluProblems(network.inputs[:, order], network.labels[:, order])
        loss, after = epoch(network, h, size, [seeding.generator(0, "order")])(start)
        torch.testing.assert_close(after, descent(batch, h)(start)[1])
        torch.testing.assert_close(loss, network.loss(start))
    expected = start
    for row in seeding.generator(0, "order").permutation(9):
        expected = descent(SquaredReluProblems(network.inputs[:, [row]], network.labels[:, [row]]), h)(expected)[1]
    torch.testing.assert_close(epoch(network, h, 1, [seeding.generator(0, "order")])(start)[1], expected)


def test_joined_paths_keep_their_models_in_order(network):
    paths = [follow(descent(network, per_model(h)), drawn(1, 5, 1, 3), 5, 0.1) for h in (0.01, 0.02)]
    one = joined(paths)
    torch.testing.assert_close(one.end[:, :, 1], paths[1].end[:, :, 0])
    assert one.reached.shape == one.share.shape == (1, 2)
