"""Widths that theorems ask for beside the narrowest networks that fit, over the number of samples."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from overparam.claims.shallow_networks import log_ticks
from overparam.drawing import direct_labels, headlines, judged, labels, predicted, studies, theme

DESCENT, REFERENCE = "gradient descent", "Levenberg–Marquardt"
COUNTING = "counting"
CASES = [  # activation, optimiser, label, marker, dashes
    ("softplus", DESCENT, "softplus, gradient descent", "o", "-"),
    ("softplus", REFERENCE, "softplus, Levenberg–Marquardt", "s", ":"),
    ("relu", DESCENT, "ReLU, gradient descent", "^", "-"),
    ("relu", REFERENCE, "ReLU, Levenberg–Marquardt", "D", ":"),
]
COLORS = {"softplus": theme.CATEGORIES[1], "relu": theme.CATEGORIES[3]}
GROWS = "grows like n and not like its square"
MEASURED = "measured"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw required and measured widths together, and the measured ones alone with the control."""
    figure, (far, near) = theme.panels(2, height=5.0)
    far.get_gridspec().set_width_ratios([1.25, 1])
    swept = measurements[measurements["in_n_sweep"]]
    required = swept[(swept["quantity"] == "required_width") & (swept["optimiser"] == DESCENT)]
    theorems = [name for name in required["theorem"].unique() if name != COUNTING]
    for name, color in zip(theorems, theme.ordered(len(theorems)), strict=True):
        means = _geometric(required[required["theorem"] == name])
        far.plot(means.index, means, color=color)
        direct_labels.at_end(far, means.index, means, name.replace(": ", ":\n"), color)
    counting = _geometric(required[required["theorem"] == COUNTING])
    near.plot(counting.index, counting, **theme.CONTROL)
    direct_labels.at_end(near, counting.index, counting, "$kd = n$\n(control)", theme.GREY)
    for activation, optimiser, label, marker, dashes in CASES:
        rows = swept[(swept["activation"] == activation) & (swept["optimiser"] == optimiser)]
        rows = rows[rows["quantity"] == "smallest_width"].astype({"n_train": float})
        for axis in (far, near):
            studies.lines(
                axis, rows, "n_train", COLORS[activation], seeds=False, interval=axis is near, marker=marker,
                linestyle=dashes, markersize=5,
            )  # fmt: skip
        means = rows.groupby("n_train")["value"].mean()
        direct_labels.at_end(near, means.index, means, label.replace(", ", ",\n"), COLORS[activation])
    widest = swept[swept["quantity"] == "smallest_width"].groupby("n_train")["value"].mean()
    direct_labels.at_end(far, widest.index, widest, MEASURED, COLORS["softplus"], fontweight="bold")
    far.set(title="asked for, and measured", ylabel=labels.column(measurements, "width"))
    near.set(title=f"measured, $d = {swept['dimension'].iloc[0]}$", ylabel="")
    places = sorted(swept["n_train"].unique())
    for axis in (far, near):
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "n_train"))
        axis.set_xticks(places, [str(place) for place in places])
        axis.minorticks_off()
    log_ticks.plain(near.yaxis)
    start = (places[0], float(widest.iloc[0]) * 1.5)
    predicted.predicted_slope(near, verdict, GROWS, start=start, to=places[-1], label=None)
    top = start[1] * (places[-1] / places[0]) ** judged.band(verdict, GROWS)[1]
    near.annotate(
        "slopes\npredicted", (places[-1], top), xytext=(-42, -10), textcoords="offset points", fontsize=8.5, ha="right",
        va="top", color=theme.INK,
    )  # fmt: skip
    theme.headline(figure, _headline(swept, verdict))
    return figure


def _headline(swept: pd.DataFrame, verdict: dict) -> str:
    largest = swept["n_train"].max()
    at_end = swept[(swept["n_train"] == largest) & (swept["optimiser"] == DESCENT)]
    means = at_end[at_end["quantity"] == "smallest_width"].groupby("activation")["value"].mean()
    asked = at_end[(at_end["quantity"] == "required_width") & (at_end["theorem"] != COUNTING)]
    asked = asked.groupby("theorem")["value"].mean()
    return headlines.by_verdict(
        verdict,
        supported=f"{means.max():.0f} hidden units fit $n = {largest}$ random labels; theorems ask for "
        f"{asked.min():,.0f} up to $10^{{{np.log10(asked.max()):.0f}}}$",
        refuted="Networks need more hidden units than a theorem asks for, or grow like another power of $n$",
        undecided=f"widths that fit, and that theorems ask for, up to $n = {largest}$",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the measured widths with their exponents and how far below each theorem they lie."""
    swept = measurements[measurements["in_n_sweep"]]
    largest = int(swept["n_train"].max())
    widths = swept[swept["quantity"] == "smallest_width"].groupby(["activation", "optimiser", "n_train"])["value"]
    widths = widths.mean()
    measured = []
    for activation, optimiser, label, *_ in CASES:
        one = widths[activation, optimiser]
        slope = stats.linregress(np.log(one.index), np.log(one)).slope
        measured.append(f"{label}: k = {one.iloc[-1]:.0f}, exponent {slope:.2f}")
    ratios = swept[(swept["quantity"] == "width_over_required") & (swept["optimiser"] == DESCENT)]
    at_end = ratios[ratios["n_train"] == largest].groupby("theorem", sort=False)["value"].max()
    below = [f"{name} {1 / at_end[name]:.2g} times" for name in at_end.index if name != COUNTING]
    return (
        f"Narrowest one-hidden-layer networks that fit random labels, at d = {swept['dimension'].iloc[0]}, up to n = "
        f"{largest}. {'; '.join(measured)}. What theorems ask for lies above what gradient descent needs there: "
        f"{', '.join(below)}. Counting parameters (control) lies below: "
        f"the measured widths are at least {ratios[ratios['theorem'] == COUNTING]['value'].min():.2f} times n/d."
    )


def _geometric(rows: pd.DataFrame) -> pd.Series:
    return np.exp(np.log(rows["value"]).groupby(rows["n_train"]).mean())
