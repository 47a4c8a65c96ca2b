"""Shares of both residuals in the fast subspace before training, for every radius that was measured."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.corruption_dynamics.residual_splits import PARTS
from overparam.claims.label_noise.seed_curves import rows_of
from overparam.drawing import labels, theme

MARKERS = "os^D"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both shares over label noise, a marker per radius, one beside the other."""
    figure, axes = theme.panels(2, height=4.2)
    for axis, (name, (title, _)) in zip(axes, PARTS.items(), strict=True):
        rows = rows_of(measurements, name, arm="start")
        groups = sorted(rows[["radius", "data"]].drop_duplicates().itertuples(index=False, name=None))
        for style, (radius, data) in enumerate(groups):
            chosen = rows[(rows["radius"] == radius) & (rows["data"] == data)]
            means = chosen.groupby("label_noise")["value"].mean()
            aside = means.index * 1.04 ** (style - 1.5)  # or they would hide each other
            look = theme.CONTROL if data == "no clusters" else {"color": theme.CATEGORIES[style], "linestyle": "none"}
            name_ = f"ε = {radius:.2g}{' (control)' if data == 'no clusters' else ''}"
            axis.plot(aside, means, marker=MARKERS[style % len(MARKERS)], markersize=5, label=name_, **look)
        noises = sorted(rows["label_noise"].unique())
        axis.set(xscale="log", xlabel=labels.column(measurements, "label_noise"), ylim=(-0.04, 1.08))
        axis.set_title(title.replace("\n", " "))
        axis.set_xticks(noises, [f"{noise:.2g}" for noise in noises])
        axis.minorticks_off()
    axes[0].set_ylabel(labels.quantity(measurements, "clean_share"))
    axes[1].legend(loc="upper left", fontsize=9)
    theme.headline(figure, "The shares in the fast subspace do not depend on the radius of the clusters")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the range of both shares over the radii of clustered data, at the smallest label noise."""
    rows = measurements[(measurements["arm"] == "start") & (measurements["data"] != "no clusters")]
    least = rows["label_noise"].min()
    means = rows[rows["label_noise"] == least].groupby(["quantity", "radius"])["value"].mean()
    parts = [
        f"{title.replace(chr(10), ' ')} {means[name].min():.3f} to {means[name].max():.3f}"
        for name, (title, _) in PARTS.items()
    ]
    return f"Shares in the fast subspace over all radii of clustered data at ρ = {least:.3g}: {'; '.join(parts)}."
