"""The same ratio for three steps and both sizes of α."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.nonlinear_least_squares import potential_decreases as first
from overparam.drawing import labels, theme
from overparam.drawing.predicted import EDGE
from overparam.drawing.rounding import at_most

LEMMA, MAIN = first.LEMMA, first.MAIN
FORMS = {  # potential, case and step: label, marker
    ("corrected", LEMMA, MAIN): ("corrected, with α", "o"),
    ("corrected", LEMMA, "0.1/β²"): ("corrected, η = 0.1/β²", "^"),
    ("corrected", LEMMA, "0.9/β²"): ("corrected, η = 0.9/β²", "v"),
    ("printed", LEMMA, MAIN): ("printed, without α", "s"),
    ("corrected", "labels out of reach", MAIN): ("corrected, labels out of reach (control)", "X"),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the largest ratio of every run against β, per family and unit of f: median and range over problems."""
    rows = first.ratios(measurements)
    shares = sorted(rows["alpha_share"].unique())
    figure, axes = theme.panels(len(shares), height=4.0)
    low, high = rows["value"].min() / 2, rows["value"].max() * 2
    limit = first.highest(verdict)
    for axis, share in zip(axes, shares, strict=True):
        for number, ((potential, case, step), (label, marker)) in enumerate(FORMS.items()):
            chosen = rows[(rows["potential"] == potential) & (rows["case"] == case) & (rows["step_size"] == step)]
            chosen = chosen[chosen["alpha_share"] == share]
            grouped = chosen.groupby(["problem", "scale"])
            x = grouped["beta"].median() * 1.07 ** (number - 2)
            color = theme.GREY if "control" in label else theme.CATEGORIES[number]
            axis.vlines(x, grouped["value"].min(), grouped["value"].max(), color=color, alpha=0.6, linewidth=1.2)
            axis.scatter(x, grouped["value"].median(), color=color, marker=marker, s=22, linewidths=0, label=label)
        axis.axhline(limit, **EDGE)
        axis.annotate(
            "V increases above", (1, limit), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8,
            color=theme.INK,
        )  # fmt: skip
        axis.set(xscale="log", yscale="log", ylim=(low, high), xlabel=labels.quantity(measurements, "beta"))
        axis.set_title(f"α = {share:g} σ_min(J(θ₀))")
    axes[0].set_ylabel(labels.quantity(measurements, "potential_ratio"))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncol=2)
    theme.headline(figure, "Cost of a step over the fall of the residual, for three steps and two sizes of α")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the largest ratio of the corrected potential, by step and size of α."""
    rows = first.ratios(measurements)
    rows = rows[(rows["case"] == LEMMA) & (rows["potential"] == "corrected")]
    largest = rows.groupby(["step_size", "alpha_share"])["value"].max()
    said = ", ".join(f"{at_most(value)} (η = {step}, α = {share:g} σ_min)" for (step, share), value in largest.items())
    return (
        "Cost of a step over the fall of the residual, per family and unit of f, for three steps and two sizes of α, "
        f"with and without the factor α. With it the ratio is at most {said}."
    )
