"""The two-layer network f(θ) = m^(−1/2) Σᵢ vᵢ σ(wᵢ·x) and its exact curvature in the weights.

Its Hessian in θ = (v, W) has one (d+1)×(d+1) block per hidden unit and zeros elsewhere (Liu, Zhu & Belkin,
arXiv 2010.01092, section 3.1). Block i is m^(−1/2) times

    [ 0            σ'(z) xᵀ   ]
    [ σ'(z) x   v σ''(z) x xᵀ ],     z = wᵢ·x,

which acts on span{e_v, x} only, where it is [[0, a], [a, b]] with a = σ'(z)|x| and b = v σ''(z)|x|². So a unit enters
everything about curvature only through (vᵢ, zᵢ), and no matrix of (m(d+1))² entries is ever formed.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from overparam.theory.activations import Activation

Units = Float[np.ndarray, " m"]  # one number per hidden unit

LEADERS = 64  # units with the largest |v| that are looked at first


def output_weights(width: int, distribution: str, generator: np.random.Generator) -> Units:
    """Draw v: ``gaussian`` N(0, 1), or ``sign`` ±1 with equal chances."""
    if distribution == "gaussian":
        return generator.standard_normal(width)
    if distribution == "sign":
        return generator.choice([-1.0, 1.0], width)
    raise ValueError(f"distribution must be gaussian or sign, got {distribution!r}")


def unit_vectors(
    count: int, dimension: int, generator: np.random.Generator
) -> Float[np.ndarray, "{count} {dimension}"]:
    """Draw ``count`` points uniformly on the unit sphere."""
    points = generator.standard_normal((count, dimension))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def output(v: Units, z: Units, activation: Activation) -> float:
    """Return f for output weights ``v`` and pre-activations ``z``."""
    return float(v @ activation.value(z)) / v.size**0.5


def gradient(v: Units, z: Units, x_norm: float, activation: Activation) -> Float[np.ndarray, "m 2"]:
    """Return ∇f in the coordinates (vᵢ, wᵢ·x/|x|); ∇f is zero in all other directions."""
    return np.stack([activation.value(z), v * activation.first(z) * x_norm], axis=1) / v.size**0.5


def hessian_modes(
    v: Units, z: Units, x_norm: float, activation: Activation
) -> tuple[Float[np.ndarray, "m 2"], Float[np.ndarray, "m 2 2"]]:
    """Diagonalise H in the coordinates of :func:`gradient`.

    Returns
    -------
    eigenvalues
        Of each block, with the factor m^(−1/2).
    eigenvectors
        Unit vectors: ``[i, :, j]`` belongs to ``eigenvalues[i, j]``.
    """
    first, second = activation.first_and_second(z)
    mixed, inner = first * x_norm, v * second * x_norm**2
    root = np.sqrt(inner**2 + 4 * mixed**2)
    values = np.stack([(inner + root) / 2, (inner - root) / 2], axis=1) / v.size**0.5
    angle = np.arctan2(2 * mixed, inner) / 2
    sine, cosine = np.sin(angle), np.cos(angle)
    return values, np.stack([np.stack([sine, cosine], 1), np.stack([cosine, -sine], 1)], axis=2)


def block_norms(v: Units, z: Units, x_norm: float, activation: Activation) -> Units:
    """Return the spectral norm of each unit's Hessian block *without* the factor m^(−1/2): (|b| + √(b² + 4a²))/2."""
    first, second = activation.first_and_second(z)
    mixed, inner = first * x_norm, v * second * x_norm**2
    return (np.abs(inner) + np.sqrt(inner**2 + 4 * mixed**2)) / 2


