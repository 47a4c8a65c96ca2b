"""Test error above train error over width for every study, seed by seed."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent.width_sweep import over_width
from overparam.claims.double_descent.width_sweep.over_width import STOPPED
from overparam.drawing import labels, studies, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one column of panels per study (Nakkiran et al. 2019, figures 1 and 4)."""
    errors, at_threshold = over_width.errors(measurements), over_width.train_error_at_threshold(verdict)
    names = list(dict.fromkeys(errors["study"]))
    figure, axes = studies.grid(2, len(names), 2.5, sharex="col", sharey="row")
    colors = studies.by_level(errors["label_noise"].unique())
    for column, name in enumerate(names):
        study = errors[errors["study"] == name]
        test, train = axes[0, column], axes[1, column]
        for level, rows in study.groupby("label_noise"):
            final, stopped = (rows[rows["stopping"] == rule] for rule in ("final", STOPPED))
            style: dict[str, Any] = {"color": colors[level], "average": over_width.average(study, verdict)}
            studies.lines(test, over_width.split(final, "test"), "width", marker="o", markersize=4, **style)
            studies.lines(
                test,
                over_width.split(stopped, "test"),
                "width",
                seeds=False,
                linestyle="--",
                marker="^",
                markersize=5,
                **{**style, "color": theme.GREY},
            )
            studies.lines(train, over_width.split(final, "train"), "width", marker="o", markersize=4, **style)
        studies.width_axis(train, study["width"].unique(), 1 / len(names))
        threshold = over_width.threshold(study, verdict)
        if threshold:
            theme.mark_threshold(test, threshold, "")
            theme.mark_threshold(train, threshold, f"train error {100 * at_threshold:g} %")
        train.axhline(at_threshold, color=theme.INK, linestyle=":", linewidth=1)
        separator = ", " if len(names) == 1 else "\n"
        noise = ", ".join(f"{100 * level:g}" for level in sorted(study["label_noise"].unique()))
        test.set_title(
            f"{studies.title(study, verdict)},\n{noise} % label noise{separator}{over_width.averaged(study, verdict)}"
        )
        train.set_xlabel(labels.column(measurements, "width"))
        for axis in (test, train):
            studies.percent_axis(axis)
    for axis in axes[:, 0]:  # after all columns are drawn: they share their heights
        axis.set_ylim(bottom=0)
    error = labels.quantity(measurements, "error")
    axes[0, 0].set_ylabel(f"test {error} (true labels)")
    axes[1, 0].set_ylabel(f"train {error} (given labels)")
    entries: dict[str, dict[str, Any]] = {
        f"{100 * level:g} % label noise": {"color": color} for level, color in colors.items()
    }
    entries["last epoch"] = {"color": theme.INK, "marker": "o", "markersize": 4}
    entries["early stopping (control)"] = {"color": theme.GREY, "marker": "^", "linestyle": "--"}
    studies.legend(figure, entries, loc="outside lower center", ncols=min(4, len(entries)))
    theme.headline(figure, "Every study, seed by seed")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State for every study and level of label noise the test error of the narrowest and the widest network."""
    parts = []
    for _, study in over_width.errors(measurements).groupby("study", sort=False):
        average = over_width.average(study, verdict)
        for level in sorted(study["label_noise"].unique()):
            curve = over_width.curve(study, level, "test", "final", average)
            parts.append(
                f"{studies.title(study, verdict)}, {100 * level:g} % label noise: test error {curve.iloc[0]:.1%} at "
                f"width {curve.index[0]:g}, largest ({curve.max():.1%}) at {curve.idxmax():g}, {curve.iloc[-1]:.1%} at "
                f"{curve.index[-1]:g}"
            )
    return f"Last epoch, {'; '.join(parts)}."
