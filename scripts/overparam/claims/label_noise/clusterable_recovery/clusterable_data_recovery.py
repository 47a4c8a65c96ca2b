"""How often early-stopped gradient descent gives every sample its true label, over corruption and width."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import rows_of, success_rate
from overparam.drawing import headlines, judged, labels, theme
from overparam.drawing.rounding import at_least

PANELS = {"corruption": "label_noise", "width": "width"}  # sweep -> its axis


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the share of runs over ρ, and over k for two numbers of samples, with the control in both."""
    theme.apply()
    figure, (corruption, width) = plt.subplots(1, 2, sharey=True, figsize=(theme.WIDTH, 4))
    control = rows_of(measurements, "recovered", sweep="theorem", assignment="permuted")
    level = judged.declared(verdict, "all-true-labels-in-nine-of-ten-runs")["less"]
    theorem = measurements[measurements["sweep"] == "theorem"].iloc[0]
    rows = rows_of(measurements, "recovered", sweep="corruption")
    success_rate(corruption, rows, "label_noise", None, 0)
    permuted = control.groupby("label_noise")["value"].mean()
    places = [0.0, rows["label_noise"].max()]
    corruption.plot(places, [permuted.mean()] * 2, **theme.CONTROL)
    corruption.set_xlim(0, 1.05 * rows["label_noise"].max())
    rows = rows_of(measurements, "recovered", sweep="width")
    width.set_xscale("log", base=2)
    for style, (n_train, own) in enumerate(rows.groupby("n_train")):
        aside = own.assign(width=own["width"] * 1.04 ** (2 * style - 1))  # or one would hide the other
        success_rate(width, aside, "width", None, style)
        width.annotate(
            f"$n = {n_train}$", (0.05, 0.62 - 0.09 * style), xycoords="axes fraction", fontsize=9.5,
            color=theme.CATEGORIES[style],
        )  # fmt: skip
    widths = np.array(sorted(rows["width"].unique()))
    width.plot(widths, [permuted.mean()] * len(widths), **theme.CONTROL)
    width.annotate(
        "classes permuted (control)", (0.5, permuted.mean()), xycoords=("axes fraction", "data"), xytext=(0, 4),
        textcoords="offset points", ha="center", fontsize=9, color=theme.GREY,
    )  # fmt: skip
    width.set_xticks(widths, [str(one) for one in widths])
    width.minorticks_off()
    for axis, sweep, title in ((corruption, "corruption", "more false labels"), (width, "width", "fewer units")):
        axis.axhspan(level, 1.2, facecolor=theme.INK, alpha=0.1, linewidth=0, zorder=0)
        axis.set(xlabel=labels.column(measurements, PANELS[sweep]), ylim=(-0.05, 1.07), title=title)
    corruption.annotate(
        "predicted", (1, level), xycoords=("axes fraction", "data"), xytext=(-4, 3), textcoords="offset points",
        ha="right", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    corruption.axvline(theorem["label_noise"], color=theme.INK, linestyle=":", linewidth=1.2)
    corruption.annotate(
        f"theorem:\nup to $1/{1 / theorem['label_noise']:g}$", (theorem["label_noise"], 0.35), xytext=(4, 0),
        textcoords="offset points", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    width.axvline(theorem["width"], color=theme.INK, linestyle=":", linewidth=1.2)
    width.annotate(
        "theorem:\n$kd \\geq L^4$", (theorem["width"], 0.35), xytext=(-4, 0), textcoords="offset points", ha="right",
        fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    corruption.set_ylabel(labels.quantity(measurements, "recovered"))
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Stopped early, descent recovers every true label of clustered data",
        refuted="Stopped early, descent does not recover every true label of clustered data",
        undecided="How often early-stopped descent recovers every true label",
    )
    spare = headlines.came_to(verdict, "necessary") == "refuted"
    return f"{text}, also with more false labels than the theorem allows" if spare else text


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
        f"(control) {wrong} of {controls}. Every run works up to ρ = {works['corruption']:.3g}; of the runs "
        f"with k = {widths.index[0]} hidden units, the fewest, at least "
        f"{at_least(100 * widths.iloc[0])} % do."
    )


def _works(rows: pd.DataFrame, x: str) -> float:
    """Return the largest x up to which every run succeeds; nan if none does."""
    shares = rows.groupby(x)["value"].mean()
    failing = shares.index[shares < 1]
    working = shares.index if failing.empty else shares.index[shares.index < failing[0]]
    return float(working[-1]) if len(working) else float("nan")
