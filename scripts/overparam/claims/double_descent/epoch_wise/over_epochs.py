"""What the figures of errors over epochs share: which rows, smoothed curves, and tables and maps of width by epoch."""

from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from overparam.claims.double_descent import judged_peak
from overparam.claims.double_descent.epoch_wise.network_sizes import JUST_FITS
from overparam.drawing import labels, studies

SIZES = ("small", "medium", "large")
PEAK = "large-falls-rises-falls"


def widths(study: pd.DataFrame) -> dict[str, int]:
    """Return the widths of the small, medium and large network, as far as the study has them."""
    found = study.dropna(subset=["size"]).groupby("size")["width"].first()
    return {size: int(found[size]) for size in SIZES if size in found}


def level(study: pd.DataFrame, verdict: dict) -> float:
    return judged_peak.level(study, verdict, PEAK)


def level_rows(study: pd.DataFrame, verdict: dict) -> pd.DataFrame:
    return study[study["label_noise"] == level(study, verdict)]


def clean_twin(measurements: pd.DataFrame, name: str, verdict: dict) -> pd.DataFrame:
    """Return the smoothed test error of the large network without label noise, where the study has one."""
    return measurements[
        (measurements["study"] == name)
        & (measurements["label_noise"] == 0)
        & (measurements["size"] == "large")
        & (measurements["quantity"] == "smoothed_error")
        & (measurements["split"] == "test")
        & (level(measurements[measurements["study"] == name], verdict) > 0)
    ]


def smoothed(study: pd.DataFrame, size: str) -> pd.Series:
    """Return the smoothed test error over epochs, averaged over seeds."""
    rows = study[(study["quantity"] == "smoothed_error") & (study["split"] == "test") & (study["size"] == size)]
    return rows.groupby("epoch")["value"].mean()


def table(study: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the smoothed error by width (rows) and epoch (columns), averaged over seeds."""
    rows = study[(study["quantity"] == "smoothed_error") & (study["split"] == split)]
    return rows.pivot_table(index="width", columns="epoch", values="value", aggfunc="mean")


def draw_map(axis: plt.Axes, study: pd.DataFrame, part: float, **colours: Any) -> Any:
    """Draw test error over width and epoch, with a line at the train error of networks that just fit; return the image.

    Parameters
    ----------
    part
        The axis' part of the page's width.
    colours
        How errors become colours, as ``pcolormesh`` takes it.
    """
    test, train = (table(study, split) for split in ("test", "train"))
    widths, epochs = test.index.to_numpy(float), test.columns.to_numpy(float)
    errors = test.to_numpy(float).T
    image = axis.pcolormesh(edges(widths), edges(epochs), errors, cmap="viridis", rasterized=True, **colours)
    crossed = [studies.crossing(epochs, curve, JUST_FITS) for curve in train.to_numpy(float)]
    reached = [(width, epoch) for width, epoch in zip(widths, crossed, strict=True) if epoch]
    if reached:  # dark below light, so that the line is seen on every colour of the map
        for color, line, thickness in (("#000000", "-", 2.4), ("#ffffff", "--", 1.2)):
            axis.plot(*zip(*reached, strict=True), color=color, linestyle=line, linewidth=thickness)
    axis.set_yscale("log")
    studies.width_axis(axis, [int(width) for width in widths], part)
    axis.set(xlabel=labels.column(study, "width"), ylabel=labels.column(study, "epoch"))
    axis.set_ylim(edges(epochs)[0], edges(epochs)[-1])
    return image


def edges(places: np.ndarray) -> np.ndarray:
    """Return the borders between places, halfway in the logarithm."""
    logarithm = np.log(places)
    if len(places) == 1:
        return np.exp([logarithm[0] - 0.3, logarithm[0] + 0.3])
    middle = (logarithm[1:] + logarithm[:-1]) / 2
    return np.exp([2 * logarithm[0] - middle[0], *middle, 2 * logarithm[-1] - middle[-1]])
