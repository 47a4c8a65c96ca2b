"""Distance from the start over time and over corruption: near while learning, far when fitting corruption."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.figures import corruption, studies, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one row of panels per study: distance over epochs with the stops marked, and both ends over corruption."""
    names, colors = corruption.names(measurements), corruption.level_colors(measurements)
    figure, axes = studies.grid(len(names), 2, 3.7, sharey="row")
    shown = {
        "last epoch": {"color": theme.CATEGORIES[1], "marker": "o", "markersize": 4},
        "early stopping": {"color": theme.CATEGORIES[0], "marker": "^", "linestyle": "--"},
    }
    for (path, ends), name in zip(axes, names, strict=True):
        study = corruption.over(measurements[measurements["study"] == name])
        distance = corruption.quantity(study, "distance")
        corruption.trajectories(path, distance, colors)
        corruption.mark_stops(path, distance, colors)
        path.set_title(studies.title(study, verdict))
        path.set_ylabel("distance from the start ‖W − W₀‖")
        path.set_ylim(bottom=0)
        for rule, style in zip(corruption.RULES, shown.values(), strict=True):
            studies.lines(ends, corruption.at(distance, rule), "label_noise", **style)
        ends.set_xlabel(corruption.CORRUPTION)
        ends.set_title("at the last epoch and when stopped")
    stop = {"color": theme.INK, "marker": "^", "linestyle": ""}
    corruption.legends(figure, shown, corruption.level_entries(colors) | {"stopped": stop})
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the distances at the end and at the stopping time, without and with the most corruption."""
    return " ".join(
        _finding(corruption.over(measurements[measurements["study"] == name]), verdict)
        for name in corruption.names(measurements)
    )


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    distance = corruption.quantity(study, "distance")
    end, stop = (corruption.mean(corruption.at(distance, rule)) for rule in corruption.RULES)
    low, high = end.index[0], end.index[-1]
    return (
        f"{studies.title(study, verdict)}: at the last epoch the weights are {end[low]:.3g} from their start at "
        f"ρ = {low:g} and {end[high]:.3g} at ρ = {high:g}; where early stopping keeps them, {stop[low]:.3g} and "
        f"{stop[high]:.3g}."
    )