def largest_block_norm_in_ball(
    v: Units, z: Units, x_norm: float, radius: float, activation: Activation, tolerance: float = 1e-6
) -> tuple[float, float]:
    """Return a certified interval for max ‖block‖ over all units and all weights within ``radius`` of the given ones.

    The largest block norm over B(θ₀, R) is attained by spending the whole budget R on one unit, since the displacement
    of another unit does not change this unit's block. A block depends on (v, z) only, and its norm grows with |v|. What
    remains is one angle φ per unit, with v ↦ |v| + R cos φ and z ↦ z + R|x| sin φ. It is searched by branch and bound
    with the Lipschitz constant R(2 M₂|x|² + (|v| + R) M₃|x|³), where M_j = sup|σ^(j)|.

    Parameters
    ----------
    v, z
        Output weights and pre-activations of all units.
    x_norm
        |x|.
    radius
        R, ``>= 0``.
    tolerance
        Largest relative width of the returned interval.

    Returns
    -------
    lower, upper
        A value that is attained, and one that is nowhere exceeded; both without the factor m^(−1/2).
    """
    if radius == 0:
        exact = float(block_norms(v, z, x_norm, activation).max())
        return exact, exact
    size = np.abs(v)
    if not activation.smooth:  # the block's norm is |x| times a step, σ'(z) = 0 or 1, and largest at the largest z
        exact = float(block_norms(size, z + radius * x_norm, x_norm, activation).max())
        return exact, exact

    _, second, third = activation.bounds
    lipschitz = radius * (2 * second * x_norm**2 + (size + radius) * third * x_norm**3)

    def at(unit: Int[np.ndarray, " found"], angle: Float[np.ndarray, " found"]) -> Float[np.ndarray, " found"]:
        moved_v = size[unit] + radius * np.cos(angle)
        return block_norms(moved_v, z[unit] + radius * x_norm * np.sin(angle), x_norm, activation)

    ceiling = np.full(v.size, np.inf)
    if v.size > 4096:  # for fewer units the table costs more than it saves
        ceiling = _ceilings(size + radius, x_norm, activation, tolerance / 2)
    leaders = np.argsort(ceiling)[::-1][:4096]
    lower = max(float(at(leaders, np.full(leaders.size, angle)).max()) for angle in (-1.0, 0.0, 1.0))
    open_units = np.flatnonzero(ceiling > lower * (1 + tolerance))
    found = np.array([lower])
    _branch_and_bound(at, open_units, 0.0, np.pi / 2, lipschitz, ceiling, found, tolerance)
    lower = float(found[0])
    return lower, lower * (1 + tolerance)


def _branch_and_bound(
    at: Callable[[np.ndarray, np.ndarray], np.ndarray],
    units: Int[np.ndarray, " found"],
    centre: float,
    half_width: float,
    lipschitz: Units,
    ceiling: Units,
    lower: Float[np.ndarray, " maxima"],
    tolerance: float,
) -> None:
    """Raise ``lower`` to values of ``at`` that no value on ``centre`` ± ``half_width`` exceeds by over ``tolerance``.

    ``lipschitz`` and ``ceiling`` bound the slope and the value of every unit; ``lower`` is what is known to be attained
    by all units together, one number, or by each of them. An interval is cut in three as long as it could hold a value
    above lower × (1 + tolerance).
    """
    places = np.full(units.size, centre)
    while units.size:
        reached = at(units, places)
        if lower.size == 1:
            lower[0] = goal = max(lower[0], reached.max())
        else:
            np.maximum.at(lower, units, reached)
            goal = lower[units]
        bound = np.minimum(reached + lipschitz[units] * half_width, ceiling[units])
        open_ = bound > goal * (1 + tolerance)
        half_width /= 3
        units, middle = np.tile(units[open_], 3), places[open_]
        places = np.concatenate([middle - 2 * half_width, middle, middle + 2 * half_width])


def _ceilings(sizes: Units, x_norm: float, activation: Activation, tolerance: float) -> Units:
    """Return, for each |v| in ``sizes``, what a block with that |v| or less does not exceed, whatever its z.

    The supremum over z rises with |v|. It is therefore computed, certified to ``tolerance``, at 17 sizes only, and a
    unit takes that of the next larger one. Only z from 0 to 8 is searched, as σ' and |σ''| are even and fall beyond 8.
    """
    _, second, third = activation.bounds
    knots = np.linspace(sizes.min(), sizes.max(), 17)
    slopes = second * x_norm + knots * third * x_norm**2  # Lipschitz constants of the block in z
    table = np.zeros(knots.size)

    def at(knot: np.ndarray, z: np.ndarray) -> np.ndarray:
        return block_norms(knots[knot], z, x_norm, activation)

    every, unbounded = np.arange(knots.size), np.full(knots.size, np.inf)
    _branch_and_bound(at, every, 4.0, 4.0, slopes, unbounded, table, tolerance)
    table *= 1 + tolerance
    return table[np.minimum(np.searchsorted(knots, sizes), knots.size - 1)]


