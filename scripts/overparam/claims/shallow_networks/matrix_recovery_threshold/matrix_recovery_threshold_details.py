"""The success of both solvers over the number of samples, rank by rank."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.matrix_recovery_threshold import matrix_recovery_threshold as first
from overparam.drawing import labels, studies, theme

COLUMNS = 3


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a panel per rank with the share of problems that each solver and the control fit."""
    rows = measurements[(measurements["quantity"] == "fitted") & (measurements["place"] == "grid")]
    ranks = sorted(rows["rank"].unique())
    columns = min(len(ranks), COLUMNS)
    figure, axes = studies.grid(-(-len(ranks) // columns), columns, 2.6, sharex=True, sharey=True)
    for axis, rank in zip(axes.flat, ranks, strict=False):
        own = rows[rows["rank"] == rank]
        for solver, (_, marker, fill, color) in first.SOLVERS.items():
            share = first.share_fitted(own, solver)
            axis.plot(share.index, share, color=color, marker=marker, fillstyle=fill, markersize=4)
        control = own[own["start"] == "one_column"].groupby("samples_over_limit")["value"].mean()
        axis.plot(control.index, control, **theme.CONTROL)
        axis.set_title(f"$r = {rank:g}$")
    for axis in axes.flat[len(ranks) :]:
        axis.set_visible(False)
        axis.tick_params(labelbottom=True)
    for axis in axes[:, 0]:
        axis.set_ylabel(labels.quantity(measurements, "fitted"))
    across = labels.column(measurements, "samples_over_limit").replace(" min(", "\nmin(")
    axes[-1, 0].set_xlabel(across)
    shown = {
        label: {"color": color, "marker": marker, "fillstyle": fill}
        for label, marker, fill, color in first.SOLVERS.values()
    }
    studies.legend(figure, {**shown, "one column (control)": theme.CONTROL}, loc="outside lower center", ncol=3)
    theme.headline(figure, "The share of problems that are fitted, by solver and rank")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how many problems below the limit each solver fits."""
    rows = measurements[(measurements["quantity"] == "fitted") & (measurements["place"] == "grid")]
    below = rows[(rows["start"] == "orthogonal") & (rows["samples_over_limit"] < 1)]
    shares = below.groupby("solver")["value"].mean()
    said = " and ".join(f"{shares.get(name, np.nan):.0%} ({label})" for name, (label, *_) in first.SOLVERS.items())
    return (
        "Share of problems whose labels are fitted over the number of samples in units of the limit, a panel per rank. "
        f"Of the problems with fewer samples than the limit {said} are fitted."
    )
