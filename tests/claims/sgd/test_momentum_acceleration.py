"""SGD, Nesterov's momentum and MaSS on interpolating least squares."""

import numpy as np
import pandas as pd
import pytest
from judged_claims import judged

from overparam.claims.sgd.momentum_acceleration import measure as momentum_acceleration
from overparam.claims.sgd.momentum_acceleration import momentum_acceleration as figure
from overparam.claims.sgd.momentum_acceleration import momentum_acceleration_details as details
from overparam.claims.sgd.momentum_acceleration.measure import Rates
from overparam.plan import experiment_settings


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    settings, _ = experiment_settings.resolve("momentum_acceleration", "smoke", {})
    return momentum_acceleration.measure({**settings, "seed": 0, "memory_mb": 100})


def samples(kind: str = "rotated", conditioning: float = 50.0, n_train: int = 3) -> np.ndarray:
    return momentum_acceleration.draw_samples(kind, n_train, conditioning, np.random.default_rng(0))


def test_samples_have_the_spectrum_asked_for():
    for kind in ("rotated", "orthogonal"):
        x = samples(kind, 50.0, 5)
        values = np.linalg.eigvalsh(x.T @ x / 5)
        assert values[[0, -1]] == pytest.approx([1 / 50, 1])
    gram = samples("orthogonal") @ samples("orthogonal").T
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-12)


def test_constants_of_independent_samples_have_closed_forms():
    x = samples("rotated", 50.0, 5)
    known = momentum_acceleration.constants(x)
    assert known.sample_smoothness == pytest.approx((x**2).sum(axis=1).max(), rel=1e-10)
    assert known.statistical_condition_number == pytest.approx(5, rel=1e-9)
    assert known.condition_number == pytest.approx(known.sample_smoothness * 50, rel=1e-9)


def test_constants_of_dependent_samples_satisfy_their_definitions():
    x = np.random.default_rng(1).standard_normal((30, 3))  # more samples than dimensions
    known = momentum_acceleration.constants(x)
    hessian = x.T @ x / 30
    for limit, metric in (
        (known.sample_smoothness, np.eye(3)),
        (known.statistical_condition_number, np.linalg.inv(hessian)),
    ):
        fourth = np.mean([v @ metric @ v * np.outer(v, v) for v in x], axis=0)
        assert np.linalg.eigvalsh(limit * hessian - fourth)[0] == pytest.approx(0, abs=1e-10)


def test_moments_agree_with_the_update_rules_in_plain_coordinates():
    x, rates = samples(), Rates(0.05, 0.6, 0.02)
    distance = momentum_acceleration.squared_distance(*momentum_acceleration.moment_recursion(x, rates))
    identity, zero = np.eye(3), np.zeros((3, 3))
    moment = np.tile(identity, (2, 2))  # of (w, u)
    for step in range(1, 8):
        images = []
        for v in x:
            gradient = np.block([[zero, np.outer(v, v)]])  # g as a function of (w, u)
            new_w = np.block([[zero, identity]]) - rates.learning_rate * gradient
            old_w = np.block([[identity, zero]])
            new_u = (1 + rates.momentum) * new_w - rates.momentum * old_w + rates.compensation * gradient
            whole = np.vstack([new_w, new_u])
            images.append(whole @ moment @ whole.T)
        moment = np.mean(images, axis=0)
        assert distance(step) == pytest.approx(np.trace(moment[:3, :3]) / 3, rel=1e-9)


def test_moments_agree_with_sampled_runs_of_mass():
    x = samples()
    rates = momentum_acceleration.paper_rates(momentum_acceleration.constants(x))
    draws = np.random.default_rng(2)
    w = draws.standard_normal((40_000, 3))
    u, first = w.copy(), (w**2).sum()
    for _ in range(20):
        v = x[draws.integers(3, size=len(w))]
        gradient = (v * u).sum(axis=1, keepdims=True) * v
        new = u - rates.learning_rate * gradient
        u = (1 + rates.momentum) * new - rates.momentum * w + rates.compensation * gradient
        w = new
    distance = momentum_acceleration.squared_distance(*momentum_acceleration.moment_recursion(x, rates))
    assert (w**2).sum() / first == pytest.approx(distance(20), rel=0.05)


