"""The exact drift of every potential, problem by problem, with three steps."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.sgd_in_ball import sgd_stays_in_the_ball as first
from overparam.drawing import labels, studies, theme
from overparam.drawing.predicted import EDGE

STRIPS = [  # step, whether badly conditioned (None: either), label, colour, marker
    ("derived", False, "derived step", theme.CATEGORIES[0], "o"),
    ("derived", True, "derived, ill-conditioned", theme.CATEGORIES[4], "D"),
    ("derived / 100", False, "hundredth of it", theme.CATEGORIES[1], "^"),
    ("derived / 100", True, "hundredth, ill-conditioned", theme.CATEGORIES[3], "v"),
    ("too large", None, "step too large (control)", theme.GREY, "X"),
]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the largest drift over places of every problem: the derived step, a hundredth of it, and the control."""
    figure, (axis,) = theme.panels(height=4.6)
    for number, name in enumerate(first.POTENTIALS):
        for strip, (step, badly, _, color, marker) in enumerate(STRIPS):
            values = first.largest(measurements, verdict, name, step, badly)
            places = number + 0.17 * (strip - 2) + np.linspace(-0.06, 0.06, len(values))
            axis.plot(places, values, marker, color=color, markersize=3.2, markeredgewidth=0, alpha=0.7)
    axis.axhline(first.limit(verdict), **EDGE)
    axis.set_yscale("symlog", linthresh=0.001)
    axis.set_xticks(range(len(first.POTENTIALS)), list(first.POTENTIALS.values()))
    axis.set_ylabel(labels.quantity(measurements, "largest_drift"))
    shown = {label: {"color": color, "marker": marker, "linestyle": "none"} for _, _, label, color, marker in STRIPS}
    studies.legend(figure, shown, loc="outside lower center", ncol=3)
    theme.headline(figure, "Expected rise of every potential in one step, per problem")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the largest and the smallest drift of every potential with the derived step."""
    ranges = {name: first.largest(measurements, verdict, name, "derived") for name in first.POTENTIALS}
    said = "; ".join(f"{name} {values.min():.2g} to {values.max():.2g}" for name, values in ranges.items())
    return (
        "Largest expected change of each potential in one step of SGD, a point per problem, with the derived step, a "
        f"hundredth of it and a step too large (control). With the derived step it is, in natural units: {said}."
    )
