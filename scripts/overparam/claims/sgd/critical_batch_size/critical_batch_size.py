"""Steps to a fixed accuracy over the batch size, and where they are twice those of the full batch."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.claims.sgd.critical_batch_size import knees
from overparam.drawing import headlines, judged, labels, predicted, theme
from overparam.drawing.rounding import at_least, at_most


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the steps over the batch size, with the fixed step as control, and the knees beside the predicted band."""
    figure, (left, right) = theme.panels(2, height=4.2)
    rows = measurements[measurements["quantity"] == "steps_over_full"]
    level = knees.level(verdict)
    colors = dict(zip(knees.INPUTS, theme.CATEGORIES, strict=False))
    for kind, color in colors.items():
        curves = rows[(rows["inputs"] == kind) & (rows["case"] == "interpolated")]
        common = {"data": curves, "y": "value", "color": color, "ax": left, "legend": False}
        sns.lineplot(**common, x="batch_over_critical", units="seed", estimator=None, alpha=0.15, linewidth=0.6)
        middle = curves.groupby("batch_size")[["batch_over_critical", "value"]].median()
        left.plot(middle["batch_over_critical"], middle["value"], color=color)
    fixed = rows[rows["case"] == "fixed_step"].groupby(["inputs", "batch_size"])
    fixed = fixed[["batch_over_critical", "value"]].median()
    for _, curve in fixed.groupby("inputs"):
        left.plot(curve["batch_over_critical"], curve["value"], linewidth=1, **theme.CONTROL)
    left.axhline(level, color=theme.INK, linewidth=0.8, linestyle=":")
    left.axvline(1, color=theme.INK, linewidth=0.8, linestyle=":")
    left.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "batch_over_critical"))
    left.set_ylabel(labels.quantity(measurements, "steps_over_full"))
    finite = rows.loc[np.isfinite(rows["value"]) & (rows["case"] != "noisy_labels"), "value"]
    left.set_ylim(0.9, 2.5 * finite.max())  # room for the name of the control
    left.annotate(
        "the step for one sample (control)", (0.98, 0.98), xycoords="axes fraction", ha="right", va="top", fontsize=9,
        color=theme.GREY,
    )  # fmt: skip
    left.annotate(
        "larger step,\nas in the theorem", (0.03, 0.04), xycoords="axes fraction", fontsize=9, color=theme.INK
    )
    left.set_title("steps level off")
    _knees(right, knees.of_problems(measurements, level), colors)
    right.set_ylabel(f"batch size with {knees.times(level)} the steps\nof the full batch, over m*")
    right.set_title("where they do")
    predicted.predicted_band(right, verdict, knees.KNEE)
    theme.headline(figure, _headline(verdict))
    return figure


def _knees(axis, places: pd.DataFrame, colors: dict[str, str]) -> None:
    """Draw the knee of every problem over the predicted batch size, a column per kind of inputs."""
    for column, (kind, color) in enumerate(colors.items()):
        found = places[places["inputs"] == kind]
        aside = column + np.linspace(-0.25, 0.25, max(len(found), 1))[: len(found)]
        axis.plot(aside, found["knee"] / found["critical"], "o", color=color, markersize=3.5, alpha=0.7)
    shown = (places["knee"] / places["critical"]).dropna()
    axis.set(
        yscale="log", ylim=(min(0.3, 0.8 * shown.min()), max(3, 1.2 * shown.max())), xlim=(-0.6, len(colors) - 0.4)
    )
    axis.set_yticks([0.5, 1, 2], ["0.5", "1", "2"])
    axis.minorticks_off()
    axis.set_xticks(range(len(colors)), [knees.INPUTS[kind] for kind in colors], rotation=35)
    for tick, color in zip(axis.get_xticklabels(), colors.values(), strict=True):
        tick.set_color(color)


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="Larger batches save steps up to the predicted size $m^*$; beyond it they are hardly better",
        refuted="Larger batches stop saving steps elsewhere than at the predicted size $m^*$",
        undecided="Steps that larger batches save, up to about $m^*$",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where the knees lie, in units of both formulas, and what the controls do."""
    level = knees.level(verdict)
    places = knees.of_problems(measurements, level)
    printed = places["knee"] / places["critical"]
    samples = measurements[(measurements["quantity"] == "samples_over_one") & (measurements["case"] == "interpolated")]
    below = judged.declared(verdict, "below-it-at-most-half-of-the-samples-are-wasted")["where"]["batch_over_critical"]
    wasted = samples.loc[samples["batch_over_critical"] <= below["max"], "value"].max()
    least = printed.groupby(places["inputs"]).min()
    fixed = measurements[(measurements["quantity"] == "steps_over_full") & (measurements["case"] == "fixed_step")]
    missed = measurements[(measurements["quantity"] == "never_reached") & (measurements["case"] == "noisy_labels")]
    lowest = knees.INPUTS[least.idxmin()].replace("\n", " ")
    return (
        f"Steps of mini-batch SGD to a fixed accuracy fall with the batch size and level off: up to m* = β/λ₁ + 1 a "
        f"step with m samples is worth at least {at_least(1 / wasted)} m steps with one. They are "
        f"{knees.times(level)} those of the full batch at {at_least(printed.min())} to {at_most(printed.max())} times "
        f"m* (lowest for {lowest}, where that is smallest). With the step for one sample at every batch size (control) "
        f"they stay at least {at_least(fixed['value'].min())} times those of the full batch; with labels that cannot "
        f"be fitted {missed['value'].sum():g} of {_tried(measurements)} runs never get there."
    )


def _tried(measurements: pd.DataFrame) -> int:
    rows = measurements[(measurements["quantity"] == "steps_over_full") & (measurements["case"] == "noisy_labels")]
    return len(rows)
