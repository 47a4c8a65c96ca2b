"""Curvature and gradient of minima over the step size: by descent, by the flow with the explicit term, and linear."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.drawing import labels, random_features, studies, theme

ARMS = {"equal_time": "after the same time h × steps", "equal_loss": "at the same train loss, {loss:.2g}"}
CASES = {
    ("network", "descent"): ("gradient descent", theme.CATEGORIES[0], "-", "o"),
    ("network", "explicit"): ("flow of L + (h/4)‖∇L‖²", theme.CATEGORIES[1], "--", "s"),
    ("linear", "descent"): ("gradient descent, linear model (control)", theme.INK, ":", "^"),
}
TICKS = [0.05, 0.1, 0.2, 0.5, 1, 2]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw λ_max with the edge of stability 2/h, its fall below that of the flow, and ‖∇L‖²; a column per arm."""
    rows = _chosen(measurements)
    figure, axes = studies.grid(3, len(ARMS), 2.2, sharex=True, sharey="row")
    steps = np.sort(rows["learning_rate"].unique())
    beyond = np.geomspace(1.0, max(steps[-1], 1.0), 30)
    for (top, middle, bottom), (arm, name) in zip(axes.T, ARMS.items(), strict=True):
        part = rows[rows["arm"] == arm]
        top.plot(beyond, 1 / beyond, color=theme.CATEGORIES[3], linewidth=4, alpha=0.5)
        for (model, method), (_, color, dashes, marker) in CASES.items():
            style = {"color": color, "linestyle": dashes, "marker": marker}
            case = part[(part["model"] == model) & (part["method"] == method)]
            curvature, gradient = (_table(case, quantity) for quantity in ("curvature", "squared_gradient"))
            _line(top, curvature, np.mean, style)
            _line(bottom, gradient, np.median, style)
            if model == "network":
                flow = _table(part[(part["model"] == model) & (part["learning_rate"] == 0)], "curvature")[0]
                _line(middle, curvature.drop(columns=0, errors="ignore").rsub(flow, axis=0), np.mean, style)
        n, label = measurements["n_train"].iloc[0], random_features.data_label(verdict)
        loss = _table(part[(part["model"] == "network") & (part["method"] == "descent")], "loss").median(axis=None)
        top.set_title(f"{label}, n = {n}\n{name.format(loss=loss)}", fontsize=9)
        bottom.set(xlabel=labels.column(measurements, "learning_rate"))
    for axis in axes.flat:
        axis.axvline(1, color=theme.INK, linewidth=0.6)
        _steps(axis, steps[steps > 0][0], steps[-1])
    axes[0, 0].set(ylabel=labels.quantity(measurements, "curvature"), ylim=(0, None))
    axes[1, 0].set(ylabel="λ_max of the flow of L\nless λ_max, in λ*", yscale="log")
    axes[2, 0].set(ylabel=labels.quantity(measurements, "squared_gradient"), yscale="log")
    styles = {
        name: {"color": color, "linestyle": dashes, "marker": marker, "markersize": 4}
        for name, color, dashes, marker in CASES.values()
    }
    styles["edge of stability, λ_max = 2/h"] = {"color": theme.CATEGORIES[3], "linewidth": 4, "alpha": 0.5}
    studies.legend(figure, styles, loc="outside lower center", ncols=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how far λ_max falls within stability, beyond it and by the term alone, and what the gradient does."""
    rows = _chosen(measurements)
    stable = rows.loc[rows["stable"].fillna(False), "learning_rate"].max()
    largest = rows["learning_rate"].max()
    parts = []
    for arm, words in {"equal_time": "after the same time", "equal_loss": "at the same train loss"}.items():
        network = rows[(rows["arm"] == arm) & (rows["model"] == "network")]
        by_method = dict(list(network.groupby("method")))
        curvature = {method: _table(part, "curvature") for method, part in by_method.items()}
        gradient, flow = _table(by_method["descent"], "squared_gradient"), curvature["explicit"][0.0]
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
        f"over the step size: {'; '.join(parts)}. In a linear model the curvature is the same at every step size, and "
        f"descent diverges beyond 2/λ_max."
    )


def _chosen(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows over step sizes: those of gradient descent, and those of flows with the explicit term."""
    found = measurements[measurements["weights"].eq("found") & measurements["split"].ne("test")]
    return found[found["method"].eq("explicit") | found["origin"].eq("step_size")]


def _table(rows: pd.DataFrame, quantity: str) -> pd.DataFrame:
    """Return the values of one quantity by seed and step size."""
    return rows[rows["quantity"] == quantity].pivot(index="seed", columns="learning_rate", values="value")


def _line(axis: Axes, table: pd.DataFrame, average: Callable, style: dict) -> None:
    """Draw a faint line per seed, and the average over seeds where all of them have a finite value."""
    axis.plot(table.columns, table.T, color=style["color"], linestyle=style["linestyle"], linewidth=0.5, alpha=0.3)
    whole = table.loc[:, np.isfinite(table).all()]
    axis.plot(whole.columns, average(whole, axis=0), markersize=4, **style)


def _fall(ratios: pd.Series) -> str:
    return f"{ratios.mean():.3f} times"


def _steps(axis: Axes, smallest: float, largest: float) -> None:
    axis.set_xscale("log")
    axis.set_xlim(smallest / 1.15, largest * 1.15)
    axis.xaxis.set_major_locator(FixedLocator(TICKS))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_locator(NullLocator())
