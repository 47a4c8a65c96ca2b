"""Test error over width and epoch as a map; test and train error over epochs of a small, medium and large network."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import judged_peak
from overparam.claims.double_descent.epoch_wise.network_sizes import JUST_FITS
from overparam.drawing import judged, labels, studies, theme

MARKERS = {"small": "s", "medium": "^", "large": "o"}
PEAK = "large-falls-rises-falls"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a map and two panels of curves per study (Nakkiran et al. 2019, figures 2 and 9)."""
    theme.apply()
    names = list(dict.fromkeys(measurements["study"]))
    figure = plt.figure(figsize=(theme.WIDTH, 3.7 * len(names) + 0.5))
    grid = figure.add_gridspec(2 * len(names), 2, width_ratios=(1.1, 1))
    entries: dict[str, dict] = {}
    for row, name in enumerate(names):
        study = _level_rows(measurements[measurements["study"] == name], verdict)
        plane = figure.add_subplot(grid[2 * row : 2 * row + 2, 0])
        test = figure.add_subplot(grid[2 * row, 1])
        train = figure.add_subplot(grid[2 * row + 1, 1], sharex=test)
        highest = _map(figure, plane, study)
        plane.set_title(studies.title(study, verdict))
        entries |= _curves(test, train, study)
        test.set_ylim(0, 1.5 * highest)
        widths = [str(width) for width in _widths(study).values()]
        noise, seeds = f"{100 * _level(study, verdict):g} % label noise", f"{study['seed'].nunique()} seeds"
        test.set_title(f"{noise}, {seeds}\nwidths {', '.join(widths)}")
        clean = _clean_twin(measurements, name, verdict)
        if len(clean):
            style = {"color": theme.INK, "linestyle": ":"}
            studies.lines(test, clean, "epoch", seeds=False, interval=False, **style)
            entries["large, no label noise"] = style
    entries |= {f"train error {100 * JUST_FITS:g} %": {"color": theme.INK, "linestyle": "--", "linewidth": 1}}
    studies.legend(figure, entries, loc="outside lower center", ncols=len(entries))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State for every study whether the verdict shows the descents, and the errors where they were tested."""
    return " ".join(
        _finding(measurements[measurements["study"] == name], verdict) for name in dict.fromkeys(measurements["study"])
    )


def _map(figure: Figure, axis: plt.Axes, study: pd.DataFrame) -> float:
    """Draw test error over width and epoch, and a line at the train error of networks that just fit.

    The scale of colours ends at the largest error that networks have after their best epochs: the higher errors of
    networks that have hardly learned anything would take all of it. This end is returned.
    """
    test, train = (_table(study, split) for split in ("test", "train"))
    widths, epochs = test.index.to_numpy(float), test.columns.to_numpy(float)
    highest = max(float(curve[np.argmin(curve) :].max()) for curve in test.to_numpy(float))
    image = axis.pcolormesh(
        _edges(widths), _edges(epochs), test.to_numpy(float).T, cmap="viridis", vmax=highest, rasterized=True
    )
    crossed = [studies.crossing(epochs, curve, JUST_FITS) for curve in train.to_numpy(float)]
    reached = [(width, epoch) for width, epoch in zip(widths, crossed, strict=True) if epoch]
    if reached:  # dark below light, so that the line is seen on every colour of the map
        for color, line, thickness in (("black", "-", 2.4), ("white", "--", 1.2)):
            axis.plot(*zip(*reached, strict=True), color=color, linestyle=line, linewidth=thickness)
    axis.set_yscale("log")
    studies.width_axis(axis, widths.astype(int), 0.5)
    axis.set(xlabel=labels.column(study, "width"), ylabel=labels.column(study, "epoch"))
    axis.set_ylim(_edges(epochs)[0], _edges(epochs)[-1])
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


def _finding(rows: pd.DataFrame, verdict: dict) -> str:
    study = _level_rows(rows, verdict)
    widths = _widths(study)
    text = (
        f"{studies.title(study, verdict)}, {100 * _level(study, verdict):g} % label noise, smoothed test errors, "
        f"means of {study['seed'].nunique()} seeds: "
    )
    parts = [_large(study, verdict)] if "large" in widths else []
    if "medium" in widths:
        curve = _smoothed(study, "medium")
        parts.append(
            f"the medium one (width {widths['medium']}) goes from {curve.min():.1%} at epoch {curve.idxmin():g} to "
            f"{curve.iloc[-1]:.1%} at the end"
        )
    if "small" in widths:
        curve = _smoothed(study, "small")
        parts.append(
            f"the small one (width {widths['small']}) is at {curve.min():.1%} at best, {curve.iloc[-1]:.1%} last"
        )
    return text + "; ".join(parts) + "."


def _large(study: pd.DataFrame, verdict: dict) -> str:
    """Return what became of the large network: places from the verdict where there is one, else from its curve."""
    curve, width = _smoothed(study, "large"), study.loc[study["size"] == "large", "width"].iloc[0]
    estimates, detail = judged_peak.peak(study, verdict, PEAK)
    shown, least_change = judged_peak.shown(estimates), 100 * judged.declared(verdict, PEAK)["prominence"]
    unshown = f"is not shown to fall, rise and fall again by {least_change:g} points"
    words = "falls, rises and falls again" if shown else unshown
    read = "; or ".join(
        ", ".join(f"{curve[epoch]:.1%} at epoch {epoch:g}" for epoch in chosen) for chosen in judged_peak.places(detail)
    )
    end = f"{curve.iloc[-1]:.1%} at the last epoch, {curve.index[-1]:g}"
    least = [f"{100 * _least(study, name):.1f}" for name in ("rise", "fall")]
    return (
        f"the large network (width {width}) {words}: {f'{read}; ' if read else ''}{end}; over the seeds its rise is at "
        f"least {least[0]} points and its fall to the end at least {least[1]}"
    )


def _widths(study: pd.DataFrame) -> dict[str, int]:
    """Return the widths of the small, medium and large network, as far as the study has them."""
    found = study.dropna(subset=["size"]).groupby("size")["width"].first()
    return {size: int(found[size]) for size in MARKERS if size in found}


def _least(study: pd.DataFrame, quantity: str) -> float:
    return study.loc[(study["quantity"] == quantity) & (study["size"] == "large"), "value"].min()


def _level(study: pd.DataFrame, verdict: dict) -> float:
    return judged_peak.level(study, verdict, PEAK)


def _level_rows(study: pd.DataFrame, verdict: dict) -> pd.DataFrame:
    return study[study["label_noise"] == _level(study, verdict)]


def _clean_twin(measurements: pd.DataFrame, name: str, verdict: dict) -> pd.DataFrame:
    """Return the smoothed test error of the large network without label noise, where the study has one."""
    return measurements[
        (measurements["study"] == name)
        & (measurements["label_noise"] == 0)
        & (measurements["size"] == "large")
        & (measurements["quantity"] == "smoothed_error")
        & (measurements["split"] == "test")
        & (_level(measurements[measurements["study"] == name], verdict) > 0)
    ]


def _smoothed(study: pd.DataFrame, size: str) -> pd.Series:
    """Return the smoothed test error over epochs, averaged over seeds."""
    rows = study[(study["quantity"] == "smoothed_error") & (study["split"] == "test") & (study["size"] == size)]
    return rows.groupby("epoch")["value"].mean()


def _table(study: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the smoothed error by width (rows) and epoch (columns), averaged over seeds."""
    rows = study[(study["quantity"] == "smoothed_error") & (study["split"] == split)]
    return rows.pivot_table(index="width", columns="epoch", values="value", aggfunc="mean")


def _edges(places: np.ndarray) -> np.ndarray:
    """Return the borders between places, halfway in the logarithm."""
    logarithm = np.log(places)
    if len(places) == 1:
        return np.exp([logarithm[0] - 0.3, logarithm[0] + 0.3])
    middle = (logarithm[1:] + logarithm[:-1]) / 2
    return np.exp([2 * logarithm[0] - middle[0], *middle, 2 * logarithm[-1] - middle[-1]])
