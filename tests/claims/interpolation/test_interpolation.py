"""Interpolation: the optimiser, the construction of theorem 1 in arXiv 1611.03530, and data that can't be fitted."""

import numpy as np
import pandas as pd
import pytest
import torch
from declared_tables import declared
from digits_data import digits_dataset
from scipy import optimize
from undecided_verdicts import undecided

from overparam.claims.interpolation.interpolation import interpolation as figure
from overparam.claims.interpolation.interpolation import measure as interpolation
from overparam.datasets.arrow import Dataset
from overparam.drawing.rounding import at_least, at_most
from overparam.errors import UserError
from overparam.seeding import generator
from overparam.theory import activations, hidden_layer

SETTINGS = {
    "seed": 0, "memory_mb": 50, "n_seeds": 2, "n_train": 12, "dimension": 3, "activations": ["softplus", "tanh"],
    "widths": [2, 8, 64], "linear_widths": [2, 6], "n_starts": 2, "duplicated_fraction": 0.25, "step_limit": 200,
    "constructed_n_train": [16], "constructed_dimensions": [3], "gpus": 0, "dataset": "digits", "network_model": "mlp",
    "network_widths": [1, 100], "network_n_train": 20, "network_batch_size": 20, "network_epochs": 800,
    "network_learning_rate": 0.3,
}  # fmt: skip


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return digits_dataset(300, 100)


@pytest.fixture(scope="module")
def table(dataset) -> pd.DataFrame:
    return interpolation.measure(SETTINGS, dataset)


def models(n: int = 5, d: int = 3, k: int = 4):
    draw = torch.Generator().manual_seed(0)
    options = {"generator": draw, "dtype": torch.float64}
    x, v = torch.randn(2, n, d, **options), hidden_layer.half_signs(k, k**-0.5).expand(2, -1)
    yield interpolation.hidden_network(x, v, activations.ACTIVATIONS["tanh"]), torch.randn(2, k * d, **options)
    yield interpolation.linear_network(x, v), torch.randn(2, k * (d + k), **options)


def test_jacobians_agree_with_autograd():
    for model, theta in models():
        exact = torch.func.jacrev(lambda flat, model=model: model(flat)[0])(theta)  # (B, n, B, p)
        found = model(theta)[1]
        for problem in range(2):
            torch.testing.assert_close(found[problem], exact[problem, :, problem], rtol=1e-12, atol=1e-12)


def test_optimiser_reaches_the_minimum_that_scipy_finds():
    model, theta = next(models(n=30, d=2, k=2))  # fewer weights than samples
    y = torch.as_tensor(generator(0, "labels").standard_normal((2, 30)))
    losses, _ = interpolation.levenberg_marquardt(model, theta, y, 500)
    for problem in range(2):

        def residual(flat: np.ndarray, problem: int = problem) -> np.ndarray:
            both = torch.as_tensor(flat).expand(2, -1)
            return (model(both)[0][problem] - y[problem]).numpy()

        expected = optimize.least_squares(residual, theta[problem].numpy(), method="lm", xtol=1e-12, ftol=1e-12)
        assert losses[problem].sum() == pytest.approx(expected.cost, rel=1e-5)


@pytest.mark.parametrize("n_train", [5, 40, 300])
def test_construction_fits_any_labels_and_has_a_triangular_system(n_train):
    draw = generator(0, "construction", n_train)
    inputs, direction, labels = (
        draw.standard_normal((n_train, 4)),
        draw.standard_normal(4),
        draw.standard_normal(n_train),
    )
    np.testing.assert_allclose(interpolation.construct(inputs, direction, labels, n_train), labels, atol=1e-7)
    fewer = interpolation.construct(inputs, direction, labels, 2)
    assert np.abs(fewer - labels).max() > 0.1


def test_construction_is_the_piecewise_linear_network_that_it_claims_to_be():
    inputs, labels = np.array([[3.0], [1.0], [2.0]]), np.array([1.0, -1.0, 4.0])
    # by hand: biases 0, 1.1, 2.1; slopes −1, then that which reaches 4 at 2, then that which reaches 1 at 3
    weights = np.linalg.solve([[1, 0, 0], [2, 0.9, 0], [3, 1.9, 0.9]], [-1, 4, 1])
    expected = [weights @ np.maximum(z - np.array([0, 1.1, 2.1]), 0) for z in (3.0, 1.0, 2.0)]
    np.testing.assert_allclose(interpolation.construct(inputs, np.ones(1), labels, 3), expected, rtol=1e-12)


def test_enough_parameters_fit_every_sample_and_too_few_do_not(table):
    rows = table[(table["quantity"] == "largest_loss") & (table["problem"] == "distinct inputs")]
    largest = rows.groupby(["activation", "n_params"])["value"].max()
    assert largest["softplus", 192] < 1e-18
    assert (rows[rows["p_over_n"] < 1]["value"] > 1e-3).all()
    losses = table.pivot_table(index=["problem", "n_params", "seed"], columns="quantity", values="value")
    assert (losses["mean_loss"] <= losses["largest_loss"] * (1 + 1e-12)).all()


def test_counterexamples_are_not_fitted_with_any_number_of_parameters(table):
    beyond = table[table["p_over_n"] > 1].pivot_table(
        index=["problem", "n_params", "seed"], columns="quantity", values="value"
    )
    assert (beyond.loc["duplicated inputs", "largest_loss"] >= 0.5 - 1e-12).all()
    linear = beyond.loc["linear network"]
    np.testing.assert_allclose(linear["mean_loss"], linear["least_squares_loss"], rtol=1e-9)
    assert (linear["mean_loss"] > 1e-2).all()


def test_wide_image_networks_fit_every_random_label_and_narrow_ones_cannot(table):
    rows = table[table["problem"] == "image network"]
    losses = rows.pivot_table(index=["width", "seed"], columns="quantity", values="value")
    assert (losses.loc[100, "largest_loss"] < 1e-6).all() and (losses.loc[100, "fitted"] == 1).all()
    assert (losses.loc[1, "largest_loss"] > 0.1).all()  # one unit: outputs on a line
    assert (losses["mean_loss"] <= losses["largest_loss"]).all() and (losses["diverged"] == 0).all()
    assert set(rows["p_over_n"]) == {85 / 200, (65 * 100 + 101 * 10) / 200}  # equations are samples times classes


def test_images_must_suffice(dataset):
    with pytest.raises(UserError, match="network_n_train is 400, but digits has 300"):
        interpolation.measure({**SETTINGS, "network_n_train": 400}, dataset)


def test_figure_and_its_text(table):
    text = figure.alt_text(declared(table, "interpolation"), undecided("interpolation"))
    rows = table[(table["quantity"] == "largest_error") & (table["p_over_n"] < 1)]
    assert f"samples by at least {at_least(rows['value'].min())}" in text
    networks = table[(table["problem"] == "image network") & (table["quantity"] == "largest_loss")]
    assert f"at most {at_most(networks.loc[networks['width'] == 100, 'value'].max(), 1)} at" in text
    assert len(figure.draw(declared(table, "interpolation"), undecided("interpolation")).axes) == 2


def test_the_line_in_the_figure_is_the_limit_of_the_claim(table):
    verdict = undecided("interpolation")
    verdict["forms"]["printed"]["predictions"][0]["declared"]["level"] = 1e-3
    for axis in figure.draw(declared(table, "interpolation"), verdict).axes:
        assert [line.get_ydata()[0] for line in axis.lines if line.get_ydata()[0] == line.get_ydata()[-1]] == [1e-3]
