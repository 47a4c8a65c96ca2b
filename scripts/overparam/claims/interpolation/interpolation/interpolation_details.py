"""Largest and mean loss of all trained networks, and the errors of the constructed one."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.interpolation import sample_losses
from overparam.drawing import judged, labels, studies, theme
from overparam.drawing.rounding import at_most

TANH, MEAN = theme.CATEGORIES[1], theme.CATEGORIES[0]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw tanh and the mean loss beside the largest one of softplus, the same for images, and the construction."""
    figure, (trained, networks, built) = theme.panels(3, height=4)
    rows = measurements.assign(value=measurements["value"].clip(lower=sample_losses.SMALLEST))
    losses, means = (rows[rows["quantity"] == name] for name in ("largest_loss", "mean_loss"))
    for activation, color, marker in (("softplus", theme.CATEGORIES[4], "o"), ("tanh", TANH, "s")):
        part = losses[(losses["problem"] == "distinct inputs") & (losses["activation"] == activation)]
        sample_losses.curve(trained, part, activation, marker, "-", color)
    for axis, problem in ((trained, "distinct inputs"), (networks, "image network")):
        part = means[(means["problem"] == problem) & (means["activation"] != "tanh")]
        sample_losses.draw_medians(axis, part, "mean over samples", ".", "-.", MEAN)
    part = losses[losses["problem"] == "image network"]
    sample_losses.curve(networks, part, "image network", "o", "-", theme.CATEGORIES[4])
    found = losses[losses["problem"] == "construction"]
    for enough, color, marker in ((True, theme.CATEGORIES[4], "o"), (False, theme.GREY, "X")):
        part = found[(found["p_over_n"] > 1) == enough]
        built.plot(part["n_train"], part["value"], marker, color=color, alpha=0.5, markersize=5, markeredgewidth=0)
    sizes = sorted(found["n_train"].unique())
    level = judged.declared(verdict, "softplus begins to fit at p = n")["level"]
    for axis in (trained, networks, built):
        sample_losses.axes(axis, level)
    for axis in (trained, networks):
        theme.mark_threshold(axis, 1, "$p = n$" if axis is trained else "$p = nK$")
    size = labels.column(measurements, "p_over_n").replace(" per ", "\nper ")
    trained.set(xlabel=f"{size} $p/n$", ylabel=labels.quantity(measurements, "largest_loss"), title="small problems")
    networks.set(xlabel=f"{size} $p/(nK)$", title="images")
    built.set(xlabel=labels.column(measurements, "n_train"), title="constructed ReLU")
    built.set_xticks(sizes, [str(size) for size in sizes])
    built.set_xlim(sizes[0] / 2, sizes[-1] * 2)
    entries = {
        "largest loss (softplus; images; $2n + d$ weights)": {"color": theme.CATEGORIES[4], "marker": "o"},
        "largest loss, tanh": {"color": TANH, "marker": "s"},
        "mean over samples": {"color": MEAN, "linestyle": "-.", "marker": "."},
        "$p < n$ (control)": {"color": theme.GREY, "marker": "X", "linestyle": ""},
    }
    studies.legend(figure, entries, loc="outside lower center", ncols=2, fontsize=8.5)
    theme.headline(figure, "Mean and largest loss, another activation, and the construction of the theorem")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how far tanh networks get, and the error of the construction."""
    losses = measurements[measurements["quantity"] == "largest_loss"]
    tanh = losses[(losses["problem"] == "distinct inputs") & (losses["activation"] == "tanh")]
    typical = sample_losses.medians(tanh.assign(value=tanh["value"].clip(lower=sample_losses.SMALLEST)))
    built = losses[(losses["problem"] == "construction") & (losses["p_over_n"] > 1)]["value"]
    return (
        f"The median largest loss of tanh networks falls to {typical.iloc[-1]:.1g} at {typical.index[-1]:.3g} weights "
        f"per sample. The constructed ReLU network with 2n + d weights has a largest loss of at most "
        f"{at_most(built.max(), 1)}. Means over the samples lie below the largest losses everywhere."
    )
