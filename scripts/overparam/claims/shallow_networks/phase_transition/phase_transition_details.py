"""The panels of the smaller number of samples, and the parameters per sample along every transition."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import log_ticks
from overparam.claims.shallow_networks.phase_transition import phase_panels
from overparam.claims.shallow_networks.phase_transition.phase_panels import DESCENT, LINES, NAMES
from overparam.drawing import judged, labels, studies, theme

BELOW = "two per sample suffice where n/d is at least 7"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the filled panels of the smaller n above kd/n over d/n, for softplus and ReLU."""
    panel = measurements[measurements["in_panel"]]
    sizes = sorted(panel["n_train"].unique())
    figure, (above, beneath) = studies.grid(2, len(NAMES), 3.2, sharey="row")
    for axis, activation in zip(above, NAMES, strict=True):
        cells = phase_panels.panel(axis, panel, activation, sizes[0])
    phase_panels.name_axes(above, measurements)
    figure.colorbar(cells, ax=above, location="right", label="share that descent fits", aspect=30)
    limit = judged.declared(verdict, BELOW, "corrected")["greater"]
    for axis, activation in zip(beneath, NAMES, strict=True):
        for optimiser in LINES:
            for n_train, fill in zip(sizes, ("none", None), strict=False):
                rows = panel[(panel["activation"] == activation) & (panel["n_train"] == n_train)]
                label = f"{optimiser}, n = {n_train}"
                style = {"label": label} | ({"markerfacecolor": fill} if fill else {})
                rows = rows[rows["optimiser"] == optimiser]
                phase_panels.contour(axis, rows, optimiser, "parameters_per_sample", "dimension_per_sample", **style)
        axis.axhline(limit, color=theme.INK, linestyle=":", linewidth=1.2)
        axis.axhline(1, **theme.CONTROL)
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "dimension_per_sample"))
        log_ticks.plain(axis.xaxis, axis.yaxis)
    beneath[0].set_ylabel(labels.quantity(measurements, "parameters_per_sample"))
    figure.legend(*beneath[0].get_legend_handles_labels(), loc="outside lower center", ncol=2)
    theme.headline(figure, f"The panels with $n = {sizes[0]}$, and the parameters per sample on every line")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the parameters per sample at d = n, by activation and optimiser."""
    panel = measurements[measurements["in_panel"] & (measurements["quantity"] == "parameters_per_sample")]
    at_n = panel[panel["dimension_per_sample"] == 1].groupby(["activation", "optimiser"])["value"].mean()
    said = ", ".join(f"{value:.1f} ({NAMES[name]}, {optimiser})" for (name, optimiser), value in at_n.items())
    smallest = panel["n_train"].min()
    return (
        f"Share of trials in which {DESCENT} fits random labels, over input dimension and hidden units, with n = "
        f"{smallest} samples; below, the parameters per sample at which half of the trials fit, over d/n. At d = n "
        f"they are {said} on average."
    )
