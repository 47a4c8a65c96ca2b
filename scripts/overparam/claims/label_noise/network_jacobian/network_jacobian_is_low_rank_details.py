"""How much of labels that are not centred lies in the top directions, beside the published shares."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.network_jacobian.network_jacobian_is_low_rank import ARMS, short_name, with_arms
from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import labels, theme

# Oymak et al., arXiv 1906.05392: ResNet20, n = 9,999, r = 50, labels not centred; by arm and label noise
PUBLISHED = {"start": {0.0: 0.724, 0.5: 0.587}, "true": {0.0: 0.987}, "corrupted": {0.5: 0.751}}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the shares of true, corrupted and random labels as they are, with the constant's part of them."""
    figure, (axis,) = theme.panels(height=4.2)
    rows = with_arms(measurements)
    place = {value: number for number, value in enumerate(sorted(rows_of(rows, "label_share")["label_noise"].unique()))}
    for style, arm in enumerate([*ARMS, "noise"]):
        shares = rows_of(rows[rows["arm"] == arm], "label_share", centring="raw")
        look = {"marker": "", **theme.CONTROL} if arm == "noise" else {"linestyle": "-"}
        name = ARMS.get(arm, "white noise (control)").replace("\n", " ")
        if len(shares):
            mean_curve(axis, shares.assign(place=shares["label_noise"].map(place)), "place", name, style, **look)
        if 0.5 in place and rows["n_outputs"].max() > 1:
            for corruption, value in PUBLISHED.get(arm, {}).items():
                axis.plot(place[corruption], value, marker="x", color=theme.CATEGORIES[style], markersize=9, zorder=5)
    if (rows["n_outputs"] > 1).all():
        constant = rows["n_classes"].iloc[0] ** -0.5
        axis.axhline(constant, color=theme.INK, linestyle=":", linewidth=1)
        axis.annotate(
            "part of the constant, √(1/K)", (1, constant), xycoords=("axes fraction", "data"), xytext=(0, -3),
            textcoords="offset points", ha="right", va="top", fontsize=8.5, color=theme.INK,
        )  # fmt: skip
    axis.set(ylim=(0, 1.03), xlim=(-0.15, len(place) - 0.85), xlabel="labels")
    axis.set_xticks(range(len(place)), [short_name(value) for value in place])
    axis.set_ylabel(labels.quantity(measurements, "label_share"))
    axis.plot([], [], linestyle="none", marker="x", color=theme.INK, markersize=9, label="published (ResNet20)")
    axis.legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    theme.headline(figure, "The same without centring: any labels have a large part in the constant direction")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the shares at the start, of labels as they are."""
    rows = with_arms(measurements)
    shares = rows_of(rows[rows["arm"] == "start"], "label_share", centring="raw").groupby("label_noise")["value"].mean()
    parts = ", ".join(f"{value:.2f} of {short_name(noise)} ones" for noise, value in shares.items())
    return (
        f"Of the norm of labels that are not centred the top {int(rows['rank'].iloc[0])} directions hold at the start: "
        f"{parts}; the constant alone is √(1/K) = {rows['n_classes'].iloc[0] ** -0.5:.2f} of any labels."
    )
