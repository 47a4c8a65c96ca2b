"""Residual of gradient descent on UUᵀ over time, and the distance of its end from the start."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import result_rows
from overparam.drawing import direct_labels, headlines, judged, labels, theme
from overparam.drawing.predicted import EDGE
from overparam.drawing.rounding import at_least, at_most

USUAL = "well_conditioned"
CONTROLS = ("one_column", "too_many_samples")
START = "small_start"  # the control of the distance


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw residuals with the promised rate and the controls, and a row of distances per number of samples."""
    figure, (left, right) = theme.panels(2, height=4.4)
    residuals = measurements[measurements["quantity"] == "squared_residual"]
    usual = residuals[residuals["case"] == USUAL]
    shares = sorted(usual["share"].unique())
    colors = dict(zip(shares, theme.ordered(len(shares)), strict=True))
    for share, color in colors.items():
        _curve(left, usual[usual["share"] == share], color, "-")
        left.plot([], [], color=color, label=f"{share:g}")
    for case in CONTROLS:
        middle = _curve(left, residuals[residuals["case"] == case], theme.GREY, "--")
        if case == CONTROLS[0]:
            direct_labels.at_end(
                left, middle["time"], middle["value"], "too few columns,\nor too many\nsamples\n(control)", theme.GREY
            )
    _, exponent = judged.band(verdict, "geometric")
    time = np.geomspace(usual.loc[usual["time"] > 0, "time"].min(), usual["time"].max() * 3, 200)
    left.plot(time, np.exp(exponent * time), **EDGE)
    power = f"{exponent:g}t".replace("-1t", "-t")
    lowest = usual.loc[usual["value"] > 0, "value"].min()
    left.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "time"), ylim=(lowest / 50, 3))
    left.set_ylabel(labels.quantity(measurements, "squared_residual"))
    left.set_title("how fast it fits")
    left.legend(title="samples / degrees\nof freedom", loc="lower left", fontsize=9, title_fontsize=9, borderaxespad=0)
    direct_labels.at_end(left, time, np.exp(exponent * time), f"promised\n$e^{{{power}}}$", theme.INK)
    _distances(right, measurements, verdict, colors)
    result_rows.raise_titles(figure)
    theme.headline(figure, _headline(verdict))
    return figure


def _distances(axis: Axes, measurements: pd.DataFrame, verdict: dict, colors: dict[float, str]) -> None:
    """Draw the relative distances of all runs, a row per number of samples and one for the control."""
    rows = measurements[measurements["quantity"] == "relative_distance"]
    small = rows[rows["case"] == START]["value"]
    axis.set(xscale="log", xlim=(rows["value"].min() / 1.5, rows["value"].max() * 1.5), title="how far it goes")
    names = [f"{share:g}" for share in colors]
    result_rows.name(axis, [*names, "small start\n(control)"], [*colors.values(), theme.GREY])
    result_rows.allowed(axis, judged.declared(verdict, "close-to-the-start")["greater"], "below", label="close")
    for place, (share, color) in enumerate(colors.items()):
        result_rows.row(axis, place, rows[(rows["case"] == USUAL) & (rows["share"] == share)]["value"], color)
    result_rows.row(axis, len(colors), small, theme.GREY, control=True)
    axis.set_xlabel(labels.quantity(measurements, "relative_distance"))
    axis.set_ylabel(labels.column(measurements, "share"))
    axis.spines["left"].set_visible(False)


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="Descent on $UU^T$ fits at a geometric rate, far faster than promised, and ends near its start",
        refuted="Descent on $UU^T$ does not fit at the promised rate, or ends far from its start",
        undecided="residuals of descent on $UU^T$, and how far it goes",
    )


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


def _curve(axis: Axes, rows: pd.DataFrame, color: str, dashes: str) -> pd.DataFrame:
    """Draw a faint line per run and the median over runs, and return the median."""
    rows = rows[(rows["time"] > 0) & (rows["value"] > 0)]
    for _, run in rows.groupby(["rank", "seed"]):
        axis.plot(run["time"], run["value"], color=color, alpha=0.2, linewidth=0.6, linestyle=dashes)
    numbered = rows.assign(number=rows.groupby(["rank", "seed"]).cumcount())
    middle = numbered.groupby("number")[["time", "value"]].median()
    axis.plot(middle["time"], middle["value"], color=color, linestyle=dashes)
    return middle
