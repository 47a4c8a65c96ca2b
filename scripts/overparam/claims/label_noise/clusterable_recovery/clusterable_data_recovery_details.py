"""How often early-stopped gradient descent gives every sample its true label, over the radius of the clusters."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import rows_of, success_rate
from overparam.drawing import labels, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the share of runs over ε, with the largest radius of the theorem."""
    figure, (axis,) = theme.panels(height=3.8)
    rows = rows_of(measurements, "recovered", sweep="radius")
    success_rate(axis, rows, "radius_times_l2", None, 0)
    axis.set(xlabel=labels.column(measurements, "radius_times_l2"), ylim=(-0.05, 1.15))
    axis.set_ylabel(labels.quantity(measurements, "recovered"))
    theme.mark_threshold(axis, 1, "theorem: up to 1/L²")
    axis.set_xscale("symlog", linthresh=1)
    places = sorted(rows["radius_times_l2"].unique())
    ticks = [place for place in places if place in (0, 1, 4, 16, places[-1])]
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_xlim(-0.2, 1.5 * max(places))
    axis.minorticks_off()
    theme.headline(figure, "How often all true labels are recovered from wider clusters")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the shares at the smallest and at the largest radius."""
    shares = rows_of(measurements, "recovered", sweep="radius").groupby("radius_times_l2")["value"].mean()
    return (
        f"Share of runs in which every sample gets its true label, over the radius of the clusters: "
        f"{100 * shares.iloc[0]:.0f} % at {shares.index[0]:g}/L², {100 * shares.iloc[-1]:.0f} % at "
        f"{shares.index[-1]:g}/L²."
    )
