"""Distance from the start over time, and what false labels add to it: nothing while learning, much at the end."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.claims.label_noise.seed_curves import rows_of
from overparam.drawing import judged, labels, studies, theme
from overparam.drawing.rounding import at_least, at_most


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study: distance over epochs with the stops marked, and over that with clean labels."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    rules = _rules(verdict)
    factor, _ = judged.band(verdict, "far-at-the-end")
    figure, axes = studies.grid(len(names), 2, 3.7)
    shown = {
        "last epoch": {"color": theme.CATEGORIES[1], "marker": "o", "markersize": 4},
        "early stopping": {"color": theme.CATEGORIES[0], "marker": "^", "linestyle": "--"},
    }
    for (path, excess), name in zip(axes, names, strict=True):
        study = corruption.over(measurements[measurements["study"] == name])
        distance = rows_of(study, "distance")
        corruption.trajectories(path, distance, colors)
        corruption.mark_stops(path, distance, colors, rules[1])
        path.set_title(studies.title(study, verdict))
        path.set_ylabel(labels.quantity(measurements, "distance"))
        path.set_ylim(bottom=0)
        for rule, style in zip(rules, shown.values(), strict=True):
            ratio = corruption.at(rows_of(study, "distance_over_clean"), rule)
            studies.lines(excess, ratio, "label_noise", **style)
        for level, line in ((1, ":"), (factor, "--")):
            excess.axhline(level, color=theme.INK, linestyle=line, linewidth=1)
        excess.set(
            xlabel=corruption.noise_label(measurements), ylabel=labels.quantity(measurements, "distance_over_clean")
        )
        excess.set_ylim(bottom=0)
        excess.set_title("beside clean labels, same epoch")
    shown[f"factor {factor:g}"] = {"color": theme.INK, "linestyle": "--", "linewidth": 1}
    stop = {"color": theme.INK, "marker": "^", "linestyle": ""}
    corruption.legends(figure, shown, corruption.level_entries(colors) | {"stopped": stop})
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the distances at the end, and how they compare with clean labels at the end and at the stopping time."""
    return " ".join(
        _finding(corruption.over(measurements[measurements["study"] == name]), verdict)
        for name in corruption.names(measurements)
    )


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    rules = _rules(verdict)
    end = corruption.mean(corruption.at(rows_of(study, "distance"), rules[0]))
    ratio = rows_of(study, "distance_over_clean")
    far, near = (corruption.mean(corruption.at(ratio, rule)) for rule in rules)
    low, high = end.index[0], end.index[-1]
    return (
        f"{studies.title(study, verdict)}, means over seeds: at the last epoch the weights are {end[low]:.3g} from "
        f"their start at ρ = {low:g} and {end[high]:.3g} at ρ = {high:g}, for every ρ above 0 at least "
        f"{at_least(far.min(), 3)} times as far as with clean labels; where early stopping keeps them, at most "
        f"{at_most(near.max(), 3)} times as far as with clean labels at that epoch."
    )


def _rules(verdict: dict) -> list[str]:
    """Return the stopping rules at which networks are predicted to be far from their start, and near to it."""
    return [corruption.judged_rule(verdict, name) for name in ("far-at-the-end", "near-when-stopped")]
