"""Singular values of the Jacobian on clusters, and how the gap after the L-th closes as clusters grow."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

NAMES = {"softplus": "softplus", "relu": "ReLU", "tanh": "tanh"}
MARKERS = "os^"  # of the activations
RADII = 4  # largest number of radii whose spectra are drawn


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the spectra of the first activation, and the singular value after the L-th of all activations over ε."""
    figure, (left, right) = theme.panels(2, height=4.4)
    n_clusters = int(measurements["n_clusters"].iloc[0])
    values = measurements[measurements["quantity"] == "singular_value"]
    first = values["activation"].iloc[0]
    values = values[(values["activation"] == first) & (values["index"] <= 3 * n_clusters)]
    radii = sorted(values["radius"].dropna().unique())[1:]
    chosen = [radii[i] for i in np.unique(np.linspace(0, len(radii) - 1, RADII).round().astype(int))]
    for radius, color in zip(chosen, theme.ordered(len(chosen)), strict=True):
        rows = values[np.isclose(values["radius"], radius)]
        name = f"$ε = {radius:g}$" if radius == chosen[-1] else f"{radius:g}"
        _curve(left, rows, "index", name, color, "-", "")
    control = values[values["inputs"] == "spread"]
    _curve(left, control, "index", "no clusters\n(control)", theme.CONTROL["color"], theme.CONTROL["linestyle"], "")
    left.set(yscale="log", xlabel=labels.column(measurements, "index"), title=f"all singular values, {NAMES[first]}")
    left.set_ylabel(labels.quantity(measurements, "singular_value"))
    theme.mark_threshold(left, n_clusters + 0.5, f"after $L = {n_clusters}$")
    beyond = measurements[measurements["quantity"] == "beyond"]
    spread, generic = (beyond[beyond["inputs"] == inputs] for inputs in ("spread", "generic"))
    places = np.sort(generic.loc[generic["radius"] > 0, "radius"].unique())
    right.plot(places, np.full(len(places), spread["value"].mean()), label="no clusters\n(control)", **theme.CONTROL)
    for (name, words), marker, color in zip(NAMES.items(), MARKERS, theme.CATEGORIES, strict=False):
        rows = generic[(generic["activation"] == name) & (generic["radius"] > 0)]
        if len(rows):
            _curve(right, rows, "radius", words, color, "-", marker)
    right.set(xscale="log", yscale="log", title="the one after the L-th")
    right.set_xlabel(f"{labels.column(measurements, 'radius')} (smaller to the right)")
    right.set_ylabel(labels.quantity(measurements, "beyond"))
    least = judged.band(verdict, "gap-after-L")[0] or 1.0
    limits = right.get_xlim(), right.get_ylim()
    right.fill_between(
        (limits[0][0], largest_radius(verdict)), limits[1][0], 1 / least, facecolor=theme.INK, alpha=0.1, linewidth=0
    )
    right.set(xlim=limits[0], ylim=limits[1])
    right.annotate(
        "predicted\n(gap)", (0.97, 0.03), xycoords="axes fraction", ha="right", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    right.invert_xaxis()
    direct_labels.of_lines(left)
    for line in right.get_lines():
        if not str(line.get_label()).startswith("_"):
            x, y = (np.asarray(data, dtype=float) for data in line.get_data())
            last = [x.argmin()]
            direct_labels.at_end(right, x[last], y[last], str(line.get_label()), line.get_color())
    theme.headline(figure, _headline(n_clusters, verdict))
    return figure


def _headline(n_clusters: int, verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported=f"On $L = {n_clusters}$ clusters the Jacobian of a wide network has $L$ large singular values",
        refuted=f"On $L = {n_clusters}$ clusters the Jacobian of a wide network does not drop after the $L$-th value",
        undecided=f"Singular values of the Jacobian on $L = {n_clusters}$ clusters",
    )
    narrow = headlines.came_to(verdict, "literal") == "refuted"
    return f"{text}; a single unit has fewer" if narrow else text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the ranks at radius zero, the gaps at the radii that are judged, and the control."""
    n_clusters = int(measurements["n_clusters"].iloc[0])
    exact = measurements[(measurements["quantity"] == "rank") & (measurements["radius"] == 0)]
    exact = exact.groupby(["inputs", "activation"])["value"].agg(["min", "max"])
    generic = exact.loc["generic"]
    gaps = measurements[measurements["quantity"] == "gap"]
    largest = largest_radius(verdict)
    small = gaps[(gaps["radius"] <= largest) & (gaps["inputs"] == "generic")].groupby("activation")["value"]
    gap = ", ".join(f"{NAMES[name]} {at_least(value)}" for name, value in small.min().items())
    control = gaps[gaps["inputs"] == "spread"]["value"].max()
    tanh = ""
    if ("antipodal", "tanh") in exact.index:
        tanh = f" (with tanh and antipodal centres {exact.loc[('antipodal', 'tanh'), 'max']:.0f})"
    one = exact.loc["one unit"]
    return (
        f"Jacobian on {n_clusters} clusters: with radius zero its rank is {_range(generic)} for generic centres{tanh} "
        f"and {_range(one)} for a single hidden unit. For small radii a gap follows the {n_clusters}th singular "
        f"value: at radii up to {largest:g} the ratio to the next one is at least: {gap}. Without clusters (control) "
        f"it is at most {at_most(control, 3)}."
    )


def largest_radius(verdict: dict) -> float:
    """Return the largest radius at which the gap is judged."""
    return judged.declared(verdict, "gap-after-L")["where"]["radius"]["max"]


def _range(ranks: pd.DataFrame) -> str:
    low, high = int(ranks["min"].min()), int(ranks["max"].max())
    return f"{low}" if low == high else f"{low} to {high}"


def _curve(axis: plt.Axes, rows: pd.DataFrame, x: str, label: str, color: str, dashes: str, marker: str) -> None:
    common = {"data": rows, "x": x, "y": "value", "color": color, "ax": axis, "legend": False}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.25, linewidth=0.5)
    sns.lineplot(
        **common, errorbar=theme.interval, marker=marker, markeredgewidth=0, linestyle=dashes, label=label,
    )  # fmt: skip
