"""The distance of the end from the start, by rank, beside that of the nearest optimum that was found."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.predicted import EDGE

CONTROLS = {  # label, marker
    "one_column": ("one column", "x"),
    "too_many_samples": ("too many samples", "+"),
    "small_start": ("small start", "*"),
    "other_start": ("end of another start", "1"),
}
MARKERS = "osD^v"
KEYS = ["case", "rank", "share", "seed"]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw relative distances over the number of samples, those of the nearest optima, and the controls."""
    figure, (axis,) = theme.panels(height=4.4)
    distances = measurements[measurements["quantity"] == "relative_distance"]
    nearest = _nearest(measurements)
    for rank, marker, color in zip(sorted(distances["rank"].unique()), MARKERS, theme.CATEGORIES, strict=False):
        found = distances[(distances["rank"] == rank) & (distances["case"] == "well_conditioned")]
        axis.plot(found["share"], found["value"], marker, color=color, markersize=4, label=f"$r = {rank:g}$")
        close = nearest[nearest["rank"] == rank].groupby("share")["value"].median()
        axis.plot(
            close.index, close, marker=marker, color=color, markerfacecolor="none", markersize=7, linestyle=":", lw=1.2,
            label=f"nearest optimum, $r = {rank:g}$",
        )  # fmt: skip
    for case, (label, marker) in CONTROLS.items():
        found = distances[distances["case"] == case]
        axis.plot(found["share"], found["value"], marker, color=theme.GREY, markersize=5, label=f"{label} (control)")
    axis.axhline(judged.declared(verdict, "close-to-the-start")["greater"], **EDGE)
    axis.set(yscale="log", xlabel=labels.column(measurements, "share"))
    axis.set_ylabel(labels.quantity(measurements, "relative_distance"))
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncol=3)
    theme.headline(figure, "The distance from the start, beside that of the nearest optimum")
    return figure


def _nearest(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the relative distances of the nearest optima that were found."""
    distance, over = (
        measurements[measurements["quantity"] == name].set_index(KEYS)["value"]
        for name in ("relative_distance", "distance_over_nearest")
    )
    return (distance / over).dropna().rename("value").reset_index()


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the median distance over that of the nearest optimum, by number of samples."""
    rows = measurements[measurements["case"] == "well_conditioned"]
    over = rows[rows["quantity"] == "distance_over_nearest"].groupby("share")["value"].median()
    said = ", ".join(f"{value:.2f} at {share:g}" for share, value in over.items())
    return (
        "Relative distance of the end of gradient descent from its start, by rank and number of samples. It is, in the "
        f"median, this many times that of the nearest optimum found: {said} of the degrees of freedom."
    )
