"""Extreme eigenvalues of Hadamard products against Schur's bounds on them."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme

PAIRS = {  # label, marker
    "full rank": ("full rank", "o"),
    "network": ("XXᵀ and φ'φ'ᵀ of a network", "s"),
    "attained": ("B = ssᵀ, signs s", "D"),
    "nearly singular": ("A nearly singular", "^"),
    "singular": ("A and B singular", "v"),
    "indefinite": ("B indefinite (control)", "X"),
}
LOWER, UPPER = "smallest eigenvalue", "largest eigenvalue"  # the predictions
SIDES = {"smallest_eigenvalue": "lower_bound", "largest_eigenvalue": "upper_bound"}  # quantity: its bound
SHOWN = 40  # pairs per kind and size that are drawn


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw how far the smallest eigenvalue lies above its bound, and the share of its bound that the largest has."""
    figure, (lower, upper) = theme.panels(2, height=4.2)
    shown = measurements[measurements["seed"] < SHOWN]
    sizes = sorted(measurements["size"].unique())
    wide = {quantity: _pairs(shown, quantity, limit) for quantity, limit in SIDES.items()}
    smallest, largest = wide["smallest_eigenvalue"], wide["largest_eigenvalue"]
    excess = smallest["smallest_eigenvalue"] - smallest["lower_bound"]
    share = largest["largest_eigenvalue"] / largest["upper_bound"]
    for k, ((pair, (name, marker)), color) in enumerate(zip(PAIRS.items(), theme.CATEGORIES, strict=True)):
        for axis, values in ((lower, excess), (upper, share)):
            rows = values.loc[pair].reset_index(name="value")
            places = rows["size"].map(sizes.index) + 0.13 * (k - 2.5)
            style = {"color": color, "markersize": 4, "markeredgewidth": 0}
            axis.plot(places, rows["value"], marker, alpha=0.35, **style)
            axis.plot([], [], marker, label=name, **style)
    for axis, limit, label in (
        (lower, judged.declared(verdict, LOWER)["limit"], labels.quantity(measurements, "lower_excess")),
        (upper, 1, "λ_max(A ⊙ B) / (max B_ii λ_max(A))"),
    ):
        axis.axhline(limit, color=theme.INK, linestyle="--", linewidth=1)
        axis.set(xlabel=labels.column(measurements, "size"), ylabel=label, xticks=range(len(sizes)), xticklabels=sizes)
    lower.set_title("Schur: nothing below the line")
    upper.set_title("Schur: nothing above the line")
    figure.legend(*lower.get_legend_handles_labels(), loc="outside lower center", ncol=3, fontsize=8)
    return figure


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
