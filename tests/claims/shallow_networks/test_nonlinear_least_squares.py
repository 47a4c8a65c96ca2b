"""Gradient descent on certified non-linear least squares: rate, path, closest optimum and potential."""

import numpy as np
import pandas as pd
import pytest
import torch
from altered_verdicts import altered, levels
from judged_claims import judged
from scipy import optimize

from overparam.claims.shallow_networks import certified_problems
from overparam.claims.shallow_networks.nonlinear_least_squares import measure as nonlinear_least_squares
from overparam.claims.shallow_networks.nonlinear_least_squares import nonlinear_least_squares_lemma as lemma_figure
from overparam.claims.shallow_networks.nonlinear_least_squares import potential_decreases as potential_figure
from overparam.plan import experiment_settings
from overparam.seeding import generator


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    declared = experiment_settings.declaration("nonlinear_least_squares")
    settings = {key: value["default"] for key, value in declared["settings"].items()}
    settings |= {**declared["presets"]["smoke"], "seed": 3, "memory_mb": 500}
    found = nonlinear_least_squares.measure(settings)
    pd.testing.assert_frame_equal(found, nonlinear_least_squares.measure(settings))
    return found


def problem(family: str = "tanh network") -> tuple[certified_problems.CertifiedProblems, torch.Tensor]:
    sizes = {"n": 2, "d": 3, "k": 3}
    generators = [generator(0, "test", seed) for seed in range(3)]
    problems = certified_problems.draw(family, sizes, np.ones(3), generators)
    certificate = certified_problems.certify(problems, 0.5)
    direction = torch.tensor([[0.6, 0.8]], dtype=torch.float64)
    return problems, problems.outputs(problems.data, problems.start) - certificate.residual[:, None] * direction


def test_batch_follows_a_plain_loop():
    problems, labels = problem()
    step = torch.tensor([0.3, 0.5, 0.2], dtype=torch.float64)
    found = nonlinear_least_squares.descend(problems, labels, step, 1e-4, 1000)
    assert len(set(found["gradient_steps"].tolist())) > 1  # problems drop out of the batch one by one
    for k in range(3):
        one = problems.take(torch.tensor([k]))
        theta, path, norms, lengths = one.start.clone().requires_grad_(), 0.0, [], []
        while True:
            residual = one.outputs(one.data, theta) - labels[k]
            norms.append(residual.norm().item())
            if norms[-1] <= 1e-4 * norms[0]:
                break
            (slope,) = torch.autograd.grad(residual.square().sum() / 2, theta)
            theta = (theta - step[k] * slope).detach().requires_grad_()
            lengths.append(float((step[k] * slope).norm()))
            path += lengths[-1]
        assert found["gradient_steps"][k] == len(lengths)
        assert float(found["path"][k]) == pytest.approx(path)
        assert float(found["distance"][k]) == pytest.approx(float((theta - one.start).norm().detach()), rel=1e-3)
        rates = -2 * np.log(np.array(norms[1:]) / norms[0]) / np.arange(1, len(norms))
        assert float(found["rate"][k]) == pytest.approx(rates.min())
        assert float(found["step_over_fall"][k]) == pytest.approx(np.max(lengths / -np.diff(norms)), rel=1e-6)
    assert found["limit_hit"].sum() == found["diverged"].sum() == 0


def test_closest_optimum_is_that_of_a_general_solver():
    problems, labels = problem()
    found = nonlinear_least_squares.closest_distance(problems, labels)
    for k in range(3):
        one, start = problems.take(torch.tensor([k])), problems.start[k].numpy()

        def constraint(theta: np.ndarray, one=one, k=k) -> np.ndarray:
            return (one.outputs(one.data, torch.as_tensor(theta)[None])[0] - labels[k]).numpy()

        scale = float(found[k])  # the unit is the answer, to which the solver's absolute tolerances are then suited
        result = optimize.minimize(
            lambda shift: shift @ shift / 2,
            np.full(len(start), 0.3),
            jac=lambda shift: shift,
            constraints={"type": "eq", "fun": lambda shift, c=constraint, s=start, u=scale: c(s + u * shift) / u},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        )
        assert np.linalg.norm(result.x) == pytest.approx(1.0, rel=1e-4)


