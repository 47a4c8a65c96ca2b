"""The batch size at which every problem's steps bend, over the predicted one, with the range that is derived."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.sgd.critical_batch_size import knees
from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

MARKERS = "oDs^v"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the knee of every problem over m*, with the band of the printed and the range of the corrected form."""
    figure, (axis,) = theme.panels(1, height=4.6)
    level, (low, high) = knees.level(verdict), judged.band(verdict, knees.KNEE)
    places = knees.of_problems(measurements, level).sort_values("critical")
    span = np.array([places["critical"].min() * 0.9, places["critical"].max() * 1.1])
    axis.fill_between(
        span,
        span * low,
        span * high,
        color=theme.INK,
        alpha=0.12,
        linewidth=0,
        label=f"{low:g} to {high:g} times $m^*$",
    )
    for name, label in (("earliest", "derived range"), ("latest", None)):
        axis.plot(places["critical"], places[name], color=theme.INK, linewidth=1, label=label)
    for (kind, words), color, marker in zip(knees.INPUTS.items(), theme.CATEGORIES, MARKERS, strict=False):
        found = places[places["inputs"] == kind]
        axis.plot(
            found["critical"], found["knee"], marker, color=color, markersize=5, linestyle="none",
            label=words.replace("\n", " "),
        )  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel=labels.quantity(measurements, "critical_batch_size"))
    axis.set_ylabel(f"batch size with {knees.times(level)} the full batch's steps")
    ticks = [tick for tick in (2, 3, 5, 10, 20, 40) if span[0] * low <= tick <= span[1] * high]
    axis.set_xticks([tick for tick in ticks if span[0] <= tick <= span[1]], minor=False)
    axis.set_yticks(ticks, minor=False)
    for one in (axis.xaxis, axis.yaxis):
        one.set_major_formatter("{x:g}")
        one.set_minor_formatter("")
    axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    theme.headline(figure, "Every problem's knee, beside the predicted one and the range that is derived")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where the knees lie in the range that is derived for them."""
    places = knees.of_problems(measurements, knees.level(verdict))
    early, late = (places["knee"] / places[name] for name in ("earliest", "latest"))
    return (
        f"The batch size of every problem at which its steps are {knees.times(knees.level(verdict))} those of the full "
        f"batch lies at {at_least(early.min())} times the lower end of the derived range or above, and at "
        f"{at_most(late.max())} times the upper end or below."
    )
