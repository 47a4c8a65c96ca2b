"""Gradient descent on certified non-linear least squares: the talk's key lemma, after arXiv 1812.10004."""

import math
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.shallow_networks import certified_problems
from overparam.claims.shallow_networks.certified_problems import Certificate, CertifiedProblems
from overparam.progress import Progress
from overparam.seeding import generator

FAMILIES = ("sine", "tanh network", "softplus network", "erf network", "matrix recovery")
BOUNDED = ("tanh network", "erf network")  # with |φ| < 1, so that labels beyond ‖v‖₁ are out of reach
DIRECTIONS = ("random", "slowest")
DIVERGED = 1e6  # a residual that has grown by this factor has diverged
LEMMA, UNREACHABLE, UNSTABLE = "conditions of the lemma", "labels out of reach", "step beyond stability"
STEPS = {
    "0.1/β²": lambda beta: 0.1 / beta**2,
    "1/(2β²)": lambda beta: 1 / (2 * beta**2),
    "0.9/β²": lambda beta: 0.9 / beta**2,
    "2/β²": lambda beta: 2 / beta**2,
    "2/β": lambda beta: 2 / beta,  # as the slide prints it
}
FOLLOWED = ("0.1/β²", "1/(2β²)", "0.9/β²")  # beyond 1/β² the path has a negative factor in the potential
ONE_UNIT = ("0.1/β²", "0.9/β²")  # steps that are run in the first unit of f only
TWICE_STABLE = "4/σ_max²"  # with σ_max of J(θ₀): the fastest direction is multiplied by −3 in every step


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return rate, distance, path and potential of gradient descent beside what the key lemma promises, in float64.

    The loss is ½‖f(θ) − y‖². The step is one of ``STEPS``, which take the certified β, or in a control 4/σ_max(J(θ₀))².
    For η ≤ 1/β² everything that the lemma promises is proved: where L‖r‖ ≤ α²/4, one step gives
    ‖r⁺‖ ≤ ‖r‖ − η(1 − ηβ²/2 − ηα²/8)‖Jᵀr‖²/‖r‖. So the residual falls by at least (1 − ⅝ηβ²)α per length of path, which
    is more than ½(1 − ηβ²)α, and the path is at most (8/3)‖r₀‖/α long. A run stops when ‖r‖ has fallen to
    ``loss_tolerance`` of its start, has grown a million times, or after ``step_limit`` steps. The closest optimum is
    found by :func:`closest_distance`. Seeds are counted on through the families, whose draws are independent.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    cases = [(family, True) for family in FAMILIES] + [(family, False) for family in BOUNDED]
    progress = Progress(len(cases), "families")
    tables = []
    for family, reachable in cases:
        tables.append(_one_family(settings, family, reachable))
        progress.advance()
    return pd.concat(tables, ignore_index=True)


