"""Success over the number of samples, and the largest number fitted over the rank."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import printed_and_corrected
from overparam.drawing import direct_labels, labels, predicted, theme
from overparam.drawing.rounding import at_least, at_most

SECOND, FIRST = "levenberg_marquardt", "gradient_descent"
SOLVERS = {  # label, marker, fill, colour
    SECOND: ("Levenberg–Marquardt", "o", "full", theme.CATEGORIES[0]),
    FIRST: ("gradient descent", "s", "none", theme.CATEGORIES[1]),
}
THRESHOLD = "threshold-at-the-degrees-of-freedom"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the largest fits between the formulas, and the success of all ranks with the control."""
    figure, (largest, success) = theme.panels(2, height=4.6)
    _largest(largest, measurements)
    rows = measurements[(measurements["quantity"] == "fitted") & (measurements["place"] == "grid")]
    ranks = sorted(rows["rank"].unique())
    for rank, color in zip(ranks, theme.ordered(len(ranks)), strict=True):
        share = share_fitted(rows[rows["rank"] == rank], SECOND)
        success.plot(share.index, share, color=color, marker="o", markersize=3.5, label=f"$r = {rank:g}$")
    control = rows[rows["start"] == "one_column"].groupby("samples_over_limit")["value"].mean()
    success.plot(control.index, control, **theme.CONTROL)
    success.annotate(
        "one column (control)", (control.index[0], 0), xytext=(0, 4), textcoords="offset points", fontsize=9,
        color=theme.GREY, va="bottom",
    )  # fmt: skip
    success.set_xlabel(labels.column(measurements, "samples_over_limit").replace(" min(", "\nmin("))
    success.set(ylabel=labels.quantity(measurements, "fitted"), title="Levenberg–Marquardt")
    predicted.predicted_band(success, verdict, THRESHOLD, "corrected", along="x", label=None)
    success.legend(loc="upper right", fontsize=9, borderaxespad=0)
    theme.headline(figure, _headline(verdict))
    return figure


def _largest(axis: plt.Axes, measurements: pd.DataFrame) -> None:
    """Draw the largest number of samples that each solver fits between the counts that were proposed."""
    fits, dimension = largest_fits(measurements), _dimension(measurements)
    grid = np.linspace(1, fits["rank"].max(), 100)
    limit = dimension * (dimension + 1) / 4
    for values, color, dashes, text in (
        (dimension * grid, theme.CATEGORIES[3], "-.", "$dr$, printed"),
        (np.minimum(dimension * grid - grid * (grid - 1) / 2, limit), theme.INK, ":", "corrected"),
        (grid**2, theme.CATEGORIES[2], (0, (5, 1.5)), "$r^2$, earlier\ntheory"),
    ):
        axis.plot(grid, values, color=color, linestyle=dashes)
        direct_labels.at_end(axis, grid, values, text, color)
    for solver, (label, marker, fill, color) in SOLVERS.items():
        found = fits[fits["solver"] == solver].groupby("rank")["largest"].agg(["mean", "min", "max"])
        error = np.array([found["mean"] - found["min"], found["max"] - found["mean"]])
        axis.errorbar(
            found.index, found["mean"], error, color=color, marker=marker, linestyle="none", label=label, markersize=6,
            fillstyle=fill, linewidth=1,
        )  # fmt: skip
    axis.set(xlabel=labels.column(measurements, "rank"), ylabel="largest number of samples fitted")
    axis.set(title=f"$d = {dimension}$", ylim=(0, 1.05 * dimension * grid[-1]))
    axis.legend(loc="upper left", fontsize=9, handletextpad=0.3)


def share_fitted(rows: pd.DataFrame, solver: str) -> pd.Series:
    """Return the share of problems that a solver fits, over the number of samples in units of the limit."""
    found = rows[(rows["solver"] == solver) & (rows["start"] == "orthogonal")]
    return found.groupby("samples_over_limit")["value"].mean()


def _headline(verdict: dict) -> str:
    return printed_and_corrected.headline(
        verdict,
        both="$UU^T$ fits as many labels as it has degrees of freedom: fewer than the printed $dr$, more than $r^2$",
        printed="$UU^T$ does not fit the printed $n = dr$ labels",
        supported="$UU^T$ fits about as many labels as it has degrees of freedom",
        refuted="$UU^T$ does not fit as many labels as it has degrees of freedom",
        undecided="how many labels $UU^T$ fits, by its rank",
    )


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
