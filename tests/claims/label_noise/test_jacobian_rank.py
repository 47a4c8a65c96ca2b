"""Rank and gap of the Jacobian on clusters."""

import numpy as np
import pandas as pd
import pytest
import torch
from judged_claims import judged

from overparam.claims.label_noise.jacobian_rank import jacobian_rank_is_clusters as figure
from overparam.claims.label_noise.jacobian_rank import measure as experiment
from overparam.drawing.rounding import at_least
from overparam.errors import UserError
from overparam.plan import experiment_settings
from overparam.theory import activations, hidden_layer

SETTINGS = experiment_settings.resolve("jacobian_rank", "smoke", {})[0] | {"seed": 5, "memory_mb": 100}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return experiment.measure(SETTINGS)


@pytest.mark.parametrize("activation", ["softplus", "relu", "tanh"])
def test_jacobian_is_that_of_autograd(activation):
    points = next(experiment._inputs(SETTINGS, 0))[3]
    found, _ = experiment._jacobians(SETTINGS, 0, 4, activation, points, None)
    draw = experiment.generator(SETTINGS["seed"], "jacobian_rank", "weights", 0, 4)
    hidden, v = torch.as_tensor(draw.standard_normal((4, SETTINGS["dimension"]))), hidden_layer.half_signs(4, 0.5)
    value = activations.ACTIVATIONS[activation].value
    expected = torch.func.jacrev(lambda weights: value(torch.as_tensor(points) @ weights.T) @ v)(hidden)
    np.testing.assert_allclose(found, expected.flatten(1), atol=1e-12)


def test_ranks_are_those_of_numpy_and_of_the_derivation(table):
    for name, radius, width, points, _ in experiment._inputs(SETTINGS, 1):
        if radius != 0:
            continue
        for activation in SETTINGS["activations"]:
            jacobian = experiment._jacobians(SETTINGS, 1, width, activation, points, None)[0]
            where = (table["inputs"] == name) & (table["activation"] == activation) & (table["seed"] == 1)
            found = table[where & (table["radius"] == 0)].set_index("quantity")["value"]
            assert found["rank"] == np.linalg.matrix_rank(jacobian, tol=1e-9) == found["derived_rank"]
            assert found["rank"] <= found["largest_rank"] <= found["clusters"]
    tanh = table[(table["inputs"] == "antipodal") & (table["activation"] == "tanh") & (table["quantity"] == "rank")]
    assert (tanh["value"] == SETTINGS["n_clusters"] // 2).all()


def test_gap_follows_known_singular_values():
    found = experiment.ranks(np.array([8.0, 4.0, 2.0, 0.5, 0.1]), 40, 3)
    assert found == {"rank": 5, "clusters": 3, "largest_rank": 3, "gap": 4.0, "beyond": 0.25}
    assert experiment.ranks(np.array([8.0, 4.0, 1e-12]), 1, 2) == {"rank": 2, "clusters": 2, "largest_rank": 1}


def test_a_relu_unit_flips_with_the_probability_angle_over_pi():
    settings = SETTINGS | {"width": 20_000, "radii": [0.3], "n_per_cluster": 3}
    name, radius, width, points, centres = list(experiment._inputs(settings, 0))[1]
    assert (name, radius) == ("generic", 0.3)
    at_points, at_centres = experiment._jacobians(settings, 0, width, "relu", points, centres)
    for own, centre, rows in zip(points, centres, (at_points - at_centres), strict=True):
        expected = experiment.relu_perturbation(own[None], centre[None])
        np.testing.assert_allclose(np.sum(rows**2), expected, rtol=0.15)


@pytest.mark.parametrize("activation", ["softplus", "relu", "tanh"])
def test_the_perturbation_of_many_units_is_that_of_their_jacobians(activation):
    settings = SETTINGS | {"perturbation_width": 30, "radii": [0.3]}
    *_, points, centres = list(experiment._inputs(settings, 0))[1]
    # the same weights, drawn in the other order of the axes
    case = {"seed": 0, "activation": activation}
    draw = experiment.generator(settings["seed"], "jacobian_rank", "weights", 0, 30)
    hidden = torch.as_tensor(draw.standard_normal((settings["dimension"], 30)).T[None].copy())
    v = hidden_layer.half_signs(30, 30**-0.5)[None]
    at_points, at_centres = (
        hidden_layer.jacobian(hidden, v, torch.as_tensor(x)[None], activations.ACTIVATIONS[activation])[0].numpy()
        for x in (points, centres)
    )
    first, _ = experiment._of_many_units(settings, case, points, centres)
    assert first["quantity"] == "perturbation_frobenius"
    np.testing.assert_allclose(first["value"], np.linalg.norm(at_points - at_centres), rtol=1e-12)


def test_a_point_at_a_right_angle_flips_half_of_the_units():
    one, other, same = np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), np.array([[1.0, 0.0]])
    assert experiment.relu_perturbation(one, other) == pytest.approx(0.5 + 0.5 * 1)
    assert experiment.relu_perturbation(one, same) == 0
    assert experiment.relu_perturbation(one, -one) == pytest.approx(1)  # every unit is active at just one of the two


def test_spread_inputs_have_no_gap_and_clusters_have_one(table):
    gaps = table[table["quantity"] == "gap"]
    assert gaps[gaps["inputs"] == "spread"]["value"].max() < 2
    assert gaps[(gaps["inputs"] == "generic") & (gaps["radius"] <= 0.003)]["value"].min() > 2
    absolute, norm = (
        table[table["quantity"] == name].sort_values(["seed", "activation", "radius"])["value"].to_numpy()
        for name in ("beyond_absolute", "perturbation")
    )
    assert len(norm) and (absolute <= norm * (1 + 1e-9)).all()


def test_one_unit_must_have_too_few_parameters():
    with pytest.raises(UserError, match="below n_clusters"):
        experiment.measure(SETTINGS | {"dimension": SETTINGS["n_clusters"]})


def test_figure_draws_and_its_text_has_the_numbers(table):
    measurements, verdict = judged("F8", table)
    text = figure.alt_text(measurements, verdict)
    assert f"Jacobian on {SETTINGS['n_clusters']} clusters" in text
    assert f"antipodal centres {SETTINGS['n_clusters'] // 2}" in text
    assert len(figure.draw(measurements, verdict).axes) == 2


def test_the_largest_radius_is_the_one_up_to_which_the_gap_is_judged(table):
    measurements, verdict = judged("F8", table)
    (printed,) = [one for one in verdict["forms"]["printed"]["predictions"] if one["name"] == "gap-after-L"]
    printed["declared"]["where"]["radius"]["max"] = 0.002
    _, right = figure.draw(measurements, verdict).axes
    assert any(0.002 in path.vertices[:, 0] for band in right.collections for path in band.get_paths())
    gaps = table[(table["quantity"] == "gap") & (table["radius"] == 0.001) & (table["activation"] == "softplus")]
    text = figure.alt_text(measurements, verdict)
    assert "up to 0.002" in text and f"softplus {at_least(gaps['value'].min())}" in text
    assert (right.get_xlabel(), right.get_ylabel()) == ("cluster radius ε (smaller to the right)", "$σ_{L+1}/σ_L$")
