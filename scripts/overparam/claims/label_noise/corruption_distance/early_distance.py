"""Distance from the initialisation at the stopping time, over clusters and over samples, beside its bound."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import direct_labels, exponents, headlines, judged, labels, theme
from overparam.drawing.rounding import at_least, at_most


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the early distance and its bound over L, and over n beside the distance that fits the false labels."""
    figure, (over_clusters, over_samples) = theme.panels(2, height=4.2)
    for axis, name in ((over_clusters, "slope-in-clusters"), (over_samples, "does-not-grow-with-samples")):
        declared = judged.declared(verdict, name)
        sweep, x = declared["where"]["sweep"], declared["x"]
        rows = rows_of(measurements, "distance", sweep=sweep)
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, x))
        mean_curve(axis, rows[rows["stage"] == "early"], x, "stopped\nearly", 0)
        _bound(axis, measurements, sweep, x)
        places = np.sort(rows[x].unique())
        axis.set_xticks(places, [str(place) for place in places])
        axis.minorticks_off()
    fitted = rows_of(measurements, "distance", sweep="samples", stage="fitted")
    mean_curve(over_samples, fitted, "n_train", "false labels\nfitted\n(control)", 1, marker="", **theme.CONTROL)
    over_clusters.set(ylabel=labels.quantity(measurements, "distance"), title="more clusters")
    over_samples.set(ylabel="", title=f"more samples, L = {fitted['n_clusters'].iloc[0]}")
    for axis in (over_clusters, over_samples):
        direct_labels.of_lines(axis)
    limits = np.array([axis.get_ylim() for axis in (over_clusters, over_samples)])
    for axis in (over_clusters, over_samples):
        axis.set_ylim(limits[:, 0].min(), limits[:, 1].max())
    text = headlines.by_verdict(
        verdict,
        supported="Stopped early, weights stay near their start, however many samples there are",
        refuted="Stopped early, weights have moved farther than claimed",
        undecided="How far weights have moved at the early stop",
    )
    theme.headline(figure, text)
    return figure


def _bound(axis: plt.Axes, measurements: pd.DataFrame, sweep: str, x: str) -> None:
    means = rows_of(measurements, "root_l_bound", sweep=sweep, stage="early").groupby(x)["value"].mean()
    axis.plot(means.index, means, color=theme.INK, linestyle=":", linewidth=1.5, label="bound,\norder $\\sqrt{L}$")


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State exponents in L and n as judged, the largest share of the bound, and how far the control lies beyond it."""
    early, fitted = (_shares(measurements, stage) for stage in ("early", "fitted"))
    in_clusters = exponents.measured(verdict, "slope-in-clusters")
    in_samples, control = (
        exponents.measured(one, "does-not-grow-with-samples") for one in (verdict, judged.under_control(verdict))
    )
    return (
        f"Distance of the hidden weights from their initialisation when theory stops gradient descent on corrupted "
        f"labels: it grows with the number of clusters with exponent {in_clusters}, with the number of samples with "
        f"{in_samples}, and is at most {at_most(early.max())} of the bound. The closest weights that fit the false "
        f"labels too (control) lie at {at_least(fitted.min())} times the bound or more, and move off with the samples "
        f"with exponent {control}."
    )


def _shares(measurements: pd.DataFrame, stage: str) -> pd.Series:
    keys = ["sweep", "n_clusters", "n_train", "radius", "n_corrupted", "seed"]
    sides = [
        rows_of(measurements, name, stage=stage, corruption="within clusters").set_index(keys)["value"]
        for name in ("distance", "root_l_bound")
    ]
    return sides[0] / sides[1]