def remainders(
    v: Float[np.ndarray, "#*units"] | float,
    z: Float[np.ndarray, "#*units"] | float,
    shift_v: Float[np.ndarray, "#*units"] | float,
    shift_z: Float[np.ndarray, "#*units"] | float,
    activation: Activation,
) -> Float[np.ndarray, "*units"] | float:
    """Return each unit's Taylor remainder g(v+δv, z+δz) − g − ∇g·δ of g = v σ(z), without the factor m^(−1/2).

    The arrays broadcast against each other.
    """
    value = activation.value(z)
    moved = activation.value(z + shift_z) - value
    return (v + shift_v) * moved - v * activation.first(z) * shift_z


def largest_block_norm_on_segment(
    v: Units,
    z: Units,
    shift_v: Units,
    shift_z: Units,
    x_norm: float,
    activation: Activation,
    points: int = 17,
) -> float:
    """Return max ‖block‖ over all units at ``points`` places of the segment θ₀ + t δ, t in [0, 1].

    At finitely many places the maximum is never above the supremum β along the segment, so a bound that uses it is
    harder to keep than the one with β. Units whose |v| is too small for the largest norm are not looked at: no block
    norm exceeds (b + √(b² + 4a²))/2 with a = M₁|x| and b = |v| M₂|x|², where M_j = sup|σ^(j)|.
    """
    places = np.linspace(0, 1, points)[:, None]

    def largest(units: np.ndarray | slice) -> float:
        moved_v, moved_z = v[units] + places * shift_v[units], z[units] + places * shift_z[units]
        return float(block_norms(moved_v.ravel(), moved_z.ravel(), x_norm, activation).max())

    size = np.maximum(np.abs(v), np.abs(v + shift_v))
    if size.size <= LEADERS:
        return largest(slice(None))
    leaders = np.argpartition(size, -LEADERS)[-LEADERS:]
    lower = largest(leaders)
    mixed, inner = activation.bounds[0] * x_norm, size * activation.bounds[1] * x_norm**2
    ceiling = (inner + np.sqrt(inner**2 + 4 * mixed**2)) / 2
    margin = 1e-12 if activation.smooth else 0.0  # for rounding, of which the norms 0 and |x| of a step have none
    open_ = ceiling * (1 + margin) > lower
    open_[leaders] = False
    return max(lower, largest(open_)) if open_.any() else lower


def worst_unit_displacement(
    v: Units, z: Units, x_norm: float, radius: float, activation: Activation, candidates: int = 32
) -> tuple[int, float, float]:
    """Return the unit and its displacement (δv, δz) of norm ``radius`` with the largest |remainder| found.

    The norm is √(δv² + (δz/|x|)²). Every unit is tried in 24 directions, and the best ``candidates`` units in 2,048.
    The maximum found is attained, so it estimates the worst displacement from below.
    """

    best = np.zeros(v.size)
    for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False):
        shift_v, shift_z = radius * np.cos(angle), radius * x_norm * np.sin(angle)
        np.maximum(best, np.abs(remainders(v, z, shift_v, shift_z, activation)), out=best)
    units = np.argsort(best)[::-1][:candidates]
    angles = np.linspace(0, 2 * np.pi, 2048, endpoint=False)[:, None]
    shift_v, shift_z = radius * np.cos(angles), radius * x_norm * np.sin(angles)
    fine = np.abs(remainders(v[units], z[units], shift_v, shift_z, activation))  # (2048, candidates)
    place, chosen = np.unravel_index(fine.argmax(), fine.shape)
    angle = float(angles[place, 0])
    return int(units[chosen]), float(radius * np.cos(angle)), float(radius * x_norm * np.sin(angle))
