"""Curves over seeds: a faint line per seed, the mean with its interval, or a rate with its exact interval."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from scipy import stats

from overparam.drawing import theme

STYLES = [("o", "-"), ("s", "--"), ("^", "-."), ("D", (0, (1, 1))), ("v", (0, (5, 1, 1, 1, 1, 1)))]


def curve(axis: plt.Axes, rows: pd.DataFrame, x: str, label: str, style: int, seeds: bool = True, **changes) -> None:
    """Draw ``value`` over ``x``: mean with 95 % interval over it, and a faint line per seed behind.

    ``style`` numbers colour, marker and dashes together; ``changes`` win over them.
    """
    marker, dashes = STYLES[style]
    look = {"color": theme.CATEGORIES[style], "marker": marker, "linestyle": dashes, "markersize": 5} | changes
    if seeds:
        lines = rows.pivot_table(index=x, columns="seed", values="value", dropna=False)
        axis.plot(lines.index, lines.to_numpy(), color=look["color"], alpha=0.15, linewidth=0.6)
    sns.lineplot(
        rows, x=x, y="value", errorbar=theme.interval, markeredgewidth=0, label=label, ax=axis,
        legend=False, **look,
    )  # fmt: skip


def rate(axis: plt.Axes, rows: pd.DataFrame, x: str, label: str, style: int, **changes) -> None:
    """Draw the share of seeds with outcome 1 over ``x``, with the exact binomial interval of 95 %."""
    marker, dashes = STYLES[style]
    look = {"color": theme.CATEGORIES[style], "marker": marker, "linestyle": dashes, "markersize": 5} | changes
    counts = rows.groupby(x)["value"].agg(["sum", "size"])
    share = counts["sum"] / counts["size"]
    ends = [
        stats.binomtest(int(successes), int(trials)).proportion_ci(0.95, method="exact")
        for successes, trials in counts.itertuples(index=False)
    ]
    spread = np.abs(
        np.array([(share_one - low, high - share_one) for share_one, (low, high) in zip(share, ends, strict=True)]).T
    )
    axis.errorbar(share.index, share, yerr=spread, capsize=2, elinewidth=1, label=label, **look)


def quantity(measurements: pd.DataFrame, name: str, **where) -> pd.DataFrame:
    """Return the rows of one quantity under conditions: column equal to a value, or in a list."""
    rows = measurements[measurements["quantity"] == name]
    for column, value in where.items():
        rows = rows[rows[column].isin(value if isinstance(value, list) else [value])]
    return rows


def legend(figure: plt.Figure, *axes: plt.Axes, columns: int = 2) -> None:
    """Put one legend for all axes below them, every label once."""
    entries = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(entries.values(), entries.keys(), loc="outside lower center", ncol=columns, fontsize=8)
