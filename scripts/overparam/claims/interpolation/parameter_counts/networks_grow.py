"""Parameters of AlexNet and GPT-3 by part, beside those of the networks of the talk's table."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation import network_names
from overparam.claims.interpolation.printed_networks import PRINTED, RESNET
from overparam.drawing import labels, studies, theme

PARTS = {  # label, colour, marker
    "whole": ("all parameters, counted", theme.CATEGORIES[0], "o"),
    "dense": ("dense layers", theme.CATEGORIES[1], "s"),
    "shared": ("convolutions or attention (control)", theme.CATEGORIES[2], "^"),
    "embedding": ("embedding", theme.CATEGORIES[3], "v"),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one line per network: its parameters by part, the printed number, and the samples it was trained on."""
    figure, (axis,) = theme.panels(1, height=3.6)
    small = sorted(
        {(row.n_params, network_names.short(row.model)) for row in (*PRINTED, RESNET) if row.labels == "true"}
    )
    names = [name for _, name in small] + list(dict.fromkeys(measurements["network"]))
    for place, (count, _) in enumerate(small):
        axis.plot(count, place, "D", color=theme.INK, markersize=6, markerfacecolor="none")
    for network, rows in measurements.groupby("network", sort=False):
        place = names.index(str(network))
        counts = rows[rows["quantity"] == "n_params"].set_index("part")["value"]
        for part, (_, color, marker) in PARTS.items():
            if part in counts:
                axis.plot(counts[part], place, marker, color=color, markersize=6 if part == "whole" else 4)
        wholes = rows[rows["part"] == "whole"].set_index("quantity")["value"]
        axis.plot(wholes["printed_params"], place, "D", color=theme.INK, markersize=9, markerfacecolor="none")
        axis.plot(wholes["samples"], place, "x", color=theme.INK, markersize=6)
    axis.set_yticks(range(len(names)), names)
    axis.set(xscale="log", xlabel=labels.quantity(measurements, "n_params"))
    axis.grid(axis="y", linewidth=0.4, alpha=0.5, color=theme.INK)
    entries = {name: {"color": color, "marker": marker, "linestyle": ""} for name, color, marker in PARTS.values()}
    entries["as printed"] = {"color": theme.INK, "marker": "D", "markerfacecolor": "none", "linestyle": ""}
    entries["training images or tokens"] = {"color": theme.INK, "marker": "x", "linestyle": ""}
    studies.legend(figure, entries, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the counts, what is printed, and parameters per sample."""
    parts = []
    for network, rows in measurements[measurements["part"] == "whole"].groupby("network", sort=False):
        values = rows.set_index("quantity")["value"]
        parts.append(
            f"{network} has {values['n_params']:,.0f} parameters, printed as {values['printed_params']:,.0f}, which is "
            f"{values['n_params'] / values['samples']:.2g} for every image or token that it was trained on"
        )
    return f"{'; '.join(parts)}."
