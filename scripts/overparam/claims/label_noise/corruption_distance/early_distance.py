"""Distance from the initialisation at the stopping time, over clusters and over samples, beside its bound."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import curve, legend, quantity
from overparam.drawing import theme
from overparam.drawing.rounding import at_least, at_most


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the early distance and its bound over L, and over n beside the distance that fits the false labels."""
    figure, (over_clusters, over_samples) = theme.panels(2, height=4.0)
    for axis, sweep, x in ((over_clusters, "clusters", "n_clusters"), (over_samples, "samples", "n_train")):
        rows = quantity(measurements, "distance", sweep=sweep)
        curve(axis, rows[rows["stage"] == "early"], x, "stopped early", 0)
        _bound(axis, measurements, sweep, x)
        axis.set(xscale="log", yscale="log")
        places = np.sort(rows[x].unique())
        axis.set_xticks(places, [str(place) for place in places])
        axis.minorticks_off()
    fitted = quantity(measurements, "distance", sweep="samples", stage="fitted")
    curve(over_samples, fitted, "n_train", "false labels fitted (control)", 1)
    over_clusters.set(xlabel="clusters L", ylabel="‖W − W₀‖")
    count = fitted["n_clusters"].iloc[0]
    over_samples.set(xlabel="samples n", ylabel="", title=f"L = {count} clusters")
    legend(figure, over_clusters, over_samples, columns=3)
    return figure


def _bound(axis: plt.Axes, measurements: pd.DataFrame, sweep: str, x: str) -> None:
    means = quantity(measurements, "root_l_bound", sweep=sweep, stage="early").groupby(x)["value"].mean()
    axis.plot(means.index, means, color=theme.INK, linestyle=":", linewidth=2, label="√(L/λ(C)) ‖f₀ − y‖/√n")


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State exponents in L and n, the largest share of the bound, and how far the control lies beyond it."""
    early, fitted = (_shares(measurements, stage) for stage in ("early", "fitted"))
    rows = {sweep: quantity(measurements, "distance", sweep=sweep, stage="early") for sweep in ("clusters", "samples")}
    control = quantity(measurements, "distance", sweep="samples", stage="fitted")
    return (
        f"Distance of the hidden weights from their initialisation when theory stops gradient descent on corrupted "
        f"labels: it grows with the number of clusters with exponent {_exponent(rows['clusters'], 'n_clusters'):.2f}, "
        f"with the number of samples with {_exponent(rows['samples'], 'n_train'):.2f}, and is at most "
        f"{at_most(early.max())} of the bound. The closest weights that fit the false labels too (control) "
        f"lie at {at_least(fitted.min())} times the bound or more, and move off with the samples with exponent "
        f"{_exponent(control, 'n_train'):.2f}."
    )


def _shares(measurements: pd.DataFrame, stage: str) -> pd.Series:
    keys = ["sweep", "n_clusters", "n_train", "radius", "n_corrupted", "seed"]
    sides = [
        quantity(measurements, name, stage=stage, corruption="within clusters").set_index(keys)["value"]
        for name in ("distance", "root_l_bound")
    ]
    return sides[0] / sides[1]


def _exponent(rows: pd.DataFrame, x: str) -> float:
    means = rows.groupby(x)["value"].mean()
    return round(float(np.polyfit(np.log(means.index), np.log(means), 1)[0]), 2) + 0.0  # no minus before a zero
