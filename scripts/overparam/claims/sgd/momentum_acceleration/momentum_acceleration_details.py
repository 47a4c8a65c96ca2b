"""Expected squared distance over time of all methods, where the problems are worst conditioned."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import labels, theme

METHODS = {
    "nesterov": ("Nesterov,\nMaSS's $η_1$, $γ$", theme.CATEGORIES[4]),
    "sgd": ("SGD, $1/L_1$", theme.CATEGORIES[2]),
    "sgd_tuned": ("SGD,\nbest step", theme.GREY),
    "nesterov_tuned": ("Nesterov,\nbest step, $γ$", theme.CATEGORIES[1]),
    "mass": ("MaSS", theme.CATEGORIES[0]),
}
KINDS = {"orthogonal": "orthogonal samples", "rotated": "samples rotated"}
LOWEST, HIGHEST = 1e-8, 1e4  # what lies outside is out of view


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the median distance of every method over the steps, with a faint line per seed."""
    theme.apply()
    figure, axes = plt.subplots(2, 1, sharex=True, figsize=(theme.WIDTH, 6.4))
    curves = measurements[(measurements["quantity"] == "squared_distance") & (measurements["step"] > 0)]
    curves = curves.assign(value=curves["value"].fillna(np.inf).clip(LOWEST / 10, HIGHEST * 10))
    for axis, (kind, title) in zip(axes, KINDS.items(), strict=True):
        for method, (label, color) in METHODS.items():
            shown = curves[(curves["method"] == method) & (curves["samples"] == kind)]
            if shown.empty:
                continue
            common = {"data": shown, "x": "step", "y": "value", "color": color, "ax": axis}
            sns.lineplot(**common, units="seed", estimator=None, alpha=0.2, linewidth=0.6, legend=False)
            middle = shown.groupby("step")["value"].median()
            axis.plot(middle.index, middle, color=color, linestyle="--" if method == "sgd_tuned" else "-", label=label)
        axis.set(xscale="log", yscale="log", xlabel="", ylim=(LOWEST, HIGHEST), title=title)
        axis.set_ylabel(labels.quantity(measurements, "squared_distance"))
    axes[0].legend(loc="upper left", bbox_to_anchor=(1.01, 1))
    axes[1].set_xlabel(labels.column(measurements, "step"))
    conditioning = f"{curves['conditioning'].max():.0e}".replace("e+0", " · 10^")
    theme.headline(figure, f"Every method over its steps, at conditioning ${conditioning.replace('1 · ', '')}$")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how often Nesterov's method diverges with the step and momentum of MaSS."""
    nesterov = measurements[(measurements["method"] == "nesterov") & measurements["samples"].isin(KINDS)]
    diverged = nesterov[nesterov["quantity"] == "diverged"].groupby("samples")["value"].agg(["sum", "size"])
    counts = ", ".join(
        f"in {row['sum']:.0f} of {row['size']:.0f} with {KINDS[kind]}" for kind, row in diverged.iterrows()
    )
    return (
        "Expected squared distance of every method over its steps on problems that can be interpolated. Nesterov's "
        f"momentum with the step and momentum of MaSS diverges {counts}."
    )
