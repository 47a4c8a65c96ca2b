"""Hermite coefficients, what a cut series leaves out, and how finite networks approach the whole series."""

from fractions import Fraction

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.activation_lines import ACTIVATION_STYLES
from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_most
from overparam.theory import hermite

SMALLEST = 1e-16  # smaller errors are rounding, and are drawn here
CONTROL = "tanh"  # activation whose control is drawn
TAIL, FINITE = "ReLU's tail falls like R^(−1/2)", "finite networks concentrate like k^(−1/2)"  # the predictions


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw μ_r², the truncation error over the number of terms, and the concentration over the width."""
    figure, (spectrum, cut, finite) = theme.panels(3, height=4.0)
    unit = measurements[measurements["input_norm"] == 1]
    for (name, (label, marker, dashes)), color in zip(ACTIVATION_STYLES.items(), theme.CATEGORIES, strict=True):
        rows = unit[unit["activation"] == name]
        found = rows[(rows["quantity"] == "coefficient") & (rows["value"] > hermite.NEGLIGIBLE)]
        spectrum.plot(
            found["terms"], found["value"], color=color, linestyle=dashes, marker=marker, markersize=4, label=label
        )
        tails = rows[rows["quantity"] == "truncation_error"]
        tails = tails.assign(value=tails["value"].clip(lower=SMALLEST)).astype({"terms": float})
        _curve(cut, tails, "terms", marker, dashes, color)
        _curve(
            finite, rows[rows["quantity"] == "concentration"].astype({"width": float}), "width", marker, dashes, color
        )
    control = measurements[
        (measurements["input_norm"] != 1)
        & (measurements["quantity"] == "concentration")
        & (measurements["activation"] == CONTROL)
    ]
    _curve(finite, control.astype({"width": float}), "width", "X", "-", theme.INK)
    finite.plot(
        [], [], color=theme.INK, marker="X", label=f"{CONTROL}, |x| = {control['input_norm'].iloc[0]:g} (control)"
    )
    terms, widths = (np.sort(measurements[name].dropna().unique()).astype(float) for name in ("terms", "width"))
    terms = terms[terms >= 4]
    tail, concentration = _predicted(verdict, TAIL), _predicted(verdict, FINITE)
    slope = f"slope {Fraction(tail).limit_denominator(10)}".replace("-", "−")
    cut.plot(terms, 0.5 * terms**tail, color=theme.INK, linestyle="--", linewidth=1, label=slope)
    finite.plot(widths, 3 * widths**concentration, color=theme.INK, linestyle="--", linewidth=1)
    spectrum.set(yscale="log", xlabel="r", title="coefficients")
    cut.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "terms"), title="series cut after R")
    finite.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "width"), title="finite width")
    for axis, quantity in ((spectrum, "coefficient"), (cut, "truncation_error"), (finite, "concentration")):
        axis.set_ylabel(labels.quantity(measurements, quantity))
    handles = {
        label: handle
        for axis in (spectrum, finite, cut)
        for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncol=4, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the agreement, the exponents and the largest Monte Carlo deviation."""
    unit = measurements[measurements["input_norm"] == 1]
    entries = unit[unit["quantity"].isin(["series_entry", "quadrature_entry"])].pivot(
        index=["activation", "seed", "row", "column"], columns="quantity", values="value"
    )
    largest = (entries["series_entry"] - entries["quadrature_entry"]).abs().max()
    tail = unit[(unit["quantity"] == "truncation_error") & (unit["activation"] == "relu")]
    finite = unit[unit["quantity"] == "concentration"]
    last = tail[tail["terms"] == tail["terms"].max()]
    other = measurements[(measurements["quantity"] == "concentration") & (measurements["input_norm"] != 1)]
    slopes, controls = (
        {
            ACTIVATION_STYLES[name][0]: f"{_exponent(part, 'width'):.2f}".replace("-0.00", "0.00")
            for name, part in rows.groupby("activation")
        }
        for rows in (finite, other)
    )
    deviation = unit.loc[unit["quantity"] == "standard_errors", "value"]
    return (
        f"Hermite series of the covariance of a one-hidden-layer network. For smooth activations it agrees with "
        f"quadrature to {at_most(largest)} in every entry. For ReLU what the first R terms leave out falls with "
        f"exponent {_exponent(tail, 'terms'):.2f} in R, to {last['value'].mean():.2g} of "
        f"the whole at R = {last['terms'].iloc[0]}. {len(deviation)} Monte Carlo means lie within "
        f"{at_most(deviation.max())} standard errors. JJᵀ/k, with output weights ±1, approaches the "
        f"series with exponents {_listed(slopes)} in the "
        f"number of hidden units k; with inputs of norm {other['input_norm'].iloc[0]:g} (control) the exponents are "
        f"{_listed(controls)}: only the single term of the quadratic is the same at every norm."
    )


def _predicted(verdict: dict, name: str) -> float:
    """Return the exponent in the middle of the predicted band."""
    return float(np.mean(judged.band(verdict, name)))


def _listed(numbers: dict[str, str]) -> str:
    """Return the numbers with their names, or the one that all share."""
    if len(set(numbers.values())) == 1:
        return f"{next(iter(numbers.values()))} (every activation)"
    return ", ".join(f"{number} ({name})" for name, number in numbers.items())


def _exponent(rows: pd.DataFrame, x: str) -> float:
    curve = rows.groupby(x)["value"].mean()
    return float(np.polyfit(np.log(curve.index.to_numpy(float)), np.log(curve), 1)[0])


def _curve(axis: plt.Axes, rows: pd.DataFrame, x: str, marker: str, dashes: object, color: str) -> None:
    common = {"data": rows, "x": x, "y": "value", "color": color, "ax": axis, "legend": False}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.15, linewidth=0.5)
    sns.lineplot(
        **common, errorbar=theme.interval, seed=0, marker=marker, markersize=4, markeredgewidth=0, linestyle=dashes
    )
