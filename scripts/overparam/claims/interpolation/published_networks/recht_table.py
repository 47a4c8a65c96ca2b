"""The table of published networks, and its picture: train loss and test error, measured and printed."""

from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation import network_names
from overparam.claims.interpolation.printed_networks import DATA
from overparam.drawing import judged, labels, studies, theme
from overparam.judge.intervals import over_seeds

SMALLEST = 1e-4  # smaller train losses are drawn here
COLORS = {"true": theme.CATEGORIES[0], "random": theme.CATEGORIES[1]}
HEADINGS = ("network", "parameters", "p/n", "train loss", "printed", "train error", "test error", "printed")


class Row(NamedTuple):
    """One row of the table: a network on true or random labels, with or without regularization."""

    model: str
    n_params: int
    labels: str
    regularisation: str
    rows: pd.DataFrame
    printed: pd.Series

    @property
    def name(self) -> str:
        """The name that the row has in the figure."""
        words = {
            "random labels": self.labels == "random",
            "regularized": self.regularisation == "explicit",
            "p < n": (self.rows["parameterization"] == "under").all(),
        }
        return ", ".join([network_names.short(self.model), *(word for word, applies in words.items() if applies)])

    def values(self, quantity: str) -> np.ndarray:
        """Return one value per seed."""
        return self.rows.loc[self.rows["quantity"] == quantity, "value"].to_numpy(float)

    def interval(self, quantity: str) -> tuple[float, float]:
        """Return the judge's 95 % interval over seeds, cut off at 0 and, for an error, at 1."""
        found = over_seeds(self.values(quantity)).clipped(0.0, 1.0 if quantity.endswith("error") else np.inf)
        return found.low, found.high


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the measured values with their intervals, the printed ones as hollow diamonds, and both as a table."""
    table = _table(measurements)
    zero = judged.declared(verdict, "zero-train-loss")["greater"]  # up to here a loss is the zero that is printed
    theme.apply()
    figure = plt.figure(figsize=(theme.WIDTH, 1.6 + 0.5 * len(table)))
    above, below = figure.subfigures(2, 1, height_ratios=(1.15, 1))
    axes = dict(zip(("loss", "error"), above.subplots(1, 2), strict=True))
    for name, quantity in (("loss", "train_loss"), ("error", "test_error")):
        axis = axes[name]
        for place, row in enumerate(table):
            floor = SMALLEST if name == "loss" else 0.0
            color, marker = COLORS[row.labels], "o" if row.regularisation == "none" else "s"
            axis.plot(np.maximum(row.interval(quantity), floor), [place, place], color=color)
            axis.plot(max(row.values(quantity).mean(), floor), place, marker=marker, color=color, markersize=6)
            if quantity in row.printed:
                printed = max(row.printed[quantity], floor)
                axis.plot(printed, place, marker="D", color=theme.INK, markersize=6, markerfacecolor="none")
        axis.set_ylim(len(table) - 0.5, -0.5)
        axis.grid(axis="y", linewidth=0.4, alpha=0.5, color=theme.INK)
    axes["loss"].axvline(zero, color=theme.INK, linestyle="--", linewidth=1)
    axes["loss"].set_xscale("log")
    axes["loss"].set_xlim(left=SMALLEST / 2)
    axes["loss"].set_yticks(range(len(table)), [row.name for row in table])
    axes["error"].set_yticks(range(len(table)), [])
    axes["error"].set_xlim(0, 1)
    axes["error"].xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    loss = labels.declared(measurements, "quantities", "train_loss")
    axes["loss"].set_xlabel(f"{loss['label']}, {loss['unit']} (0 drawn at {SMALLEST:g})")
    axes["error"].set_xlabel(labels.quantity(measurements, "test_error"))
    n_printed = measurements.loc[measurements["place"].notna(), "n_train"].iloc[0]
    heading = f"{_data(table, verdict)}, {_sizes(table)}; printed: {DATA}, n = {n_printed:,}"
    above.suptitle(heading, fontsize=11, color=theme.INK)
    _write(below.subplots(), table)
    entries = {
        "true labels": {"color": COLORS["true"], "marker": "o"},
        "random labels": {"color": COLORS["random"], "marker": "o"},
        "regularized": {"color": theme.INK, "marker": "s", "linestyle": ""},
        "printed": {"color": theme.INK, "marker": "D", "markerfacecolor": "none", "linestyle": ""},
        f"judged as 0: {zero:g}": {"color": theme.INK, "linestyle": "--", "linewidth": 1},
    }
    studies.legend(above, entries, loc="outside lower center", ncols=5, columnspacing=1.2)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State parameters, train loss, train and test error of every network."""
    table = _table(measurements)
    found = "; ".join(
        f"{row.name} ({row.n_params:,} parameters): train loss {row.values('train_loss').mean():.2g}, "
        f"train error {row.values('train_error').mean():.0%}, test error {row.values('test_error').mean():.0%}"
        for row in table
    )
    return f"Networks of published sizes on {_data(table, verdict)}, {_sizes(table)}: {found}."


