"""Steps until the true labels are reached and until the fast residual settles, beside the formula's."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import direct_labels, exponents, headlines, judged, labels, theme
from overparam.drawing.rounding import at_most

# sweep -> the prediction on it
PANELS = {
    "clusters": "settling-time-proportional-to-clusters",
    "noise": "settling-time-proportional-to-log-inverse-noise",
}


CURVES = {
    "settling_step": ("residual's means\ndown to $ρ$", 0),
    "first_perfect_step": ("every true\nlabel, first", 1),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both times over L and over log(1/ρ) for centres at right angles, with the formula and the printed one."""
    theme.apply()
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(theme.WIDTH, 4.4))
    for axis, (sweep, prediction), title in zip(axes, PANELS.items(), ("more clusters", "less noise"), strict=True):
        x = judged.declared(verdict, prediction, "corrected")["x"]
        for name, (words, style) in CURVES.items():
            mean_curve(axis, rows_of(measurements, name, sweep=sweep), x, words, style)
        for name, words in (("formula_step", "$L\\,\\log(1/ρ)/λ$"), ("printed_step", "$L\\,\\log(ρ)/λ$\n(a slip)")):
            means = rows_of(measurements, name, sweep=sweep).groupby(x)["value"].mean()
            axis.plot(means.index, means, color=theme.INK, linestyle=":", linewidth=1.5, label=words)
        axis.axhline(0, color=theme.INK, linewidth=0.5)
        axis.set(xlabel=labels.column(measurements, x), ylabel="", title=title)
        direct_labels.of_lines(axis)
    axes[0].set_ylabel(labels.quantity(measurements, "settling_step"))
    text = headlines.by_verdict(
        verdict,
        supported="All true labels are there by the time $L\\,\\log(1/ρ)/λ$, and mostly well before it",
        refuted="The true labels are not there by the time $L\\,\\log(1/ρ)/λ$",
        undecided="When the true labels are there, beside the formula's time",
    )
    theme.headline(figure, text)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State both exponents as judged, the largest share of τ that a run needs, the printed number and the control."""
    steps = of_runs(measurements)
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


def of_runs(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run of the theorem's cases, with its times in columns."""
    rows = measurements[
        (measurements["sweep"] == "theorem")
        & measurements["quantity"].isin(["first_perfect_step", "formula_step", "settling_step"])
    ]
    keys = ["assignment", "n_per_cluster", "radius", "seed"]
    return rows.pivot(index=keys, columns="quantity", values="value").reset_index()
