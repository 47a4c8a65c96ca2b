"""Potentials that keep stochastic gradient descent in a ball, and their exact expected change in one step.

The talk's slide "Proof sketch (SGD)" prints one potential, and two attempts that fail. We take the corrected one to be
that of the proof by Oymak & Soltanolkotabi, arXiv 1812.10004; this is not verified, and the constants are derived here.
"""

import math

import numpy as np
import torch
from scipy import special

from overparam.claims.shallow_networks.certified_problems import Certificate, CertifiedProblems
from overparam.errors import UserError

POTENTIALS = {
    "corrected": "12‖r‖ + (α/K) Σ‖θ − p_ℓ‖, p_ℓ a packing around θ₀",
    "slide": "E‖θ − v‖ + (3η/n) ‖Jᵀr‖, v uniform in the ball of radius 4‖r₀‖/α: the limit of ever finer covers",
    "slide, wide ball": "the same, v uniform in the whole certified ball",
    "attempt I": "‖θ − θ₀‖",
    "attempt II": "12‖r‖ + α‖θ − θ₀‖",
}
NODES, WEIGHTS = np.polynomial.legendre.leggauss(4)


def packing(problems: CertifiedProblems, certificate: Certificate, step_share: float, n_points: int) -> torch.Tensor:
    """Return points (B, K, p) of a cubic lattice around θ₀, as far apart and as many as a negative drift needs.

    With η = c α²/(β²B²), q = (c/2) L‖r‖/β² and spacing 2ε, ε = ηB²‖r‖/(2α), the drift of 12‖r‖ + (α/K) Σ‖θ − p_ℓ‖ is at
    most −(12(1 − c/2 − q) − 2 − √n B/(αK)) (ηα/n)‖Jᵀr‖: the residual falls by (1 − c/2 − q)(ηα/n)‖Jᵀr‖ or more, a
    distance larger than ε grows by 2(η/n)‖Jᵀr‖ or less, and the only one that may be smaller grows by (η/n)√n B‖r‖ or
    less. ‖r‖ is taken at its largest in the ball, ‖r₀‖ + βR.

    Parameters
    ----------
    step_share
        c, the step over α²/(β²B²).
    n_points
        The least K; there are more points where one of the problems needs them.

    Raises
    ------
    UserError
        If c is so large that no K makes the drift negative.
    """
    n, p = problems.outputs(problems.data, problems.start).shape[1], problems.start.shape[1]
    largest = certificate.residual + certificate.beta * certificate.radius
    bent = step_share / 2 * certificate.lipschitz * largest / certificate.beta**2
    margin = 12 * (1 - step_share / 2 - bent) - 2
    if not (margin > 0).all():
        raise UserError(f"no packing makes the drift negative at step_share = {step_share}: use a smaller one")
    needed = torch.ceil(math.sqrt(n) * certificate.row / certificate.alpha / margin)
    count = max(n_points, int(needed.max()))
    spacing = step_share * certificate.alpha * largest / certificate.beta**2  # 2ε
    side = math.ceil(count ** (1 / p))
    return problems.start[:, None] + spacing[:, None, None] * lattice(p, side)[:count]


def lattice(p: int, reach: int) -> torch.Tensor:
    """Return the integer points of [−reach, reach]^p by distance from the origin, then lexicographically, (·, p)."""
    side = torch.arange(-reach, reach + 1, dtype=torch.float64)
    points = torch.cartesian_prod(*[side] * p)
    return points[points.norm(dim=1).argsort(stable=True)]