def _one_family(settings: dict[str, Any], family: str, reachable: bool) -> pd.DataFrame:
    """Run all problems of one family, in every combination of the settings, as one batch."""
    varied = {
        "seed": range(settings["n_seeds"]),
        "direction": DIRECTIONS if reachable else DIRECTIONS[:1],
        "alpha_share": settings["alpha_shares"] if reachable else [0.5],
        "scale": settings["scales"] if reachable else [1.0],
        "step_size": [*STEPS, TWICE_STABLE] if reachable else ["1/(2β²)"],
    }
    index = pd.MultiIndex.from_product(varied.values(), names=varied).to_frame(index=False)
    few = index["step_size"].isin([*ONE_UNIT, TWICE_STABLE])
    index = index[~few | (index["scale"] == settings["scales"][0])].reset_index(drop=True)
    index["case"] = np.where(index["step_size"] == TWICE_STABLE, UNSTABLE, LEMMA) if reachable else UNREACHABLE
    generators = [generator(settings["seed"], "nonlinear_least_squares", family, int(seed)) for seed in index["seed"]]
    problems = certified_problems.draw(family, _sizes(settings, family), index["scale"].to_numpy(), generators)
    certificate = certified_problems.certify(problems, torch.tensor(index["alpha_share"]))
    outputs = problems.outputs(problems.data, problems.start)
    directions = torch.stack([torch.as_tensor(one.standard_normal(outputs.shape[1])) for one in generators])
    if reachable:
        slowest = torch.tensor(index["direction"] == "slowest")[:, None]
        directions = torch.where(slowest, certified_problems.slowest_direction(problems), directions)
        directions = directions / directions.norm(dim=1, keepdim=True)
        target = outputs - certificate.residual[:, None] * directions
        closest = closest_distance(problems, target)
    else:
        target = 2 * problems.data["v"].abs().sum(dim=1, keepdim=True) * directions.sign()
        certificate = _without_small_residual(problems, certificate, (outputs - target).norm(dim=1))
        closest = torch.full_like(certificate.alpha, torch.nan)
    top = torch.linalg.matrix_norm(problems.jacobian(problems.data, problems.start), 2)
    rules = {name: rule(certificate.beta) for name, rule in STEPS.items()} | {TWICE_STABLE: 4 / top**2}
    step = torch.stack(list(rules.values()))[[list(rules).index(name) for name in index["step_size"]], range(len(top))]
    found = descend(problems, target, step, settings["loss_tolerance"], settings["step_limit"])
    ratio = (1 - step * certificate.beta**2) / 2 * found.pop("step_over_fall")
    found |= {
        "promised_rate": promised_rate(step, certificate.alpha),
        "promised_distance": 4 * certificate.residual / certificate.alpha,
        "closest_distance": closest,
        "promised_multiple": 4 * certificate.beta / certificate.alpha * closest,
        "beta": certificate.beta,
        "condition": certificate.beta / certificate.alpha,
    }
    first = settings["n_seeds"] * FAMILIES.index(family)
    index = index.assign(seed=index["seed"] + first, problem=family)
    frames = [index.assign(potential=None, quantity=name, value=value.numpy()) for name, value in found.items()]
    followed = index["step_size"].isin(FOLLOWED)
    for potential, value in {"printed": ratio, "corrected": ratio * certificate.alpha}.items():
        frame = index.assign(potential=potential, quantity="potential_ratio", value=value.numpy())
        frames.append(frame[followed])
    columns = ["seed", "problem", "case", "direction", "alpha_share", "scale", "step_size", "potential"]
    return pd.concat([frame.astype({"potential": "object"}) for frame in frames])[[*columns, "quantity", "value"]]


