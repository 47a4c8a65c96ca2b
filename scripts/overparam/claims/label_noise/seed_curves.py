"""Curves over seeds: a faint line per seed, the mean with its interval, or a rate with its exact interval."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from scipy import stats

from overparam.drawing import theme

MARKERS = "os^Dv"


def mean_curve(
    axis: plt.Axes, rows: pd.DataFrame, x: str, label: str | None, style: int, seeds: bool = True, **changes
) -> None:
    """Draw the mean of ``value`` over ``x`` with its 95 % interval, and a faint line per seed behind it.

    ``style`` numbers colour and marker; ``changes`` replace single ones of them.
    """
    look = _look(style, changes)
    if seeds:
        lines = rows.pivot_table(index=x, columns="seed", values="value", dropna=False)
        axis.plot(lines.index, lines.to_numpy(), color=look["color"], alpha=0.15, linewidth=0.6)
    sns.lineplot(
        rows, x=x, y="value", errorbar=theme.interval, markeredgewidth=0, label=label, ax=axis,
        legend=False, **look,
    )  # fmt: skip


def success_rate(axis: plt.Axes, rows: pd.DataFrame, x: str, label: str | None, style: int, **changes) -> None:
    """Draw the share of seeds whose ``value`` is 1 over ``x``, with the exact binomial interval of 95 %."""
    counts = rows.groupby(x)["value"].agg(["sum", "size"])
    share = counts["sum"] / counts["size"]
    ends = [
        stats.binomtest(int(successes), int(trials)).proportion_ci(0.95, method="exact")
        for successes, trials in counts.itertuples(index=False)
    ]
    spread = np.abs(
        np.array([(share_one - low, high - share_one) for share_one, (low, high) in zip(share, ends, strict=True)]).T
    )
    look = _look(style, changes)
    axis.errorbar(share.index, share, yerr=spread, capsize=2, elinewidth=1, label=label, **look)


def _look(style: int, changes: dict) -> dict:
    return {"color": theme.CATEGORIES[style], "marker": MARKERS[style], "linestyle": "-", "markersize": 5} | changes


def rows_of(measurements: pd.DataFrame, name: str, **where) -> pd.DataFrame:
    """Return the rows of one quantity, of those where each column in ``where`` is equal to a value or in a list."""
    rows = measurements[measurements["quantity"] == name]
    for column, value in where.items():
        rows = rows[rows[column].isin(value if isinstance(value, list) else [value])]
    return rows
