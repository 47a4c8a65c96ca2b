"""The narrowest network that interpolates by its output layer alone, and the residual around k = n."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import log_ticks
from overparam.drawing import direct_labels, headlines, judged, labels, theme
from overparam.drawing.predicted import EDGE, FAINT

NAMES = {  # label, marker, colour, place beside the dimension
    "softplus": ("softplus", "o", theme.CATEGORIES[0], 1 / 1.06),
    "relu": ("ReLU", "^", theme.CATEGORIES[1], 1.06),
}
LOWEST = 1e-20  # smaller residuals are drawn here
SHORT = -1  # hidden units less samples in the control
HIGH = "ReLU mostly interpolates at k = n, d ≥ 5"  # the predictions
TWICE = "twice as many units as samples suffice, d ≥ 3"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw k/n at the first interpolation over the dimension, and the residual around k = n."""
    figure, (first, around) = theme.panels(2, height=4.4)
    _first(first, measurements, verdict)
    smallest = judged.declared(verdict, HIGH, "corrected")["where"]["dimension"]["min"]
    residuals = measurements[(measurements["quantity"] == "residual") & (measurements["dimension"] >= smallest)]
    residuals = residuals.assign(value=residuals["value"].clip(lower=LOWEST), x=residuals["width_minus_n"].astype(int))
    for activation, (name, marker, color, _) in NAMES.items():
        rows = residuals[residuals["activation"] == activation]
        middle = rows.groupby("x")["value"].agg(["median", "min", "max"])
        around.fill_between(middle.index, middle["min"], middle["max"], color=color, alpha=0.15, linewidth=0)
        around.plot(middle.index, middle["median"], color=color, marker=marker, markersize=5)
        direct_labels.at_end(around, middle.index, middle["median"], name, color)
    around.set(yscale="log", title=f"$d \\geq {smallest}$", xlabel=labels.column(measurements, "width_minus_n"))
    offsets = sorted(residuals["x"].unique())
    around.set_xticks(offsets, [f"{one}".replace("-", "−") for one in offsets])
    around.set_ylabel(labels.quantity(measurements, "residual"))
    around.axvspan(-0.5, max(offsets) + 0.2, **FAINT)
    around.axvline(-0.5, **theme.CONTROL)
    around.set_xlim(min(offsets) - 0.2, max(offsets) + 0.2)
    for text, side, shift, height in (("too few\nunits\n(control)", "right", -4, 0.2), ("$k \\geq n$", "left", 4, 0.9)):
        around.annotate(
            text, (-0.5, height), xycoords=("data", "axes fraction"), xytext=(shift, 0), textcoords="offset points",
            ha=side, fontsize=9, color=theme.GREY if side == "right" else theme.INK,
        )  # fmt: skip
    theme.headline(figure, _headline(verdict))
    return figure


def _first(axis: Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw the first k/n of every data set and the largest ones; infinite ones lie at the edge and are counted."""
    rows = measurements[measurements["quantity"] == "smallest_width_over_n"]
    top = 1.15 * float(rows.loc[np.isfinite(rows["value"]), "value"].max())
    for activation, (name, marker, color, shift) in NAMES.items():
        own = rows[rows["activation"] == activation]
        finite = own[np.isfinite(own["value"])]
        axis.scatter(
            finite["dimension"] * shift, finite["value"], s=12, alpha=0.35, color=color, marker=marker, linewidths=0
        )
        worst = own.groupby("dimension")["value"].max().clip(upper=top)
        axis.plot(worst.index * shift, worst, color=color, marker=marker, markersize=5)
        direct_labels.at_end(axis, worst.index * shift, worst, name, color)
        for dimension, beyond in own[np.isinf(own["value"])].groupby("dimension"):
            axis.annotate(
                f"{len(beyond)} of {(own['dimension'] == dimension).sum()} beyond the grid", (dimension * shift, top),
                xytext=(8, 0), textcoords="offset points", va="center", fontsize=9, color=color,
            )  # fmt: skip
    limit = judged.declared(verdict, TWICE)["greater"]
    least = judged.declared(verdict, TWICE)["where"]["dimension"]["min"]
    axis.set(
        xscale="log", yscale="log", xlabel=labels.column(measurements, "dimension"), title="largest of all data sets"
    )
    low, high = axis.get_ylim()
    right = axis.get_xlim()[1]
    axis.fill_between([least / 1.12, right], low, limit, **FAINT)
    axis.plot([least / 1.12, right], [limit, limit], **EDGE)
    axis.annotate(
        f"predicted: below {limit:g}", (right, limit), xytext=(-3, 3), textcoords="offset points", ha="right",
        va="bottom", fontsize=9, color=theme.INK,
    )  # fmt: skip
    axis.set(ylim=(low, high), xlim=(None, right))
    dimensions = sorted(rows["dimension"].unique())
    axis.set_xticks(dimensions, [str(one) for one in dimensions])
    axis.minorticks_off()
    log_ticks.plain(axis.yaxis)
    axis.set_ylabel(labels.quantity(measurements, "smallest_width_over_n"))


def _headline(verdict: dict) -> str:
    forms = [verdict["forms"][form]["verdict"] for form in ("printed", "always", "corrected")]
    if forms == ["supported", "refuted", "supported"]:
        return "The output layer alone interpolates from $k = n$ on, but for ReLU in two or three dimensions"
    if forms[:2] == ["inconclusive", "refuted"]:
        return "As many units as samples are not always enough for the output layer to interpolate"
    return headlines.by_verdict(
        verdict,
        supported="The output layer alone interpolates with at most twice as many units as samples",
        refuted="The output layer alone needs more than twice as many units as samples",
        undecided="how many units the output layer needs to interpolate",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where each activation interpolates first, the control's residual and the conditioning."""
    smallest = measurements[measurements["quantity"] == "smallest_width_over_n"]
    parts = []
    for activation, (name, *_) in NAMES.items():
        worst = smallest[smallest["activation"] == activation].groupby("dimension")["value"].max()
        spelled = [
            f"{value:.2f} (d = {d})" if np.isfinite(value) else f"beyond the grid (d = {d})"
            for d, value in worst.items()
        ]
        parts.append(f"{name} {', '.join(spelled)}")
    residual = measurements[measurements["quantity"] == "residual"]
    short = residual[residual["width_minus_n"] == SHORT]["value"].min()
    condition = measurements[
        (measurements["quantity"] == "condition_number") & (measurements["activation"] == "softplus")
    ]
    condition = condition.groupby("dimension")["value"].median()
    return (
        "Hidden units per sample at which the output weights alone first interpolate random labels, the largest over "
        f"all data sets: {'; '.join(parts)}. With one unit fewer than samples (control) the residual is never "
        f"below {short:.2g} of the labels. The median condition number of softplus features falls from "
        f"{condition.iloc[0]:.1e} at d = {condition.index[0]} to {condition.iloc[-1]:.1e} at d = {condition.index[-1]}."
    )
