"""Residual of gradient descent on UUᵀ over time, and the distance of its end from the start."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

CONTROLS = {  # label, marker, dashes
    "one_column": ("one column", "x", (0, (1, 1))),
    "too_many_samples": ("too many samples", "+", (0, (5, 1.5))),
    "small_start": ("small start", "*", (0, (3, 1, 1, 1))),
    "other_start": ("end of another start", "1", (0, (3, 1))),
}
DISTANT = ("small_start", "other_start")  # controls of the distance, drawn on the right only
MARKERS = "osD^v"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw residuals with the promised rate and the controls, and relative distances over the number of samples."""
    figure, (left, right) = theme.panels(2, height=4.6)
    residuals = measurements[measurements["quantity"] == "squared_residual"]
    usual = residuals[residuals["case"] == "well_conditioned"]
    shares = sorted(usual["share"].unique())
    for share, marker, color in zip(shares, MARKERS, theme.ordered(len(shares)), strict=False):
        _curves(left, usual[usual["share"] == share], f"n = {share:g} × degrees", color, "-", marker)
    for (case, (label, _, dashes)), color in zip(CONTROLS.items(), theme.CATEGORIES, strict=False):
        if case not in DISTANT:
            _curves(left, residuals[residuals["case"] == case], f"{label} (control)", color, dashes, None)
    last = usual["time"].max() * 3
    time = np.geomspace(usual.loc[usual["time"] > 0, "time"].min(), last, 200)
    _, exponent = judged.band(verdict, "geometric")
    power = f"{exponent:g}".removesuffix("1").replace("-", "−")
    left.plot(time, np.exp(exponent * time), color=theme.INK, linestyle=":", label=f"promised, e^({power}t)")
    lowest = usual.loc[usual["value"] > 0, "value"].min()
    left.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "time"), ylim=(lowest / 2, 3))
    left.set_ylabel(labels.quantity(measurements, "squared_residual"))

    distances = measurements[measurements["quantity"] == "relative_distance"]
    over = measurements[measurements["quantity"] == "distance_over_nearest"]
    keys = ["case", "rank", "share", "seed"]
    nearest = distances.set_index(keys)["value"] / over.set_index(keys)["value"]
    nearest = nearest.dropna().reset_index()
    for rank, marker, color in zip(sorted(distances["rank"].unique()), MARKERS, theme.CATEGORIES[3:], strict=False):
        found = distances[(distances["rank"] == rank) & (distances["case"] == "well_conditioned")]
        right.plot(found["share"], found["value"], marker, color=color, markersize=4, label=f"r = {rank:g}")
        close = nearest[nearest["rank"] == rank].groupby("share")["value"].median()
        right.plot(
            close.index, close, marker=marker, color=color, markerfacecolor="none", markersize=4, linestyle="--", lw=1
        )
    right.plot([], [], color=theme.INK, linestyle="--", label="nearest optimum found")
    for (case, (label, marker, _)), color in zip(CONTROLS.items(), theme.CATEGORIES, strict=False):
        found = distances[distances["case"] == case]
        right.plot(found["share"], found["value"], marker, color=color, markersize=5, label=f"{label} (control)")
    right.axhline(
        judged.declared(verdict, "close-to-the-start")["greater"], color=theme.INK, linewidth=0.8, linestyle=":"
    )
    right.set(yscale="log", xlabel=labels.column(measurements, "share"))
    right.set_ylabel(labels.quantity(measurements, "relative_distance"))
    for axis in (left, right):
        axis.legend(fontsize=7, loc="upper center", bbox_to_anchor=(0.45, -0.16), ncol=2, columnspacing=1)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State rate, distances and what the controls do."""
    usual = measurements[measurements["case"] == "well_conditioned"]
    value = {name: rows["value"] for name, rows in usual.groupby("quantity")}
    relative = usual[usual["quantity"] == "relative_distance"].groupby("share")["value"].max()
    far = ", ".join(f"{at_most(one, 3)} at {share:g}" for share, one in relative.items())
    fastest = [
        -np.polyfit(run["time"], np.log(run["value"]), 1)[0]
        for _, run in usual[usual["quantity"] == "squared_residual"].groupby(["rank", "share", "seed"])
    ]
    final = measurements[measurements["quantity"] == "final_residual"].groupby("case")["value"]
    small = measurements[(measurements["quantity"] == "relative_distance") & (measurements["case"] == "small_start")]
    return (
        f"Gradient descent on UUᵀ from a well-conditioned start reduces the squared residual geometrically, "
        f"{at_least(min(fastest))} to {at_most(max(fastest))} times as fast as promised, to at most "
        f"{at_most(value['final_residual'].max(), 1)} of the labels. It ends within a relative distance of {far} of "
        f"the degrees of freedom, at most {at_most(value['distance_over_nearest'].max())} times that of the nearest "
        f"optimum found. With one column a residual of at least {at_least(final.min()['one_column'])} remains, with "
        f"too many samples {at_least(final.min()['too_many_samples'])}; from a small start it goes at least "
        f"{at_least(small['value'].min())} times the start's length."
    )


def _curves(axis, rows: pd.DataFrame, label: str, color: str, dashes: object, marker: str | None) -> None:
    rows = rows[(rows["time"] > 0) & (rows["value"] > 0)]
    runs = rows.assign(run=rows["rank"].astype(str) + "-" + rows["seed"].astype(str))
    sns.lineplot(
        runs, x="time", y="value", units="run", estimator=None, color=color, alpha=0.25, linewidth=0.7, ax=axis,
        legend=False,
    )  # fmt: skip
    numbered = runs.assign(number=runs.groupby("run").cumcount())
    middle = numbered.groupby("number")[["time", "value"]].median()
    axis.plot(middle["time"], middle["value"], color=color, linestyle=dashes, marker=marker, markersize=3, label=label)
