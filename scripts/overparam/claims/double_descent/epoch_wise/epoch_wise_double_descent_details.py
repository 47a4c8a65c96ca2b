"""Test error over width and epoch as a map, and curves seed by seed, for every study."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent.epoch_wise import over_epochs
from overparam.claims.double_descent.epoch_wise.network_sizes import JUST_FITS
from overparam.drawing import labels, studies, theme

MARKERS = {"small": "s", "medium": "^", "large": "o"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a map and two panels of curves per study (Nakkiran et al. 2019, figures 2 and 9)."""
    theme.apply()
    names = list(dict.fromkeys(measurements["study"]))
    figure = plt.figure(figsize=(theme.WIDTH, 5 * len(names) + 0.5))
    grid = figure.add_gridspec(2 * len(names), 2, width_ratios=(1.1, 1))
    entries: dict[str, dict] = {}
    for row, name in enumerate(names):
        study = over_epochs.level_rows(measurements[measurements["study"] == name], verdict)
        plane = figure.add_subplot(grid[2 * row : 2 * row + 2, 0])
        test = figure.add_subplot(grid[2 * row, 1])
        train = figure.add_subplot(grid[2 * row + 1, 1], sharex=test)
        highest = _map(figure, plane, study)
        plane.set_title(studies.title(study, verdict))
        entries |= _curves(test, train, study)
        test.set_ylim(0, 1.5 * highest)
        widths = [str(width) for width in over_epochs.widths(study).values()]
        noise, seeds = (
            f"{100 * over_epochs.level(study, verdict):g} % label noise",
            f"{study['seed'].nunique()} seeds",
        )
        test.set_title(f"{noise}, {seeds}\nwidths {', '.join(widths)}")
        clean = over_epochs.clean_twin(measurements, name, verdict)
        if len(clean):
            style = {"color": theme.INK, "linestyle": ":"}
            studies.lines(test, clean, "epoch", seeds=False, interval=False, **style)
            entries["large, no label noise"] = style
    entries |= {f"train error {100 * JUST_FITS:g} %": {"color": theme.INK, "linestyle": "--", "linewidth": 1}}
    studies.legend(figure, entries, loc="outside lower center", ncols=3)
    theme.headline(figure, "Every study, seed by seed; the colours end at the errors after the best epochs")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State for every study where its map is darkest, and the error of every size at the end."""
    parts = []
    for name in dict.fromkeys(measurements["study"]):
        study = over_epochs.level_rows(measurements[measurements["study"] == name], verdict)
        table = over_epochs.table(study, "test")
        width, epoch = table.stack().idxmin()
        ends = ", ".join(f"{table.loc[width].iloc[-1]:.1%} at width {width}" for width in table.index)
        parts.append(
            f"{studies.title(study, verdict)}: the least error, {table.loc[width, epoch]:.1%}, is at width {width} "
            f"and epoch {epoch:g}; at the last epoch it is {ends}"
        )
    return f"Maps of test error over width and epoch. {'; '.join(parts)}."


def _map(figure: Figure, axis: plt.Axes, study: pd.DataFrame) -> float:
    """Draw test error over width and epoch, and a line at the train error of networks that just fit.

    The scale of colours ends at the largest error that networks have after their best epochs: the higher errors of
    networks that have hardly learned anything would take all of it. This end is returned.
    """
    errors = over_epochs.table(study, "test").to_numpy(float)
    highest = max(float(curve[np.argmin(curve) :].max()) for curve in errors)
    image = over_epochs.draw_map(axis, study, 0.5, vmax=highest)
    error = labels.quantity(study, "error")
    bar = figure.colorbar(image, ax=axis, extend="max", label=f"test {error} (true labels)")
    bar.outline.set_visible(False)
    studies.percent_axis(bar.ax)
    return highest


def _curves(test: plt.Axes, train: plt.Axes, study: pd.DataFrame) -> dict[str, dict]:
    """Draw smoothed curves with their intervals over faint raw ones; return the legend's entries."""
    entries = {}
    for color, (size, marker) in zip(theme.CATEGORIES, MARKERS.items(), strict=False):
        rows = study[study["size"] == size]
        for axis, split in ((test, "test"), (train, "train")):
            part = rows[(rows["split"] == split) & (rows["epoch"] > 0)]
            raw, smoothed = (part[part["quantity"] == name] for name in ("error", "smoothed_error"))
            if raw.empty:
                continue
            for _, seed in raw.groupby("seed"):
                axis.plot(seed["epoch"], seed["value"], color=color, alpha=0.25, linewidth=0.6)
            style = {"marker": marker, "markersize": 4, "markevery": max(1, raw["epoch"].nunique() // 8)}
            studies.lines(axis, smoothed, "epoch", color, seeds=False, **style)
            entries[size] = {"color": color, "marker": marker, "markersize": 4}
    for axis in (test, train):
        axis.set_xscale("log")
        axis.set_ylim(bottom=0)
        studies.percent_axis(axis)
    test.tick_params(labelbottom=False)
    error = labels.quantity(study, "error")
    test.set(xlabel="", ylabel=f"test {error}")
    train.set(xlabel=labels.column(study, "epoch"), ylabel=f"train {error}")
    train.axhline(JUST_FITS, color=theme.INK, linestyle="--", linewidth=1)
    return entries
