"""Rates of convergence over the promised ones, and the loss's distance from a parabola, against width."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.activation_styles import STYLES
from overparam.drawing import cut_axes, direct_labels, headlines, judged, labels, theme
from overparam.drawing.rounding import at_least
from overparam.drawing.width_curves import curve, exponent


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the measured over the promised rate of gradient descent, and the loss's distance from a parabola."""
    figure, (rates, lines) = theme.panels(2, height=4.2)
    shares = ratios(measurements)
    shares = shares[shares["method"] == "gradient descent"]
    curves = measurements[measurements["quantity"] == "parabola_deviation"]
    curves = curves[curves["method"] == "gradient lines"]
    for axis, table in ((rates, shares), (lines, curves)):
        axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m")
        by_activation(axis, table)
    promised, _ = judged.band(verdict, "SGD keeps the promised rate")
    usual = shares[shares["case"] == "claimed"].groupby(["activation", "width"])["value"].median()
    least = shares["value"].min()
    rates.set_ylim(min(0.6 * least, promised / 2), max(2.5 * usual.max(), 2 * promised))
    rates.axhspan(rates.get_ylim()[0], promised, facecolor=theme.INK, alpha=0.08, linewidth=0, zorder=0)
    rates.axhline(promised, color=theme.INK, linestyle=":", linewidth=1.2)
    rates.annotate(
        "promised", (0, promised), xycoords=("axes fraction", "data"), xytext=(4, -3), textcoords="offset points",
        va="top", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    beyond = shares[(shares["value"] > rates.get_ylim()[1]) & (shares["case"] == "claimed")]
    if len(beyond):
        top = rates.get_ylim()[1]
        rates.plot(
            beyond["width"], [top] * len(beyond), "^", color=theme.INK, markersize=4, alpha=0.4, clip_on=False,
            markeredgewidth=0,
        )  # fmt: skip
        cut_axes.mark_cut(rates, f"{len(beyond)} of {(shares['case'] == 'claimed').sum()} runs faster")
    rates.set_ylabel(" / ".join(labels.quantity(measurements, name) for name in ("slowest_rate", "promised_rate")))
    rates.set_title("gradient descent")
    lines.set_ylabel(labels.quantity(measurements, "parabola_deviation"))
    lines.set_title("along the gradient")
    text = headlines.by_verdict(
        verdict,
        supported="Wide networks converge as fast as their first kernel promises, and the loss nears a parabola",
        refuted="Wide networks do not converge as fast as their first kernel promises",
        undecided="How fast wide networks converge, beside what their first kernel promises",
    )
    theme.headline(figure, text)
    return figure


def by_activation(axis: plt.Axes, table: pd.DataFrame) -> None:
    """Draw the median of every activation over the width, and the control without markers, grey and dashed."""
    ends = []
    for (name, (label, marker)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
        own = table[table["activation"] == name]
        control, claimed = own[own["case"] == "control"], own[own["case"] == "claimed"]
        if len(control):
            style = theme.CONTROL["linestyle"], theme.CONTROL["color"]
            curve(axis, control, None, "", *style, average="median", faint=0.06)
            ends.append(control.groupby("width")["value"].median())
        if len(claimed):
            curve(axis, claimed, label, marker, "-", color, average="median", faint=0.06)
    direct_labels.of_lines(axis)
    if ends:
        middle = sorted(ends, key=lambda medians: medians.iloc[-1])[len(ends) // 2]
        direct_labels.at_end(axis, middle.index, middle, "control", theme.GREY)


def ratios(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return measured over promised rate of every run."""
    keys = ["seed", "width", "activation", "method", "case"]
    sides = [
        measurements[measurements["quantity"] == name].set_index(keys)["value"]
        for name in ("slowest_rate", "promised_rate")
    ]
    return (sides[0] / sides[1]).rename("value").reset_index()


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the smallest ratios, the shares of the control that fall short, and the exponents along lines."""
    shares = ratios(measurements)
    wide = judged.declared(verdict, "gradient descent keeps the promised rate")["where"]["width"]["min"]
    promised, _ = judged.band(verdict, "SGD keeps the promised rate")
    shares = shares[shares["width"] >= wide]
    least = shares[shares["case"] == "claimed"].groupby("method")["value"].min()
    control = shares[(shares["case"] == "control") & (shares["method"] == "gradient descent")]["value"]
    lines = measurements[measurements["quantity"] == "parabola_deviation"]
    falls = {
        (method, case): ", ".join(f"{exponent(one[one['activation'] == name]):.2f}" for name in STYLES)
        for (method, case), one in lines.groupby(["method", "case"])
    }
    kept = {method: at_least(value) for method, value in least.items()}
    return (
        f"Convergence of two-layer networks beside the rate that the smallest eigenvalue of their first tangent kernel "
        f"promises. From m = {wide} on gradient descent keeps at least {kept['gradient descent']} times that rate in "
        f"every run and SGD at least {kept['sgd']} times; with tanh on the output {int((control < promised).sum())} of "
        f"{len(control)} runs of gradient descent fall short of it. Along the gradient the loss nears a parabola with "
        f"exponents {falls['gradient lines', 'claimed']} (tanh, sigmoid, ReLU; with tanh on the output "
        f"{falls['gradient lines', 'control']}), along random lines of fixed length with "
        f"{falls['random lines', 'claimed']} (of the length of the initialisation's norm: "
        f"{falls['random lines', 'control']})."
    )