def _table(measurements: pd.DataFrame) -> list[Row]:
    """Return the rows in the order of true labels first, then by parameters; all networks of one kind together."""
    keys = ["model", "n_params", "labels", "regularisation"]
    measured = measurements[measurements["place"].isna()]
    printed = measurements[measurements["place"].notna()]
    rows = []
    for key, part in measured.groupby(keys):
        model, n_params, given, regularisation = key
        same = (printed["model"] == model) & (printed["labels"] == given)
        own = printed[same & (printed["regularisation"] == regularisation)].set_index("quantity")["value"]
        rows.append(Row(model, int(n_params), given, regularisation, part, own.rename(lambda name: name[8:])))
    kind = {model: number for number, model in enumerate(network_names.SHORT)}
    return sorted(
        rows, key=lambda row: (row.labels == "random", kind.get(row.model, len(kind)), row.regularisation == "explicit")
    )


def _data(table: list[Row], verdict: dict) -> str:
    """Return the label of the images; the networks see them at several sizes."""
    return (verdict.get("data") or {}).get("label") or table[0].rows["dataset"].iloc[0]


def _sizes(table: list[Row]) -> str:
    sizes = sorted({int(size) for row in table for size in row.rows["n_train"]})
    return f"n = {sizes[0]:,}" if len(sizes) == 1 else f"n = {sizes[0]:,} to {sizes[-1]:,}"


def _spelled(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.2g}"


def _write(axis: plt.Axes, table: list[Row]) -> None:
    """Write the table into an empty axis."""
    axis.axis("off")
    cells = []
    for row in table:
        loss, wrong, error = (row.values(name).mean() for name in ("train_loss", "train_error", "test_error"))
        low, high = row.interval("test_error")
        cells.append(
            [
                row.name,
                f"{row.n_params:,}",
                _spelled(row.values("params_per_sample").mean()),
                f"< {SMALLEST:g}" if loss < SMALLEST else f"{loss:.2g}",
                f"{row.printed['train_loss']:g}" if "train_loss" in row.printed else "–",
                f"{100 * wrong:.2g} %",
                f"{100 * error:.0f} % [{100 * low:.0f}, {100 * high:.0f}]",
                f"{100 * row.printed['test_error']:.4g} %" if "test_error" in row.printed else "–",
            ]
        )
    drawn = axis.table(
        cells, colLabels=HEADINGS, cellLoc="right", loc="center", edges="horizontal", bbox=(0, 0, 1, 1),
        colWidths=(0.35, 0.1, 0.08, 0.1, 0.07, 0.1, 0.14, 0.09),
    )  # fmt: skip
    drawn.auto_set_font_size(False)
    for (_, column), cell in drawn.get_celld().items():
        cell.set_edgecolor(theme.INK)
        cell.set_linewidth(0.4)
        cell.get_text().set_color(theme.INK)
        cell.get_text().set_fontsize(8)
        if column == 0:
            cell.get_text().set_ha("left")
            cell._loc = "left"
