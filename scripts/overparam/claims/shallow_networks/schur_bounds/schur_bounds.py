"""Extreme eigenvalues of Hadamard products against Schur's bounds on them."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import result_rows
from overparam.drawing import headlines, judged, labels, theme

PAIRS = {  # label, marker, colour
    "attained": ("B = ssᵀ, signs s", "D", theme.CATEGORIES[1]),
    "full rank": ("full rank", "o", theme.CATEGORIES[0]),
    "network": ("XXᵀ and φ′φ′ᵀ\nof a network", "s", theme.CATEGORIES[0]),
    "nearly singular": ("A nearly singular", "^", theme.CATEGORIES[0]),
    "singular": ("A and B singular", "v", theme.CATEGORIES[0]),
    "indefinite": ("B indefinite\n(control)", "X", theme.GREY),
}
LOWER, UPPER = "smallest eigenvalue", "largest eigenvalue"  # the predictions
SIDES = {"smallest_eigenvalue": "lower_bound", "largest_eigenvalue": "upper_bound"}  # quantity: its bound


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a row per kind of pairs: the smallest eigenvalue above its bound, the largest as a share of its bound."""
    figure, (lower, upper) = theme.panels(2, height=4.2)
    limit = judged.declared(verdict, LOWER)["limit"]
    excess, share = distances(measurements)
    low = float(excess.min())
    lower.set(xlim=(1.1 * low, 1.05 * excess.max()), xlabel=labels.quantity(measurements, "lower_excess"))
    upper.set(xlim=(0, 1.05 * share.max()), xlabel="λ_max(A ⊙ B) / (max B_ii λ_max(A))")
    for axis, title in ((lower, "smallest eigenvalue"), (upper, "largest eigenvalue")):
        axis.set_title(title)
        result_rows.name(axis, [name for name, *_ in PAIRS.values()], [color for *_, color in PAIRS.values()])
        axis.spines["left"].set_visible(False)
    result_rows.allowed(lower, limit, "above", label="Schur")
    result_rows.allowed(upper, 1, "below", label="Schur")
    upper.tick_params(labelleft=False)
    for place, (pair, (*_, color)) in enumerate(PAIRS.items()):
        for axis, values in ((lower, excess), (upper, share)):
            result_rows.row(axis, place, values.loc[pair], color, color == theme.GREY)
    result_rows.raise_titles(figure)
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="Both of Schur's bounds hold for positive semidefinite pairs, and one kind of pair attains them",
        refuted="A positive semidefinite pair breaks one of Schur's bounds",
        undecided="eigenvalues of Hadamard products against Schur's bounds",
    )


def distances(measurements: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return how far smallest eigenvalues lie above their bound, and what share of theirs the largest ones have."""
    smallest, largest = (_pairs(measurements, quantity, limit) for quantity, limit in SIDES.items())
    excess = smallest["smallest_eigenvalue"] - smallest["lower_bound"]
    return excess, largest["largest_eigenvalue"] / largest["upper_bound"]


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how many pairs keep both bounds, how near they come, and how often the control breaks one."""
    broken, near, pairs = {}, {}, {}
    lower, upper = (judged.declared(verdict, name)["tolerance"] for name in (LOWER, UPPER))
    for quantity, limit in SIDES.items():
        wide = _pairs(measurements, quantity, limit)
        sign = 1 if quantity == "largest_eigenvalue" else -1
        over = sign * (wide[quantity] - wide[limit])
        beyond = over > (upper * wide[limit].abs() if sign > 0 else lower)
        control = wide.index.get_level_values("pair") == "indefinite"
        broken[quantity], near[quantity] = int(beyond[~control].sum()), float(beyond[control].mean())
        pairs[quantity] = int((~control).sum())
    size = measurements["size"].max()
    full = [_pairs(measurements, quantity, limit).loc["full rank", size] for quantity, limit in SIDES.items()]
    above, below = (
        (rows[quantity] / rows[limit]).median() for rows, (quantity, limit) in zip(full, SIDES.items(), strict=True)
    )
    return (
        f"Extreme eigenvalues of the Hadamard products of {pairs['smallest_eigenvalue']} pairs of random positive "
        f"semidefinite matrices: {broken['smallest_eigenvalue']} fall below Schur's lower bound and "
        f"{broken['largest_eigenvalue']} exceed the upper one. For pairs of full rank and size {size} the smallest is "
        f"{above:.2g} times its bound and the largest {below:.2g} times (medians); a B of rank one with "
        f"entries ±1 attains both. With an indefinite B (control) {near['smallest_eigenvalue']:.0%} of the pairs break "
        f"the lower bound and {near['largest_eigenvalue']:.0%} the upper one."
    )


def _pairs(measurements: pd.DataFrame, quantity: str, limit: str) -> pd.DataFrame:
    rows = measurements[measurements["quantity"].isin([quantity, limit])]
    return rows.pivot(index=["pair", "size", "seed"], columns="quantity", values="value")
