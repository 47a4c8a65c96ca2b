"""Train and test accuracy over label noise, and in time: everything is fitted, at the cost of test accuracy."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.drawing import studies, theme
from overparam.drawing.rounding import at_least


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study: accuracy at the last epoch over label noise, and how it gets there."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    rule = corruption.judged_rule(verdict, "given-labels-fitted")
    figure, axes = studies.grid(len(names), 3, 3.7, sharey="row")
    shown = {
        "train, given labels": {"color": theme.CATEGORIES[0], "marker": "o", "markersize": 4},
        "test, true labels": {"color": theme.CATEGORIES[1], "marker": "s", "markersize": 4, "linestyle": "--"},
    }
    fitted = list(shown.items())
    control = {"color": theme.INK, "linestyle": ":", "marker": "^", "markersize": 4}
    for (levels, train, test), name in zip(axes, names, strict=True):
        study = measurements[measurements["study"] == name]
        large, small = corruption.over(study), corruption.under(study)
        for split, axis, (words, style) in zip(("train", "test"), (train, test), fitted, strict=True):
            accuracy = corruption.accuracy(large, split)
            studies.lines(levels, corruption.at(accuracy, rule), "label_noise", **style)
            corruption.trajectories(axis, accuracy, colors, linestyle=style.get("linestyle", "-"))
            axis.set_title(words)
        if len(small):
            final = corruption.at(corruption.accuracy(small, "train"), rule)
            studies.lines(levels, final, "label_noise", seeds=False, **control)
        levels.set(xlabel=corruption.noise_label(measurements), ylabel="accuracy", ylim=(0, 1.04))
        levels.set_title(studies.title(study, verdict, "\n"))
        studies.percent_axis(levels)
    if len(corruption.under(measurements)):
        shown["train, p < n"] = control
    corruption.legends(figure, shown, corruption.level_entries(colors))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the smallest accuracy on given labels over all levels, and the fall of the test accuracy."""
    return " ".join(
        _finding(measurements[measurements["study"] == name], verdict) for name in corruption.names(measurements)
    )


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    large, small = corruption.over(study), corruption.under(study)
    rule = corruption.judged_rule(verdict, "given-labels-fitted")
    train, test = (corruption.at(corruption.accuracy(large, split), rule) for split in ("train", "test"))
    curve = corruption.mean(test)
    least = at_least(round(100 * train["value"].min(), 9), 3)
    text = (
        f"{studies.title(study, verdict)}, labels replaced by {corruption.definition(study)}: train accuracy on the "
        f"given labels is at least {least}% in every run, while mean test "
        f"accuracy goes from {curve.iloc[0]:.1%} at ρ = {curve.index[0]:g} to {curve.iloc[-1]:.1%} at "
        f"ρ = {curve.index[-1]:g}."
    )
    control = corruption.mean(corruption.at(corruption.accuracy(small, "train"), rule))
    if len(control):
        text += f" A network with fewer parameters than samples fits {control.min():.1%} at ρ = {control.idxmin():g}."
    return text
