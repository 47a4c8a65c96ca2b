"""Singular values of the Jacobian on clusters, and how the gap after the L-th closes as clusters grow."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import legend_below
from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

ACTIVATION_LOOKS = {"softplus": ("o", "-"), "relu": ("s", "--"), "tanh": ("^", "-.")}  # marker and dashes
NAMES = {"softplus": "softplus", "relu": "ReLU", "tanh": "tanh"}
RADIUS_DASHES = ("-", (0, (5, 1.5)), (0, (3, 1, 1, 1)), (0, (1, 1)))
RADII = len(RADIUS_DASHES)  # largest number of radii whose spectra are drawn


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the spectra of the first activation, and the singular value after the L-th of all activations over ε."""
    figure, (left, right) = theme.panels(2, height=4.2)
    n_clusters = int(measurements["n_clusters"].iloc[0])
    values = measurements[measurements["quantity"] == "singular_value"]
    first = values["activation"].iloc[0]
    values = values[(values["activation"] == first) & (values["index"] <= 3 * n_clusters)]
    radii = sorted(values["radius"].dropna().unique())[1:]
    chosen = [radii[i] for i in np.unique(np.linspace(0, len(radii) - 1, RADII).round().astype(int))]
    for radius, color, dashes in zip(chosen, theme.ordered(len(chosen)), RADIUS_DASHES, strict=False):
        rows = values[np.isclose(values["radius"], radius)]
        _curve(left, rows, "index", f"ε = {radius:g}", color, dashes, None)
    control = values[values["inputs"] == "spread"]
    _curve(left, control, "index", "no clusters (control)", theme.CATEGORIES[3], "--", None)
    theme.mark_threshold(left, n_clusters, f"L = {n_clusters}")
    left.set(yscale="log", xlabel=labels.column(measurements, "index"), title=NAMES[first])
    left.set_ylabel(labels.quantity(measurements, "singular_value"))
    legend_below(figure, left, columns=5)
    beyond = measurements[(measurements["quantity"] == "beyond") & (measurements["inputs"] == "generic")]
    spread = measurements[(measurements["quantity"] == "beyond") & (measurements["inputs"] == "spread")]
    for (name, (marker, dashes)), color in zip(ACTIVATION_LOOKS.items(), theme.CATEGORIES, strict=False):
        rows = beyond[beyond["activation"] == name]
        if len(rows):
            _curve(right, rows, "radius", NAMES[name], color, dashes, marker)
    right.axhline(spread["value"].mean(), color=theme.CATEGORIES[3], linestyle=":", label="no clusters (control)")
    right.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "radius"), title="beyond the gap")
    right.set_ylabel(labels.quantity(measurements, "beyond"))
    theme.mark_threshold(right, _largest_radius(verdict), "gap judged up to here")
    right.legend(fontsize=8, loc="lower right")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the ranks at radius zero, the gaps at the radii that are judged, and the control."""
    n_clusters = int(measurements["n_clusters"].iloc[0])
    exact = measurements[(measurements["quantity"] == "rank") & (measurements["radius"] == 0)]
    exact = exact.groupby(["inputs", "activation"])["value"].agg(["min", "max"])
    generic = exact.loc["generic"]
    gaps = measurements[measurements["quantity"] == "gap"]
    largest = _largest_radius(verdict)
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


def _largest_radius(verdict: dict) -> float:
    """Return the largest radius at which the gap is judged."""
    return judged.declared(verdict, "gap-after-L")["where"]["radius"]["max"]


def _range(ranks: pd.DataFrame) -> str:
    low, high = int(ranks["min"].min()), int(ranks["max"].max())
    return f"{low}" if low == high else f"{low} to {high}"


def _curve(axis, rows: pd.DataFrame, x: str, label: str, color: str, dashes: object, marker: str | None) -> None:
    common = {"data": rows, "x": x, "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.25, linewidth=0.5, legend=False)
    style = {"marker": marker, "markeredgewidth": 0} if marker else {}
    sns.lineplot(**common, **style, errorbar=theme.interval, linestyle=dashes, label=label, legend=False)
