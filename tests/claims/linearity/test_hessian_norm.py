"""Hessian norms: against all eigenvalues and a full Hessian, and the figure."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged
from smoke_settings import settings

from overparam.claims.linearity.hessian_norm import hessian_norm_decay as hessian_norm_figure
from overparam.claims.linearity.hessian_norm import hessian_norm_decay_details as hessian_norm_details
from overparam.claims.linearity.hessian_norm import measure as hessian_norm


def hessian_table(exponent: float) -> pd.DataFrame:
    """Return norms m^exponent with weights ±1, and √(log m) times that with Gaussian ones, the same for both seeds."""
    rows = []
    for seed, width in itertools.product((0, 1), (16, 256, 4096)):
        common = {"seed": seed, "width": width, "input_norm": 1.0}
        root_log, value = np.log(width) ** 0.5, width**exponent
        for activation, weights, output, norm in (
            ("tanh", "gaussian", "linear", value * root_log),
            ("sigmoid", "gaussian", "linear", value * root_log),
            ("relu", "gaussian", "linear", value),
            ("tanh", "sign", "linear", value),
            ("tanh", "gaussian", "squared", 1.0 if exponent == -0.5 else value / root_log),
        ):
            case = {**common, "activation": activation, "output_weights": weights, "output": output}
            rows += [
                {**case, "radius": 1.0, "quantity": "hessian_norm", "value": norm},
                {**case, "radius": 1.0, "quantity": "hessian_norm_over_root_log", "value": norm / root_log},
                {**case, "radius": 0.0, "quantity": "hessian_norm", "value": norm},
                {**case, "radius": 0.0, "quantity": "hessian_norm_dense", "value": norm},
            ]
    return pd.DataFrame(rows)


def test_alt_text_names_a_cause_only_where_the_judge_supports_it():
    agreeing, other = (
        hessian_norm_figure.alt_text(*judged("D1", hessian_table(exponent))) for exponent in (-0.5, -0.6)
    )
    assert "accounts for the difference from −1/2" in agreeing and "stops the fall" in agreeing
    assert "accounts for" not in other and "stops the fall" not in other
    assert "with weights ±1 with exponent -0.600" in other


def test_figure_draws_the_predicted_slope_and_the_norm_that_is_judged():
    table = pd.concat([hessian_table(-0.5), hessian_table(-0.5).assign(input_norm=2.5)])
    raw, scaled = hessian_norm_figure.draw(*judged("D1", table)).axes
    assert "slope −1/2" in [text.get_text() for text in raw.texts]
    (all_of_them,) = hessian_norm_details.draw(*judged("D1", table)).axes
    names = [text.get_text() for text in all_of_them.texts + all_of_them.artists]
    assert "tanh, v ~ N(0, 1),\n|x| = 2.5" in names and "tanh, v ~ N(0, 1)" in names
    assert (raw.get_xlabel(), raw.get_ylabel()) == ("width m", "max ‖H(θ)‖, ‖θ − θ₀‖ ≤ 1")
    assert scaled.get_ylabel() == "√m max ‖H(θ)‖, over its start"


def test_hessian_norm_agrees_with_all_eigenvalues_and_is_repeatable():
    given = settings("hessian_norm", n_seeds=2, largest_exponent=6)
    table = hessian_norm.measure(given)
    pd.testing.assert_frame_equal(table, hessian_norm.measure(given))
    keys = ["seed", "width", "activation", "output_weights", "input_norm", "radius", "output"]
    wide = table.pivot(index=keys, columns="quantity", values="value")
    checked = wide.dropna(subset=["hessian_norm_dense"])
    assert len(checked) == 2 * 2 * 3 * 2  # seeds, widths up to 2^5, activations, output weights
    np.testing.assert_allclose(checked["hessian_norm"], checked["hessian_norm_dense"], rtol=1e-9)
    linear = wide.xs("linear", level="output")
    assert (linear["hessian_norm"] <= linear["hessian_norm_upper"]).all()
    centre, ball = linear.xs(0.0, level="radius"), linear.xs(given["radius"], level="radius")
    assert (ball["hessian_norm"] >= centre["hessian_norm"]).all()


def test_squared_output_norm_is_that_of_the_full_hessian():
    draw = np.random.default_rng(0)
    v, hidden, x = draw.standard_normal(6), draw.standard_normal((6, 3)), np.array([0.6, 0.0, 0.8])

    def squared(theta: torch.Tensor) -> torch.Tensor:
        f = theta[:6] @ torch.tanh(theta[6:].reshape(6, 3) @ torch.as_tensor(x)) / 6**0.5
        return f**2 / 2

    full = torch.func.hessian(squared)(torch.as_tensor(np.concatenate([v, hidden.ravel()]))).numpy()
    found = hessian_norm._squared_output(v, hidden @ x, 1.0, hessian_norm.activations.ACTIVATIONS["tanh"])
    assert found == pytest.approx(np.linalg.norm(full, 2), rel=1e-10)