def promised_rate(step: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    """Return −ln(1 − ηα²/2): a loss of at most (1 − ηα²/2)^τ times its start; infinite where that is not positive."""
    return -torch.log(torch.clamp(1 - step * alpha**2 / 2, min=0))


def _sizes(settings: dict[str, Any], family: str) -> dict[str, int]:
    sizes = {"n": settings["n_train"]}
    if family == "sine":
        return sizes | {"p": settings["n_params"]}
    if family == "matrix recovery":
        return sizes | {"d": settings["matrix_size"], "r": settings["rank"]}
    return sizes | {"d": settings["dimension"], "k": settings["width"]}


def _without_small_residual(
    problems: CertifiedProblems, certificate: Certificate, residual: torch.Tensor
) -> Certificate:
    """Return the slide's constants for a residual of any size: β still holds on the ball then, α need not."""
    radius = 4 * residual / certificate.alpha
    largest = certificate.beta + certificate.lipschitz * (radius - certificate.radius)
    beta = torch.minimum(largest, problems.largest(problems.data))
    return Certificate(certificate.alpha, beta, certificate.lipschitz, certificate.row, radius, residual)


@torch.inference_mode()
def descend(
    problems: CertifiedProblems, labels: torch.Tensor, step: torch.Tensor, tolerance: float, step_limit: int
) -> dict[str, torch.Tensor]:
    """Run gradient descent θ ← θ − η Jᵀ(f(θ) − y) on every problem of a batch.

    Parameters
    ----------
    labels, step
        y of shape (B, n) and η of shape (B,).
    tolerance
        A run stops when ‖r‖ ≤ ``tolerance`` ‖r₀‖.
    step_limit
        The largest number of steps.

    Returns
    -------
    dict
        Tensors (B,): the quantities ``rate``, ``distance``, ``path``, ``gradient_steps``, ``diverged`` and
        ``limit_hit``, and ``step_over_fall``: the largest ‖θ_{τ+1} − θ_τ‖ / (‖r_τ‖ − ‖r_{τ+1}‖).
    """
    names = ("distance", "path", "step_over_fall", "gradient_steps", "diverged", "limit_hit", "rate")
    found = {name: torch.zeros(len(labels), dtype=torch.float64) for name in names}
    data, start, theta, y, eta = problems.data, problems.start, problems.start, labels, step[:, None]
    active = torch.arange(len(labels))
    outputs, slopes = problems.linearised(data, theta)
    residual = outputs - y
    norm = first = torch.linalg.vector_norm(residual, dim=1)
    path = distance = largest = torch.zeros_like(norm)
    rate = torch.full_like(norm, torch.inf)
    for taken in range(1, step_limit + 1):
        move = -eta * problems.pulled_by(data, slopes, residual)
        theta = theta + move
        outputs, slopes = problems.linearised(data, theta)
        residual = outputs - y
        after, length = (torch.linalg.vector_norm(part, dim=1) for part in (residual, move))
        fall = norm - after
        ratio = torch.where(fall > 0, length / fall, torch.inf)  # a residual that is nan does not fall either
        rate = torch.minimum(rate, -2 * torch.log(after / first) / taken)
        distance = torch.maximum(distance, torch.linalg.vector_norm(theta - start, dim=1))
        path, largest, norm = path + length, torch.maximum(largest, ratio), after
        done, diverged = norm <= tolerance * first, ~(norm <= DIVERGED * first)
        over = done | diverged
        limit_hit = ~over if taken == step_limit else torch.zeros_like(over)
        ended = over | limit_hit
        if ended.any():
            values = (distance, path, largest, torch.full_like(rate, taken), diverged, limit_hit, rate)
            for name, value in zip(names, values, strict=True):
                found[name][active[ended]] = value[ended].double()
            kept = (~ended).nonzero().squeeze(1)
            if not len(kept):
                break
            data = {name: value[kept] for name, value in data.items()}
            active, start, theta, residual, slopes, y, eta, norm, first, rate, distance, path, largest = (
                part[kept]
                for part in (
                    active, start, theta, residual, slopes, y, eta, norm, first, rate, distance, path, largest,
                )
            )  # fmt: skip
    return found


def closest_distance(problems: CertifiedProblems, labels: torch.Tensor, steps: int = 60) -> torch.Tensor:
    """Return the distance from θ₀ to the closest point with f(θ) = y, (B,); nan where it was not found.

    Gauss–Newton steps: each goes to the solution of the linearised equations that is nearest to θ₀, θ ← θ₀ + J⁺(y −
    f(θ) + J(θ − θ₀)). At a fixed point f = y and θ − θ₀ lies in the range of Jᵀ, so that the distance is stationary on
    f = y. The steps contract where L‖θ − θ₀‖ is small beside σ_min.
    """
    shift = torch.zeros_like(problems.start)
    for _ in range(steps):
        theta = problems.start + shift
        jacobian = problems.jacobian(problems.data, theta)
        wanted = labels - problems.outputs(problems.data, theta) + (jacobian @ shift[:, :, None]).squeeze(2)
        before, shift = shift, (jacobian.mT @ torch.linalg.solve(jacobian @ jacobian.mT, wanted[:, :, None])).squeeze(2)
        change = (shift - before).norm(dim=1) / shift.norm(dim=1)
        if (change < 1e-13).all():
            break
    residual = (problems.outputs(problems.data, problems.start + shift) - labels).norm(dim=1)
    first = (problems.outputs(problems.data, problems.start) - labels).norm(dim=1)
    settled = (residual < 1e-9 * first) & (change < math.sqrt(np.finfo(float).eps))
    return torch.where(settled, shift.norm(dim=1), torch.nan)
