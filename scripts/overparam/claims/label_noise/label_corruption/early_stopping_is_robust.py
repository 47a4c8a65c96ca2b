"""Test accuracy and fitted corruption over ρ, with and without early stopping, and both in time."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.drawing import studies, theme
from overparam.drawing.rounding import at_most

SHOWN = {"final": ("-", "o", "last epoch"), corruption.STOPPED: ("--", "^", "early stopping")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study: over corruption, then train and test accuracy in time with the stops marked."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    figure, axes = studies.grid(len(names), 3, 3.9, sharey="row")
    blue, orange = theme.CATEGORIES[:2]
    entries = {}
    for (levels, fitted, test), name in zip(axes, names, strict=True):
        study = corruption.over(measurements[measurements["study"] == name])
        shown = {"test": (test, corruption.accuracy(study, "test"), orange), "fitted": (fitted, _fitted(study), blue)}
        for label, (axis, rows, color) in shown.items():
            for rule, (dashes, marker, words) in SHOWN.items():
                style = {"color": color, "linestyle": dashes, "marker": marker, "markersize": 4}
                studies.lines(levels, corruption.at(rows, rule), "label_noise", seeds=False, **style)
                entries[f"{label}, {words}"] = style
            corruption.trajectories(axis, rows, colors)
            corruption.mark_stops(axis, rows, colors)
        chance = {"color": theme.INK, "linestyle": ":", "linewidth": 1}
        for axis in (levels, fitted):
            axis.axhline(_chance(study), **chance)
        entries["chance, 1/C"] = chance
        levels.set(xlabel=corruption.CORRUPTION, ylabel="accuracy", ylim=(0, 1.04))
        levels.set_title(studies.title(study, verdict, "\n"))
        fitted.set_title("false labels fitted")
        test.set_title("test, true labels")
        studies.percent_axis(levels)
    stop = {"color": theme.INK, "marker": "^", "linestyle": ""}
    corruption.legends(figure, entries, corruption.level_entries(colors) | {"stopped": stop})
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State what corruption costs with and without early stopping, and how much of it is fitted at the stop."""
    return " ".join(
        _finding(corruption.over(measurements[measurements["study"] == name]), verdict)
        for name in corruption.names(measurements)
    )


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    judged = study[study["label_noise"] <= 0.5]
    level = judged["label_noise"].max()
    test = corruption.accuracy(judged, "test")
    lost, fitted = {}, {}
    for rule in SHOWN:
        curve = corruption.mean(corruption.at(test, rule))
        lost[rule] = curve.iloc[0] - curve[level]
        fitted[rule] = at_most(round(100 * corruption.mean(corruption.at(_fitted(judged), rule)).max(), 9), 3)
    return (
        f"{studies.title(study, verdict)}, means over seeds: at ρ = {level:g} early stopping on corrupted held-out "
        f"labels loses {100 * lost[corruption.STOPPED]:.1f} points of test accuracy, training to the end "
        f"{100 * lost['final']:.1f}; for ρ up to {level:g} at most {fitted[corruption.STOPPED]}% of the corrupted "
        f"labels are fitted at the stopping time (chance is {_chance(study):.1%}), at most "
        f"{fitted['final']}% at the end."
    )


def _fitted(measurements: pd.DataFrame) -> pd.DataFrame:
    return corruption.quantity(measurements, "fitted")


def _chance(study: pd.DataFrame) -> float:
    fitted, ratio = (corruption.quantity(study, name)["value"].sum() for name in ("fitted", "fitted_over_chance"))
    return fitted / ratio
