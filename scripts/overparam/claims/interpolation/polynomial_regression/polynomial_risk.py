"""What the figures of polynomial regression share: the median error over the number of coefficients."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from overparam.drawing import theme

SEEDS_SHOWN = 20  # of some hundred: a faint line each


def losses(measurements: pd.DataFrame, basis: str, method: str, split: str) -> pd.DataFrame:
    """Return the rows of one curve of mean squared errors."""
    wanted = {"quantity": "loss", "basis": basis, "method": method, "split": split}
    rows = measurements[(measurements[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    return rows.astype({"n_params": "int64"})


def medians(measurements: pd.DataFrame, basis: str, method: str, split: str) -> pd.Series:
    """Return the median error over seeds, by number of coefficients."""
    return losses(measurements, basis, method, split).groupby("n_params")["value"].median()


def line(axis: plt.Axes, rows: pd.DataFrame, smallest: float, seeds: bool, **style) -> None:
    """Draw the median over p with its 95 % interval, and faint lines of the first seeds; cut off below ``smallest``."""
    rows = rows.assign(value=rows["value"].clip(lower=smallest / 10))
    if seeds:
        sns.lineplot(
            rows[rows["seed"] < SEEDS_SHOWN], x="n_params", y="value", units="seed", estimator=None, ax=axis,
            color=style["color"], alpha=0.15, linewidth=0.6, legend=False,
        )  # fmt: skip
    sns.lineplot(
        rows, x="n_params", y="value", estimator="median", errorbar=theme.median_interval, ax=axis,
        markeredgewidth=0, **style,
    )  # fmt: skip


def axes(axis: plt.Axes, n_train: int, smallest: float, largest: float) -> None:
    """Set logarithmic axes, their labels and the line at the interpolation threshold."""
    axis.set(xscale="log", yscale="log", ylim=(smallest, largest * 30))
    axis.set(xlabel="number of coefficients p = degree + 1", ylabel="mean squared error (median)")
    ticks = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    theme.mark_threshold(axis, n_train, f"p = n = {n_train}")
