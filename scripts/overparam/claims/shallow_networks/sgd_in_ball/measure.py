"""Does stochastic gradient descent stay in a ball around its start? The talk's proof sketch, after arXiv 1812.10004."""

import dataclasses
import math
from typing import Any

import numpy as np
import pandas as pd
import torch

from overparam.claims.shallow_networks import certified_problems
from overparam.claims.shallow_networks.certified_problems import Certificate, CertifiedProblems
from overparam.claims.shallow_networks.sgd_in_ball import potentials
from overparam.errors import UserError
from overparam.progress import Progress
from overparam.seeding import generator

SIZES = {
    "sine": {"n": 2, "p": 3},
    "tanh network": {"n": 2, "d": 2, "k": 2},
    "matrix recovery": {"n": 2, "d": 2, "r": 2},
    "sine, badly conditioned": {"n": 2, "p": 3},
}
DRIFT_ONLY = ("sine, badly conditioned",)  # a run would take κ⁴ steps
RADII = (0.25, 0.5, 0.6, 0.7, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # in units of ‖r₀‖/α; the certified one comes on top
TOO_LARGE = 4.0  # the control's step, over the smallest squared row norm: unstable on every single sample
FEW_STEPS = 400  # a run with a larger step than the derived one ends after so many
SMALL = ("derived", "derived / 100")
LEMMA_RADIUS = 4.0  # radius of the slide's ball, in units of ‖r₀‖/α
REACH = 1.25  # constants hold on a ball larger by this factor: the step that leaves the ball does not leave that one


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Return how far runs go and the drift of the potentials, in float64.

    One sample per step, drawn uniformly: θ ← θ − η r_i ∇f_i. A run stops at ``loss_tolerance`` or ``step_limit``. The
    drift of a potential at θ is its mean after one step less its value. It is exact: the mean runs over all n samples.
    Potentials are described in ``potentials``. Places along runs and along gradient descent, which small steps follow
    on average, count until the run arrives, and for small steps only. A potential of the slide is left out at places
    beyond the ball that its cover fills. For the badly conditioned family drifts are computed, but nothing is run.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If ``step_share`` is too large for the certified ball or for any packing.
    """
    progress = Progress(len(SIZES), "families")
    tables = []
    for family in SIZES:
        tables.append(_one_family(settings, family))
        progress.advance()
    return pd.concat(tables, ignore_index=True)


def _one_family(settings: dict[str, Any], family: str) -> pd.DataFrame:
    """Measure all problems of one family as one batch."""
    generators = [generator(settings["seed"], "sgd_in_ball", family, seed) for seed in range(settings["n_seeds"])]
    problems = _draw(settings, family, generators)
    certificate = certified_problems.certify(problems, settings["alpha_share"], settings["spread"] * REACH)
    certificate = _shrunk(certificate)
    if family in DRIFT_ONLY:
        directions = certified_problems.slowest_direction(problems)
    else:
        directions = torch.stack([torch.as_tensor(one.standard_normal(SIZES[family]["n"])) for one in generators])
        directions = directions / directions.norm(dim=1, keepdim=True)
    labels = problems.outputs(problems.data, problems.start) - certificate.residual[:, None] * directions
    step = settings["step_share"] * certificate.alpha**2 / (certificate.beta * certificate.row) ** 2
    rows = problems.jacobian(problems.data, problems.start).norm(dim=2)
    steps = {
        "derived": step,
        "derived / 100": step / 100,
        "1/B²": 1 / certificate.row**2,
        "too large": TOO_LARGE / rows.amin(dim=1) ** 2,
    }
    packing = potentials.packing(problems, certificate, settings["step_share"], settings["n_points"])
    near = LEMMA_RADIUS * certificate.residual / certificate.alpha
    radii = {"slide": near, "slide, wide ball": certificate.radius}
    places = {
        "start": problems.start[:, None],
        "ball": problems.start[:, None] + certificate.radius[:, None, None] * _in_ball(settings, problems, generators),
        "near": problems.start[:, None] + near[:, None, None] * _in_ball(settings, problems, generators),
        "point": packing,
        "path": _followed(settings, problems, labels, certificate),
    }
    reached = step * certificate.row * (certificate.residual / certificate.radius + certificate.beta)
    if (reached > REACH - 1).any():
        raise UserError(
            f"sgd_in_ball: step_share = {settings['step_share']} makes a single step {float(reached.max()):.2g} of the "
            f"ball's radius; the constants are certified for {REACH - 1:.2g}, so use a smaller one"
        )
    common = {
        "packing_points": torch.full_like(step, packing.shape[1]),
        "condition": certificate.beta / certificate.alpha,
        "step_share_of_ball": reached,
    }
    tables = [_table(values=common, step_size="derived")]
    for name, size in steps.items():
        if family not in DRIFT_ONLY and name != "derived / 100":
            followed, found = _runs(settings, problems, labels, size, certificate, name, generators)
            tables.append(_table(found, step_size=name))
            tables += _leaving(certificate, found.pop("distances"), problems.start, packing, name)
            if name == "derived":
                places["run"] = followed
        for place, theta in places.items():
            if place in ("run", "path") and name not in SMALL:
                continue
            drifts = potentials.drifts(problems, labels, theta, size, certificate.alpha, packing, radii)
            stopped = _stopped(problems, labels, theta, certificate, settings["loss_tolerance"])
            distances = (theta - problems.start[:, None]).norm(dim=2)
            for potential, values in drifts.items():
                if potential == "slide" and place == "ball":  # these places lie beyond its cover
                    continue
                outside = distances > radii.get(potential, certificate.radius)[:, None] * (1 + 1e-12)
                values = torch.where(stopped | outside, -torch.inf, values)
                rising = (values > 0).sum(dim=1) / (~stopped & ~outside).sum(dim=1)
                found = {"largest_drift": values.amax(dim=1), "rising_share": rising}
                tables.append(_table(found, step_size=name, potential=potential, place=place))
    columns = ["seed", "problem", "step_size", "radius", "potential", "place", "quantity", "value"]
    types = {"radius": "float64", "potential": "object", "place": "object"}
    return pd.concat([table.assign(problem=family).astype(types) for table in tables])[columns]


def _stopped(
    problems: CertifiedProblems, labels: torch.Tensor, theta: torch.Tensor, certificate: Certificate, tolerance: float
) -> torch.Tensor:
    """Return where runs have left the ball or arrived, (B, M): there the process has stopped."""
    flat = problems.take(torch.arange(len(labels)).repeat_interleave(theta.shape[1]))
    outputs = flat.outputs(flat.data, theta.flatten(0, 1)).reshape(*theta.shape[:2], -1)
    arrived = (outputs - labels[:, None]).norm(dim=2) <= tolerance * certificate.residual[:, None]
    inside = (theta - problems.start[:, None]).norm(dim=2) <= certificate.radius[:, None] * (1 + 1e-12)
    return arrived | ~inside


def _table(
    values: dict[str, torch.Tensor], step_size: str, radius: float = math.nan, potential: str | None = None,
    place: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return tidy rows of the quantities that have shape (B,), seeds ascending; others are left out."""
    frames = [
        pd.DataFrame({"seed": range(len(value)), "quantity": name, "value": value.double().numpy()})
        for name, value in values.items()
        if value.ndim == 1
    ]
    return pd.concat(frames).assign(step_size=step_size, radius=radius, potential=potential, place=place)


def _draw(settings: dict[str, Any], family: str, generators: list[np.random.Generator]) -> CertifiedProblems:
    """Return one problem per generator: the best conditioned of several draws, or one of a prescribed condition."""
    count, sizes = settings["n_candidates"], SIZES[family]
    if family not in DRIFT_ONLY:
        many = [one for one in generators for _ in range(count)]
        problems = certified_problems.draw(family, sizes, np.ones(len(many)), many)
        values = torch.linalg.svdvals(problems.jacobian(problems.data, problems.start))
        best = (values[:, 0] / values[:, -1]).reshape(-1, count).argmin(dim=1)
        return problems.take(best + count * torch.arange(len(best)))
    drawn = certified_problems.draw("sine", sizes, np.ones(len(generators)), generators)
    left, _, right = torch.linalg.svd(drawn.data["linear"], full_matrices=False)
    spectrum = torch.logspace(0, -math.log10(settings["condition"]), sizes["n"], dtype=torch.float64)
    # the curved part is small, so that the smallest singular value stays about where it is
    return certified_problems.sine(
        (left * spectrum) @ right, drawn.data["frequency"] / settings["condition"], drawn.data["scale"], drawn.start
    )


def _shrunk(certificate: Certificate) -> Certificate:
    """Return the same constants for a smaller ball, from which one step cannot leave the certified one."""
    return dataclasses.replace(certificate, radius=certificate.radius / REACH)


def _in_ball(
    settings: dict[str, Any], problems: CertifiedProblems, generators: list[np.random.Generator]
) -> torch.Tensor:
    """Return places uniform in the unit ball, (B, n_places, p)."""
    p, count = problems.start.shape[1], settings["n_places"]
    normal = torch.stack([torch.as_tensor(one.standard_normal((count, p))) for one in generators])
    lengths = torch.stack([torch.as_tensor(one.random((count, 1))) for one in generators]) ** (1 / p)
    return normal / normal.norm(dim=2, keepdim=True) * lengths


def _followed(
    settings: dict[str, Any], problems: CertifiedProblems, labels: torch.Tensor, certificate: Certificate
) -> torch.Tensor:
    """Return as many places along gradient descent with η = 1/(2β²) as are kept of a run, (B, n_checkpoints, p)."""
    kept, theta = [], problems.start
    step = 1 / (2 * certificate.beta[:, None] ** 2)
    wanted = set(_checkpoints(settings, settings["step_limit"]).tolist())
    for taken in range(1, settings["step_limit"] + 1):
        residual = problems.outputs(problems.data, theta) - labels
        theta = theta - step * problems.pulled(problems.data, theta, residual)
        if taken in wanted:
            kept.append(theta)
    return torch.stack(kept, dim=1)


def _checkpoints(settings: dict[str, Any], limit: int) -> np.ndarray:
    return np.unique(np.geomspace(1, limit, settings["n_checkpoints"]).astype(int))


def _runs(
    settings: dict[str, Any], problems: CertifiedProblems, labels: torch.Tensor, step: torch.Tensor,
    certificate: Certificate, name: str, generators: list[np.random.Generator],
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:  # fmt: skip
    """Run all problems ``n_runs`` times; return places along the first runs, (B, M, p), and how the runs ended."""
    limit = settings["step_limit"] if name == "derived" else min(FEW_STEPS, settings["step_limit"])
    count, runs = len(labels), settings["n_runs"]
    samples = np.stack([one.integers(0, labels.shape[1], (limit, runs), dtype=np.int8) for one in generators], axis=1)
    samples = torch.as_tensor(samples).flatten(1)  # (limit, B·runs)
    found = descend(
        problems.take(torch.arange(count).repeat_interleave(runs)),
        labels.repeat_interleave(runs, dim=0),
        step.repeat_interleave(runs),
        samples,
        settings["loss_tolerance"],
        _checkpoints(settings, limit),
    )
    unit = (certificate.residual / certificate.alpha).repeat_interleave(runs)
    distances = (found["distance"] / unit).reshape(count, runs)
    kept = found["visited"].reshape(-1, count, runs, problems.start.shape[1])[:, :, : settings["n_followed"]]
    return kept.permute(1, 0, 2, 3).flatten(1, 2), {
        "distances": distances,
        "largest_distance": distances.amax(dim=1),
        "arrived": found["arrived"].reshape(count, runs).mean(dim=1),
        "diverged": (~distances.isfinite()).double().mean(dim=1),
        "stochastic_steps": torch.full((count,), float(found["steps"])),
    }


def descend(
    problems: CertifiedProblems, labels: torch.Tensor, step: torch.Tensor, samples: torch.Tensor, tolerance: float,
    checkpoints: np.ndarray,
) -> dict[str, torch.Tensor]:  # fmt: skip
    """Run θ ← θ − η (f_i(θ) − y_i) ∇f_i(θ) on a batch, one sample i per step.

    Parameters
    ----------
    samples
        The sample i of every step and run, whole numbers (steps, B). All runs go on together until the residual of each
        has been below ``tolerance`` times its start, which is looked at every 100 steps.
    checkpoints
        Steps after which the places are kept.

    Returns
    -------
    dict
        ``distance`` (B,): largest ‖θ_τ − θ₀‖, not finite where a run is not; ``arrived`` (B,): 1.0 where the residual
        has been below the tolerance; ``visited`` (M, B, p); ``steps`` taken.
    """
    theta, visited = problems.start, []
    distance, arrived = torch.zeros(len(labels), dtype=torch.float64), torch.zeros(len(labels), dtype=torch.float64)
    first = (problems.outputs(problems.data, theta) - labels).norm(dim=1)
    wanted, taken = set(checkpoints.tolist()), 0
    for sample in samples:
        residual = problems.outputs(problems.data, theta) - labels
        if taken % 100 == 0:
            arrived = torch.maximum(arrived, (residual.norm(dim=1) <= tolerance * first).double())
            if arrived.all():
                break
        index = sample[:, None].long()
        alone = torch.zeros_like(residual).scatter_(1, index, residual.gather(1, index))
        theta = theta - step[:, None] * problems.pulled(problems.data, theta, alone)
        distance = torch.maximum(distance, (theta - problems.start).norm(dim=1))
        taken += 1
        if taken in wanted:
            visited.append(theta)
    return {"distance": distance, "arrived": arrived, "visited": torch.stack(visited), "steps": torch.tensor(taken)}


def _leaving(
    certificate: Certificate, distances: torch.Tensor, start: torch.Tensor, packing: torch.Tensor, name: str
) -> list[pd.DataFrame]:
    """Return the fraction of runs beyond each radius beside the bound that the supermartingale gives."""
    unit = certificate.residual / certificate.alpha
    shifts = packing - start[:, None]
    at_start = 12 * unit + shifts.norm(dim=2).mean(dim=1)  # V₀/α
    tables = []
    for radius in (*RADII, float((certificate.radius / unit).median())):
        outside = radius * unit - shifts.mean(dim=1).norm(dim=1)  # V/α is at least this there, by Jensen's inequality
        bound = torch.where(outside > 0, at_start / outside, torch.inf).clamp(max=1)
        found = {"left_fraction": (~(distances <= radius)).double().mean(dim=1), "leaving_bound": bound}
        tables.append(_table(found, step_size=name, radius=radius))
    return tables
