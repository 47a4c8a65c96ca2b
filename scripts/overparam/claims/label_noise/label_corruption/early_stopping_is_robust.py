"""Test accuracy and fitted false labels over label noise, with and without early stopping."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.claims.label_noise.seed_curves import rows_of
from overparam.drawing import headlines, judged, studies, theme
from overparam.drawing.rounding import at_most

LAST = "final"  # the rule without early stopping
BLUE, ORANGE = theme.CATEGORIES[:2]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a panel per study: accuracy and fitted false labels where training is stopped, and at the last epoch."""
    names = corruption.shown(measurements)
    stopped = corruption.judged_rule(verdict, "spares-test-error")
    figure, axes = corruption.panels(len(names))
    for axis, name in zip(axes, names, strict=True):
        study = corruption.over(measurements[measurements["study"] == name])
        test, fitted = corruption.accuracy(study, "test"), rows_of(study, "fitted")
        for rows, words in ((test, "test, last\nepoch\n(control)"), (fitted, "false labels\nfitted, last\n(control)")):
            last = corruption.at(rows, LAST)
            studies.lines(axis, last, "label_noise", seeds=False, **theme.CONTROL)
            corruption.name_end(axis, last, words, theme.GREY)
        for rows, words, color, marker in (
            (test, "test, early\nstopping", BLUE, "o"),
            (fitted, "false labels\nfitted, early", ORANGE, "^"),
        ):
            early = corruption.at(rows, stopped)
            studies.lines(axis, early, "label_noise", color=color, marker=marker, markersize=4.5)
            corruption.name_end(axis, early, words, color)
        _mark_spared(axis, test, stopped, judged.declared(verdict, "spares-test-error")["where"]["label_noise"])
        if len(fitted):
            axis.axhline(_chance(study), color=theme.INK, linestyle=":", linewidth=1)
        axis.set(xlabel=corruption.noise_label(measurements), ylabel="", ylim=(0, 1.04))
        axis.set_title(corruption.title(study))
        studies.percent_axis(axis)
    axes[0].set_ylabel("accuracy; share of false labels")
    axes[0].annotate(
        "dotted: chance", (0, _chance(measurements)), xycoords=("axes fraction", "data"), xytext=(3, 3),
        textcoords="offset points", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    theme.headline(figure, _headline(measurements, verdict))
    return figure


def _mark_spared(axis: Axes, test: pd.DataFrame, stopped: str, level: float) -> None:
    """Draw an arrow from the accuracy at the last epoch to that where training is stopped, at the judged level."""
    ends = [corruption.mean(corruption.at(test, rule)).get(level) for rule in (LAST, stopped)]
    if None in ends:
        return
    axis.annotate("", (level, ends[1]), (level, ends[0]), arrowprops={"arrowstyle": "->", "color": theme.INK})
    axis.annotate(
        f"{100 * (ends[1] - ends[0]):+.0f}", (level, sum(ends) / 2), xytext=(4, 0), textcoords="offset points",
        ha="left", va="center", fontsize=8.5, color=theme.INK,
    )  # fmt: skip


def _headline(measurements: pd.DataFrame, verdict: dict) -> str:
    spared = [
        100 * one["estimate"]
        for one in judged.prediction(verdict, "spares-test-error")["estimates"]
        if one["estimate"] is not None
    ]
    level = judged.declared(verdict, "spares-test-error")["where"]["label_noise"]
    points = f"{min(spared):.0f} to {max(spared):.0f}" if len(spared) > 1 else f"{sum(spared):.0f}"
    found = f"early stopping spares {points} points of accuracy where {level:.0%} of the labels are corrupted"
    return headlines.by_verdict(
        verdict,
        supported=f"Stopped early, networks ignore false labels: {found}".replace("%", " %"),
        refuted="Early stopping does not keep networks from fitting false labels",
        undecided=(found if spared else "how well early stopping keeps networks from false labels").replace("%", " %"),
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State what false labels cost with and without early stopping, and how many are fitted where training stops."""
    return " ".join(
        _finding(corruption.over(measurements[measurements["study"] == name]), verdict)
        for name in corruption.names(measurements)
    )


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    levels = judged.declared(verdict, "corruption-not-fitted")["where"]["label_noise"]  # up to one of them, or at one
    rows = study[study["label_noise"] <= (levels["max"] if isinstance(levels, dict) else levels)]
    level, stopped = rows["label_noise"].max(), corruption.judged_rule(verdict, "spares-test-error")
    test, false = corruption.accuracy(rows, "test"), rows_of(rows, "fitted")
    lost, fitted = {}, {}
    for rule in (LAST, stopped):
        curve = corruption.mean(corruption.at(test, rule))
        lost[rule] = curve.iloc[0] - curve[level]
        fitted[rule] = at_most(round(100 * corruption.mean(corruption.at(false, rule)).max(), 9), 3)
    return (
        f"{studies.title(study, verdict)}, means over seeds: at ρ = {level:g} early stopping on corrupted held-out "
        f"labels loses {100 * lost[stopped]:.1f} points of test accuracy, training to the end "
        f"{100 * lost[LAST]:.1f}; for ρ up to {level:g} at most {fitted[stopped]}% of the corrupted "
        f"labels are fitted at the stopping time (chance is {_chance(study):.1%}), at most "
        f"{fitted[LAST]}% at the end."
    )


def _chance(study: pd.DataFrame) -> float:
    """Return 1/C, which is the ratio of the two quantities in all rows."""
    fitted, ratio = (rows_of(study, name)["value"].sum() for name in ("fitted", "fitted_over_chance"))
    return fitted / ratio
