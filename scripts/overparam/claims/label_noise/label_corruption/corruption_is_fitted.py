"""Train and test accuracy over label noise: everything is fitted, at the cost of test accuracy."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.drawing import headlines, studies, theme
from overparam.drawing.rounding import at_least

TRAIN, TEST = theme.CATEGORIES[:2]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a panel per study: accuracy on given and on true labels at the last epoch, beside networks too small."""
    names = corruption.shown(measurements)
    rule = corruption.judged_rule(verdict, "given-labels-fitted")
    figure, axes = corruption.panels(len(names))
    for axis, name in zip(axes, names, strict=True):
        study = measurements[measurements["study"] == name]
        large, small = corruption.over(study), corruption.under(study)
        if len(small):
            final = corruption.at(corruption.accuracy(small, "train"), rule)
            studies.lines(axis, final, "label_noise", seeds=False, **theme.CONTROL)
            corruption.name_end(axis, final, "train,\n$p < n$\n(control)", theme.GREY)
        for split, words, color, marker in (
            ("train", "train,\ngiven\nlabels", TRAIN, "o"),
            ("test", "test,\ntrue\nlabels", TEST, "s"),
        ):
            rows = corruption.at(corruption.accuracy(large, split), rule)
            studies.lines(axis, rows, "label_noise", color=color, marker=marker, markersize=4.5)
            corruption.name_end(axis, rows, words, color)
        axis.set(xlabel=corruption.noise_label(measurements), ylabel="", ylim=(0, 1.04))
        axis.set_title(f"{corruption.title(study)}, p = {large['n_params'].iloc[0]:,}")
        studies.percent_axis(axis)
    axes[0].set_ylabel("accuracy at the last epoch")
    text = headlines.by_verdict(
        verdict,
        supported="Networks fit their labels however many of them are false; test accuracy pays for it",
        refuted="Networks do not fit all of their labels if many of them are false",
        undecided="How well networks fit labels of which many are false",
    )
    theme.headline(figure, text)
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
        text += (
            f" A network with fewer parameters than samples (control) fits {control.min():.1%} at "
            f"ρ = {control.idxmin():g}."
        )
    return text
