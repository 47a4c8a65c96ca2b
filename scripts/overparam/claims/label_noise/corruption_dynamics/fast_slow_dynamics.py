"""The fast and the slow part of the residual along gradient descent, with and without clusters."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import legend_below, mean_curve, rows_of
from overparam.drawing import labels, theme

PARTS = ("fast_residual", "slow_residual", "clean_residual")
ERRORS = ("error_noisy", "error_clean")


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the parts over the steps with clusters and without, and the errors with clusters."""
    figure, axes = theme.panels(3, height=4.0)
    curves = measurements[(measurements["arm"] == "descent") & (measurements["step"] >= 1)]
    for axis, data, title in zip(
        axes, ("clusters", "no clusters"), ("clusters", "no clusters (control)"), strict=False
    ):
        for style, name in enumerate(PARTS):
            label = labels.quantity(measurements, name)
            mean_curve(axis, _common(rows_of(curves, name, data=data)), "step", label, style, marker=None)
        axis.set(title=title, ylim=(0, 1.12))
    for style, name in enumerate(ERRORS, start=len(PARTS)):
        label = labels.quantity(measurements, name)
        mean_curve(axes[2], _common(rows_of(curves, name, data="clusters")), "step", label, style, marker=None)
    axes[2].set(title="clusters", ylabel="error", ylim=(-0.02, 0.6))
    axes[0].set_ylabel("norm over its start")
    for axis, data in zip(axes, ("clusters", "no clusters", "clusters"), strict=True):
        stop = rows_of(measurements, "stopping_step", arm="descent", data=data)["value"].median()
        theme.mark_threshold(axis, stop, "τ")
        axis.set(xscale="log", xlabel=labels.column(measurements, "step"))
    axes[1].set_ylabel("")
    legend_below(figure, *axes, columns=3)
    return figure


def _common(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of steps that every seed recorded; runs also record the step of their end and of their stop."""
    seen = rows.groupby("step")["seed"].nunique()
    return rows[rows["step"].isin(seen.index[seen == seen.max()])].astype({"step": int})


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how much of each part is left at the stopping time, the ratio of times and the smallest clean residual."""
    once = measurements[(measurements["arm"] == "descent") & measurements["step"].isna()]
    means = once.groupby(["data", "quantity"])["value"].mean()
    here, there = means["clusters"], means["no clusters"]
    hits = int(rows_of(once, "limit_hit")["value"].sum())
    left, control = (
        f"{100 * part['fast_left']:.1f} % of the fast part and {100 * part['slow_left']:.0f} % of the slow one are left"
        for part in (here, there)
    )
    return (
        f"Residual along gradient descent on corrupted labels (means over seeds). On clustered data, at the stopping "
        f"time of {here['stopping_step']:.0f} steps, {left}; the half-life of the slow one is "
        f"{here['slow_over_fast']:.0f} times the time in which the fast one falls to ρ, and runs end after "
        f"{here['fitted_step']:.0f} steps. The residual against the true labels falls to "
        f"{100 * here['clean_smallest']:.0f} % of its start at lowest. Without clusters (control) {control}, and the "
        f"ratio of times is {there['slow_over_fast']:.1f}. {hits} runs hit the limit of steps before they fitted the "
        f"given labels."
    )
