"""Steps to a fixed accuracy over the batch size, and where they are twice those of the full batch."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

INPUTS = {
    "isotropic": ("isotropic", "o", "-"),
    "unequal_norms": ("unequal norms", "D", (0, (1, 1))),
    "power_law": ("power law", "s", (0, (5, 1.5))),
    "relu_features": ("ReLU features", "^", (0, (3, 1, 1, 1))),
    "gaussian_kernel": ("Gaussian kernel", "v", "-."),
}
KNEE = "knee-at-the-critical-size"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the steps over the batch size, with the fixed step as control, and every knee over the predicted one."""
    figure, (left, right) = theme.panels(2, height=3.9)
    rows = measurements[measurements["quantity"] == "steps_over_full"]
    level, band = _level(verdict), judged.band(verdict, KNEE)
    places = knees(measurements, level)
    for (kind, (label, marker, dashes)), color in zip(INPUTS.items(), theme.CATEGORIES, strict=False):
        curves = rows[(rows["inputs"] == kind) & (rows["case"] == "interpolated")]
        common = {"data": curves, "y": "value", "color": color, "ax": left}
        sns.lineplot(**common, x="batch_over_critical", units="seed", estimator=None, alpha=0.2, linewidth=0.6)
        middle = curves.groupby("batch_size")[["batch_over_critical", "value"]].median()
        left.plot(middle["batch_over_critical"], middle["value"], color=color, linestyle=dashes, label=label)
        found = places[places["inputs"] == kind]
        right.plot(found["critical"], found["knee"], marker, color=color, markersize=4, linestyle="none")
    fixed = rows[rows["case"] == "fixed_step"]
    middle = fixed.groupby(["inputs", "batch_size"])[["batch_over_critical", "value"]].median()
    for number, (_, curve) in enumerate(middle.groupby("inputs")):
        name = {"label": "step of m = 1 (control)"} if number == 0 else {}
        left.plot(curve["batch_over_critical"], curve["value"], color=theme.INK, linewidth=0.8, linestyle="--", **name)
    left.axhline(level, color=theme.INK, linewidth=0.8, linestyle=":")
    theme.mark_threshold(left, 1, "m*")
    left.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "batch_over_critical"))
    left.set_ylabel(labels.quantity(measurements, "steps_over_full"))
    left.set_ylim(0.9, 10 * rows.loc[np.isfinite(rows["value"]), "value"].max())  # room for the legend
    left.legend(fontsize=7.5, loc="upper right", bbox_to_anchor=(1.0, 0.97))

    span = np.array([places["critical"].min() * 0.9, places["critical"].max() * 1.1])
    words = f"{band[0]:g} to {band[1]:g} times m*"
    right.fill_between(span, span * band[0], span * band[1], color=theme.INK, alpha=0.15, linewidth=0, label=words)
    right.plot(span, span, color=theme.INK, linestyle="--", label="m* = β/λ₁ + 1")
    for name, label in (("earliest", "derived range"), ("latest", None)):
        limit = places.sort_values("critical")
        right.plot(limit["critical"], limit[name], color=theme.INK, linestyle="-", linewidth=1, label=label)
    right.set(xscale="log", yscale="log", xlabel=labels.quantity(measurements, "critical_batch_size"))
    right.set_ylabel(f"batch size with {_times(level)} the full batch's steps")
    ticks = [tick for tick in (2, 3, 5, 10, 20, 40) if span[0] * band[0] <= tick <= span[1] * band[1]]
    right.set_xticks([tick for tick in ticks if span[0] <= tick <= span[1]], minor=False)
    right.set_yticks(ticks, minor=False)
    for axis in (right.xaxis, right.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    right.legend(fontsize=7.5, loc="lower right")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where the knees lie, in units of both formulas, and what the controls do."""
    level = _level(verdict)
    places = knees(measurements, level)
    printed = places["knee"] / places["critical"]
    early, late = (places["knee"] / places[name] for name in ("earliest", "latest"))
    samples = measurements[(measurements["quantity"] == "samples_over_one") & (measurements["case"] == "interpolated")]
    below = judged.declared(verdict, "below-it-at-most-half-of-the-samples-are-wasted")["where"]["batch_over_critical"]
    wasted = samples.loc[samples["batch_over_critical"] <= below["max"], "value"].max()
    least = printed.groupby(places["inputs"]).min()
    fixed = measurements[(measurements["quantity"] == "steps_over_full") & (measurements["case"] == "fixed_step")]
    missed = measurements[(measurements["quantity"] == "never_reached") & (measurements["case"] == "noisy_labels")]
    return (
        f"Steps of mini-batch SGD to a fixed accuracy fall with the batch size and level off: up to m* = β/λ₁ + 1 a "
        f"step with m samples is worth at least {at_least(1 / wasted)} m steps with one. They are {_times(level)} "
        f"those of the full batch at {at_least(printed.min())} to {at_most(printed.max())} times m* (lowest for "
        f"{INPUTS[least.idxmin()][0]}, where that is smallest), at least {at_least(early.min())} times the lower and "
        f"at most {at_most(late.max())} times the upper end of the derived range. With the step for one sample at "
        f"every batch size they stay at least {at_least(fixed['value'].min())} times those of the full batch; with "
        f"labels that cannot be fitted {missed['value'].sum():g} of {_tried(measurements)} runs never get there."
    )


def _level(verdict: dict) -> float:
    """Return how many times the full batch's steps the knee is defined to have."""
    return float(judged.declared(verdict, KNEE)["level"])


def _times(level: float) -> str:
    return "twice" if level == 2 else f"{level:g} times"


def knees(measurements: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the knee of every problem, the batch size predicted for it, and the range that is derived for it.

    The knee is the batch size with ``level`` times the full batch's steps, interpolated in its logarithm; nan if there
    is none.
    """
    rows = measurements[(measurements["quantity"] == "steps_over_full") & (measurements["case"] == "interpolated")]
    predicted = measurements[measurements["quantity"] == "critical_batch_size"].set_index(["inputs", "seed"])["value"]
    found = []
    for (kind, seed), curve in rows.groupby(["inputs", "seed"]):
        size, steps = curve.sort_values("batch_size")[["batch_size", "value"]].to_numpy(float).T
        after = int(np.argmax(steps <= level))
        pair = [after, after - 1]  # ascending in steps
        place = np.exp(np.interp(level, steps[pair], np.log(size[pair]))) if after else np.nan
        ends = {
            name: (curve["batch_size"] / curve[column]).iloc[0]
            for name, column in (("earliest", "batch_over_half_step"), ("latest", "batch_over_latest"))
        }
        found.append({"inputs": kind, "seed": seed, "critical": predicted[kind, seed], "knee": place, **ends})
    return pd.DataFrame(found)


def _tried(measurements: pd.DataFrame) -> int:
    rows = measurements[(measurements["quantity"] == "steps_over_full") & (measurements["case"] == "noisy_labels")]
    return len(rows)
