"""Steps until the true labels are reached and until the fast residual settles, beside the formula's."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import legend_below, mean_curve, rows_of
from overparam.drawing import exponents, judged, labels, theme
from overparam.drawing.rounding import at_most

# sweep -> the prediction on it
PANELS = {
    "clusters": "settling-time-proportional-to-clusters",
    "noise": "settling-time-proportional-to-log-inverse-noise",
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw steps over L and log(1/ρ) for centres at right angles, and over τ for random centres with the control."""
    figure, axes = theme.panels(3, height=4.0)
    for axis, (sweep, prediction) in zip(axes[:2], PANELS.items(), strict=True):
        x = judged.declared(verdict, prediction, "corrected")["x"]
        for style, (name, words) in enumerate(
            (("settling_step", "cluster means of the residual at ρ"), ("first_perfect_step", "every true label, first"))
        ):
            mean_curve(axis, rows_of(measurements, name, sweep=sweep), x, words, style)
        for name, words, dashes in (
            ("formula_step", "corrected L log(1/ρ)/λ(C)", "--"),
            ("printed_step", "printed L log(ρ)/λ(C)", ":"),
        ):
            means = rows_of(measurements, name, sweep=sweep).groupby(x)["value"].mean()
            axis.plot(means.index, means, color=theme.INK, linestyle=dashes, label=words)
        axis.axhline(0, color=theme.INK, linewidth=0.5)
        axis.set(xlabel=labels.column(measurements, x))
    axes[0].set_ylabel(labels.quantity(measurements, "settling_step"))
    axes[1].set_ylabel("")
    _cloud(axes[2], measurements)
    legend_below(figure, *axes)
    return figure


def _cloud(axis, measurements: pd.DataFrame) -> None:
    steps = _steps(measurements)
    found = steps[steps["assignment"] == "clusters"]
    axis.scatter(
        found["formula_step"], found["first_perfect_step"], s=12, marker="s", color=theme.CATEGORIES[1], alpha=0.5,
        linewidths=0, label="every true label, first",
    )  # fmt: skip
    top = steps["formula_step"].max() * 1.1
    control = steps[(steps["assignment"] == "permuted") & np.isinf(steps["first_perfect_step"])]
    axis.scatter(
        control["formula_step"], np.full(len(control), top), s=16, marker="x", color=theme.CATEGORIES[3],
        linewidths=0.8, label="labels permuted (control): never",
    )  # fmt: skip
    ends = np.array([0, top])
    axis.plot(ends, ends, color=theme.INK, linestyle="--")
    axis.set(xlabel="τ, random centres", ylim=(0, top * 1.05))


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State both exponents as judged, the largest share of τ that a run needs, the printed number and the control."""
    steps = _steps(measurements)
    found = steps[steps["assignment"] == "clusters"]
    share = (found["first_perfect_step"] / found["formula_step"]).max()
    control = steps[steps["assignment"] == "permuted"]
    slopes = {sweep: exponents.measured(verdict, prediction, "corrected") for sweep, prediction in PANELS.items()}
    printed = rows_of(measurements, "printed_step", sweep="theorem", assignment="clusters")["value"].median()
    needed = f"at most {at_most(share)} of it" if np.isfinite(share) else "in some runs beyond what was run"
    never = int(np.isinf(control["first_perfect_step"]).sum())
    return (
        f"Gradient steps on corrupted labels. With centres at right angles the time at which the residual's cluster "
        f"means are down to ρ of their start grows with exponents that are {slopes['clusters']} in L and "
        f"{slopes['noise']} in log(1/ρ). With random centres the first step at which every "
        f"sample has its true label, beside the corrected formula's: {needed}; the printed L log(ρ) is negative "
        f"(median {printed:.0f} steps). With permuted labels (control) {never} of {len(control)} runs never get there."
    )


def _steps(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run of the theorem's cases, with its times in columns."""
    rows = measurements[
        (measurements["sweep"] == "theorem")
        & measurements["quantity"].isin(["first_perfect_step", "formula_step", "settling_step"])
    ]
    keys = ["assignment", "n_per_cluster", "radius", "seed"]
    return rows.pivot(index=keys, columns="quantity", values="value").reset_index()
