"""Three properties of gradient descent on linear least squares, each beside the case in which it fails."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import headlines, judged, labels, studies, theme
from overparam.drawing.predicted import EDGE, FAINT
from overparam.drawing.rounding import at_least, at_most

USUAL = "gradient descent"
CASES = (USUAL, "step near 2/σ_max²", "preconditioned", "more samples than parameters")
PANELS = {  # quantity: title, the case in which it must fail, its name
    "rate_share": ("fast", "more samples than parameters", "more samples\nthan parameters"),
    "closest_error": ("to the closest optimum", "preconditioned", "diagonal\npreconditioner"),
    "path_over_distance": ("by a short path", "step near 2/σ_max²", "step $1.9/\\sigma_{max}^2$"),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw rate, distance from the closest optimum and length of the path against the condition number."""
    wide = _wide(measurements)
    figure, axes = theme.panels(len(PANELS), height=4.2)
    for axis, (quantity, (title, control, name)) in zip(axes, PANELS.items(), strict=True):
        failing = _line(axis, wide, quantity, control, theme.CONTROL)
        _line(axis, wide, quantity, USUAL, {"color": theme.CATEGORIES[0], "marker": "o", "markersize": 5})
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "condition"), title=title)
        low, high = axis.get_ylim()
        axis.set_ylim(low / 3 if quantity == "rate_share" else low, high * (3 if quantity == "closest_error" else 1.4))
        beneath = quantity == "closest_error"
        place = (0.97, 0.97) if quantity == "path_over_distance" else (failing.index[-1], failing.iloc[-1])
        axis.annotate(
            name, place, xycoords="axes fraction" if quantity == "path_over_distance" else "data",
            xytext=(0, -6 if beneath else 6), textcoords="offset points", ha="right", fontsize=9, color=theme.GREY,
            va="bottom" if quantity == "rate_share" else "top",
        )  # fmt: skip
    rate, closest, path = axes
    rate.set_ylabel("measured rate / promised rate")
    closest.set_ylabel(labels.quantity(measurements, "closest_error"))
    path.set_ylabel(labels.quantity(measurements, "path_over_distance"))
    _promised(rate, 1, above=True)
    _promised(closest, judged.declared(verdict, "ends at the closest optimum")["limit"], above=False)
    allowed = wide.groupby("condition")["allowed"].median()
    path.plot(allowed.index, allowed, **EDGE)
    path.fill_between(allowed.index, path.get_ylim()[0], allowed, **FAINT)
    for axis in axes:
        axis.yaxis.label.set_fontsize(9.5)
    kappa = np.sort(wide["condition"].unique())
    for axis in axes:
        axis.set_xticks(kappa, [f"{value:g}" for value in kappa], minor=False)
        axis.minorticks_off()
    shown = {"gradient descent": {"color": theme.CATEGORIES[0], "marker": "o"}, "control": theme.CONTROL}
    studies.legend(figure, {**shown, "promised": EDGE}, loc="outside lower center", ncol=3)
    theme.headline(figure, _headline(verdict))
    return figure


def _line(axis: plt.Axes, wide: pd.DataFrame, quantity: str, case: str, style: dict[str, Any]) -> pd.Series:
    """Draw the median over problems of one case at its largest step, with its interval, and return it."""
    rows = wide[wide["case"] == case]
    rows = rows[rows["learning_rate"] == rows["learning_rate"].max()].rename(columns={quantity: "value"})
    studies.lines(axis, rows, "condition", seeds=False, average="median", **style)
    return rows.groupby("condition")["value"].median()


def _promised(axis: plt.Axes, limit: float, above: bool) -> None:
    """Shade the side of a limit that was promised."""
    low, high = axis.get_ylim()
    axis.axhspan(limit if above else low, high if above else limit, **FAINT)
    axis.axhline(limit, **EDGE)
    axis.set_ylim(low, high)


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="On linear least squares descent goes fast, by a short path, to the closest optimum",
        refuted="On linear least squares descent is slower, or goes elsewhere or farther, than promised",
        undecided="rate, end and path of descent on linear least squares",
    )


def _wide(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run with its measured values over what was promised."""
    keys = ["case", "learning_rate", "condition", "seed"]
    wide = measurements.pivot(index=keys, columns="quantity", values="value").reset_index()
    wide["rate_share"] = wide["rate"] / wide["promised_rate"]
    wide["share"] = wide["path"] / wide["promised_path"]
    wide["allowed"] = wide["promised_path"] / wide["distance"]
    return wide


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how near each property comes to failing, and what its control does."""
    wide = _wide(measurements)
    parts = {case: wide[wide["case"] == case] for case in CASES}
    usual = parts["gradient descent"]
    tall, other = parts["more samples than parameters"], parts["preconditioned"]
    overshooting = parts["step near 2/σ_max²"]
    return (
        f"Gradient descent on over-parameterized linear least squares, {len(usual)} runs with steps up to 1/σ_max²: "
        f"the rate is at least {at_least(usual['rate_share'].min(), 3)} times −ln(1 − ησ_min²), the end lies within "
        f"{at_most(usual['closest_error'].max())} of the optimum closest to the start (relative to its distance), and "
        f"the path is at most {at_most(usual['path_over_distance'].max(), 3)} times that distance, at most "
        f"{at_most(usual['share'].max(), 3)} of the bound min(κ, √n); {int(usual['limit_hit'].sum())} runs hit the "
        f"limit of steps. With more samples than parameters the residual stays above "
        f"{at_least(tall['residual_ratio'].min())} of its start; a preconditioner ends at least "
        f"{at_least(other['closest_error'].min())} away; with the step 1.9/σ_max² the path reaches "
        f"{overshooting['share'].max():.3g} times the bound."
    )
