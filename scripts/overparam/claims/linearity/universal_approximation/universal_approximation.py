"""Least sup error of two-layer networks against width, on a zigzag with controls, and on a parabola with its limit."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.claims.linearity.activation_styles import STYLES
from overparam.drawing import direct_labels, headlines, labels, theme
from overparam.drawing.rounding import at_least

TARGETS = {"zigzag": "zigzag", "wave": "sin(2πt + 0.5)"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the error of every network on the zigzag, and on the parabola ReLU networks beside the least error."""
    figure, (left, right) = theme.panels(2, height=4.4)
    errors = measurements[measurements["quantity"] == "sup_error"]
    on_target(left, errors[errors["target"] == "zigzag"])
    left.set_title("a zigzag")
    parabola = errors[errors["target"] == "parabola"]
    least = measurements[measurements["quantity"] == "least_sup_error"].groupby("width")["value"].first()
    drawn, equal = (parabola[parabola["network"] == network] for network in ("with biases", "equal breakpoints"))
    median_curve(right, drawn, "ReLU,\nrandom\nbreakpoints", "D", "-", theme.CATEGORIES[2])
    median_curve(right, equal, "equal\nbreakpoints", "P", "", theme.CATEGORIES[4])
    right.fill_between(least.index, least, least.min() / 4, color=theme.INK, alpha=0.1, linewidth=0)
    right.plot(least.index, least, color=theme.INK, linestyle=":", linewidth=1.2)
    right.annotate(
        "no network of\nthis width:\n$< 1/2(m + 1)^2$", (0.04, 0.04), xycoords="axes fraction", fontsize=8.5,
        color=theme.INK,
    )  # fmt: skip
    right.set_title("the parabola $t^2$")
    for axis in (left, right):
        axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m", ylabel="")
        widths = sorted(measurements["width"].unique())
        axis.set_xticks(widths, [str(width) for width in widths])
        axis.minorticks_off()
        direct_labels.of_lines(axis)
    right.set_ylim(bottom=least.min() / 4)
    left.set_ylabel(labels.quantity(measurements, "sup_error"))
    theme.headline(figure, _headline(verdict))
    return figure


def on_target(axis: plt.Axes, rows: pd.DataFrame) -> None:
    """Draw the errors on one function: a line per activation with biases, and the controls grey and dashed."""
    for (name, (label, marker)), color in zip(STYLES.items(), theme.CATEGORIES, strict=False):
        own = rows[rows["activation"] == name]
        median_curve(axis, own[own["network"] == "without biases"], None, marker, **theme.CONTROL)
        median_curve(axis, own[own["network"] == "with biases"], label, marker, "-", color)
    cubic = rows[(rows["network"] == "polynomial activation") & (rows["activation"] == "tanh")]
    median_curve(axis, cubic, None, "", **theme.CONTROL)
    bare = rows[rows["network"].isin(["without biases", "polynomial activation"])].groupby("width")["value"].median()
    direct_labels.at_end(axis, bare.index, bare, "no biases,\nor $z^3$\n(controls)", theme.GREY)


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Wider networks approximate a function better, if they have biases",
        refuted="Wider networks do not approximate a function better",
        undecided="The error of wider networks on a function",
    )
    limited = headlines.came_to(verdict, "corrected") == "supported"
    return f"{text}; no finite width matches it exactly" if limited else text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the median errors at the ends, those of the controls, and how near to the least one on the parabola."""
    errors = measurements[measurements["quantity"] == "sup_error"]
    narrow, wide = errors["width"].min(), errors["width"].max()
    biased = errors[errors["network"] == "with biases"]
    middle = biased.groupby(["target", "activation", "width"])["value"].median()
    falls = [
        ", ".join(
            f"{label} {middle[target, name, narrow]:.2g} to {middle[target, name, wide]:.2g}"
            for name, (label, _) in STYLES.items()
        )
        for target in TARGETS
    ]
    left = errors[errors["network"].isin(["without biases", "polynomial activation"]) & (errors["width"] == wide)]
    parabola = measurements[(measurements["target"] == "parabola") & (measurements["width"] == wide)]
    equal = parabola[(parabola["network"] == "equal breakpoints") & (parabola["quantity"] == "sup_error")][
        "value"
    ].mean()
    least = parabola[parabola["quantity"] == "least_sup_error"]["value"].mean()
    return (
        f"Least sup error on [−1, 1] of two-layer networks of width {narrow} to {wide} (medians): on a zigzag "
        f"{falls[0]}; on sin(2πt + 0.5) {falls[1]}. Without biases or with the activation z³ (controls) at least "
        f"{at_least(left['value'].min())} is left at width {wide}. On t² ReLU units with equal breakpoints reach "
        f"{equal:.3g}, and no network of that width goes below {least:.3g}."
    )


def median_curve(
    axis: plt.Axes, rows: pd.DataFrame, label: str | None, marker: str, linestyle: str, color: str
) -> None:
    """Draw the median over seeds with its interval, and a faint line per seed."""
    if rows.empty:
        return
    common = {"data": rows, "x": "width", "y": "value", "color": color, "ax": axis, "legend": False}
    if linestyle:
        sns.lineplot(**common, units="seed", estimator=None, alpha=0.12, linewidth=0.6)
    sns.lineplot(
        **common, estimator="median", errorbar=theme.median_interval, marker=marker, markersize=5,
        markeredgewidth=0, linestyle=linestyle or "none", label=label,
    )  # fmt: skip
