"""Distance from the start over time, and how much of it is due to corruption: none while learning, much at the end."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.drawing import studies, theme
from overparam.drawing.rounding import at_least, at_most

FACTOR = 1.2  # parts near from far, as the claim defines it


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study: distance over epochs with the stops marked, and beside clean labels."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    figure, axes = studies.grid(len(names), 2, 3.7)
    shown = {
        "last epoch": {"color": theme.CATEGORIES[1], "marker": "o", "markersize": 4},
        "early stopping": {"color": theme.CATEGORIES[0], "marker": "^", "linestyle": "--"},
    }
    for (path, excess), name in zip(axes, names, strict=True):
        study = corruption.over(measurements[measurements["study"] == name])
        distance = corruption.quantity(study, "distance")
        corruption.trajectories(path, distance, colors)
        corruption.mark_stops(path, distance, colors)
        path.set_title(studies.title(study, verdict))
        path.set_ylabel("distance from start ‖W − W₀‖")
        path.set_ylim(bottom=0)
        for rule, style in zip(corruption.RULES, shown.values(), strict=True):
            ratio = corruption.at(corruption.quantity(study, "distance_over_clean"), rule)
            studies.lines(excess, ratio, "label_noise", **style)
        for level, line in ((1, ":"), (FACTOR, "--")):
            excess.axhline(level, color=theme.INK, linestyle=line, linewidth=1)
        excess.set(xlabel=corruption.CORRUPTION, ylabel="distance / distance for ρ = 0")
        excess.set_ylim(bottom=0)
        excess.set_title("beside clean labels, same epoch")
    shown[f"factor {FACTOR:g}"] = {"color": theme.INK, "linestyle": "--", "linewidth": 1}
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
    distance = corruption.quantity(study, "distance")
    end = corruption.mean(corruption.at(distance, "final"))
    ratio = corruption.quantity(study, "distance_over_clean")
    far, near = (corruption.mean(corruption.at(ratio, rule)) for rule in corruption.RULES)
    low, high = end.index[0], end.index[-1]
    return (
        f"{studies.title(study, verdict)}, means over seeds: at the last epoch the weights are {end[low]:.3g} from "
        f"their start at ρ = {low:g} and {end[high]:.3g} at ρ = {high:g}, for every ρ above 0 at least "
        f"{at_least(far.min(), 3)} times as far as with clean labels; where early stopping keeps them, at most "
        f"{at_most(near.max(), 3)} times as far as with clean labels at that epoch."
    )
