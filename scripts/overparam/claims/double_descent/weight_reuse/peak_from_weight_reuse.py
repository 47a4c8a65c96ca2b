"""Test loss, test error and train error over parameters per label, for every procedure of training."""

from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import headlines, labels, random_features, regimes, studies, theme

X = "params_per_label"
SHARED = "same_throughout"  # what all procedures do beyond the size at which they change
NAMES = {
    "reused": "weights reused below $nK$",
    "reused_longer": "weights reused below $2nK$",
    "anew": "all start anew, change at $nK$",
    SHARED: "no change (control)",
}
LOOKS: dict[str, dict[str, Any]] = {
    "reused": {"color": theme.CATEGORIES[0], "marker": "o"},
    "reused_longer": {"color": theme.CATEGORIES[1], "marker": "^"},
    "anew": {"color": theme.CATEGORIES[2], "marker": "s"},
    SHARED: {**theme.CONTROL, "marker": "D"},
}
PANELS = (("loss", "test"), ("error", "test"), ("error", "train"))
TICKS = (0.1, 0.2, 0.5, 1, 2, 5)


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the three quantities; a line ends where its procedure has become the one that does not change."""
    figure, axes = theme.panels(len(PANELS), height=4.1)
    for axis, (quantity, split) in zip(axes, PANELS, strict=True):
        _lines(axis, measurements, quantity, split)
        axis.set_xlabel(fill(labels.column(measurements, X), 22))
        axis.set_ylabel(f"{split} {labels.quantity(measurements, quantity)}")
        if quantity == "error":
            studies.percent_axis(axis)
        regimes.shade(axis, 1, "$nK$", short=True)
    studies.legend(
        figure, {NAMES[name]: {**look, "markersize": 4} for name, look in LOOKS.items()},
        loc="outside lower center", ncols=2, fontsize=8.5,
    )  # fmt: skip
    theme.headline(figure, _headline(verdict))
    return figure


def _lines(axis: Axes, measurements: pd.DataFrame, quantity: str, split: str) -> None:
    for procedure, look in LOOKS.items():
        rows = over_samples.chosen(measurements, procedure=procedure, quantity=quantity, split=split)
        if procedure != SHARED:
            rows = rows[rows[X] <= _joins(measurements, procedure)]
        studies.lines(axis, rows, X, seeds=False, markersize=4, **look)
    axis.set_yscale("log" if quantity == "loss" else "linear")
    places = measurements[X]
    over_samples.plain_ticks(axis, [tick for tick in TICKS if places.min() / 1.5 < tick < 1.5 * places.max()])


def _joins(measurements: pd.DataFrame, procedure: str) -> float:
    """Return the first size from which on a procedure gives the same networks as the one that does not change."""
    losses = measurements[measurements["quantity"].eq("loss") & measurements["split"].eq("train")]
    table = losses.pivot_table(index=X, columns="procedure", values="value")
    other = table.index[table[procedure] != table[SHARED]]
    return float(table.index[table.index > other.max()].min()) if len(other) else float(table.index.min())


def _headline(verdict: dict) -> str:
    moved = headlines.came_to(verdict, "moved") == "supported"
    peak = headlines.came_to(verdict, "printed")
    if moved and peak == "supported":
        return "Networks whose weights are reused peak at $nK$, but only because their training changes there"
    if moved:
        return (
            "The descent at $nK$ comes from a change of the training there: moved to $2nK$, it takes the descent along"
        )
    return headlines.by_verdict(
        verdict,
        supported="Networks whose weights are reused peak at $nK$ parameters",
        refuted="Networks whose weights are reused do not peak at $nK$ parameters",
        undecided="Whether networks whose weights are reused peak at $nK$ parameters",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State loss and error of every procedure at the best smaller size, just below the threshold, and beyond."""
    parts = []
    for procedure in ("reused", "reused_longer", "anew", SHARED):
        loss, error = (
            over_samples.chosen(measurements, procedure=procedure, quantity=quantity, split="test")
            .groupby(X)["value"]
            .mean()
            for quantity in ("loss", "error")
        )
        below = loss.index[loss.index < 1]
        places = [loss[below].idxmin(), below.max(), loss.index[loss.index >= 1].min(), loss.index.max()]
        found = ", ".join(
            f"{loss[place]:.3f} ({100 * error[place]:.1f} %) at {place:.2g} nK" for place in dict.fromkeys(places)
        )
        parts.append(f"{NAMES[procedure].replace('$', '')}: {found}")
    return (
        f"{_headline(verdict).replace('$', '')}. Mean test loss (test error) of networks with one hidden layer on "
        f"{random_features.data_label(verdict)}: {'; '.join(parts)}."
    )
