"""Excess loss of constant-step SGD over time: by the number of parameters, and by whether the labels can be fitted."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

COUNT, CAUSE = ("over", "generic"), (("under", "realisable"), ("over", "contradictory"))
CONTROL = ("under", "generic")


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the cases that the slides tell apart, and those that tell the cause, with the promised rate in both."""
    theme.apply()
    figure, (left, right) = plt.subplots(1, 2, sharey=True, figsize=(theme.WIDTH, 4.2))
    rows = measurements[measurements["quantity"] == "excess_loss"]
    blue, orange, green = theme.CATEGORIES[:3]
    _case(left, rows, COUNT, "$p > n$", blue, "-")
    _case(left, rows, CONTROL, "$p < n$\n(control)", **theme.CONTROL)
    _case(right, rows, CAUSE[0], "$p < n$,\nlabels can\nbe fitted", green, "-")
    _case(right, rows, CAUSE[1], "$p > n$,\ncontradictory\nlabels", orange, "-")
    _, promised = judged.band(verdict, "exponential")
    level = judged.declared(verdict, "falls-below-1e-10")["limit"]
    time = np.array([0, rows["time"].max()])
    for axis, title in ((left, "by the number of parameters"), (right, "by the labels")):
        axis.plot(time, np.exp(promised * time), color=theme.INK, linestyle=":", linewidth=1.2)
        direct_labels.at_end(axis, time, np.exp(promised * time), "promised", theme.INK, fontsize=8.5)
        axis.axhspan(rows["value"].min() / 10, level, facecolor=theme.INK, alpha=0.06, linewidth=0, zorder=0)
        axis.set(yscale="log", xlabel=labels.column(measurements, "time"), title=title)
        axis.set_ylim(rows["value"].min() / 10, 30)
    left.annotate(
        "must be reached", (1, level), xycoords=("axes fraction", "data"), xytext=(-3, -16), textcoords="offset points",
        ha="right", va="top", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    left.set_ylabel(labels.quantity(measurements, "excess_loss"))
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="With more parameters than samples, constant-step SGD converges exponentially",
        refuted="With more parameters than samples, constant-step SGD does not converge as promised",
        undecided="Constant-step SGD with more parameters than samples",
    )
    caused = headlines.came_to(verdict, "corrected") == "supported"
    return f"{text}; what it takes is labels that can be fitted" if caused else text


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
        f"fewer parameters and generic labels (control), and above {at_least(least['over', 'contradictory'], 1)} with "
        f"more parameters and contradictory labels."
    )


def _case(axis: plt.Axes, rows: pd.DataFrame, case: tuple[str, str], label: str, color: str, linestyle: str) -> None:
    """Draw a line for every ratio p/n of a case, and name the case where the middle one of them ends."""
    chosen = rows[(rows["regime"] == case[0]) & (rows["labels"] == case[1])]
    common = {"data": chosen, "x": "time", "y": "value", "color": color, "ax": axis}
    sns.lineplot(
        **common, units="seed", estimator=None, alpha=0.12, linewidth=0.5, legend=False, style="p_over_n", dashes=False
    )
    ends = []
    for _, each in chosen.groupby("p_over_n"):
        # geometric: the slowest seed alone would decide an arithmetic mean
        mean = np.exp(each.assign(value=np.log(each["value"])).groupby("time")["value"].mean())
        axis.plot(mean.index, mean, color=color, linestyle=linestyle)
        ends.append(mean.iloc[-1])
    if ends:
        direct_labels.at_end(axis, [chosen["time"].max()], [np.exp(np.log(ends).mean())], label, color)
