"""Train and test accuracy over label corruption, and in time: everything is fitted, the test accuracy pays."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.figures import corruption, studies, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study: accuracy at the last epoch over corruption, and its way there."""
    names = corruption.names(measurements)
    figure, axes = studies.grid(len(names), 3, 3.2, sharey="row")
    for (levels, train, test), name in zip(axes, names, strict=True):
        study = measurements[measurements["study"] == name]
        large, small = corruption.over(study), corruption.under(study)
        blue, orange = theme.CATEGORIES[:2]
        for split, color, marker in (("train", blue, "o"), ("test", orange, "s")):
            final = corruption.at(corruption.accuracy(large, split), "final")
            studies.lines(levels, final, "label_noise", color, marker=marker, markersize=4, label=split)
        control = corruption.at(corruption.accuracy(small, "train"), "final")
        if len(control):
            studies.lines(levels, control, "label_noise", theme.INK, linestyle=":", marker="o", markersize=3)
        levels.set(xlabel=corruption.CORRUPTION, ylabel="accuracy", ylim=(0, 1.04))
        levels.set_title(studies.title(study, verdict), loc="left", fontsize=9)
        studies.percent_axis(levels)
        entries = {"train, given labels": {"color": blue, "marker": "o"}, "test": {"color": orange, "marker": "s"}}
        if len(control):
            entries["train, p < n"] = {"color": theme.INK, "linestyle": ":", "marker": "o", "markersize": 3}
        studies.legend(levels, entries, loc="lower left", fontsize=8)
        for axis, split, words in ((train, "train", "train, given labels"), (test, "test", "test, true labels")):
            corruption.trajectories(axis, corruption.accuracy(large, split), linestyle="-" if split == "train" else "--")
            axis.set_title(words)
        studies.legend(test, corruption.level_entries(large), loc="lower left", fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the least accuracy on given labels over all levels, and the fall of the test accuracy."""
    return " ".join(
        _finding(measurements[measurements["study"] == name], verdict) for name in corruption.names(measurements)
    )


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    large, small = corruption.over(study), corruption.under(study)
    train, test = (corruption.at(corruption.accuracy(large, split), "final") for split in ("train", "test"))
    curve = corruption.mean(test)
    text = (
        f"{studies.title(study, verdict)}, labels replaced by {corruption.definition(study)}: train accuracy on the "
        f"given labels is at least {train['value'].min():.1%} at every corruption, while test accuracy goes from "
        f"{curve.iloc[0]:.1%} at ρ = {curve.index[0]:g} to {curve.iloc[-1]:.1%} at ρ = {curve.index[-1]:g}."
    )
    control = corruption.mean(corruption.at(corruption.accuracy(small, "train"), "final"))
    if len(control):
        text += f" A network with fewer parameters than samples fits {control.min():.1%} at worst."
    return text
