"""The share of the residual's fall that the potential of the key lemma spends on the path, over the unit of f."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import printed_and_corrected
from overparam.drawing import judged, labels, theme
from overparam.drawing.predicted import EDGE, FAINT
from overparam.drawing.rounding import at_least, at_most

LEMMA, MAIN = "conditions of the lemma", "1/(2β²)"
SHARE = 0.5  # α over σ_min(J(θ₀)): the slide's condition
FORMS = {  # potential, case: label, marker, colour, and where the label stands
    ("printed", LEMMA): ("printed, without $\\alpha$", "s", theme.CATEGORIES[1], (16, 12)),
    ("corrected", LEMMA): ("corrected, with $\\alpha$", "o", theme.CATEGORIES[0], (-4, -18)),
    ("corrected", "labels out of reach"): ("labels out of reach\n(control)", "X", theme.GREY, (14, 0)),
}
KEYS = ["problem", "case", "direction", "alpha_share", "scale", "step_size", "seed"]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the largest ratio of every run against β, per family and unit of f: median and range over problems."""
    rows = ratios(measurements)
    rows = rows[(rows["alpha_share"] == SHARE) & (rows["step_size"] == MAIN)]
    figure, (axis,) = theme.panels(height=4.4)
    limit = highest(verdict)
    for (potential, case), (label, marker, color, place) in FORMS.items():
        chosen = rows[(rows["potential"] == potential) & (rows["case"] == case)]
        grouped = chosen.groupby(["problem", "scale"])
        x, middle = grouped["beta"].median(), grouped["value"].median()
        axis.vlines(x, grouped["value"].min(), grouped["value"].max(), color=color, alpha=0.6, linewidth=1.4)
        axis.scatter(x, middle, color=color, marker=marker, s=34, linewidths=0)
        if len(x):
            named = x.argmin() if case == LEMMA else x.argmax()
            axis.annotate(
                label, (x.iloc[named], middle.iloc[named]), xytext=place, textcoords="offset points", color=color,
                fontsize=10, va="center" if case != LEMMA else "bottom",
            )  # fmt: skip
    axis.set(xscale="log", yscale="log", ylim=(rows["value"].min() / 2, rows["value"].max() * 3))
    low, high = axis.get_ylim()
    axis.axhspan(low, limit, **FAINT)
    axis.axhline(limit, **EDGE)
    axis.set_ylim(low, high)
    for text, side, shift in (("V grows", "bottom", 3), ("promised: V never grows", "top", -3)):
        axis.annotate(
            text, (1, limit), xycoords=("axes fraction", "data"), xytext=(-3, shift), textcoords="offset points",
            ha="right", va=side, fontsize=9, color=theme.INK,
        )  # fmt: skip
    axis.set_xlabel(f"{labels.quantity(measurements, 'beta')} (three units of f)")
    axis.set_ylabel(labels.quantity(measurements, "potential_ratio"))
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    return printed_and_corrected.headline(
        verdict,
        both="With the factor $\\alpha$ residual plus path never grows; without it the unit of $f$ decides",
        printed="As printed, without the factor $\\alpha$, residual plus path grows along descent",
        supported="Residual plus a share of the path never grows along descent",
        refuted="Residual plus a share of the path grows along descent",
        undecided="what a step costs, over what the residual falls",
    )


def highest(verdict: dict) -> float:
    """Return the ratio above which the potential increases."""
    return judged.declared(verdict, "the step costs no more than the residual falls")["limit"]


def ratios(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the ratio with the β of their problems."""
    rows = measurements[measurements["quantity"] == "potential_ratio"]
    beta = measurements[measurements["quantity"] == "beta"].set_index(KEYS)["value"].rename("beta")
    return rows.join(beta, on=KEYS)


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the largest ratio of either potential, and where the printed one increases."""
    rows = ratios(measurements)
    inside = rows[rows["case"] == LEMMA]
    right, printed = (inside[inside["potential"] == name] for name in ("corrected", "printed"))
    largest = right.groupby("step_size")["value"].max()
    growing = printed[printed["value"] > highest(verdict)]
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
        if (control > highest(verdict)).all()
        else f". With labels out of reach the corrected ratio reaches {control.max():.3g}."
    )