def test_search_is_as_good_as_a_dense_grid():
    x = samples("rotated", 50.0)
    safe = 1 / momentum_acceleration.constants(x).sample_smoothness
    grid = [
        momentum_acceleration.factor(x, Rates(share * safe, momentum))
        for share in np.geomspace(0.05, 1.5, 25)
        for momentum in np.linspace(0, 0.95, 25)
    ]
    coarse = [Rates(share * safe, momentum) for share in (0.1, 0.3, 1.0) for momentum in (0.0, 0.5, 0.8)]
    start = min(coarse, key=lambda rates: momentum_acceleration.factor(x, rates))
    found, factor = momentum_acceleration.search(x, start, 60)
    assert 0 <= found.momentum < 1 and factor == momentum_acceleration.factor(x, found)
    assert factor <= min(grid) + 1e-3 < momentum_acceleration.factor(x, start)


def test_orthonormal_samples_shrink_by_one_over_n_a_step(table):
    control = table[(table["samples"] == "orthonormal") & (table["quantity"] == "steps")]
    expected = np.ceil(np.log(1e-6) / np.log(1 - 1 / 4))  # smoke: n = 4
    assert (control.loc[control["method"] == "sgd", "value"] == expected).all()
    assert (control.loc[control["method"] == "mass", "value"] == expected).all()


def test_mass_keeps_its_promise_and_nesterov_at_the_same_step_diverges(table):
    ill = table[table["samples"].isin(["rotated", "orthogonal"])]
    wide = ill[ill["method"] == "mass"].pivot_table(
        index=["samples", "conditioning", "seed"], columns="quantity", values="value"
    )
    assert (wide["rate"] >= wide["rate_promised"]).all() and len(wide) == 2 * 3 * 3
    nesterov = ill[ill["method"] == "nesterov"]
    assert (nesterov.loc[nesterov["quantity"] == "diverged", "value"] == 1).all()
    assert np.isinf(nesterov.loc[nesterov["quantity"] == "steps", "value"]).all()


@pytest.mark.parametrize(("n_train", "conditioning"), [(5, 100.0), (5, 1e5), (4, 100.0)])
def test_nesterov_diverges_along_the_largest_eigenvector_of_orthogonal_samples(n_train, conditioning):
    """A hit (1 in n) sets w' = 0 and u' = −γ w, all other steps leave the gradient out."""
    x = samples("orthogonal", conditioning, n_train)
    paper = momentum_acceleration.paper_rates(momentum_acceleration.constants(x))
    γ, miss = paper.momentum, 1 - 1 / n_train
    of_w, mixed = [0, 0, miss], [0, -γ * miss, (1 + γ) * miss]
    moments = np.array([of_w, mixed, [γ**2, -2 * γ * (1 + γ) * miss, (1 + γ) ** 2 * miss]])
    assert np.linalg.det(np.eye(3) - moments) < 0  # so that an eigenvalue lies above 1
    found = momentum_acceleration.factor(x, Rates(paper.learning_rate, γ))
    assert found >= np.abs(np.linalg.eigvals(moments)).max() * (1 - 1e-9) > 1


def test_nesterov_at_its_best_is_ahead_of_mass_on_pairs_of_samples(table):
    steps = table[(table["samples"] == "pair") & (table["quantity"] == "steps")]
    wide = steps.pivot(index="seed", columns="method", values="value")
    assert (wide["nesterov_tuned"] < wide["mass"]).all() and len(wide) == 3


def test_figure_draws_and_states_the_steps(table):
    measurements, verdict = judged("C6", table, accuracy=1e-6)
    axes = figure.draw(measurements, verdict).axes
    assert [axis.get_title() for axis in axes] == ["orthogonal samples", "samples rotated"]
    assert {"slope 1/2", "slope 1"} <= {text.get_text() for text in axes[0].texts}
    names = details.draw(measurements, verdict).axes[0].get_legend_handles_labels()[1]
    assert {"MaSS", "SGD,\nbest step"} <= set(names)
    steps = table[(table["samples"] == "orthonormal") & (table["quantity"] == "steps") & (table["method"] == "sgd")]
    assert f"SGD {steps['value'].iloc[0]:.0f}." in figure.alt_text(measurements, verdict)
