"""The share of the residual's fall that the potential of the key lemma spends on the path, step by step."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

LEMMA, MAIN = "conditions of the lemma", "1/(2β²)"
FORMS = {  # potential, case and step: label, marker
    ("corrected", LEMMA, MAIN): ("corrected, with α", "o"),
    ("corrected", LEMMA, "0.1/β²"): ("corrected, η = 0.1/β²", "^"),
    ("corrected", LEMMA, "0.9/β²"): ("corrected, η = 0.9/β²", "v"),
    ("printed", LEMMA, MAIN): ("printed, without α", "s"),
    ("corrected", "labels out of reach", MAIN): ("corrected, labels out of reach (control)", "X"),
}
KEYS = ["problem", "case", "direction", "alpha_share", "scale", "step_size", "seed"]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the largest ratio of every run against β, per family and unit of f: median and range over problems."""
    rows = _ratios(measurements)
    shares = sorted(rows["alpha_share"].unique())
    figure, axes = theme.panels(len(shares), height=4.0)
    low, high = rows["value"].min() / 2, rows["value"].max() * 2
    limit = _limit(verdict)
    for axis, share in zip(axes, shares, strict=True):
        for number, ((potential, case, step), (label, marker)) in enumerate(FORMS.items()):
            chosen = rows[(rows["potential"] == potential) & (rows["case"] == case) & (rows["step_size"] == step)]
            chosen = chosen[chosen["alpha_share"] == share]
            grouped = chosen.groupby(["problem", "scale"])
            x, color = grouped["beta"].median() * 1.07 ** (number - 2), theme.CATEGORIES[number]
            axis.vlines(x, grouped["value"].min(), grouped["value"].max(), color=color, alpha=0.6, linewidth=1.2)
            axis.scatter(x, grouped["value"].median(), color=color, marker=marker, s=22, linewidths=0, label=label)
        axis.axhline(limit, color=theme.INK, linestyle="--", linewidth=1)
        axis.annotate(
            "V increases above", (1, limit), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8,
            color=theme.INK,
        )  # fmt: skip
        axis.set(xscale="log", yscale="log", ylim=(low, high), xlabel=labels.quantity(measurements, "beta"))
        axis.set_title(f"α = {share:g} σ_min(J(θ₀))")
    axes[0].set_ylabel(labels.quantity(measurements, "potential_ratio"))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncol=2)
    return figure


def _limit(verdict: dict) -> float:
    """Return the ratio above which the potential increases."""
    return judged.declared(verdict, "the step costs no more than the residual falls")["limit"]


def _ratios(measurements: pd.DataFrame) -> pd.DataFrame:
    rows = measurements[measurements["quantity"] == "potential_ratio"]
    beta = measurements[measurements["quantity"] == "beta"].set_index(KEYS)["value"].rename("beta")
    return rows.join(beta, on=KEYS)


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the largest ratio of either potential, and where the printed one increases."""
    rows = _ratios(measurements)
    inside = rows[rows["case"] == LEMMA]
    right, printed = (inside[inside["potential"] == name] for name in ("corrected", "printed"))
    largest = right.groupby("step_size")["value"].max()
    growing = printed[printed["value"] > _limit(verdict)]
    control = rows[(rows["case"] == "labels out of reach") & (rows["potential"] == "corrected")]["value"]
    shares = ", ".join(f"{at_most(value)} for η = {name}" for name, value in largest.items())
    text = (
        f"Along gradient descent, ½(1 − ηβ²)α times a step's length is at most this share of the residual's fall: "
        f"{shares} ({len(right)} runs), so the corrected potential never increases. Without the factor α the "
        f"ratio reaches {printed['value'].max():.3g}: the printed potential increases in {len(growing)} of "
        f"{len(printed)} runs"
    )
    if len(growing):
        text += f", all with β ≤ {at_most(growing['beta'].max())}"
    return text + (
        f". With labels out of reach the corrected one increases as well (ratios from {at_least(control.min())} on)."
        if (control > _limit(verdict)).all()
        else f". With labels out of reach the corrected ratio reaches {control.max():.3g}."
    )
