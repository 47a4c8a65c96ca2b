"""Share of trials that fit random labels over input dimension and hidden units, at the larger number of samples."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from overparam.claims.shallow_networks.phase_transition import phase_panels
from overparam.claims.shallow_networks.phase_transition.phase_panels import DESCENT, LINES, NAMES
from overparam.drawing import headlines, judged, studies, theme
from overparam.drawing.rounding import at_least, at_most

UNDER, MODERATE = "never with fewer parameters than samples", "two per sample suffice where n/d is at least 7"
FEW = "half fit with fewer than 50 units, half of the smaller n"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a filled panel for softplus and one for ReLU, with the lines at which half of the trials fit."""
    panel = measurements[measurements["in_panel"]]
    n_train = int(panel["n_train"].max())
    figure, (axes,) = studies.grid(1, len(NAMES), 4.4, sharex=True, sharey=True)
    for axis, activation in zip(axes, NAMES, strict=True):
        cells = phase_panels.panel(axis, panel, activation, n_train)
    few = judged.declared(verdict, FEW)["limit"]
    for axis in axes:
        axis.axhline(few, color=theme.INK, linestyle=":", linewidth=1.2)
    axes[-1].annotate(
        f"predicted: below {few:g}", (1, few), xycoords=("axes fraction", "data"), xytext=(-3, 3),
        textcoords="offset points", ha="right", va="bottom", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    axes[0].annotate(
        "faint: not tried", (0, 0), xycoords="axes fraction", xytext=(5, 5), textcoords="offset points", fontsize=8.5,
        color=theme.INK,
    )  # fmt: skip
    phase_panels.name_axes(axes, measurements)
    figure.colorbar(cells, ax=axes, location="right", label="share that gradient descent fits", aspect=30)
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncol=2)
    theme.headline(figure, _headline(measurements, verdict))
    return figure


def _headline(measurements: pd.DataFrame, verdict: dict) -> str:
    ratio = judged.declared(verdict, MODERATE, "corrected")["where"]["dimension_per_sample"]["max"]
    found = _constants(measurements, ratio)
    few = f"{at_least(found.min())} to {at_most(found.max())}" if len(found) else "A few"
    return headlines.by_verdict(
        verdict,
        supported=f"{few} parameters per sample fit half of the time where $n/d \\geq {1 / ratio:.0f}$; theory asks "
        "for about $n$ each",
        refuted="Networks fit random labels only with more units than predicted, or with fewer parameters than samples",
        undecided="where networks fit random labels, over dimension and hidden units",
    )


def _constants(measurements: pd.DataFrame, ratio: float) -> pd.Series:
    """Return the mean parameters per sample at the transition, by activation, optimiser, n and d up to ``ratio``."""
    rows = measurements[
        measurements["in_panel"]
        & measurements["fitted_part"]
        & (measurements["dimension_per_sample"] <= ratio)
        & (measurements["quantity"] == "parameters_per_sample")
    ]
    means = rows.groupby(["activation", "optimiser", "n_train", "dimension"])["value"].mean()
    return means[np.isfinite(means)]


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State c, the exponents in both ranges, the widths far beyond d = n, and that nothing fits with kd < n."""
    panel = measurements[measurements["in_panel"]]
    few = judged.declared(verdict, UNDER)["where"]["parameters"]
    ratio = judged.declared(verdict, MODERATE, "corrected")["where"]["dimension_per_sample"]["max"]
    end = f"n/{1 / ratio:.0f}"
    under = panel[(panel["quantity"] == "success") & (panel["parameters"] == few)]["value"]
    constants, exponents = [], []
    for activation, name in NAMES.items():
        fitted = panel[(panel["activation"] == activation) & panel["fitted_part"]]
        moderate = fitted[fitted["dimension_per_sample"] <= ratio]
        for optimiser in LINES:
            c = moderate[(moderate["optimiser"] == optimiser) & (moderate["quantity"] == "parameters_per_sample")]
            means = c.groupby(["n_train", "dimension"])["value"].mean()
            spread = f"{means.min():.2f} to {means.max():.2f}" if len(means) else "not measured"
            constants.append(f"{spread} ({name}, {optimiser})")
        exponents.append(f"{_exponents(fitted)} ({name}; {_exponents(moderate)} up to d = {end})")
    high = measurements[
        measurements["high_dimension"]
        & (measurements["quantity"] == "contour_width")
        & (measurements["optimiser"] == DESCENT)
    ]
    floors = high.groupby(["activation", "n_train"])["value"].mean()
    relu, softplus = (", ".join(f"{value:.1f}" for value in floors[one]) for one in ("relu", "softplus"))
    n_train = ", ".join(str(n) for n in floors["relu"].index)
    return (
        "Share of trials in which one-hidden-layer networks fit random labels, over input dimension d and hidden units "
        f"k. Half of them fit at kd = c·n where d lies between √n and {end}, with c = {', '.join(constants)}; over all "
        f"d from √n to n the exponents of k in d are {' and '.join(exponents)} instead of −1: the contours bend. Far "
        f"beyond d = n, at n = {n_train}, gradient descent needs k = {relu} with ReLU and {softplus} with softplus. "
        f"With fewer parameters than samples {int(under.sum())} of {len(under)} runs fit."
    )


def _exponents(rows: pd.DataFrame) -> str:
    """Return the smallest and the largest exponent over optimisers and n, in words."""
    slopes = np.array([_exponent(part) for _, part in rows.groupby(["optimiser", "n_train"])])
    slopes = slopes[np.isfinite(slopes)]
    return f"{slopes.min():.2f} to {slopes.max():.2f}" if len(slopes) else "unknown"


def _exponent(rows: pd.DataFrame) -> float:
    means = rows[rows["quantity"] == "contour_width"].groupby("dimension")["value"].mean()
    means = means[np.isfinite(means) & (means > 0)]
    return float(stats.linregress(np.log(means.index), np.log(means)).slope) if len(means) > 1 else np.nan
