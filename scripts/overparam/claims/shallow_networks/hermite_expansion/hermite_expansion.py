"""What a cut Hermite series leaves out, and how finite networks approach the whole series."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.activation_lines import ACTIVATION_STYLES
from overparam.drawing import direct_labels, headlines, labels, predicted, studies, theme
from overparam.drawing.rounding import at_most

SMALLEST = 1e-16  # smaller errors are rounding, and are drawn here
CONTROL = "tanh"  # activation whose control is drawn
TAIL, FINITE = "ReLU's tail falls like R^(−1/2)", "finite networks concentrate like k^(−1/2)"  # the predictions
FIRST = 32  # terms from which on the tail is judged


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the truncation error over the number of terms, and the concentration over the width."""
    figure, (cut, finite) = theme.panels(2, height=4.6)
    unit = measurements[measurements["input_norm"] == 1]
    for (name, (label, marker, _)), color in zip(ACTIVATION_STYLES.items(), theme.CATEGORIES, strict=True):
        rows = unit[unit["activation"] == name]
        tails = rows[rows["quantity"] == "truncation_error"].astype({"terms": float})
        means = tails.assign(value=tails["value"].clip(lower=SMALLEST)).groupby("terms")["value"].mean()
        means = means[: int((means > 10 * SMALLEST).sum()) + 1]  # to rounding and no farther
        cut.plot(means.index, means, color=color, marker=marker, markersize=4.5)
        direct_labels.at_end(cut, means.index, means, label, color)
        _curve(finite, rows, {"color": color, "marker": marker, "markersize": 4.5})
    other = measurements[(measurements["input_norm"] != 1) & (measurements["activation"] == CONTROL)]
    means = _curve(finite, other, theme.CONTROL)
    norm = other["input_norm"].iloc[0]
    direct_labels.at_end(finite, means.index, means, f"{CONTROL}, $|x| = {norm:g}$\n(control)", theme.GREY)
    terms = np.sort(measurements["terms"].dropna().unique()).astype(float)
    tail = unit[(unit["activation"] == "relu") & (unit["quantity"] == "truncation_error")]
    tail = tail.astype({"terms": float}).groupby("terms")["value"].mean()
    start = tail.index[tail.index >= FIRST].min() if (tail.index >= FIRST).any() else tail.index[0]
    cut.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "terms"), title="series cut after $R$ terms")
    finite.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "width"), title="finite width, all six")
    cut.set_ylim(SMALLEST / 300, None)  # room for the names of lines that end at rounding
    predicted.predicted_slope(cut, verdict, TAIL, start=(start, 0.25 * tail[start]), to=terms[-1])
    highest = unit[unit["quantity"] == "concentration"].groupby("width")["value"].mean()
    begin = (float(highest.index[0]), 0.35 * _least(unit))
    predicted.predicted_slope(finite, verdict, FINITE, start=begin, to=float(highest.index[-1]))
    for axis, quantity in ((cut, "truncation_error"), (finite, "concentration")):
        axis.set_ylabel(labels.quantity(measurements, quantity))
    theme.headline(figure, _headline(verdict))
    return figure


def _least(unit: pd.DataFrame) -> float:
    """Return the least mean concentration of any activation at the smallest width."""
    rows = unit[unit["quantity"] == "concentration"]
    return float(rows[rows["width"] == rows["width"].min()].groupby("activation")["value"].mean().min())


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="The covariance is a Hermite series: a few terms are enough for smooth activations, not for ReLU",
        refuted="The covariance of the network is not the Hermite series that is printed",
        undecided="what a cut Hermite series leaves out, and networks of finite width",
    )


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


def _listed(numbers: dict[str, str]) -> str:
    """Return the numbers with their names, or the one that all share."""
    if len(set(numbers.values())) == 1:
        return f"{next(iter(numbers.values()))} (every activation)"
    return ", ".join(f"{number} ({name})" for name, number in numbers.items())


def _exponent(rows: pd.DataFrame, x: str) -> float:
    curve = rows.groupby(x)["value"].mean()
    return float(np.polyfit(np.log(curve.index.to_numpy(float)), np.log(curve), 1)[0])


def _curve(axis: plt.Axes, rows: pd.DataFrame, style: dict) -> pd.Series:
    """Draw the mean concentration over seeds with its interval, and return it."""
    rows = rows[rows["quantity"] == "concentration"].astype({"width": float})
    studies.lines(axis, rows, "width", seeds=False, **style)
    return rows.groupby("width")["value"].mean()