def test_promised_rate():
    step, alpha = torch.tensor([0.1, 1.0, 3.0]), torch.ones(3)
    found = nonlinear_least_squares.promised_rate(step, alpha)
    np.testing.assert_allclose(torch.exp(-found[:2]), [0.95, 0.5], rtol=1e-6)
    assert found[2] == torch.inf  # 1 − ηα²/2 is negative, and no squared residual is that small


def test_lemma_holds_with_its_own_step_and_not_with_the_printed_one(table):
    wide = lemma_figure.ratios(table)
    inside = wide[wide["case"] == "conditions of the lemma"]
    right, printed = (
        inside[inside["step_size"].isin(nonlinear_least_squares.FOLLOWED)],
        inside[inside["step_size"] == "2/β"],
    )
    assert (right["rate_share"] >= 1).all()
    assert (right[["distance_share", "path_share", "multiple_share"]] <= 1).all().all()
    assert right["path_share"].max() > 0.2  # the bound lies near, so that the test could fail
    assert printed.loc[printed["scale"] == 10, "path_share"].min() > 1
    slow = inside[(inside["step_size"] == "2/β²") & (inside["alpha_share"] == 0.95)]
    assert (slow["path_share"] > 1).any()
    assert (right["closest_distance"] <= right["path"] * (1 + 1e-6)).where(right["limit_hit"] == 0, True).all()


def test_units_change_no_path_but_the_printed_potential(table):
    ratio = table[(table["quantity"] == "potential_ratio") & (table["case"] == "conditions of the lemma")]
    ratio = ratio[ratio["step_size"] == "1/(2β²)"]
    keys = ["problem", "seed", "direction", "alpha_share"]
    by_scale = ratio.pivot(index=[*keys, "potential"], columns="scale", values="value")
    corrected, printed = (by_scale.xs(name, level="potential") for name in ("corrected", "printed"))
    assert corrected.max().max() <= 1 and corrected.max().max() > 0.2
    np.testing.assert_allclose(corrected[0.1], corrected[10.0], rtol=0.1)
    np.testing.assert_allclose(printed[0.1], 100 * printed[10.0], rtol=0.1)
    assert (printed[0.1] > 1).any() and (printed[10.0] < 1).all()


def test_the_potential_falls_as_derived_for_every_step_below_the_limit(table):
    rows = table[(table["potential"] == "corrected") & (table["case"] == "conditions of the lemma")]
    for name, product in (("0.1/β²", 0.1), ("1/(2β²)", 0.5), ("0.9/β²", 0.9)):
        largest = rows[rows["step_size"] == name]["value"].max()
        assert largest <= (1 - product) / 2 / (1 - 5 / 8 * product)  # the residual falls by (1 − ⅝ηβ²)α per length
        assert largest >= 0.9 * (1 - product) / 2  # in the slowest direction it falls by σ_min per length


def test_twice_the_stable_step_breaks_every_line_of_the_lemma(table):
    wide = lemma_figure.ratios(table)
    wide = wide[wide["case"] == "step beyond stability"]
    assert (wide["rate_share"] < 1).all()
    assert (wide[["distance_share", "path_share", "multiple_share"]] > 1).all().all()


def test_figures_say_the_numbers(table):
    lemma, potential = judged("E2", table), judged("E3", table)
    text = lemma_figure.alt_text(*lemma)
    slide = table[(table["step_size"] == "2/β") & (table["alpha_share"] == 0.5) & (table["quantity"] == "diverged")]
    assert f"{int(slide['value'].sum())} of them diverge" in text
    other = potential_figure.alt_text(*potential)
    printed = table[(table["potential"] == "printed") & (table["case"] == "conditions of the lemma")]["value"]
    assert f"increases in {int((printed > 1).sum())} of {len(printed)} runs" in other
    assert len(lemma_figure.draw(*lemma).axes) == 2
    assert levels(potential_figure.draw(*potential).axes[0]) == [1]


def test_the_text_speaks_of_the_steps_that_were_judged(table):
    declared, verdict = judged("E2", table)
    where = {"case": "conditions of the lemma", "step_size": ["0.9/β²"]}
    text = lemma_figure.alt_text(declared, altered(verdict, "geometric rate", "corrected", where=where))
    n_runs = len(lemma_figure.ratios(table).query("step_size == '0.9/β²'"))
    assert f"{n_runs} runs with the steps 0.9/β²: the rate" in text
