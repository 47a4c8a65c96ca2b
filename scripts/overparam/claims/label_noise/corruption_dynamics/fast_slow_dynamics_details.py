"""Train errors against given and against true labels, with clusters and without."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.corruption_dynamics.fast_slow_dynamics import DATA, common_steps
from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import direct_labels, labels, theme

ERRORS = {"error_noisy": "given\nlabels", "error_clean": "true\nlabels"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both errors over the steps, with the stopping time."""
    figure, axes = theme.panels(2, height=4.2)
    curves = measurements[(measurements["arm"] == "descent") & (measurements["step"] >= 1)]
    for axis, (data, title) in zip(axes, DATA.items(), strict=True):
        axis.set(xscale="log", xlabel=labels.column(measurements, "step"), title=title, ylim=(-0.02, 0.6))
        for style, (name, label) in enumerate(ERRORS.items()):
            rows = common_steps(rows_of(curves, name, data=data))
            mean_curve(axis, rows, "step", label, style, marker="")
        direct_labels.of_lines(axis)
        stop = rows_of(measurements, "stopping_step", arm="descent", data=data)["value"].median()
        theme.mark_threshold(axis, stop, "τ")
    axes[0].set_ylabel("train error")
    axes[1].set_ylabel("")
    theme.headline(figure, "The train error against the true labels is least around the stopping time")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the train error against the true labels near the stopping time, and at the end."""
    curves = measurements[(measurements["arm"] == "descent") & (measurements["data"] == "clusters")]
    error = common_steps(rows_of(curves, "error_clean")).groupby("step")["value"].mean()
    stop = rows_of(curves, "stopping_step")["value"].median()
    near = error.loc[:stop].iloc[-1] if (error.index <= stop).any() else error.iloc[0]
    return (
        f"Train error on clustered data against true labels, mean over seeds: {near:.2g} at the stopping time of "
        f"{stop:.0f} steps, {error.iloc[-1]:.2g} at the end, when the corrupted labels are fitted."
    )
