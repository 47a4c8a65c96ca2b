"""Errors of the formulas for the Jacobian and its Gram matrix, and the printed entries over the exact ones."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import printed_and_corrected, result_rows
from overparam.drawing import direct_labels, judged, labels, theme
from overparam.drawing.predicted import EDGE
from overparam.drawing.rounding import at_least, at_most

BLUE, ORANGE, GREEN, MAGENTA = theme.CATEGORIES[:4]
ROWS = {  # quantity, output weights (None: all), network: name, colour
    ("jacobian_error", None, "two layers"): ("$J$", BLUE),
    ("gram_error", None, "two layers"): ("$JJ^T$ with $diag(v)^2$", BLUE),
    ("unit_sum_error", None, "two layers"): ("$JJ^T$, sum over units", BLUE),
    ("printed_gram_error", "±1", "two layers"): ("printed, $v = \\pm 1$", GREEN),
    ("printed_gram_error", "gaussian", "two layers"): ("printed, $v$ Gaussian", MAGENTA),
    ("printed_gram_error", "balanced, ‖y‖/√(kn)", "two layers"): ("printed, $|v|$ small", ORANGE),
    ("gram_error", None, "squared output"): ("output squared\n(control)", theme.GREY),
}
WEIGHTS = {  # label, marker, colour
    "±1": ("$v = \\pm 1$", "o", GREEN),
    "balanced, ‖y‖/√(kn)": ("$|v| = ‖y‖/\\sqrt{kn}$", "s", ORANGE),
    "gaussian": ("$v$ Gaussian", "^", MAGENTA),
}
SMALLEST = 1e-17  # exact agreement is drawn here
SHOWN = "tanh"  # activation whose entries are drawn


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a row of errors per formula, and the printed Gram matrix's entries over the exact ones."""
    figure, (errors, entries) = theme.panels(2, height=4.4)
    errors.set(xscale="log", xlim=(SMALLEST, 1e2), xlabel="largest error, relative")
    result_rows.name(errors, [name for name, _ in ROWS.values()], [color for _, color in ROWS.values()])
    result_rows.allowed(errors, judged.declared(verdict, "Jacobian")["limit"], "below", label="agrees")
    errors.spines["left"].set_visible(False)
    for place, ((quantity, weights, network), (_, color)) in enumerate(ROWS.items()):
        chosen = measurements[(measurements["quantity"] == quantity) & (measurements["network"] == network)]
        if weights:
            chosen = chosen[chosen["output_weights"] == weights]
        result_rows.row(errors, place, chosen["value"].clip(lower=SMALLEST), color, color == theme.GREY)
    for kind, (label, marker, color) in WEIGHTS.items():
        pairs = _entries(measurements, kind)
        entries.plot(
            pairs["gram_entry"], pairs["printed_gram_entry"], marker, color=color, markersize=5, alpha=0.7, label=label,
            markeredgewidth=0,
        )  # fmt: skip
    reach = float(np.abs(_entries(measurements, "gaussian").to_numpy()).max())
    ends = np.array([-0.6 * reach, 1.1 * reach])
    entries.plot(ends, ends, **EDGE)
    direct_labels.at_end(entries, ends[1:], ends[1:], "exact", theme.INK)
    entries.set(
        xlabel=labels.quantity(measurements, "gram_entry"), ylabel=labels.quantity(measurements, "printed_gram_entry"),
        title=f"{SHOWN}, one data set", xlim=ends, ylim=ends,
    )  # fmt: skip
    entries.legend(loc="lower right", fontsize=9, handletextpad=0.2, borderaxespad=0)
    result_rows.raise_titles(figure)
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    return printed_and_corrected.headline(
        verdict,
        both="The printed $JJ^T$ is right for output weights $\\pm 1$ only; with $diag(v)^2$ it always is",
        printed="The printed $JJ^T$ is right for output weights $\\pm 1$ only",
        supported="The formulas for $J$ and $JJ^T$ agree with automatic differentiation",
        refuted="The formulas for $J$ and $JJ^T$ do not agree with automatic differentiation",
        undecided="the formulas for $J$ and $JJ^T$ against automatic differentiation",
    )


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
