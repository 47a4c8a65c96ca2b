"""Test and train error over epochs of a small, medium and large network, and a map of test error over both."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.claims.double_descent import judged_peak
from overparam.claims.double_descent.epoch_wise import over_epochs
from overparam.claims.double_descent.epoch_wise.network_sizes import JUST_FITS
from overparam.claims.double_descent.epoch_wise.over_epochs import PEAK, SIZES
from overparam.drawing import cut_axes, direct_labels, headlines, judged, labels, studies, theme

COLORS = dict(zip(SIZES, (theme.GREY, theme.CATEGORIES[0], theme.CATEGORIES[1]), strict=True))  # small: the control
TICKS = [0.05, 0.1, 0.2, 0.5]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw curves and map of the first study (Nakkiran et al. 2019, figures 2 and 9)."""
    name = measurements["study"].iloc[0]
    study = over_epochs.level_rows(measurements[measurements["study"] == name], verdict)
    theme.apply()
    figure = plt.figure(figsize=(theme.WIDTH, 5.2))
    grid = figure.add_gridspec(2, 2, width_ratios=(1.5, 1), height_ratios=(1.5, 1))
    test = figure.add_subplot(grid[0, 0])
    train = figure.add_subplot(grid[1, 0], sharex=test)
    plane = figure.add_subplot(grid[:, 1])
    for axis, split in ((test, "test"), (train, "train")):
        _curves(axis, study, split)
    test.tick_params(labelbottom=False)
    test.set_xlabel("")
    highest = max(over_epochs.table(study, "test").max(axis=1).min(), 0.01)
    later = over_epochs.smoothed(study, "large").iloc[1:].max()
    test.set_ylim(0, min(highest, 1.6 * later))
    cut_axes.mark_cut(test, "first epochs: higher")
    train.axhline(JUST_FITS, color=theme.INK, linestyle=":", linewidth=1)
    noise = f"{100 * over_epochs.level(study, verdict):g} % label noise"
    test.set_title(f"{studies.title(study, verdict)},\n{noise}, {study['seed'].nunique()} seeds")
    _map(figure, plane, study)
    theme.headline(figure, _headline(verdict))
    return figure


def _curves(axis: plt.Axes, study: pd.DataFrame, split: str) -> None:
    """Draw smoothed curves with their intervals."""
    rows = study[(study["quantity"] == "smoothed_error") & (study["split"] == split) & (study["epoch"] > 0)]
    for size, width in over_epochs.widths(study).items():
        part = rows[rows["size"] == size]
        style = theme.CONTROL if size == "small" else {"color": COLORS[size]}
        studies.lines(axis, part, "epoch", seeds=False, **style)
        curve, control = part.groupby("epoch")["value"].mean(), "\n(control)" if size == "small" else ""
        if split == "test":
            direct_labels.at_end(axis, curve.index, curve, f"{size}, {width}{control}", COLORS[size])
    axis.set_xscale("log")
    axis.set_ylim(bottom=0)
    studies.percent_axis(axis)
    axis.set(xlabel=labels.column(study, "epoch"), ylabel=f"{split} {labels.quantity(study, 'error')}")


def _map(figure: Figure, axis: plt.Axes, study: pd.DataFrame) -> None:
    """Draw test error over width and epoch in full, and a line at the train error of networks that just fit."""
    errors = over_epochs.table(study, "test").to_numpy(float)
    image = over_epochs.draw_map(axis, study, 0.35, norm=LogNorm(max(errors.min(), 1e-3), errors.max()))
    axis.set_title("test error; dashed:\nlabels just fitted")
    bar = figure.colorbar(image, ax=axis, location="bottom", aspect=14)
    bar.outline.set_visible(False)
    bar.ax.xaxis.set_major_locator(FixedLocator(TICKS))
    bar.ax.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    bar.ax.xaxis.set_minor_locator(NullLocator())


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="In a large network the test error falls, rises and falls again",
        refuted="In a large network the test error does not fall, rise and fall again",
        undecided="Whether the test error of a large network falls, rises and falls again",
    )
    if headlines.came_to(verdict, "by_size") == "supported":
        return f"{text}; in one that just fits it rises to the end, in a small one it only falls"
    return text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State for every study whether the verdict shows the descents, and the errors where they were tested."""
    return " ".join(
        _finding(measurements[measurements["study"] == name], verdict) for name in dict.fromkeys(measurements["study"])
    )


def _finding(rows: pd.DataFrame, verdict: dict) -> str:
    study = over_epochs.level_rows(rows, verdict)
    widths = over_epochs.widths(study)
    text = (
        f"{studies.title(study, verdict)}, {100 * over_epochs.level(study, verdict):g} % label noise, smoothed "
        f"test errors, means of {study['seed'].nunique()} seeds: "
    )
    parts = [_large(study, verdict)] if "large" in widths else []
    if "medium" in widths:
        curve = over_epochs.smoothed(study, "medium")
        parts.append(
            f"the medium one (width {widths['medium']}) goes from {curve.min():.1%} at epoch {curve.idxmin():g} to "
            f"{curve.iloc[-1]:.1%} at the end"
        )
    if "small" in widths:
        curve = over_epochs.smoothed(study, "small")
        parts.append(
            f"the small one (width {widths['small']}) is at {curve.min():.1%} at best, {curve.iloc[-1]:.1%} last"
        )
    return text + "; ".join(parts) + "."


def _large(study: pd.DataFrame, verdict: dict) -> str:
    """Return what became of the large network: places from the verdict where there is one, else from its curve."""
    curve, width = over_epochs.smoothed(study, "large"), study.loc[study["size"] == "large", "width"].iloc[0]
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


def _least(study: pd.DataFrame, quantity: str) -> float:
    return study.loc[(study["quantity"] == quantity) & (study["size"] == "large"), "value"].min()
