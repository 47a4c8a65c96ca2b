"""Steps until the true labels are reached and until the fast residual settles, beside the formula's."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import curve, legend, quantity
from overparam.drawing import theme
from overparam.drawing.rounding import at_most

PANELS = {"clusters": ("n_clusters", "clusters L"), "noise": ("log_inverse_noise", "log(1/ρ)")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw steps over L and log(1/ρ) for centres at right angles, and over τ for random centres with the control."""
    figure, axes = theme.panels(3, height=4.0)
    for axis, (sweep, (x, label)) in zip(axes[:2], PANELS.items(), strict=True):
        for style, (name, words) in enumerate(
            (("settling_step", "cluster means of the residual at ρ"), ("first_perfect_step", "every true label, first"))
        ):
            curve(axis, quantity(measurements, name, sweep=sweep), x, words, style)
        for name, words, dashes in (
            ("formula_step", "corrected L log(1/ρ)/λ(C)", "--"),
            ("printed_step", "printed L log(ρ)/λ(C)", ":"),
        ):
            means = quantity(measurements, name, sweep=sweep).groupby(x)["value"].mean()
            axis.plot(means.index, means, color=theme.INK, linestyle=dashes, label=words)
        axis.axhline(0, color=theme.INK, linewidth=0.5)
        axis.set(xlabel=label, ylabel="gradient steps" if axis is axes[0] else "")
    _cloud(axes[2], measurements)
    legend(figure, *axes)
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
    """State both exponents, the largest share of τ that a run needs, the printed number and the control."""
    steps = _steps(measurements)
    found = steps[steps["assignment"] == "clusters"]
    share = (found["first_perfect_step"] / found["formula_step"]).max()
    control = steps[steps["assignment"] == "permuted"]
    slopes = {sweep: _exponent(measurements, sweep, x) for sweep, (x, _) in PANELS.items()}
    printed = quantity(measurements, "printed_step", sweep="theorem", assignment="clusters")["value"].median()
    needed = f"at most {at_most(share)} of it" if np.isfinite(share) else "in some runs beyond what was run"
    never = int(np.isinf(control["first_perfect_step"]).sum())
    return (
        f"Gradient steps on corrupted labels. With centres at right angles the time at which the residual's cluster "
        f"means are down to ρ of their start (median over seeds) grows like L to the power {slopes['clusters']:.2f} "
        f"and like log(1/ρ) to the power {slopes['noise']:.2f}. With random centres the first step at which every "
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


def _exponent(measurements: pd.DataFrame, sweep: str, x: str) -> float:
    medians = quantity(measurements, "settling_step", sweep=sweep).groupby(x)["value"].median()
    medians = medians[np.isfinite(medians)]  # a run that has not settled by its end counts as later than the others
    return float(np.polyfit(np.log(medians.index), np.log(medians), 1)[0]) if len(medians) > 1 else float("nan")