def drifts(
    problems: CertifiedProblems, labels: torch.Tensor, theta: torch.Tensor, step: torch.Tensor, alpha: torch.Tensor,
    packing: torch.Tensor, radii: dict[str, torch.Tensor],
) -> dict[str, torch.Tensor]:  # fmt: skip
    """Return the drift E[V(θ⁺)] − V(θ) of every potential; the mean E runs over all n choices of the sample.

    Parameters
    ----------
    problems, labels, step, alpha
        A batch of B problems, y (B, n), η (B,), α (B,).
    theta
        Places, (B, M, p).
    packing
        p_ℓ, (B, K, p).
    radii
        The radius (B,) of the ball around θ₀ that its cover fills, for each potential of the slide, by its name.

    Returns
    -------
    dict
        The drift of every potential (B, M), in units of (η/n)‖Jᵀr‖, times α where the potential contains the residual.
        Norms are subtracted as (a² − b²)/(a + b), so that a drift much smaller than the potential keeps its digits.
    """
    count, places = theta.shape[:2]
    flat = problems.take(torch.arange(count).repeat_interleave(places))
    y, eta = (part.repeat_interleave(places, dim=0) for part in (labels, step))
    here = theta.flatten(0, 1)
    residual = flat.outputs(flat.data, here) - y
    slope = flat.pulled(flat.data, here, residual).norm(dim=1)
    n = y.shape[1]
    changes = dict.fromkeys(("residual", "packing", "centre", "slope", *radii), 0.0)
    for sample in range(n):
        alone = torch.zeros_like(residual)
        alone[:, sample] = residual[:, sample]
        move = -eta[:, None] * flat.pulled(flat.data, here, alone)
        after = flat.outputs(flat.data, here + move) - y
        difference = ((after - residual) * (after + residual)).sum(dim=1) / (after.norm(dim=1) + residual.norm(dim=1))
        slope_after = flat.pulled(flat.data, here + move, after).norm(dim=1)
        shape = (count, places, -1)
        moved = move.reshape(shape)
        changes["residual"] += difference.reshape(count, places) / n
        changes["slope"] += (slope_after - slope).reshape(count, places) / n
        changes["packing"] += _mean_growth(theta, moved, packing) / n
        for name, radius in radii.items():
            changes[name] += ball_growth(theta - problems.start[:, None], moved, radius) / n
        changes["centre"] += _mean_growth(theta, moved, problems.start[:, None]) / n
    unit = (eta / n * slope).reshape(count, places)
    rate = alpha[:, None]
    return {
        "corrected": (12 * changes["residual"] + rate * changes["packing"]) / (rate * unit),
        **{name: (changes[name] + 3 * step[:, None] / n * changes["slope"]) / unit for name in radii},
        "attempt I": changes["centre"] / unit,
        "attempt II": (12 * changes["residual"] + rate * changes["centre"]) / (rate * unit),
    }


def ball_growth(shift: torch.Tensor, move: torch.Tensor, radius: torch.Tensor) -> torch.Tensor:
    """Return by how much the mean distance to the points of a ball grows with a move, (B, M).

    The mean of ‖shift − v‖ over v uniform in the ball of radius R around 0 in p dimensions depends on ρ = ‖shift‖
    alone, with slope (ρ/R) F(ρ²/R²) inside and F(R²/ρ²) outside, F = ₂F₁(½, (1 − p)/2; 1 + p/2; ·): expand
    ‖shift − v‖ in Gegenbauer polynomials and integrate. For p = 3 the mean is 3R/4 + ρ²/(2R) − ρ⁴/(20R³). The slope is
    integrated over ρ² by Gauss–Legendre, so that a growth much smaller than the distance keeps its digits.

    Parameters
    ----------
    shift, move
        Place less centre, and the move from there: (B, M, p).
    radius
        R, (B,).
    """
    p, top = shift.shape[2], radius[:, None].numpy()
    first = shift.square().sum(dim=2).numpy()
    growth = (2 * (shift * move).sum(dim=2) + move.square().sum(dim=2)).numpy()  # of ρ²
    total = np.zeros_like(growth)
    for node, weight in zip(NODES, WEIGHTS, strict=True):
        ratio = np.maximum(first + (node + 1) / 2 * growth, 0) / top**2
        inner = np.minimum(ratio, 1 / np.maximum(ratio, 1))
        total += weight / 2 * special.hyp2f1(0.5, (1 - p) / 2, 1 + p / 2, inner) / (2 * np.sqrt(np.maximum(ratio, 1)))
    return torch.as_tensor(growth * total) / radius[:, None]


def _mean_growth(theta: torch.Tensor, move: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """Return the mean over points (B, K, p) of ‖θ + move − p‖ − ‖θ − p‖, (B, M)."""
    apart = theta[:, :, None] - points[:, None]  # (B, M, K, p)
    before, after = apart.norm(dim=3), (apart + move[:, :, None]).norm(dim=3)
    product = 2 * (apart * move[:, :, None]).sum(dim=3) + (move**2).sum(dim=2)[:, :, None]
    return (product / (before + after).clamp(min=torch.finfo(torch.float64).tiny)).mean(dim=2)
