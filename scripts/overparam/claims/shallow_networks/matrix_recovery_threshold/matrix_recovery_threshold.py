"""Success over the number of samples, and the largest number fitted over the rank."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import labels, theme
from overparam.drawing.rounding import at_least, at_most

MARKERS = "osD^vP*X"
SOLVERS = {  # label, marker, "none" for a marker that is not filled
    "levenberg_marquardt": ("Levenberg–Marquardt", "o", "-"),
    "gradient_descent": ("gradient descent", "s", "none"),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw success of both solvers and of the control, and the largest fits between the formulas."""
    figure, (left, right) = theme.panels(2, height=4.2)
    rows = measurements[(measurements["quantity"] == "fitted") & (measurements["place"] == "grid")]
    ranks = sorted(rows["rank"].unique())
    for rank, marker, color in zip(ranks, MARKERS, theme.ordered(len(ranks)), strict=False):
        for solver, dashes in (("levenberg_marquardt", "-"), ("gradient_descent", "--")):
            found = rows[(rows["rank"] == rank) & (rows["solver"] == solver) & (rows["start"] == "orthogonal")]
            share = found.groupby("samples_over_limit")["value"].mean()
            name = {"label": f"r = {rank:g}"} if solver == "levenberg_marquardt" else {}
            left.plot(share.index, share, color=color, linestyle=dashes, marker=marker, markersize=3.5, **name)
    control = rows[rows["start"] == "one_column"].groupby("samples_over_limit")["value"].mean()
    left.plot(control.index, control, color=theme.INK, linestyle=":", label="one column (control)")
    left.plot([], [], color=theme.INK, linestyle="--", label="dashed: descent")
    theme.mark_threshold(left, 1, "limit")
    left.set_xlabel(labels.column(measurements, "samples_over_limit"))
    left.set_ylabel(labels.quantity(measurements, "fitted"))
    left.legend(fontsize=7.5, loc="lower left", bbox_to_anchor=(0, 0.04))

    fits = largest_fits(measurements)
    dimension = _dimension(measurements)
    grid = np.linspace(1, max(ranks), 100)
    right.plot(grid, dimension * grid, color=theme.INK, linestyle="--", label="dr (printed)")
    right.plot(grid, dimension * grid - grid * (grid - 1) / 2, color=theme.INK, label="dr − r(r − 1)/2")
    right.axhline(dimension * (dimension + 1) / 4, color=theme.INK, linestyle="-.", linewidth=1, label="d(d + 1)/4")
    right.plot(grid, grid**2, color=theme.INK, linestyle=":", label="r² (Burer–Monteiro)")
    for (solver, (label, marker, face)), color in zip(SOLVERS.items(), theme.CATEGORIES, strict=False):
        found = fits[fits["solver"] == solver]
        middle = found.groupby("rank")["largest"].agg(["mean", "min", "max"])
        error = np.array([middle["mean"] - middle["min"], middle["max"] - middle["mean"]])
        right.errorbar(
            middle.index, middle["mean"], error, color=color, marker=marker, linestyle="none", label=label,
            markersize=6, markerfacecolor=color if face == "-" else "none", linewidth=1,
        )  # fmt: skip
    right.set(
        xlabel=labels.column(measurements, "rank"), ylabel="largest number of samples fitted", title=f"d = {dimension}"
    )
    right.legend(fontsize=7.5, loc="upper left")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the largest fits in units of the limit, and what happens at n = dr."""
    fits = largest_fits(measurements)
    share = (fits["largest"] / fits["limit"]).groupby([fits["solver"], fits["rank"]]).mean()
    second, first = share["levenberg_marquardt"], share.get("gradient_descent")
    at = measurements[(measurements["quantity"] == "fitted") & (measurements["place"] == "degrees")]
    at = at[at["start"] == "orthogonal"]
    higher, one = at[at["rank"] >= 2]["value"], at[at["rank"] == 1]["value"]
    printed = f"At n = dr {higher.sum():.0f} of {len(higher)} problems of rank 2 and more are fitted"
    printed += f", of rank 1 {one.sum():.0f} of {len(one)}." if len(one) else "."
    descent = measurements[measurements["solver"] == "gradient_descent"].groupby("quantity")["value"]
    return (
        f"Number of random labels fitted by ⟨A, UUᵀ⟩: on average over problems {at_least(second.min())} to "
        f"{at_most(second.max())} of the smaller of dr − r(r − 1)/2 and d(d + 1)/4 by Levenberg–Marquardt, "
        f"{at_least(first.min())} to {at_most(first.max())} by gradient descent (of its "
        f"{descent.size()['fitted']} runs {descent.sum()['limit_hit']:.0f} hit the limit of steps and "
        f"{descent.sum()['gave_up']:.0f} gave up). {printed} Starting from one column, "
        f"{_control(measurements)}."
    )


def largest_fits(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return per solver, rank and seed the largest number of samples up to which every number tried was fitted."""
    rows = measurements[
        (measurements["quantity"] == "fitted")
        & (measurements["place"] == "grid")
        & (measurements["start"] == "orthogonal")
    ]
    found = []
    for (solver, rank, seed), curve in rows.groupby(["solver", "rank", "seed"]):
        curve = curve.sort_values("n_train")
        kept = curve["n_train"][curve["value"].cummin() == 1]
        limit = ((curve["n_train"] - 0.5) / curve["samples_over_limit"]).iloc[0]
        case = {"solver": solver, "rank": rank, "seed": seed, "limit": limit}
        found.append({**case, "largest": kept.max() if len(kept) else 0})
    return pd.DataFrame(found)


def _dimension(measurements: pd.DataFrame) -> int:
    first = measurements.iloc[0]
    return round((first["n_train"] - 0.5) / first["samples_over_dr"] / first["rank"])


def _control(measurements: pd.DataFrame) -> str:
    rows = measurements[(measurements["quantity"] == "fitted") & (measurements["start"] == "one_column")]
    fitted = rows[rows["value"] == 1]
    if fitted.empty:
        return f"none of {len(rows)} is fitted"
    return f"{len(fitted)} of {len(rows)} are fitted, none beyond {at_most(fitted['samples_over_limit'].max())} of it"
