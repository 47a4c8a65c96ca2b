"""Gradient descent on linear least squares: iterates, end and path against closed forms."""

import numpy as np
import pandas as pd
import pytest
from altered_verdicts import altered, levels
from judged_claims import judged
from scipy import linalg

from overparam.claims.shallow_networks.linear_least_squares import linear_least_squares_geometry as figure
from overparam.claims.shallow_networks.linear_least_squares import measure as linear_least_squares
from overparam.drawing.rounding import at_most
from overparam.errors import UserError
from overparam.plan import experiment_settings


def settings(**overrides) -> dict:
    declared = experiment_settings.declaration("linear_least_squares")
    defaults = {key: value["default"] for key, value in declared["settings"].items()}
    return {**defaults, **declared["presets"]["smoke"], "seed": 1, "memory_mb": 500, **overrides}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    found = linear_least_squares.measure(settings())
    pd.testing.assert_frame_equal(found, linear_least_squares.measure(settings()))
    return found


def test_iterates_follow_the_closed_form():
    draw = np.random.default_rng(0)
    x, y, start = draw.standard_normal((2, 3, 5)), draw.standard_normal((2, 3)), draw.standard_normal((2, 5))
    rate = 1 / np.linalg.norm(x, 2, axis=(1, 2)) ** 2
    found = linear_least_squares.descend(x, y, start, np.repeat(rate[:, None], 5, 1), 1e-30, 40)
    for k in range(2):
        left, values, right = np.linalg.svd(x[k], full_matrices=False)
        shift = left.T @ (y[k] - x[k] @ start[k]) / values  # of the limit from the start, in the right singular vectors
        decay = (1 - rate[k] * values**2) ** np.arange(41)[:, None]  # (τ, n)
        np.testing.assert_allclose(found["end"][k], start[k] + right.T @ (shift * (1 - decay[-1])), atol=1e-12)
        steps = np.linalg.norm(np.diff(decay, axis=0) * shift, axis=1)
        assert found["path"][k] == pytest.approx(steps.sum())
        norms = np.linalg.norm(decay * shift * values, axis=1)  # residuals in the left singular vectors
        rates = -np.log(norms[1:] / norms[0]) / np.arange(1, 41)
        assert found["rate"][k] == pytest.approx(rates.min())
    assert (found["limit_hit"] == 1).all() and (found["gradient_steps"] == 40).all()


def test_no_step_is_longer_than_the_fall_of_the_residual_over_the_smallest_singular_value():
    draw = np.random.default_rng(1)
    for _ in range(500):  # the inequality behind the bound on the path holds at any residual
        values = np.exp(draw.standard_normal(4) * draw.choice([0.1, 1, 3]))
        rate = draw.uniform(0.01, 1) / values.max() ** 2
        residual = np.exp(draw.standard_normal(4) * draw.choice([0.1, 2, 5]))
        step = rate * np.linalg.norm(values * residual)
        fall = np.linalg.norm(residual) - np.linalg.norm((1 - rate * values**2) * residual)
        assert step * values.min() <= fall * (1 + 1e-9) + 1e-15 * np.linalg.norm(residual)


def test_problem_has_the_condition_and_ends_at_the_closest_optimum(table):
    x, y, start, _ = linear_least_squares._problem((4, 9), 8.0, np.random.default_rng(0))
    values = np.linalg.svd(x, compute_uv=False)
    assert values[0] / values[-1] == pytest.approx(8)
    step = np.full((1, 9), 1 / values[0] ** 2)
    found = linear_least_squares.descend(x[None], y[None], start[None], step, 1e-12, 10_000)
    closest = start + linalg.lstsq(x, y - x @ start)[0]  # scipy: the solution of least norm
    np.testing.assert_allclose(found["end"][0], closest, atol=1e-9)
    wide = table.pivot(index=["case", "learning_rate", "condition", "seed"], columns="quantity", values="value")
    plain = wide.loc["gradient descent"]
    assert (plain["residual_ratio"] <= 1e-12).all() and (plain["closest_error"] <= 1e-8).all()
    assert (plain["path"] <= plain["promised_path"]).all() and (plain["path"] >= plain["distance"] * (1 - 1e-9)).all()
    assert (plain["rate"] >= plain["promised_rate"] * (1 - 1e-9)).all()
    assert (
        plain["rate"] / plain["promised_rate"]
    ).min() < 1.3  # the promised rate lies near, so that the test could fail
    root = (plain["promised_path"] / plain["distance"]).groupby("condition").max()
    assert root.to_dict() == pytest.approx({1.5: 1.5, 4.0: 10**0.5})


def test_every_control_breaks_its_own_property(table):
    wide = table.pivot(index=["case", "learning_rate", "condition", "seed"], columns="quantity", values="value")
    tall = wide.loc["more samples than parameters"]
    assert (tall["residual_ratio"] > 1e-3).all() and (tall["rate"] < tall["promised_rate"]).all()
    other = wide.loc["preconditioned"]
    assert (other["closest_error"] > 1e-2).all() and (other["residual_ratio"] <= 1e-12).all()
    overshooting = wide.loc["step near 2/σ_max²"]
    assert (overshooting["path"] > overshooting["promised_path"]).any()
    assert (overshooting["closest_error"] <= 1e-8).all()


def test_figure_says_the_numbers(table):
    paths = table[(table["case"] == "gradient descent") & (table["quantity"] == "path_over_distance")]["value"]
    drawn = judged("E1", table)
    assert f"at most {at_most(paths.max(), 3)} times that distance" in figure.alt_text(*drawn)
    assert len(figure.draw(*drawn).axes) == 3


def test_no_component_turns_back_so_that_the_path_is_at_most_root_n_times_the_distance():
    draw = np.random.default_rng(2)
    for _ in range(200):  # the bound on the path for large κ, with shifts and spectra that make the path long
        values, shift = np.exp(draw.uniform(-6, 0, 5)), np.exp(draw.uniform(-1, 1, 5))
        decay = (1 - (values / values.max()) ** 2) ** np.unique(np.geomspace(1, 1e7, 400).astype(int))[:, None]
        path = np.linalg.norm(np.diff(decay, axis=0, prepend=1.0, append=0.0) * shift, axis=1).sum()
        assert path <= 5**0.5 * np.linalg.norm(shift)


def test_more_samples_than_parameters_is_refused():
    with pytest.raises(UserError, match="n_params"):
        linear_least_squares.measure(settings(n_train=50))


def test_figure_takes_limit_and_labels_from_verdict_and_declaration(table):
    table, verdict = judged("E1", table)
    axes = figure.draw(table, altered(verdict, "ends at the closest optimum", limit=1e-3)).axes
    assert levels(axes[1]) == [1e-3]
    declared = table.attrs["measures"]
    assert axes[0].get_xlabel() == declared["columns"]["condition"]["label"]
    assert axes[1].get_ylabel() == declared["quantities"]["closest_error"]["label"]
