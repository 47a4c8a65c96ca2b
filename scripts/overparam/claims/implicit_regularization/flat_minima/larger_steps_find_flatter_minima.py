"""Curvature of minima over the step size of gradient descent, and the gradient that the term would punish."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.drawing import direct_labels, headlines, labels, random_features, theme

CASES = {  # model and method: name, style
    ("network", "explicit"): ("flow with\nthe term", {"color": theme.CATEGORIES[1], "marker": "s"}),
    ("linear", "descent"): ("linear model\n(control)", theme.CONTROL),
    ("network", "descent"): ("gradient\ndescent", {"color": theme.CATEGORIES[0], "marker": "o"}),
}
TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2]
ARM = "equal_time"  # after the same time


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw λ_max with the edge of stability 2/h, and ‖∇L‖², after the same time."""
    rows = chosen(measurements)
    rows = rows[rows["arm"] == ARM]
    figure, (left, right) = theme.panels(2, height=4.4)
    steps = np.sort(rows["learning_rate"].unique())
    steps_taken = steps[steps > 0]
    for axis in (left, right):
        size_axis(axis, steps_taken[0], steps_taken[-1])
        axis.set_xlabel(labels.column(measurements, "learning_rate"))
    curvature(left, rows, names=True)
    for model, method in CASES:
        if model == "network":
            name, style = CASES[model, method]
            gradient = table_of(rows[(rows["model"] == model) & (rows["method"] == method)], "squared_gradient")
            median_line(right, gradient, np.median, style, name)
    left.set(ylabel=labels.quantity(measurements, "curvature"), title="curvature at the end")
    right.set(ylabel=labels.quantity(measurements, "squared_gradient"), yscale="log", title="what the term punishes")
    low, high = right.get_ylim()
    right.set_ylim(low / 3, high)
    theme.headline(figure, _headline(verdict))
    return figure


def curvature(axis: Axes, rows: pd.DataFrame, names: bool) -> None:
    """Draw λ_max of descent, of the flow with the term and of the linear model, and the edge of stability."""
    for (model, method), (name, style) in CASES.items():
        table = table_of(rows[(rows["model"] == model) & (rows["method"] == method)], "curvature")
        median_line(axis, table, np.mean, style, name if names and model == "network" else None)
    low, high = axis.get_xlim()
    beyond = np.geomspace(1.0, max(high, 1.01), 30)
    axis.plot(beyond, 1 / beyond, color=theme.INK, linewidth=1.2, linestyle=":")
    axis.fill_between(beyond, 1 / beyond, 2, facecolor=theme.INK, alpha=0.1, linewidth=0)
    axis.set(xlim=(low, high), ylim=(0, 1.25))
    if names:
        axis.annotate(
            "unstable:\n$λ_\\mathrm{max} > 2/h$", (0.98, 0.98), xycoords="axes fraction", ha="right", va="top",
            fontsize=8.5, color=theme.INK,
        )  # fmt: skip
        axis.annotate(
            "linear model (control)", (0, 1), xycoords=("axes fraction", "data"), xytext=(3, 6),
            textcoords="offset points", fontsize=9, color=theme.GREY,
        )  # fmt: skip


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Larger steps end in flatter minima",
        refuted="Larger steps do not end in flatter minima",
        undecided="How flat the minima are at which larger steps end",
    )
    cause = headlines.came_to(verdict, "cause")
    why = {
        "refuted": "because sharp ones are unstable, not because of the term",
        "supported": "because of the term",
    }
    return f"{text}, {why[cause]}" if cause in why else text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how far λ_max falls within stability, beyond it and by the term alone, and what the gradient does."""
    rows = chosen(measurements)
    stable = rows.loc[rows["stable"].fillna(False), "learning_rate"].max()
    largest = rows["learning_rate"].max()
    parts = []
    for arm, words in {"equal_time": "after the same time", "equal_loss": "at the same train loss"}.items():
        network = rows[(rows["arm"] == arm) & (rows["model"] == "network")]
        by_method = dict(list(network.groupby("method")))
        curvature = {method: table_of(part, "curvature") for method, part in by_method.items()}
        gradient, flow = table_of(by_method["descent"], "squared_gradient"), curvature["explicit"][0.0]
        parts.append(
            f"{words}, λ_max is {_fall(curvature['descent'][stable] / flow)} that of the gradient flow at h = "
            f"{stable:g} · 2/λ*, still stable, and {_fall(curvature['descent'][largest] / flow)} it at {largest:g} · "
            f"2/λ*, where descent ends at {curvature['descent'][largest].mean() * largest:.2f} times the edge of "
            f"stability 2/h; the flow of L + (h/4)‖∇L‖² alone gives {_fall(curvature['explicit'][largest] / flow)} it; "
            f"‖∇L‖² at the largest step is {(gradient[largest] / gradient.iloc[:, 0]).median():.2g} times that at the "
            f"smallest (median)"
        )
    return (
        f"Curvature and gradient of networks trained by gradient descent on {random_features.data_label(verdict)}, "
        f"over the step size: {'; '.join(parts)}. In a linear model (control) the curvature is the "
        f"same at every step size, and descent diverges beyond 2/λ_max."
    )


def chosen(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows over step sizes: those of gradient descent, and those of flows with the explicit term."""
    found = measurements[measurements["weights"].eq("found") & measurements["split"].ne("test")]
    return found[found["method"].eq("explicit") | found["origin"].eq("step_size")]


def table_of(rows: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return the values of one quantity by seed and step size."""
    return rows[rows["quantity"] == quantity].pivot(index="seed", columns="learning_rate", values="value")


def median_line(axis: Axes, table: pd.DataFrame, average: Callable, style: dict, name: str | None) -> None:
    """Draw a faint line per seed, and the average over seeds where all of them have a finite value."""
    dashes = style.get("linestyle", "-")
    axis.plot(table.columns, table.T, color=style["color"], linestyle=dashes, linewidth=0.5, alpha=0.2)
    whole = table.loc[:, np.isfinite(table).all()]
    middle = average(whole, axis=0)
    axis.plot(whole.columns, middle, markersize=4.5, **style)
    if name:
        direct_labels.at_end(axis, whole.columns, middle, name, style["color"])


def _fall(ratios: pd.Series) -> str:
    return f"{ratios.mean():.3f} times"


def size_axis(axis: Axes, smallest: float, largest: float) -> None:
    """Use a logarithmic axis of step sizes, with the edge of stability at the start marked."""
    axis.set_xscale("log")
    axis.set_xlim(smallest / 1.15, largest * 1.15)
    axis.xaxis.set_major_locator(FixedLocator(TICKS))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_locator(NullLocator())
    axis.axvline(1, color=theme.INK, linewidth=0.6, linestyle=":")
