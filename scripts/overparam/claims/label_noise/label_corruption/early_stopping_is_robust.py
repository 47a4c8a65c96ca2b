"""Test accuracy and fitted false labels over label noise, with and without early stopping, and both in time."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.claims.label_noise.seed_curves import rows_of
from overparam.drawing import judged, labels, studies, theme
from overparam.drawing.rounding import at_most

LAST = "final"  # the rule without early stopping


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study: over label noise, then in time with the epochs marked where training stops."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    stopped = corruption.judged_rule(verdict, "spares-test-error")
    rules = {LAST: ("-", "o", "last epoch"), stopped: ("--", "^", "early stopping")}
    figure, axes = studies.grid(len(names), 3, 3.9, sharey="row")
    blue, orange = theme.CATEGORIES[:2]
    entries = {}
    for (levels, fitted, test), name in zip(axes, names, strict=True):
        study = corruption.over(measurements[measurements["study"] == name])
        shown = {
            "test": (test, corruption.accuracy(study, "test"), orange),
            "fitted": (fitted, rows_of(study, "fitted"), blue),
        }
        for label, (axis, rows, color) in shown.items():
            for rule, (dashes, marker, words) in rules.items():
                style = {"color": color, "linestyle": dashes, "marker": marker, "markersize": 4}
                studies.lines(levels, corruption.at(rows, rule), "label_noise", seeds=False, **style)
                entries[f"{label}, {words}"] = style
            corruption.trajectories(axis, rows, colors)
            corruption.mark_stops(axis, rows, colors, stopped)
        chance = {"color": theme.INK, "linestyle": ":", "linewidth": 1}
        for axis in (levels, fitted):
            axis.axhline(_chance(study), **chance)
        entries["chance, 1/C"] = chance
        levels.set(xlabel=corruption.noise_label(measurements), ylabel="accuracy", ylim=(0, 1.04))
        levels.set_title(studies.title(study, verdict, "\n"))
        fitted.set_title(labels.quantity(measurements, "fitted"))
        test.set_title("test, true labels")
        studies.percent_axis(levels)
    stop = {"color": theme.INK, "marker": "^", "linestyle": ""}
    corruption.legends(figure, entries, corruption.level_entries(colors) | {"stopped": stop})
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State what false labels cost with and without early stopping, and how many are fitted where training stops."""
    return " ".join(
        _finding(corruption.over(measurements[measurements["study"] == name]), verdict)
        for name in corruption.names(measurements)
    )


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    declared = judged.declared(verdict, "corruption-not-fitted")
    rows = study[study["label_noise"] <= declared["where"]["label_noise"]["max"]]
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
