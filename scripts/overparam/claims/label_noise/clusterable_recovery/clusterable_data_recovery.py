"""How often early-stopped gradient descent gives every sample its true label, over corruption, radius and width."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import legend_below, rows_of, success_rate
from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least

PANELS = {"corruption": "label_noise", "radius": "radius_times_l2", "width": "width"}  # sweep -> its axis


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the share of runs over ρ, ε and k, the last for two numbers of samples, with the control in each panel."""
    figure, axes = theme.panels(3, height=3.6)
    control = rows_of(measurements, "recovered", sweep="theorem", assignment="permuted")
    level = judged.declared(verdict, "all-true-labels-in-nine-of-ten-runs")["less"]
    for axis, (sweep, x) in zip(axes, PANELS.items(), strict=True):
        rows = rows_of(measurements, "recovered", sweep=sweep)
        sizes = sorted(rows["n_train"].unique())
        for style, n_train in enumerate(sizes):
            success_rate(axis, rows[rows["n_train"] == n_train], x, f"n = {n_train} samples", style)
        shown = control[control["n_train"] == sizes[0]]
        success_rate(axis, shown, x, "labels permuted across samples (control)", 3, linestyle="none", marker="X")
        axis.axhline(level, color=theme.INK, linestyle=":", linewidth=1, label=f"{100 * level:g} % of runs")
        axis.set(xlabel=labels.column(measurements, x), ylim=(-0.05, 1.07))
    corruption, radius, width = axes
    theorem = measurements[measurements["sweep"] == "theorem"].iloc[0]
    theme.mark_threshold(corruption, theorem["label_noise"], f"1/{1 / theorem['label_noise']:g}")
    theme.mark_threshold(radius, 1, "1/L²")
    theme.mark_threshold(width, theorem["width"], "")
    width.annotate(
        f"kd = {theorem['n_params']}\nL⁴ = {theorem['n_clusters'] ** 4}", (theorem["width"], 0.5), xytext=(-3, 0),
        textcoords="offset points", ha="right", fontsize=8, color=theme.INK,
    )  # fmt: skip
    radius.set_xscale("symlog", linthresh=1)
    places = sorted(rows_of(measurements, "recovered", sweep="radius")["radius_times_l2"].unique())
    ticks = [place for place in places if place in (0, 1, 4, 16, places[-1])]
    radius.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    radius.set_xlim(-0.2, 1.5 * max(places))
    radius.minorticks_off()
    width.set_xscale("log", base=2)
    corruption.set_ylabel(labels.quantity(measurements, "recovered"))
    legend_below(figure, *axes)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the shares under the theorem's conditions, the control's, and where each sweep stops working."""
    judged = rows_of(measurements, "recovered", sweep="theorem")
    counts = judged.groupby("assignment")["value"].agg(["sum", "size"]).astype(int)
    (good, runs), (wrong, controls) = counts.loc["clusters"], counts.loc["permuted"]
    works = {sweep: _works(rows_of(measurements, "recovered", sweep=sweep), x) for sweep, x in PANELS.items()}
    widths = rows_of(measurements, "recovered", sweep="width").groupby("width")["value"].mean()
    return (
        f"Share of runs in which gradient descent on corrupted labels, stopped by the formula, gives every sample its "
        f"true label. Under the theorem's conditions {good} of {runs} runs do; with labels permuted across samples "
        f"(control) {wrong} of {controls}. Every run works up to ρ = {works['corruption']:.3g} and up to a radius of "
        f"{works['radius']:.3g}/L²; of the runs with k = {widths.index[0]} hidden units, the fewest, at least "
        f"{at_least(100 * widths.iloc[0])} % do."
    )


def _works(rows: pd.DataFrame, x: str) -> float:
    """Return the largest x up to which every run succeeds; nan if none does."""
    shares = rows.groupby(x)["value"].mean()
    failing = shares.index[shares < 1]
    working = shares.index if failing.empty else shares.index[shares.index < failing[0]]
    return float(working[-1]) if len(working) else float("nan")
