"""Train loss and test error of networks of published sizes, on true and on random labels."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.published_networks import network_rows
from overparam.claims.interpolation.published_networks.network_rows import Row
from overparam.drawing import headlines, judged, labels, studies, theme

SMALLEST = 1e-4  # smaller train losses are drawn here
COLORS = {"true": theme.CATEGORIES[0], "random": theme.CATEGORIES[1]}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the measured values with their intervals, a row per network."""
    table = network_rows.table(measurements)
    zero = judged.declared(verdict, "zero-train-loss")["greater"]  # up to here a loss is the zero that is printed
    figure, (loss, error) = theme.panels(2, height=1.9 + 0.29 * len(table))
    for axis, quantity in ((loss, "train_loss"), (error, "test_error")):
        floor = SMALLEST if axis is loss else 0.0
        for place, row in enumerate(table):
            style: dict[str, Any] = {"color": _color(row)}
            axis.plot(np.maximum(row.interval(quantity), floor), [place, place], **style)
            marker = "o" if row.regularisation == "none" else "s"
            axis.plot(max(row.values(quantity).mean(), floor), place, marker=marker, markersize=6, **style)
        axis.set_ylim(len(table) - 0.5, -0.5)
        axis.grid(axis="y", linewidth=0.4, alpha=0.4, color=theme.INK)
    loss.set_xscale("log")
    loss.set_xlim(left=SMALLEST / 2)
    loss.axvspan(loss.get_xlim()[0], zero, color=theme.INK, alpha=0.1, linewidth=0, zorder=0)
    loss.axvline(zero, color=theme.INK, linestyle=":", linewidth=1.2)
    loss.set_title("train loss\n(shaded: counts as 0)")
    error.set_title("test error")
    loss.set_yticks(range(len(table)), [row.name.replace(", random labels", "") for row in table])
    error.set_yticks(range(len(table)), [])
    error.set_xlim(0, 1)
    error.set_xticks([0, 0.5, 1])
    error.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    declared = labels.declared(measurements, "quantities", "train_loss")
    loss.set_xlabel(f"{declared['label']}, {declared['unit']} (0 drawn at {SMALLEST:g})")
    error.set_xlabel(f"{labels.quantity(measurements, 'test_error')}, {network_rows.data(table, verdict)}")
    entries = {
        "true labels": {"color": COLORS["true"], "marker": "o"},
        "random labels": {"color": COLORS["random"], "marker": "o"},
        "regularized": {"color": theme.INK, "marker": "s", "linestyle": ""},
        "$p < n$, random labels (control)": {"color": theme.GREY, "marker": "o", "linestyle": ""},
    }
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    theme.headline(figure, _headline(verdict))
    return figure


def _color(row: Row) -> str:
    """Return the colour of a row: grey for networks too small to fit random labels, which are the control."""
    control = row.labels == "random" and (row.rows["parameterization"] == "under").all()
    return theme.GREY if control else COLORS[row.labels]


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Networks with far more parameters than samples fit all labels and still generalise",
        refuted="Networks with more parameters than samples do not all fit their labels and generalise",
        undecided="Whether networks with more parameters than samples fit all labels and generalise",
    )
    if headlines.came_to(verdict, "random_labels") == "supported":
        return f"{text}; they fit random labels as well"
    return text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State parameters, train loss, train and test error of every network."""
    table = network_rows.table(measurements)
    found = "; ".join(
        f"{row.name} ({row.n_params:,} parameters): train loss {row.values('train_loss').mean():.2g}, "
        f"train error {row.values('train_error').mean():.0%}, test error {row.values('test_error').mean():.0%}"
        for row in table
    )
    return f"Networks of published sizes on {network_rows.data(table, verdict)}, {network_rows.sizes(table)}: {found}."
