"""Stochastic gradient descent in a certified ball: steps, exact drifts, packings."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from altered_verdicts import altered, levels
from judged_claims import judged
from scipy import integrate, optimize

from overparam.claims.shallow_networks import certified_problems
from overparam.claims.shallow_networks.sgd_in_ball import measure as sgd_in_ball
from overparam.claims.shallow_networks.sgd_in_ball import potentials
from overparam.claims.shallow_networks.sgd_in_ball import sgd_stays_in_the_ball as figure
from overparam.claims.shallow_networks.sgd_in_ball import sgd_stays_in_the_ball_details as details
from overparam.errors import UserError
from overparam.plan import experiment_settings
from overparam.seeding import generator


def settings(**overrides) -> dict:
    declared = experiment_settings.declaration("sgd_in_ball")
    defaults = {key: value["default"] for key, value in declared["settings"].items()}
    return {**defaults, **declared["presets"]["smoke"], "seed": 1, "memory_mb": 500, **overrides}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    found = sgd_in_ball.measure(settings())
    pd.testing.assert_frame_equal(found, sgd_in_ball.measure(settings()))
    return found


@pytest.fixture(scope="module")
def problems() -> certified_problems.CertifiedProblems:
    generators = [generator(0, "test", seed) for seed in range(3)]
    return certified_problems.draw("tanh network", {"n": 2, "d": 2, "k": 2}, np.ones(3), generators)


def test_steps_are_those_of_single_samples(problems):
    labels = problems.outputs(problems.data, problems.start) + 0.1
    samples = torch.tensor([[0, 1, 1], [1, 1, 0], [0, 0, 0]])
    step = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
    found = sgd_in_ball.descend(problems, labels, step, samples, 1e-9, np.array([1, 3]))
    assert found["visited"].shape == (2, 3, 4) and found["steps"] == 3
    for k in range(3):
        one, theta, farthest = problems.take(torch.tensor([k])), problems.start[k], 0.0
        for taken, sample in enumerate(samples[:, k]):

            def loss(t: torch.Tensor, one=one, sample=sample, k=k) -> torch.Tensor:
                return (one.outputs(one.data, t[None])[0, sample] - labels[k, sample]) ** 2 / 2

            theta = theta - step[k] * torch.func.grad(loss)(theta)
            farthest = max(farthest, float((theta - problems.start[k]).norm()))
            if taken in (0, 2):
                torch.testing.assert_close(found["visited"][taken // 2, k], theta)
        assert float(found["distance"][k]) == pytest.approx(farthest)


def test_drifts_are_the_mean_over_samples_by_the_definition(problems):
    labels = problems.outputs(problems.data, problems.start) + torch.tensor([0.2, -0.1], dtype=torch.float64)
    draw = torch.Generator().manual_seed(0)
    theta, packing = (
        problems.start[:, None] + torch.randn((3, count, 4), generator=draw, dtype=torch.float64) / 3
        for count in (2, 5)
    )
    radius = torch.tensor([1.0, 2.0, 5.0], dtype=torch.float64)
    step, alpha = torch.tensor([0.5, 0.3, 0.4], dtype=torch.float64), torch.tensor([0.1, 0.2, 0.3]).double()
    found = potentials.drifts(problems, labels, theta, step, alpha, packing, {"slide": radius})
    for k, place in itertools.product(range(3), range(2)):
        one, a, eta = problems.take(torch.tensor([k])), float(alpha[k]), float(step[k])

        def residual(t: torch.Tensor, one=one, k=k) -> torch.Tensor:
            return one.outputs(one.data, t[None])[0] - labels[k]

        def slope(t: torch.Tensor, residual=residual) -> torch.Tensor:
            return torch.func.jacrev(residual)(t).T @ residual(t)

        def values(t: torch.Tensor, k=k, a=a, eta=eta, residual=residual, slope=slope) -> dict[str, float]:
            packed, centre = (t - packing[k]).norm(dim=1).mean(), (t - problems.start[k]).norm()
            covered = mean_distance(float(centre), float(radius[k]), 4)
            return {
                "corrected": 12 * residual(t).norm() + a * packed,
                "slide": covered + 3 * eta / 2 * slope(t).norm(),
                "attempt I": centre,
                "attempt II": 12 * residual(t).norm() + a * centre,
            }

        here = theta[k, place]
        jacobian = torch.func.jacrev(residual)(here)
        successors = [here - eta * residual(here)[i] * jacobian[i] for i in range(2)]
        after, now = [values(t) for t in successors], values(here)
        unit = eta / 2 * float(slope(here).norm())
        for name, drift in found.items():
            expected = float((after[0][name] + after[1][name]) / 2 - now[name])
            scale = unit * (a if name in ("corrected", "attempt II") else 1)
            assert float(drift[k, place]) == pytest.approx(expected / scale, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("p", [3, 4])
def test_growth_of_the_mean_distance_is_that_of_quadrature_and_of_a_fine_cover(p):
    shift = torch.zeros((1, 5, p), dtype=torch.float64)
    shift[0, :, 0] = torch.tensor([0.0, 0.3, 1.1, 1.9, 3.0])
    move = torch.zeros_like(shift)
    move[0, :, 0], move[0, :, 1] = torch.tensor([0.1, -0.2, 0.2, 0.05, 0.2]), 0.1
    found = potentials.ball_growth(shift, move, torch.tensor([2.0], dtype=torch.float64))[0]
    before, after = shift[0].norm(dim=1).tolist(), (shift + move)[0].norm(dim=1).tolist()
    expected = [mean_distance(b, 2.0, p) - mean_distance(a, 2.0, p) for a, b in zip(before, after, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    reach = {3: 24, 4: 11}[p]
    points = potentials.lattice(p, reach) + 0.5  # off the centre, so that no point of the cover lies there
    cover = 2 * points[points.norm(dim=1) <= reach] / reach
    growth = torch.cdist((shift + move)[0], cover).mean(dim=1) - torch.cdist(shift[0], cover).mean(dim=1)
    np.testing.assert_allclose(found, growth, rtol=0.05, atol=2e-3)


def mean_distance(rho: float, radius: float, p: int) -> float:
    """Return the mean distance from a place at ρ to the points of a ball, by quadrature over shells and angles."""

    def part(angle: float, s: float) -> float:
        distance = np.sqrt(rho**2 + s**2 - 2 * rho * s * np.cos(angle))
        return distance * s ** (p - 1) * np.sin(angle) ** (p - 2)

    angles = integrate.quad(lambda angle: np.sin(angle) ** (p - 2), 0, np.pi)[0]
    total = integrate.dblquad(part, 0, radius, 0, np.pi, epsabs=1e-11, epsrel=1e-11)[0]
    return total * p / radius**p / angles


def test_leaving_bound_is_the_start_over_the_least_potential_outside(problems):
    certificate = certified_problems.certify(problems, 0.8, 16)
    packing = potentials.packing(problems, certificate, 0.25, 8)
    unit, alpha = certificate.residual / certificate.alpha, certificate.alpha
    distances = torch.stack([unit / unit * 10.0, unit / unit * 70.0, torch.full_like(unit, torch.nan)], dim=1)
    rows = pd.concat(sgd_in_ball._leaving(certificate, distances, problems.start, packing, "derived"))
    bound = rows[rows["quantity"] == "leaving_bound"].pivot(index="seed", columns="radius", values="value")
    left = rows[rows["quantity"] == "left_fraction"].pivot(index="seed", columns="radius", values="value")
    np.testing.assert_allclose(left[[8.0, 32.0]], [[1, 2 / 3]] * 3)  # a run whose distance is nan counts as having left
    for k, radius in itertools.product(range(3), (32.0, 64.0)):
        shifts = (packing - problems.start[:, None])[k].numpy()

        def potential(direction: np.ndarray, k=k, radius=radius, shifts=shifts) -> float:
            place = radius * float(unit[k]) * direction / np.linalg.norm(direction)
            return float(alpha[k]) * np.linalg.norm(place - shifts, axis=1).mean()

        least = min(optimize.minimize(potential, start).fun for start in [*np.eye(4), *-np.eye(4)])
        at_start = 12 * float(certificate.residual[k]) + float(alpha[k]) * np.linalg.norm(shifts, axis=1).mean()
        column = bound.columns[np.isclose(bound.columns, radius)][0]
        assert at_start / least * (1 - 1e-9) <= bound.loc[k, column] <= 1.05 * at_start / least


def test_packing_is_separated(problems):
    certificate = certified_problems.certify(problems, 0.8, 16)
    share = 0.25
    packing = potentials.packing(problems, certificate, share, 8)
    step = share * certificate.alpha**2 / (certificate.beta * certificate.row) ** 2
    largest = certificate.residual + certificate.beta * certificate.radius
    epsilon = step * certificate.row**2 * largest / (2 * certificate.alpha)
    for k in range(3):
        assert torch.pdist(packing[k]).min() >= 2 * epsilon[k] * (1 - 1e-12)
    with pytest.raises(UserError, match="step_share"):
        potentials.packing(problems, certificate, 1.9, 8)


def test_lattice_is_ordered_and_complete():
    points = potentials.lattice(3, 2)
    assert len({tuple(point.tolist()) for point in points}) == 5**3
    assert (points[0] == 0).all() and (points.norm(dim=1).diff() >= 0).all()


def test_only_the_corrected_potential_never_rises(table):
    drift = table[table["quantity"] == "largest_drift"]
    small = drift[drift["step_size"].isin(["derived", "derived / 100"])]
    largest = small.groupby(["potential", "problem"])["value"].max()
    assert (largest["corrected"] < 0).all()
    assert (largest["attempt I"] > 0).all()
    assert largest["attempt II", "sine, badly conditioned"] > 0
    large = drift[(drift["step_size"] == "too large") & (drift["potential"] == "corrected")]
    assert (large["value"] > 0).all()


def test_the_printed_potential_rises_off_the_centre_by_the_share_of_the_radius(table):
    rows = table[(table["quantity"] == "largest_drift") & table["place"].isin(["path", "run"])]
    largest = rows.groupby(["potential", "step_size", "problem"])["value"].max()
    assert (largest["slide"] > 0).all() and (largest["slide, wide ball", "derived / 100"] > 0).all()
    # small steps have the drift −ρ/R cos∠(θ − θ₀, Jᵀr), which is 16 times smaller in a ball 16 times wider
    ratio = largest["slide", "derived / 100"] / largest["slide, wide ball", "derived / 100"]
    np.testing.assert_allclose(ratio, settings()["spread"], rtol=0.1)
    well = [name for name in sgd_in_ball.SIZES if name not in sgd_in_ball.DRIFT_ONLY]
    wide = largest["slide, wide ball"].unstack("step_size")
    assert (
        wide["derived"][well] < wide["derived / 100"][well] / 2
    ).all()  # at larger steps the printed term makes a difference


def test_runs_stay_unless_the_step_is_too_large(table):
    ball = table["radius"].max()
    assert ball == pytest.approx(4 * settings()["spread"])
    left = table[(table["quantity"] == "left_fraction") & (table["radius"] == ball)].groupby("step_size")["value"]
    assert left.max()["derived"] == 0 and left.min()["too large"] == 1
    share = table[table["quantity"] == "step_share_of_ball"]["value"]
    assert share.max() <= sgd_in_ball.REACH - 1  # else the last step could leave the ball in which the constants hold
    with pytest.raises(UserError, match="step_share"):
        sgd_in_ball.measure(settings(step_share=1.0, alpha_share=0.95))


def test_figure_says_the_numbers(table):
    drawn = judged("E4", table)
    text = figure.alt_text(*drawn)
    drift = table[(table["quantity"] == "largest_drift") & (table["potential"] == "corrected")]
    largest = drift[drift["step_size"].isin(["derived", "derived / 100"])]["value"].max()
    assert f"potential is {largest:.2g} in natural units" in text
    assert len(figure.draw(*drawn).axes) == 2


def test_figure_and_text_look_at_the_places_that_were_judged(table):
    declared, verdict = judged("E4", table)
    name = "the printed potential is a supermartingale"
    where = {"potential": ["slide", "slide, wide ball"], "place": ["start"]}
    found = altered(verdict, name, where=where, limit=-1)
    assert figure.alt_text(declared, found) != figure.alt_text(declared, verdict)
    assert levels(details.draw(declared, found).axes[0]) == [-1]
    cells, others = ({text.get_text() for text in figure.draw(declared, one).axes[0].texts} for one in (found, verdict))
    assert cells != others
