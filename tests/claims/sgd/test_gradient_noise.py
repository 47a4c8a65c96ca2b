"""Per-sample gradients and their covariance, against closed forms."""

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged

from overparam import seeding
from overparam.claims.sgd.gradient_noise import measure as gradient_noise
from overparam.claims.sgd.gradient_noise import noise_proportional_to_loss
from overparam.errors import UserError

SETTINGS = {
    "seed": 0, "n_seeds": 3, "n_train": 12, "n_inputs": 6, "width": 16, "small_width": 1, "step_scale": 0.25,
    "n_steps": 1500, "lowest_loss": 1e-4, "levels_per_decade": 3,
}  # fmt: skip


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return gradient_noise.measure(SETTINGS)


@pytest.fixture
def sample() -> tuple[gradient_noise.Parameters, torch.Tensor, torch.Tensor]:
    draws = seeding.generator(0, "test")
    shapes = {"w": (4, 3), "b": (4,), "v": (4,)}
    parameters = {name: torch.from_numpy(draws.standard_normal(shape)) for name, shape in shapes.items()}
    return parameters, torch.from_numpy(draws.standard_normal((7, 3))), torch.from_numpy(draws.standard_normal(7))


def jacobian(parameters: gradient_noise.Parameters, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return f and ∂f/∂(w, b, v) of the two-layer network, by hand."""
    w, b, v = (parameters[name].numpy() for name in "wbv")
    hidden = np.tanh(x @ w.T + b)
    slope = (1 - hidden**2) * v / len(v) ** 0.5
    rows = [(slope[:, :, None] * x[:, None, :]).reshape(len(x), -1), slope, hidden / len(v) ** 0.5]
    return hidden @ v / len(v) ** 0.5, np.concatenate(rows, axis=1)


def test_squared_loss_gradient_is_residual_times_gradient_of_the_output(sample):
    parameters, x, y = sample
    output, rows = jacobian(parameters, x.numpy())
    found = gradient_noise.sample_gradients(parameters, x, y, gradient_noise.squared_loss)
    np.testing.assert_allclose(found, (output - y.numpy())[:, None] * rows, rtol=1e-12)


def test_cross_entropy_slope_is_one_minus_exp_of_minus_the_loss(sample):
    parameters, x, y = sample[0], sample[1], sample[2].sign()
    output, rows = jacobian(parameters, x.numpy())
    loss = np.logaddexp(0, -y.numpy() * output)
    np.testing.assert_allclose(gradient_noise.cross_entropy(torch.from_numpy(output), y), loss, rtol=1e-12)
    found = gradient_noise.sample_gradients(parameters, x, y, gradient_noise.cross_entropy)
    np.testing.assert_allclose(found, (-y.numpy() * (1 - np.exp(-loss)))[:, None] * rows, rtol=1e-10)


def test_noise_is_the_trace_of_numpys_covariance(sample):
    parameters, x, y = sample
    path = {name: value[None, None] for name, value in parameters.items()}  # one record, one seed
    found = gradient_noise._noise("interpolating", path, x[None], y[None])
    loss, covariance, second, largest = (part[0, 0] for part in found)
    output, rows = jacobian(parameters, x.numpy())
    gradients = (output - y.numpy())[:, None] * rows
    assert loss == pytest.approx(0.5 * np.mean((output - y.numpy()) ** 2))
    assert covariance == pytest.approx(np.trace(np.cov(gradients.T, bias=True)))
    assert second == pytest.approx(np.mean((gradients**2).sum(axis=1)))
    assert largest == pytest.approx((gradients**2).sum(axis=1).max())


def test_one_packed_step_is_a_step_along_the_mean_of_the_sample_gradients():
    inputs, labels, start = gradient_noise._draw(SETTINGS, "interpolating", SETTINGS["width"])
    steps, path = gradient_noise._descend(SETTINGS, "interpolating", inputs, labels, start)
    assert steps[:2].tolist() == [0, 1]
    for seed in range(SETTINGS["n_seeds"]):
        first, second = ({name: value[k, seed] for name, value in path.items()} for k in (0, 1))
        gradient = gradient_noise.sample_gradients(first, inputs[seed], labels[seed], gradient_noise.squared_loss)
        _, rows = jacobian(first, inputs[seed].numpy())
        rate = SETTINGS["step_scale"] / np.linalg.eigvalsh(rows @ rows.T / len(rows))[-1]
        moved = torch.cat([(second[name] - first[name]).flatten() for name in start])
        np.testing.assert_allclose(moved, -rate * gradient.mean(dim=0), rtol=1e-8, atol=1e-14)


def test_exponents_of_the_three_cases(table):
    slopes = {}
    for case, rows in table[table["quantity"] == "noise_covariance"].groupby("case"):
        fits = [
            np.polyfit(*np.log(part[["excess_loss", "value"]].to_numpy().T), 1)[0] for _, part in rows.groupby("seed")
        ]
        slopes[case] = np.mean(fits)
    assert slopes["interpolating"] == pytest.approx(1, abs=0.15)
    assert slopes["under_parameterized"] < 0.7
    assert slopes["cross_entropy"] > 1.5


def test_excess_is_over_a_minimum_that_is_zero_only_where_the_network_interpolates(table):
    infimum = table[table["quantity"] == "loss_infimum"].groupby("case")["value"]
    assert infimum.max()["interpolating"] == infimum.max()["cross_entropy"] == 0
    assert infimum.min()["under_parameterized"] > 1e-3
    rows = table[table["quantity"] == "noise_covariance"]
    assert (rows["excess_loss"] > 0).all()
    assert not rows.duplicated(["case", "seed", "excess_loss"]).any()


def test_noise_is_compared_with_what_proportionality_would_leave(table):
    ends = table.pivot_table(index=["case", "seed"], columns="quantity", values="value")
    np.testing.assert_allclose(ends["noise_over_proportional"], ends["noise_left"] * 10 ** ends["decades"])
    assert ends.loc["interpolating", "noise_over_proportional"].between(1 / 3, 3).all()


def test_at_a_minimum_gradients_cancel_without_vanishing(table):
    """There mean ∇ℓ_i = 0, so the trace of the covariance is the mean of ‖∇ℓ_i‖², which the largest one exceeds."""
    inputs, labels, start = gradient_noise._draw(SETTINGS, "under_parameterized", SETTINGS["small_width"])
    _, path = gradient_noise._descend(SETTINGS, "under_parameterized", inputs, labels, start)
    loss, noise, largest = gradient_noise._nearby_minimum(path, 1, inputs, labels)
    infima = table[(table["quantity"] == "loss_infimum") & (table["case"] == "under_parameterized")]
    assert loss == infima.set_index("seed")["value"][1]
    assert 0 < noise < largest < SETTINGS["n_train"] * noise * (1 + 1e-3)
    left = table.pivot_table(index=["case", "seed"], columns="quantity", values="value")
    assert (left.loc["interpolating", ["noise_at_minimum", "largest_gradient_at_minimum"]] < 1e-3).all(axis=None)


def test_levels_are_the_first_records_below_each():
    excess = np.array([1.0, 2.0, 0.09, 0.5, 0.009, -1.0])
    settings = {"lowest_loss": 1e-3, "levels_per_decade": 1}
    assert gradient_noise._levels(excess, settings).tolist() == [0, 2, 4]


def test_sizes_on_the_wrong_side_are_refused():
    with pytest.raises(UserError, match="n_train: 12 samples must be more than the 40 parameters of the small network"):
        gradient_noise.measure(SETTINGS | {"small_width": 5})


def test_figure_draws_the_predicted_slopes(table):
    measurements, verdict = judged("C4", table)
    (axis,) = noise_proportional_to_loss.draw(measurements, verdict).axes
    assert {"slope 1", "slope 2"} <= {text.get_text() for text in axis.texts}
    assert axis.get_xlabel() == "excess training loss L − L* (falls to the right)"
    assert np.greater(*axis.get_xlim())
    assert "the loss falls" in noise_proportional_to_loss.alt_text(measurements, verdict)
