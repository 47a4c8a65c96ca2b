"""The experiments on the transition to linearity and on the distance from the initialisation."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import softplus

from overparam.claims.linearity.hessian_norm import hessian_norm_decay as hessian_norm_figure
from overparam.claims.linearity.hessian_norm import measure as hessian_norm
from overparam.claims.linearity.linear_remainder import measure as linear_remainder
from overparam.claims.linearity.submodel_independence import measure as submodel_independence
from overparam.claims.linearity.submodel_independence import submodel_independence as submodel_independence_figure
from overparam.claims.shallow_networks.distance_from_initialisation import measure as distance_from_initialisation
from overparam.plan import experiment_settings


def settings(name: str, **overrides) -> dict:
    declared = experiment_settings.declaration(name)
    defaults = {key: value["default"] for key, value in declared["settings"].items()}
    return {**defaults, **declared["presets"]["smoke"], "seed": 1, **overrides}


def hessian_table(exponent: float) -> pd.DataFrame:
    """Return norms m^exponent with weights ±1, and √(log m) times that with Gaussian ones."""
    rows = []
    for width in (16, 256, 4096):
        common = {"seed": 0, "width": width, "input_norm": 1.0, "radius": 1.0}
        root_log, value = np.log(width) ** 0.5, width**exponent
        for activation, weights, output, norm in (
            ("tanh", "gaussian", "linear", value * root_log),
            ("sigmoid", "gaussian", "linear", value * root_log),
            ("tanh", "sign", "linear", value),
            ("tanh", "gaussian", "squared", 1.0 if exponent == -0.5 else value),
        ):
            case = {**common, "activation": activation, "output_weights": weights, "output": output}
            rows.append({**case, "quantity": "hessian_norm", "value": norm})
            rows.append({**case, "quantity": "hessian_norm_over_root_log", "value": norm / root_log})
    return pd.DataFrame(rows)


def test_alt_text_names_a_cause_only_where_the_exponents_agree_with_it():
    agreeing, other = (hessian_norm_figure.alt_text(hessian_table(exponent), {}) for exponent in (-0.5, -0.3))
    assert "accounts for" in agreeing and "stops the fall" in agreeing
    assert "accounts for" not in other and "stops the fall" not in other


def test_hessian_norm_agrees_with_lanczos_and_is_repeatable():
    given = settings("hessian_norm", n_seeds=2, largest_exponent=6)
    table = hessian_norm.measure(given)
    pd.testing.assert_frame_equal(table, hessian_norm.measure(given))
    keys = ["seed", "width", "activation", "output_weights", "input_norm", "radius", "output"]
    wide = table.pivot(index=keys, columns="quantity", values="value")
    checked = wide.dropna(subset=["hessian_norm_lanczos"])
    assert len(checked) == 2 * 2 * 3 * 2  # seeds, widths up to 2^5, activations, output weights
    np.testing.assert_allclose(checked["hessian_norm"], checked["hessian_norm_lanczos"], rtol=1e-9)
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
    found = hessian_norm._squared_output(v, hidden @ x, 1.0, hessian_norm.two_layer.ACTIVATIONS["tanh"])
    assert found == pytest.approx(np.linalg.norm(full, 2), rel=1e-10)


def test_cross_blocks_vanish_only_where_units_share_nothing():
    table = submodel_independence.measure(settings("submodel_independence", n_seeds=2))
    cross = table[table["quantity"] == "largest_cross_block"].set_index(["network", "activation", "seed"])["value"]
    assert (cross["two layers"] == 0).all()
    assert (cross["squared output"] > 1e-4).all()
    assert (cross["three layers"].drop("relu", level="activation") > 1e-5).all()


def test_remainder_obeys_the_bound_unless_the_premises_fail():
    table = linear_remainder.measure(settings("linear_remainder", n_seeds=3, largest_exponent=7))
    keys = ["activation", "output", "direction", "seed", "width", "trial"]
    wide = table.pivot(index=keys, columns="quantity", values="value").reset_index()
    ratio = wide["remainder"] / wide["remainder_bound"]
    smooth = (wide["activation"] != "relu") & (wide["output"] == "linear")
    worst = wide["direction"] == "worst"
    assert (ratio[smooth] <= 1).all()
    assert (ratio[smooth & worst] > 0.5).all()
    assert (ratio[(wide["activation"] == "relu") & (wide["output"] == "linear") & worst] > 1).all()
    assert (ratio[(wide["output"] == "squared") & worst] > 1).all()
    assert (wide.loc[smooth & worst, "remainder"] <= wide.loc[smooth & worst, "remainder_ball_bound"]).all()
    assert wide["limit_hit"].max() == 0


def test_descent_follows_autograd_and_reaches_the_linearised_solution():
    draw = torch.Generator().manual_seed(0)
    options = {"generator": draw, "dtype": torch.float64}
    x = torch.nn.functional.normalize(torch.randn(2, 5, 6, **options), dim=2)
    y, w = torch.randn(2, 5, **options).sign(), torch.randn(2, 4000, 6, **options)
    v = torch.where(torch.arange(4000) < 2000, 1.0, -1.0).double() / 4000**0.5
    found = distance_from_initialisation.descend(x, y, v, w, tolerance=1e-6, step_limit=5000)
    assert found["limit_hit"].sum() == 0
    assert (found["residual_ratio"] <= 1e-6).all()
    np.testing.assert_allclose(found["relative_distance"], found["linear_distance"], rtol=0.05)

    def loss(weights: torch.Tensor) -> torch.Tensor:
        return ((softplus(x[0] @ weights.T) @ v - y[0]) ** 2).sum() / 2

    def outputs(weights: torch.Tensor) -> torch.Tensor:
        return softplus(x[0] @ weights.T) @ v

    jacobian = torch.func.jacrev(outputs)(w[0]).reshape(5, -1)
    rate = 1 / torch.linalg.matrix_norm(jacobian, 2) ** 2
    one = distance_from_initialisation.descend(x[:1], y[:1], v, w[:1], tolerance=1e-6, step_limit=1)
    step = rate * torch.func.grad(loss)(w[0]).norm() / w[0].norm()
    assert one["relative_distance"][0] == pytest.approx(float(step), rel=1e-9)
    closest = torch.linalg.lstsq(jacobian, (y[0] - outputs(w[0]))[:, None], driver="gelsd").solution.norm()
    assert one["linear_distance"][0] == pytest.approx(float(closest / w[0].norm()), rel=1e-9)
    assert one["limit_hit"][0] == 1


def test_distance_shrinks_with_width_and_the_control_does_not():
    table = distance_from_initialisation.measure(settings("distance_from_initialisation"))
    rows = table[(table["quantity"] == "relative_distance") & (table["sweep"] == "width")]
    means = rows.groupby(["output_scale", "width"])["value"].mean()
    usual, steep = means["one over root width"], means["steep"]
    slopes = [np.polyfit(np.log(curve.index), np.log(curve), 1)[0] for curve in (usual, steep)]
    assert -0.65 < slopes[0] < -0.35
    assert slopes[1] > 0.3


def test_a_product_with_the_hessian_leaks_out_of_its_units_in_the_controls_only():
    given = settings("submodel_independence", n_seeds=2)
    table = submodel_independence.measure(given)
    leakage = table[table["quantity"] == "leakage"].set_index(["network", "activation", "width", "seed"])["value"]
    assert set(leakage.index.get_level_values("width")) == {16, 256}
    assert (leakage["two layers"] == 0).all()
    assert (leakage["squared output"] > 1e-6).all()
    assert (leakage["three layers"].drop("relu", level="activation") > 1e-6).all()
    alt_text = submodel_independence_figure.alt_text(table, {})
    assert "Up to m = 256" in alt_text
