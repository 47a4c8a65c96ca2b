"""Test losses of networks that differ in their initial weights alone, and their spread, over their size."""

from textwrap import fill

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import headlines, labels, random_features, regimes, studies, theme

STOPPING = {  # label, colour, marker, dashes
    "final": ("at the end", theme.CATEGORIES[0], "o", "-"),
    "heldout_loss": ("stopped early\n(control)", theme.GREY, "s", "--"),
}
X = "params_per_label"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the test loss of every network, the spread of every draw of samples, and the train error."""
    figure, (losses, spread, errors) = theme.panels(3, height=4.1)
    seen = over_samples.chosen(measurements, quantity="loss")
    color = STOPPING["final"][1]
    losses.plot(seen[X], seen["value"], ".", color=color, alpha=0.15, markersize=3, markeredgewidth=0)
    for axis, quantity in ((losses, "mean_loss"), (spread, "spread"), (errors, "train_error")):
        over_samples.by_stopping(axis, measurements, X, quantity, STOPPING)
        over_samples.plain_ticks(axis, [0.2, 0.5, 1, 2, 5, 10])
        axis.set_xlabel(fill(labels.column(measurements, X), 22))
    losses.set(yscale="log", ylabel=labels.quantity(measurements, "mean_loss"), title="every network")
    spread.set(ylabel=fill(labels.quantity(measurements, "spread"), 36), title="their spread")
    errors.set(ylabel=f"{labels.quantity(measurements, 'train_error')}, given labels", title="how well they fit")
    losses.yaxis.set_major_formatter("{x:g}")
    studies.percent_axis(errors)
    first = measurements.iloc[0]
    arm = random_features.arm_name(first["label_noise"], first["noise_definition"])
    count = seen["initialisation"].nunique()
    for axis in (losses, spread, errors):
        regimes.shade(axis, 1, "$p = nK$", short=True)
    over_samples.name_ends(errors, measurements, X, "train_error", STOPPING)
    theme.headline(figure, _headline(verdict))
    theme.context(
        figure,
        f"{random_features.data_label(verdict)}, n = {first['n_train']:,}, {arm}; {count} initialisations of each "
        f"network, {measurements['seed'].nunique()} draws of the labels",
    )
    return figure


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="Where training starts matters most near the threshold, and hardly far beyond it",
        refuted="Where training starts does not matter most near the threshold and little far beyond it",
        undecided="How much it matters where training starts",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the spread at the smallest and the largest size and where it is largest, and that of early stopping."""
    means = {
        (quantity, stopping): over_samples.chosen(measurements, quantity=quantity, stopping=stopping)
        .groupby(X)["value"]
        .mean()
        for quantity in ("spread", "relative_spread", "train_error")
        for stopping in STOPPING
    }
    spread, relative = means["spread", "final"], means["relative_spread", "final"]
    early, place = means["spread", "heldout_loss"], spread.idxmax()
    count = measurements["initialisation"].nunique()
    return (
        f"Test losses of {count} networks on {random_features.data_label(verdict)} that differ in their initial "
        f"weights alone have a standard deviation of {spread.iloc[0]:.2g} at {spread.index[0]:.2g} nK parameters, "
        f"{spread[place]:.2g} at {place:.2g} nK and {spread.iloc[-1]:.2g} at {spread.index[-1]:.2g} nK (1 is the loss "
        f"of predicting zero); over the mean loss {relative.iloc[0]:.0%}, {relative[place]:.0%} and "
        f"{relative.iloc[-1]:.0%}. Train errors there are {means['train_error', 'final'].iloc[0]:.0%}, "
        f"{means['train_error', 'final'][place]:.0%} and {means['train_error', 'final'].iloc[-1]:.0%}. Stopped early, "
        f"the standard deviation is at most {early.max():.2g}, at {early.idxmax():.2g} nK."
    ).replace("%", " %")
