"""Share of initialisations from which networks fit every label, and the train loss they end at, over their size."""

from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import headlines, judged, labels, random_features, regimes, studies, theme

X = "params_per_label"
PANELS = {"fitted": "every-initialisation-fits-far-beyond", "train_loss": "train-loss-near-zero-far-beyond"}
SMALLEST = 1e-10  # smaller train losses are drawn here


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both over parameters per label, with what is asked of them far beyond the threshold."""
    figure, axes = theme.panels(2, height=3.9)
    levels = {
        "fitted": judged.band(verdict, PANELS["fitted"])[0],
        "train_loss": judged.declared(verdict, PANELS["train_loss"])["greater"],
    }
    far = judged.declared(verdict, PANELS["fitted"])["where"][X]["min"]
    for axis, quantity in zip(axes, PANELS, strict=True):
        rows = over_samples.chosen(measurements, quantity=quantity, stopping="final")
        axis.set_yscale("log" if quantity == "train_loss" else "linear")
        rows = rows.assign(value=rows["value"].clip(lower=SMALLEST)) if quantity == "train_loss" else rows
        studies.lines(axis, rows, X, theme.CATEGORIES[0], marker="o", markersize=4)
        over_samples.plain_ticks(axis, [0.2, 0.5, 1, 2, 5, 10])
        axis.set(xlabel=fill(labels.column(measurements, X), 30), ylabel=labels.quantity(measurements, quantity))
        _asked(axis, levels[quantity], far, above=quantity == "fitted")
        regimes.shade(axis, 1, "$p = nK$", short=True)
    studies.percent_axis(axes[0])
    first = measurements.iloc[0]
    count = int(measurements["initialisation"].nunique())
    theme.headline(figure, _headline(measurements, verdict))
    theme.context(
        figure,
        f"{random_features.data_label(verdict)}, n = {first['n_train']:,}; {count} initialisations of each network, "
        f"{measurements['seed'].nunique()} draws of the labels",
    )
    return figure


def _asked(axis: Axes, level: float, far: float, above: bool) -> None:
    """Shade what is asked of the networks far beyond the threshold; the limits of the axis stay as they are."""
    (left, right), (bottom, top) = axis.get_xlim(), axis.get_ylim()
    end = max(right, far * 1.4)
    axis.fill_between([far, end], level, top if above else bottom, color=theme.INK, alpha=0.12, linewidth=0)
    axis.plot([far, end], [level, level], color=theme.INK, linestyle=":", linewidth=1.2)
    axis.annotate(
        "predicted", (end, level), xytext=(0, -3 if above else 3), textcoords="offset points", ha="right",
        va="top" if above else "bottom", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    axis.set(xlim=(left, end), ylim=(bottom, top))


def _headline(measurements: pd.DataFrame, verdict: dict) -> str:
    count = int(measurements["initialisation"].nunique())
    return headlines.by_verdict(
        verdict,
        supported="Far beyond the threshold networks come to fit every label, wherever they start",
        refuted="Far beyond the threshold some networks are stuck before they fit every label",
        undecided=f"How many of {count} initialisations lead to a fit",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State which share fits, and the train loss, at every size."""
    means = {
        quantity: over_samples.chosen(measurements, quantity=quantity, stopping="final").groupby(X)["value"].mean()
        for quantity in PANELS
    }
    parts = [
        f"{100 * share:.0f} % at {size:.2g} nK parameters (train loss {means['train_loss'][size]:.2g})"
        for size, share in means["fitted"].items()
    ]
    return (
        f"Initialisations from which networks on {random_features.data_label(verdict)} come to fit every given label: "
        f"{', '.join(parts)}."
    )
