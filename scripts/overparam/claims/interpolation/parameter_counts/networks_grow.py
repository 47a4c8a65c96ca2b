"""Parameters of AlexNet, GPT-3 and the networks of the talk's table, beside the samples they were trained on."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation import network_names
from overparam.claims.interpolation.printed_networks import N_TRAIN, PRINTED, RESNET, Printed
from overparam.drawing import direct_labels, headlines, labels, studies, theme

WHOLE, SAMPLES, CONTROL = theme.CATEGORIES[0], theme.CATEGORIES[1], theme.GREY


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a line per network from the samples that it was trained on to its parameters, counted and printed."""
    figure, (axis,) = theme.panels(1, height=4.3)
    rows = [
        (network_names.short(row.model), row.n_params, None, N_TRAIN, None)
        for row in sorted({row.n_params: row for row in (*PRINTED, RESNET) if row.labels == "true"}.values(), key=_size)
    ]
    for network, part in measurements.groupby("network", sort=False):
        counts = part[part["quantity"] == "n_params"].set_index("part")["value"]
        whole = part[part["part"] == "whole"].set_index("quantity")["value"]
        rows.append((str(network), whole["printed_params"], counts["whole"], whole["samples"], counts.get("shared")))
    for place, (_, printed, counted, samples, control) in enumerate(rows):
        params = printed if counted is None else counted
        axis.plot([samples, params], [place, place], color=theme.INK, linewidth=1, alpha=0.5)
        axis.plot(samples, place, "|", color=SAMPLES, markersize=12, markeredgewidth=2.5)
        axis.plot(printed, place, "D", color=theme.INK, markersize=9, markerfacecolor="none")
        if counted is not None:
            axis.plot(counted, place, "o", color=WHOLE, markersize=6, markeredgewidth=0)
        if control is not None:
            axis.plot(control, place, "x", color=CONTROL, markersize=6, markeredgewidth=1.6)
        direct_labels.at_end(axis, [max(samples, printed)], [place], f"  {params / samples:.2g} per sample", theme.INK)
    axis.set_yticks(range(len(rows)), [row[0] for row in rows])
    unit = labels.quantity(measurements, "n_params")
    axis.set(xscale="log", xlabel=f"{unit}, and training images or tokens")
    entries = {
        f"{unit}, printed": {"color": theme.INK, "marker": "D", "markerfacecolor": "none"},
        f"{unit}, counted": {"color": WHOLE, "marker": "o"},
        "images or tokens": {"color": SAMPLES, "marker": "|", "markersize": 11, "markeredgewidth": 2.5},
        "counted without dense layers (control)": {"color": CONTROL, "marker": "x", "markeredgewidth": 1.6},
    }
    entries = {name: {"linestyle": "", **style} for name, style in entries.items()}
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    counts = headlines.by_verdict(
        verdict,
        supported="AlexNet and GPT-3 have as many parameters as is printed",
        refuted="AlexNet or GPT-3 has another number of parameters than is printed",
        undecided="The numbers of parameters of AlexNet and GPT-3",
    )
    if headlines.came_to(verdict, "literal") == "refuted":
        return f"{counts}, but not both have more than samples"
    return counts


def _size(row: Printed) -> int:
    return row.n_params


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
