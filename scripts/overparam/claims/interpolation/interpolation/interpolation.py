"""Largest loss of a single sample over the number of parameters per sample, and where no number of them helps."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.interpolation import sample_losses
from overparam.drawing import direct_labels, headlines, judged, labels, random_features, regimes, theme
from overparam.drawing.rounding import at_least, at_most

NETWORK = "image network"
NEVER_FITTED = {  # problem: label
    "duplicated inputs": "an input twice,\nwith both labels",
    "linear network": "linear network",
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw max ℓ_i over p/n of networks on small problems with two counterexamples, and of networks on images."""
    figure, (small, networks) = theme.panels(2, height=4.4)
    rows = measurements.assign(value=measurements["value"].clip(lower=sample_losses.SMALLEST))
    losses = rows[rows["quantity"] == "largest_loss"]
    last = losses["p_over_n"].max()
    part = losses[(losses["problem"] == "distinct inputs") & (losses["activation"] == "softplus")]
    sample_losses.curve(small, part, "softplus", "o", "-", theme.CATEGORIES[0])
    direct_labels.at_end(
        small, [last], [sample_losses.medians(part).iloc[-1]], "softplus\nnetwork", theme.CATEGORIES[0]
    )
    for (problem, name), color, marker in zip(NEVER_FITTED.items(), theme.CATEGORIES[1:], "^v", strict=False):
        part = losses[losses["problem"] == problem]
        sample_losses.curve(small, part, name, marker, "-", color)
        direct_labels.at_end(small, [last], [sample_losses.medians(part).iloc[-1]], name, color)
    part = losses[losses["problem"] == NETWORK]
    sample_losses.curve(networks, part, "image network", "o", "-", theme.CATEGORIES[4])
    level = judged.declared(verdict, "softplus begins to fit at p = n")["level"]
    size = labels.column(measurements, "p_over_n")
    small.set(title="small problems", xlabel=f"{size} $p/n$", ylabel=labels.quantity(measurements, "largest_loss"))
    data = f"{random_features.data_label(verdict)}, $n = {part['n_train'].iloc[0]:,}$"
    networks.set(title=f"trained on {data}", xlabel=f"{size} $p/(nK)$")
    for axis, threshold in ((small, "$p = n$"), (networks, "$p = nK$")):
        sample_losses.axes(axis, level)
        regimes.shade(axis, 1, threshold, short=True)
    networks.annotate(
        f"fitted below $10^{{{np.log10(level):g}}}$", (0, level), (4, -4), xycoords=("axes fraction", "data"),
        textcoords="offset points", va="top", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Networks with enough parameters fit every random label",
        refuted="With enough parameters networks still miss some random labels",
        undecided="Whether networks with enough parameters fit every random label",
    )
    if headlines.came_to(verdict, "literal") == "refuted":
        return f"{text}; other models may not, however many they have"
    return text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where each case ends, and how many runs hit the limit of steps."""
    losses = measurements[measurements["quantity"] == "largest_loss"]
    beyond, below = losses[losses["p_over_n"] > 1], losses[losses["p_over_n"] < 1]
    most = beyond.groupby(["problem", "activation"])["value"].max()
    least = beyond.groupby(["problem", "activation"])["value"].min()
    short = below[(below["activation"] == "softplus") & (below["problem"] == "distinct inputs")]["value"].min()
    errors = measurements[(measurements["quantity"] == "largest_error")].groupby(measurements["p_over_n"] > 1)["value"]
    hits = measurements[
        (measurements["quantity"] == "limit_hit") & measurements["activation"].isin(["softplus", "tanh"])
    ]
    hits = hits.groupby(["activation", hits["p_over_n"] > 1])["value"].agg(["sum", "size"])
    counts = ", ".join(
        f"{int(row['sum'])} of {int(row['size'])} ({name}, {'p > n' if more else 'p ≤ n'})"
        for (name, more), row in hits.iterrows()
    )
    best = at_most(most["distinct inputs", "softplus"], 1)
    network = losses[losses["problem"] == NETWORK].groupby("p_over_n")["value"]
    largest, smallest = network.max(), network.min()
    twice, linear = (at_least(least[key]) for key in (("duplicated inputs", "softplus"), ("linear network", "none")))
    return (
        f"Largest loss of a single sample with random labels: at most {best} in softplus networks with more hidden "
        f"weights than samples, at least {at_least(short)} with fewer. With more parameters than samples, too, it is "
        f"at least {twice} where an input occurs twice with opposite labels, and {linear} in a linear network. The "
        f"constructed ReLU network with 2n + d weights errs by at most {at_most(errors.max()[True], 1)} of the largest "
        f"label; with fewer weights than samples by at least {at_least(errors.min()[False])}. On "
        f"{random_features.data_label(verdict)} with random classes, image networks trained by gradient descent have a "
        f"largest loss of at most {at_most(largest.iloc[-1], 1)} at {largest.index[-1]:.2g} nK parameters and of at "
        f"least {at_least(smallest.iloc[0])} at {smallest.index[0]:.2g} nK. Small problems that reached the limit of "
        f"steps: {counts}."
    )
