"""The fast and the slow part of the residual along gradient descent, with and without clusters."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import direct_labels, headlines, labels, theme

PARTS = {"slow_residual": "slow part", "clean_residual": "against\ntrue labels", "fast_residual": "fast part"}
DATA = {"clusters": "clusters", "no clusters": "no clusters (control)"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the parts over the steps with clusters, and without, where there is nothing to tell apart."""
    figure, axes = theme.panels(2, height=4.2)
    curves = measurements[(measurements["arm"] == "descent") & (measurements["step"] >= 1)]
    for axis, (data, title) in zip(axes, DATA.items(), strict=True):
        axis.set(xscale="log", xlabel=labels.column(measurements, "step"), title=title, ylim=(0, 1.12))
        for style, (name, label) in enumerate(PARTS.items()):
            rows = common_steps(rows_of(curves, name, data=data))
            look = theme.CONTROL if data == "no clusters" else {}
            mean_curve(axis, rows, "step", label, style, marker="", **look)
        direct_labels.of_lines(axis)
        stop = rows_of(measurements, "stopping_step", arm="descent", data=data)["value"].median()
        theme.mark_threshold(axis, stop, "τ")
    axes[0].set_ylabel("residual over its start")
    axes[1].set_ylabel("")
    theme.headline(figure, _headline(measurements, verdict))
    return figure


def _headline(measurements: pd.DataFrame, verdict: dict) -> str:
    slow = rows_of(measurements, "slow_over_fast", arm="descent", data="clusters")["value"].mean()
    return headlines.by_verdict(
        verdict,
        form="corrected",
        supported=f"Descent fits true labels first; what is corrupt takes {slow:.0f} times as long",
        refuted="Descent does not fit true labels much sooner than what is corrupt",
        undecided="What descent fits first: true labels and corruption",
    )


def common_steps(rows: pd.DataFrame) -> pd.DataFrame:
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
