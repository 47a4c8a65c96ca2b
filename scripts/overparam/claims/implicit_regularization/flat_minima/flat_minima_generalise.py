"""Test error, test loss and loss under perturbation over the curvature of minima, as found and with rescaled weights.

The last row compares the rise of the loss with what the trace of ∇²L gives; its control are perturbations that are too
long for that.
"""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.drawing import random_features, studies, theme
from overparam.drawing.rounding import at_most

ORIGINS = {"step_size": "step sizes", "initialisation": "starts", "batch_size": "batch sizes"}
QUANTITIES = {
    "error": ("test error", "test error\nless the mean"),
    "loss": ("test loss", "test loss\nover the mean"),
    "loss_increase": ("rise of the train loss", "train loss rise\nover the mean"),
    "ratio": ("rise of the train loss over (σ²/2) tr ∇²L", "train loss rise\nover (σ²/2) tr ∇²L"),
}
TICKS = {
    "loss": [0.5, 0.8, 1, 1.2, 1.5, 2],
    "loss_increase": [0.1, 0.2, 0.5, 1, 2, 5, 10, 20],
    "ratio": [0.5, 1, 1.5, 2, 3, 5, 10],
}
WEIGHTS = {
    "found": ("minima as found", theme.CATEGORIES[0], "o"),
    "rescaled": (
        "the same functions, weights rescaled (control; last row: long perturbations)",
        theme.CATEGORIES[1],
        "x",
    ),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one column per origin of the minima; a dot is one minimum, relative to the mean of its seed."""
    rows = _chosen(measurements)
    figure, axes = studies.grid(len(QUANTITIES), len(ORIGINS), 1.8, sharex=True, sharey="row")
    for line, (quantity, (_, label)) in zip(axes, QUANTITIES.items(), strict=True):
        for axis, origin in zip(line, ORIGINS, strict=True):
            for weights, (_, color, marker) in reversed(WEIGHTS.items()):
                part = rows[(rows["quantity"] == quantity) & (rows["origin"] == origin) & (rows["weights"] == weights)]
                axis.scatter(
                    part["place"], part["height"], s=9, color=color, marker=marker, alpha=0.6,
                    linewidths=0.7 if marker == "x" else 0,
                )  # fmt: skip
            found, control = (_summary(rows, quantity, origin, weights) for weights in WEIGHTS)
            name = "mean" if quantity == "ratio" else "rank corr."
            axis.set_title(f"{name} {found:.2f} (control {control:.2f})", fontsize=8)
            axis.set_xscale("log")
            axis.xaxis.set_major_locator(FixedLocator([0.2, 0.5, 1, 2, 5, 10]))
            axis.xaxis.set_major_formatter("{x:g}")
            axis.xaxis.set_minor_locator(NullLocator())
        line[0].set_ylabel(label, fontsize=9)
        if quantity == "error":
            studies.percent_axis(line[0])
        else:
            line[0].set_yscale("log")
            line[0].yaxis.set_major_locator(FixedLocator(TICKS[quantity]))
            line[0].yaxis.set_major_formatter("{x:g}")
            line[0].yaxis.set_minor_locator(NullLocator())
    for axis, (origin, name) in zip(axes[0], ORIGINS.items(), strict=True):
        count = rows[rows["origin"] == origin].groupby(["quantity", "weights", "seed"]).size().max()
        axis.set_title(f"{count} {name} per seed\n{axis.get_title()}", fontsize=8)
    for axis in axes[-1]:
        axis.set_xlabel("λ_max, over the mean", fontsize=9)
    loss, error = (_train(measurements, quantity) for quantity in ("loss", "error"))
    figure.suptitle(
        f"{random_features.data_label(verdict)}, n = {measurements['n_train'].iloc[0]}, all at train loss "
        f"{loss.median():.2g} (train error at most {at_most(100 * error.max())} %)",
        fontsize=10,
        color=theme.INK,
    )
    entries = {
        name: {"color": color, "marker": marker, "linestyle": "none", "markersize": 4}
        for name, color, marker in WEIGHTS.values()
    }
    studies.legend(figure, entries, loc="outside lower center", ncols=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the mean rank correlation with λ_max for every quantity and origin, as found and rescaled; the last row."""
    rows = _chosen(measurements)
    parts = {}
    for quantity, (name, _) in QUANTITIES.items():
        found, control = (
            [f"{_summary(rows, quantity, origin, weights):.2f}" for origin in ORIGINS] for weights in WEIGHTS
        )
        numbers = [f"{number} over {name}" for number, name in zip(found, ORIGINS.values(), strict=True)]
        parts[quantity] = name, ", ".join(numbers), ", ".join(control)
    name, found, control = parts.pop("ratio")
    ranks = "; ".join("{} {} (with rescaled weights {})".format(*part) for part in parts.values())
    return (
        f"Minima at one train loss on {random_features.data_label(verdict)}: rank correlation with λ_max, mean over "
        f"seeds: {ranks}. The rise of the train loss is that under random perturbations of the weights; {name} is "
        f"{found} on average, and {control} for perturbations too long for the second order."
    )


def _chosen(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the minima at equal loss with their place and height relative to the mean of their seed."""
    minima = measurements[
        measurements["arm"].eq("equal_loss")
        & measurements["origin"].notna()
        & measurements["model"].eq("network")
        & np.isfinite(measurements["value"])
    ]
    rows = minima[minima["quantity"].eq("loss_increase") & minima["reach"].eq("near") | minima["split"].eq("test")]
    rows = pd.concat([rows, _ratios(minima)], ignore_index=True)
    found = rows[rows["weights"] == "found"]
    keys = ["seed", "origin", "quantity"]
    means = found.groupby(keys)[["sharpness", "value"]].mean().add_suffix("_mean").reset_index()
    rows = rows.merge(means, on=keys, how="left")
    height = rows["value"] / rows["value_mean"]
    height = height.mask(rows["quantity"] == "error", rows["value"] - rows["value_mean"])
    height = height.mask(rows["quantity"] == "ratio", rows["value"])
    return rows.assign(place=rows["sharpness"] / rows["sharpness_mean"], height=height)


def _ratios(minima: pd.DataFrame) -> pd.DataFrame:
    """Return the rise of the loss over the expected one: near minima as found, and far from rescaled ones."""
    judged = minima[minima["reach"].eq(minima["weights"].map({"found": "near", "rescaled": "far"}))]
    keys = ["seed", "origin", "weights", "learning_rate", "start", "batch_size"]
    rise, expected = (judged[judged["quantity"] == name] for name in ("loss_increase", "expected_increase"))
    both = rise.merge(expected[[*keys, "value"]], on=keys, suffixes=("", "_expected"), validate="one_to_one")
    return both.assign(quantity="ratio", rise=both["value"], value=both["value"] / both["value_expected"])


def _summary(rows: pd.DataFrame, quantity: str, origin: str, weights: str) -> float:
    """Return the ratio of means, or the rank correlation with λ_max, averaged over seeds as the verdict does it."""
    part = rows[(rows["quantity"] == quantity) & (rows["origin"] == origin) & (rows["weights"] == weights)]
    if quantity == "ratio":
        means = part.groupby("seed")[["rise", "value_expected"]].mean()
        return float(np.exp(np.log(means["rise"] / means["value_expected"]).mean()))
    ranks = part.groupby("seed")[["sharpness", "value"]].rank()
    by_seed = [own["sharpness"].corr(own["value"]) for _, own in ranks.groupby(part["seed"])]
    return float(np.nanmean(by_seed))


def _train(measurements: pd.DataFrame, quantity: str) -> pd.Series:
    return measurements[
        measurements["arm"].eq("equal_loss")
        & measurements["origin"].notna()
        & measurements["model"].eq("network")
        & measurements["weights"].eq("found")
        & measurements["quantity"].eq(quantity)
        & measurements["split"].eq("train")
    ]["value"]
