"""The share of deep networks that fit over their width, and the steps that they take beside those promised."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme

FITS = "wide-networks-fit"
NAMES = {"tanh": "tanh", "relu": "ReLU"}
MARKERS = "os^Dv"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the share of runs that fit over width for both activations, and steps taken over steps promised."""
    figure, (*shares, promise) = theme.panels(3, height=3.9)
    depths = sorted(measurements["depth"].unique())
    colors = theme.ordered(len(depths))
    level = judged.declared(verdict, FITS)["less"]
    narrow = judged.declared(judged.under_control(verdict), FITS)["where"]["width"]["max"]
    runs = _runs(measurements)
    for axis, (activation, name) in zip(shares, NAMES.items(), strict=True):
        for depth, marker, color in zip(depths, MARKERS, colors, strict=False):
            rows = runs[(runs["activation"] == activation) & (runs["depth"] == depth)]
            share = rows.groupby("width")["fitted"].mean()
            look = {"color": color, "marker": marker, "markersize": 5}
            theme.leave_control(axis, share, narrow, label=f"{depth} hidden layers", **look)
            wide = rows[rows["wide"] & (rows["fitted"] == 1)]
            filled = color if activation == "tanh" else "none"
            promise.plot(
                wide["promised_steps"], wide["steps"], linestyle="none", marker=marker, markersize=4, alpha=0.6,
                markerfacecolor=filled, markeredgecolor=color,
            )  # fmt: skip
        axis.axhline(level, color=theme.INK, linestyle=":", linewidth=1)
        axis.set_xscale("log", base=2)
        widths = sorted(runs["width"].unique())
        axis.set_xticks(widths, [f"{width:g}" for width in widths])
        axis.set(ylim=(-0.05, 1.07), title=name, xlabel=labels.column(measurements, "width"))
    shares[0].set_ylabel(labels.quantity(measurements, "fitted"))
    promise.axline((100, 100), slope=1, color=theme.INK, linestyle="--", linewidth=1)
    promise.set(xscale="log", yscale="log", xlabel="steps promised", ylabel="steps taken", title="the widest")
    promise.text(0.05, 0.95, "filled: tanh\nopen: ReLU", transform=promise.transAxes, va="top", fontsize=8)
    shares[0].plot([], [], label=f"width {narrow:g} (control)", **theme.CONTROL)
    figure.legend(*shares[0].get_legend_handles_labels(), loc="outside lower center", ncol=len(depths) + 1, fontsize=8)
    theme.headline(figure, _headline(runs))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the shares at the largest and the smallest width, and steps taken over steps promised."""
    runs = _runs(measurements)
    narrow = runs[runs["width"] == runs["width"].min()]
    wide = runs[runs["wide"] & (runs["fitted"] == 1)]
    ratio = (wide["steps"] / wide["promised_steps"]).median()
    return (
        f"{_headline(runs)}. Of those with {narrow['width'].iloc[0]} units per layer {int(narrow['fitted'].sum())} of "
        f"{len(narrow)} do. The widest networks take a median of {100 * ratio:.0f} % of the steps that the kernel at "
        f"the start promises."
    )


def _headline(runs: pd.DataFrame) -> str:
    wide, depths = runs[runs["wide"]], sorted(runs["depth"].unique())
    return (
        f"{int(wide['fitted'].sum())} of {len(wide)} networks with {wide['width'].iloc[0]} units in each of "
        f"{depths[0]} to {depths[-1]} layers fit random labels"
    )


def _runs(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run, with its quantities and the steps promised until the same residual in columns."""
    keys = ["activation", "depth", "width", "wide", "seed"]
    runs = measurements.pivot(index=keys, columns="quantity", values="value").reset_index()
    with np.errstate(divide="ignore"):
        runs["promised_steps"] = 2 * np.log(runs["residual_ratio"]) / np.log1p(-runs["promised_rate"])
    return runs
