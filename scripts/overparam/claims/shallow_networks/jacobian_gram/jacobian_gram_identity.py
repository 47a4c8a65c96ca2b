"""Errors of the formulas for the Jacobian and its Gram matrix, by the size of the output weights."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

FORMULAS = {  # as an axis has room for them
    "jacobian_error": "J",
    "gram_error": "JJᵀ with diag(v)²",
    "unit_sum_error": "JJᵀ, sum over units",
    "printed_gram_error": "JJᵀ as printed",
}
WEIGHTS = {  # label, marker
    "±1": ("v = ±1", "o"),
    "balanced, ‖y‖/√(kn)": ("|v| = ‖y‖/√(kn)", "s"),
    "gaussian": ("v ~ N(0, 1)", "^"),
}
SMALLEST = 1e-17  # exact agreement is drawn here
SHOWN = "tanh"  # activation whose entries are drawn


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw all errors of every formula, and the printed Gram matrix's entries over the exact ones."""
    figure, (errors, entries) = theme.panels(2, height=4.2)
    rows = measurements[measurements["quantity"].isin(FORMULAS) & (measurements["network"] == "two layers")]
    rows = rows.assign(value=rows["value"].clip(lower=SMALLEST), formula=rows["quantity"].map(FORMULAS))
    for (kind, (label, marker)), color, shift in zip(
        WEIGHTS.items(), theme.CATEGORIES, (-0.25, 0.0, 0.25), strict=False
    ):
        part = rows[rows["output_weights"] == kind]
        places = part["formula"].map({name: place for place, name in enumerate(FORMULAS.values())}) + shift
        errors.plot(places, part["value"], marker, color=color, markersize=4, alpha=0.35, markeredgewidth=0)
        errors.plot([], [], marker, color=color, label=label)
        pairs = _entries(measurements, kind)
        entries.plot(pairs["gram_entry"], pairs["printed_gram_entry"], marker, color=color, markersize=4, alpha=0.6)
    control = measurements[(measurements["quantity"] == "gram_error") & (measurements["network"] == "squared output")]
    errors.plot(
        np.full(len(control), 1.0), control["value"].clip(lower=SMALLEST), "X", color=theme.CATEGORIES[3],
        markersize=4, alpha=0.35, markeredgewidth=0,
    )  # fmt: skip
    errors.plot([], [], "X", color=theme.CATEGORIES[3], label="output squared (control)")
    tolerance = judged.declared(verdict, "Jacobian")["limit"]
    errors.axhline(tolerance, color=theme.INK, linestyle="--", linewidth=1)
    errors.annotate("tolerance", (-0.4, tolerance), color=theme.INK, fontsize=8, va="bottom")
    errors.set(yscale="log", ylabel="largest error, relative", ylim=(SMALLEST / 3, None))
    errors.set_xticks(range(len(FORMULAS)), FORMULAS.values(), rotation=25, ha="right", fontsize=8)
    entries.axline((0, 0), slope=1, color=theme.INK, linestyle="--", linewidth=1)
    entries.set(
        xlabel=labels.quantity(measurements, "gram_entry"), ylabel=labels.quantity(measurements, "printed_gram_entry"),
        title=f"{SHOWN}, one data set",
    )  # fmt: skip
    reach = float(np.abs(_entries(measurements, "gaussian").to_numpy()).max())
    entries.set(xlim=(-0.6 * reach, 1.1 * reach), ylim=(-0.6 * reach, 1.1 * reach))
    figure.legend(*errors.get_legend_handles_labels(), loc="outside lower center", ncol=4, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the largest error of each formula, and the printed one's by output weights."""
    rows = measurements[measurements["network"] == "two layers"]
    largest = rows.groupby("quantity")["value"].max()
    printed = rows[rows["quantity"] == "printed_gram_error"].groupby("output_weights")["value"]
    correct = max(largest["gram_error"], largest["unit_sum_error"])
    gaussian, balanced = printed.min()["gaussian"], printed.min()["balanced, ‖y‖/√(kn)"]
    return (
        f"The formula for the Jacobian of a one-hidden-layer network agrees with automatic differentiation to "
        f"{at_most(largest['jacobian_error'])}, and its Gram matrix with diag(v)² between the factors to "
        f"{at_most(correct)}. Without it, as printed, the Gram matrix is right for output weights ±1 (to "
        f"{at_most(printed.max()['±1'])}) and wrong otherwise: by {at_least(balanced)} and more relative to its "
        f"largest entry with |v| = ‖y‖/√(kn), by {at_least(gaussian)} and more with Gaussian weights."
    )


def _entries(measurements: pd.DataFrame, kind: str) -> pd.DataFrame:
    rows = measurements[
        measurements["quantity"].isin(["gram_entry", "printed_gram_entry"])
        & (measurements["output_weights"] == kind)
        & (measurements["activation"] == SHOWN)
        & (measurements["network"] == "two layers")
    ]
    return rows.pivot(index=["row", "column"], columns="quantity", values="value")
