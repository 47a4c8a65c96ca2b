"""What the figures of polynomial regression share: the median error over the number of coefficients."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns

from overparam.drawing import direct_labels, labels, regimes, theme

SEEDS_SHOWN = 20  # of some hundred, a faint line each
SMALLEST_SHOWN = 1e-4  # below this the train error is rounding


def losses(measurements: pd.DataFrame, basis: str, method: str, split: str) -> pd.DataFrame:
    """Return the rows of one curve of mean squared errors."""
    wanted = {"quantity": "loss", "basis": basis, "method": method, "split": split}
    rows = measurements[(measurements[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    return rows.astype({"n_params": "int64"})


def medians(measurements: pd.DataFrame, basis: str, method: str, split: str) -> pd.Series:
    """Return the median error over seeds, by number of coefficients."""
    return losses(measurements, basis, method, split).groupby("n_params")["value"].median()


def line(axis: plt.Axes, rows: pd.DataFrame, seeds: bool, **style) -> None:
    """Draw the median over p with its 95 % interval and, with ``seeds``, a faint line for each of the first seeds."""
    rows = rows.assign(value=rows["value"].clip(lower=SMALLEST_SHOWN / 10))
    if seeds:
        sns.lineplot(
            rows[rows["seed"] < SEEDS_SHOWN], x="n_params", y="value", units="seed", estimator=None, ax=axis,
            color=style["color"], alpha=0.15, linewidth=0.6, legend=False,
        )  # fmt: skip
    sns.lineplot(
        rows, x="n_params", y="value", estimator="median", errorbar=theme.median_interval, ax=axis,
        legend=False, markeredgewidth=0, **style,
    )  # fmt: skip


def axes(axis: plt.Axes, measurements: pd.DataFrame, largest: float) -> None:
    """Set logarithmic axes up to the error ``largest``, their labels and the regimes beside the threshold."""
    n_train = int(measurements["n_train"].iloc[0])
    axis.set(xscale="log", yscale="log", ylim=(SMALLEST_SHOWN, largest * 30))
    axis.set_xlabel(f"{labels.column(measurements, 'n_params')} $p$ = degree + 1")
    axis.set_ylabel(f"{labels.quantity(measurements, 'loss')}\n(median)")
    ticks = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    axis.set_xticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    regimes.shade(axis, n_train, f"$p = n = {n_train}$")


def end(axis: plt.Axes, rows: pd.DataFrame, text: str, color: str) -> None:
    """Name a curve where it leaves the axis."""
    curve = rows.groupby("n_params")["value"].median()
    curve = curve[curve > SMALLEST_SHOWN]
    direct_labels.at_end(axis, curve.index, curve, text, color)
