"""Excess loss of constant-step SGD over time, with more parameters than samples and with fewer."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

CAUSES = {
    ("over", "contradictory"): ("contradictory, p/n = {}", "-."),
    ("under", "generic"): ("generic, {} (control)", "--"),
    ("under", "realisable"): ("realisable, {}", "-"),
}
DASHES = ("-", (0, (5, 1.5)), (0, (3, 1, 1, 1)), (0, (1, 1)))


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the over-parameterized cases with the promised rate, and the cases that tell the cause, on one axis."""
    figure, axes = theme.panels(2, height=3.9)
    left, right = axes
    rows = measurements[measurements["quantity"] == "excess_loss"]
    over = rows[(rows["regime"] == "over") & (rows["labels"] == "generic")]
    ratios = sorted(over["p_over_n"].unique())
    for k, (ratio, color) in enumerate(zip(ratios, theme.ordered(len(ratios)), strict=True)):
        _curve(left, over[over["p_over_n"] == ratio], f"p/n = {ratio:g}", color, DASHES[k % len(DASHES)])
    for ((regime, kind), (label, dashes)), color in zip(CAUSES.items(), theme.CATEGORIES, strict=False):
        case = rows[(rows["regime"] == regime) & (rows["labels"] == kind)]
        found = sorted(case["p_over_n"].unique())
        for ratio in found:
            values = ", ".join(f"{each:g}" for each in found)
            name = label.format(values) if ratio == found[0] else None
            _curve(right, case[case["p_over_n"] == ratio], name, color, dashes)
    time = np.array([0, rows["time"].max()])
    lowest = rows["value"].min() / 10
    _, promised = judged.band(verdict, "exponential")
    level = judged.declared(verdict, "falls-below-1e-10")["limit"]
    for axis, title in ((left, "p > n: converges"), (right, "what makes it converge")):
        axis.plot(time, np.exp(promised * time), color=theme.INK, linestyle=":", label="promised rate")
        axis.axhline(level, color=theme.INK, linewidth=0.8, alpha=0.6)
        axis.set(yscale="log", xlabel=labels.column(measurements, "time"), ylim=(lowest, 30))
        axis.set_title(title)
    left.legend(loc="lower left", fontsize=8)
    right.legend(loc="lower left", fontsize=8, title="labels", title_fontsize=8, alignment="left")
    left.set_ylabel(labels.quantity(measurements, "excess_loss"))
    right.set_ylabel("")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where each case ends and how the measured rate compares with the promised one."""
    kind = ["regime", "labels"]
    final = measurements[measurements["quantity"] == "final_excess_loss"].groupby(kind)["value"]
    rate, promised = (
        measurements[measurements["quantity"] == name].set_index([*kind, "p_over_n", "seed"])["value"].sort_index()
        for name in ("rate", "rate_promised")
    )
    ratio = (rate / promised).loc["over", "generic"]
    worst, least = final.max(), final.min()
    return (
        f"Excess loss of constant-step SGD: with more parameters than samples it falls exponentially to at most "
        f"{at_most(worst['over', 'generic'], 1)} of its start, {ratio.min():.2g} to {ratio.max():.2g} times as fast as "
        f"promised; with fewer parameters but realisable labels to at most "
        f"{at_most(worst['under', 'realisable'], 1)}. It stays above {at_least(least['under', 'generic'], 1)} with "
        f"fewer parameters and generic labels, and above {at_least(least['over', 'contradictory'], 1)} with more "
        f"parameters and contradictory labels."
    )


def _curve(axis: plt.Axes, rows: pd.DataFrame, label: str | None, color: str, dashes: object) -> None:
    common = {"data": rows, "x": "time", "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.2, linewidth=0.5, legend=False)
    # geometric: the slowest seed alone would decide an arithmetic mean
    mean = rows.assign(value=np.log(rows["value"])).groupby("time")["value"].mean()
    axis.plot(mean.index, np.exp(mean), color=color, linestyle=dashes, label=label)
