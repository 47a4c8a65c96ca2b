"""Test error as printed for CIFAR-10 beside that measured here, for every network that has both."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.printed_networks import DATA
from overparam.claims.interpolation.published_networks import network_rows
from overparam.drawing import direct_labels, labels, studies, theme

PRINTED, MEASURED = theme.CATEGORIES[4], theme.CATEGORIES[0]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a row per network: measured with its interval, and printed."""
    table = [row for row in network_rows.table(measurements) if "test_error" in row.printed]
    figure, (axis,) = theme.panels(height=1.6 + 0.33 * max(1, len(table)))
    for place, row in enumerate(table):
        axis.plot(row.interval("test_error"), [place, place], color=MEASURED)
        axis.plot(row.values("test_error").mean(), place, "o", color=MEASURED, markersize=6)
        axis.plot(row.printed["test_error"], place, "D", color=PRINTED, markersize=7, markerfacecolor="none")
        direct_labels.at_end(axis, [1], [place], f"printed: {100 * row.printed['test_error']:.4g} %", PRINTED)
    axis.set_yticks(range(len(table)), [row.name for row in table])
    axis.set_ylim(max(1, len(table)) - 0.5, -0.5)
    axis.set_xlim(0, 1)
    axis.grid(axis="y", linewidth=0.4, alpha=0.4, color=theme.INK)
    axis.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axis.set_xlabel(labels.quantity(measurements, "test_error"))
    n_printed = measurements.loc[measurements["place"].notna(), "n_train"].iloc[0]
    every = network_rows.table(measurements)
    entries = {
        f"measured: {network_rows.data(every, verdict)}, {network_rows.sizes(every)}": {
            "color": MEASURED,
            "marker": "o",
        },
        f"printed: {DATA}, n = {n_printed:,}": {
            "color": PRINTED,
            "marker": "D",
            "markerfacecolor": "none",
            "linestyle": "",
        },
    }
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    theme.headline(figure, "Printed and measured test errors, on different images")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State both errors of every network."""
    found = [
        f"{row.name} {row.values('test_error').mean():.0%}, printed {100 * row.printed['test_error']:.4g} %"
        for row in network_rows.table(measurements)
        if "test_error" in row.printed
    ]
    return f"Test errors measured here and printed for {DATA}: {'; '.join(found) or 'no network has both'}."
