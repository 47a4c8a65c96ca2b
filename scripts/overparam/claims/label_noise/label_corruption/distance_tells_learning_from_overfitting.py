"""Distance from the start over time, and what false labels add to it: nothing while learning, much at the end."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.label_noise.label_corruption import corruption
from overparam.claims.label_noise.seed_curves import MARKERS, rows_of
from overparam.drawing import direct_labels, headlines, judged, labels, predicted, studies, theme
from overparam.drawing.rounding import at_least, at_most

FAR, NEAR = theme.CATEGORIES[1], theme.CATEGORIES[0]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the distance of one study over the epochs with its stops, and for all studies that over clean labels."""
    names, rules = corruption.names(measurements), rules_of(verdict)
    figure, (path, excess) = theme.panels(2, height=4.4)
    first = corruption.over(measurements[measurements["study"] == names[-1]])
    _paths(path, measurements, first, rules[1])
    for place, name in enumerate(names):
        study = corruption.over(measurements[measurements["study"] == name])
        for rule, color, words in ((rules[0], FAR, "at the end"), (rules[1], NEAR, "stopped\nearly")):
            ratio = corruption.at(rows_of(study, "distance_over_clean"), rule)
            if ratio.empty:
                continue
            studies.lines(excess, ratio, "label_noise", color=color, marker=MARKERS[place % 5], markersize=4.5)
            corruption.name_end(excess, ratio, f"{corruption.title(study)},\n{words}", color)
    excess.set(xlabel=corruption.noise_label(measurements), title="beside clean labels")
    excess.set_ylabel(labels.quantity(measurements, "distance_over_clean"))
    excess.set_ylim(0, max(excess.get_ylim()[1], 1.5))
    predicted.predicted_band(excess, verdict, "near-when-stopped", label="predicted when stopped")
    far = judged.band(verdict, "far-at-the-end")[0] or 0.0
    excess.axhline(far, **predicted.EDGE)
    excess.annotate(
        "predicted at the end: above", (0, far), xycoords=("axes fraction", "data"), xytext=(4, 3),
        textcoords="offset points", **predicted.NOTE,
    )  # fmt: skip
    theme.headline(figure, _headline(measurements, verdict))
    return figure


def _paths(axis: Axes, measurements: pd.DataFrame, study: pd.DataFrame, rule: str) -> None:
    """Draw the distance over the epochs, a line per level of label noise, with a triangle where networks stop."""
    colors = corruption.level_colors(study.assign(study="shown"))
    distance = rows_of(study, "distance")
    corruption.trajectories(axis, distance, colors)
    corruption.mark_stops(axis, distance, colors, rule)
    whole = distance[distance["stopping"].isna()]
    for level, color in colors.items():
        mean = whole[whole["label_noise"] == level].groupby("epoch")["value"].mean()
        name = f"${corruption.SYMBOL} = {level:g}$" if level == max(colors) else f"{level:g}"
        direct_labels.at_end(axis, np.array(mean.index, dtype=float), mean, name, color)
    axis.set(title=f"{corruption.title(study)} (▲ stopped)", ylabel=labels.quantity(measurements, "distance"))
    axis.set_ylim(bottom=0)


def _headline(measurements: pd.DataFrame, verdict: dict) -> str:
    ratios = [
        one["estimate"]
        for one in judged.prediction(verdict, "far-at-the-end")["estimates"]
        if one["estimate"] is not None
    ]
    far = f"fitting false labels takes weights {at_least(min(ratios))} times as far or more" if ratios else ""
    return headlines.by_verdict(
        verdict,
        supported=f"While they learn, weights stay near their start; {far}",
        refuted="How far weights have gone does not tell learning from overfitting",
        undecided=far or "how far weights go to fit false labels",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the distances at the end, and how they compare with clean labels at the end and at the stopping time."""
    return " ".join(
        _finding(corruption.over(measurements[measurements["study"] == name]), verdict)
        for name in corruption.names(measurements)
    )


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    rules = rules_of(verdict)
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


def rules_of(verdict: dict) -> list[str]:
    """Return the stopping rules at which networks are predicted to be far from their start, and near to it."""
    return [corruption.judged_rule(verdict, name) for name in ("far-at-the-end", "near-when-stopped")]
