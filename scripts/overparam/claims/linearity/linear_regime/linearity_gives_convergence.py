"""Rates of convergence over the promised ones, and the loss's distance from a parabola, against width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.linearity.activation_styles import STYLES
from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least
from overparam.drawing.width_curves import curve, exponent

CASES = {"claimed": "-", "control": ":"}
METHODS = {"gradient descent": "gradient descent", "sgd": "SGD"}
LINES = {"gradient lines": "lines along ∇L", "random lines": "random lines"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the measured over the promised rate of both methods and of the control, and the distance from a parabola."""
    figure, axes = theme.panels(4, height=4.2)
    shares = ratios(measurements)
    lines = measurements[measurements["quantity"] == "parabola_deviation"]
    tables = [
        *((shares[shares["method"] == method], title) for method, title in METHODS.items()),
        *((lines[lines["method"] == method], words) for method, words in LINES.items()),
    ]
    for axis, (table, title) in zip(axes, tables, strict=True):
        for (name, (label, marker)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
            for case, dashes in CASES.items():
                rows = table[(table["activation"] == name) & (table["case"] == case)]
                if not rows.empty:
                    words = f"{label} (control)" if case == "control" else label
                    curve(axis, rows, words, marker, dashes, color, average="median")
        axis.set(xscale="log", yscale="log", ylabel="", title=title)
        axis.set_xlabel(f"{labels.column(measurements, 'width')} m")
    promised, _ = judged.band(verdict, "SGD keeps the promised rate")
    for axis in axes[:2]:
        axis.axhline(promised, color=theme.INK, linestyle="--", linewidth=1)
        axis.annotate(
            "promised", (1, promised), xycoords=("axes fraction", "data"), xytext=(0, 2), textcoords="offset points",
            ha="right", fontsize=8, color=theme.INK,
        )  # fmt: skip
    rates = (labels.quantity(measurements, name) for name in ("slowest_rate", "promised_rate"))
    axes[0].set_ylabel(" / ".join(rates))
    limits = np.array([axis.get_ylim() for axis in axes])
    for pair in (slice(0, 2), slice(2, 4)):  # axes of one kind share their scale
        for axis in axes[pair]:
            axis.set_ylim(limits[pair, 0].min(), limits[pair, 1].max())
    axes[2].set_ylabel(labels.quantity(measurements, "parabola_deviation"))
    handles, names = axes[0].get_legend_handles_labels()
    for axis in axes:
        axis.get_legend().remove()
    figure.legend(handles, names, loc="outside lower center", ncol=3, fontsize=8)
    return figure


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
