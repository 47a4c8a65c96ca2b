"""Singular values of a network's Jacobian, and how much of which labels lies in its top directions."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import direct_labels, headlines, labels, theme
from overparam.drawing.random_features import data_label
from overparam.drawing.rounding import at_most

ARMS = {"start": "start", "true": "trained on\ntrue labels", "corrupted": "trained on\ncorrupted labels"}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the spectra with their knee, and the shares of true, half-corrupted and random labels, centred."""
    figure, (spectrum, shares) = theme.panels(2, height=4.4)
    rows = with_arms(measurements)
    n_rows, rank = int((rows["n_train"] * rows["n_outputs"]).iloc[0]), int(rows["rank"].iloc[0])
    corruptions = sorted(rows_of(rows, "label_share")["label_noise"].unique())
    place = {value: number for number, value in enumerate(corruptions)}
    noise = rows[rows["arm"] == "noise"]
    values = rows_of(noise, "singular_value")
    if len(values):
        mean_curve(spectrum, values, "index", None, 0, marker="", **theme.CONTROL)
        ends = values.groupby("index")["value"].mean()
        direct_labels.at_end(spectrum, ends.index, ends, "white\nnoise\n(control)", theme.GREY)
    for style, arm in enumerate(ARMS):
        own = rows[rows["arm"] == arm]
        values = rows_of(own, "singular_value")
        if len(values):
            mean_curve(spectrum, values, "index", ARMS[arm], style, marker="")
        label_shares = rows_of(own, "label_share", centring="centred")
        if len(label_shares):
            at = label_shares.assign(place=label_shares["label_noise"].map(place))
            mean_curve(shares, at, "place", ARMS[arm], style)
    label_shares = rows_of(noise, "label_share", centring="centred")
    if len(label_shares):
        at = label_shares.assign(place=label_shares["label_noise"].map(place))
        mean_curve(shares, at, "place", None, 0, marker="", **theme.CONTROL)
        middle = at.groupby("place")["value"].mean()
        shares.annotate(
            "white noise (control)", (0, middle.iloc[0]), xytext=(0, 12), textcoords="offset points",
            fontsize=9, color=theme.GREY,
        )  # fmt: skip
    _spectrum(spectrum, measurements, rows, rank, n_rows)
    baseline = rows_of(rows, "baseline")["value"].iloc[0]
    shares.axhspan(0, baseline, facecolor=theme.INK, alpha=0.1, linewidth=0, zorder=0)
    shares.set(ylim=(0, 1.03), xlim=(-0.15, len(place) - 0.9), xlabel="labels", title=f"in the top {rank} directions")
    shares.annotate(
        "by chance", (0, 0), xycoords=("axes fraction", "data"), xytext=(4, 3), textcoords="offset points",
        fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    shares.set_xticks(range(len(place)), [short_name(value) for value in place])
    shares.set_ylabel(labels.quantity(measurements, "label_share"))
    _names(shares, rows, place)
    theme.headline(figure, _headline(verdict))
    return figure


def _spectrum(axis: plt.Axes, measurements: pd.DataFrame, rows: pd.DataFrame, rank: int, n_rows: int) -> None:
    axis.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'index')} (of {n_rows:,})")
    axis.set_ylabel(labels.quantity(measurements, "singular_value"))
    axis.set_title("few directions are large")
    shown = rows_of(rows[rows["arm"] != "noise"], "singular_value")
    axis.set_ylim(max(shown[shown["index"] <= 0.9 * n_rows]["value"].min() / 2, 1e-6), 1.3)
    theme.mark_threshold(axis, rank, f"top {rank}")


def _names(axis: plt.Axes, rows: pd.DataFrame, place: dict[float, int]) -> None:
    """Name every arm where its line ends."""
    for style, arm in enumerate(ARMS):
        found = rows_of(rows[rows["arm"] == arm], "label_share", centring="centred")
        if len(found):
            end = found.groupby("label_noise")["value"].mean().iloc[-1]
            direct_labels.at_end(axis, [max(place.values())], [end], ARMS[arm], theme.CATEGORIES[style])


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        form="corrected",
        supported="A few directions hold most of the Jacobian, and more of true labels than of corrupted ones",
        refuted="The few large directions of the Jacobian do not hold the labels as claimed",
        undecided="How much of true and of corrupted labels lies in the Jacobian's large directions",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the shares of labels at the start and after training, the energy of the spectrum and the train error."""
    rows = with_arms(measurements)
    shares = rows_of(rows, "label_share", centring="centred").groupby(["arm", "label_noise"])["value"].mean()
    noise = next(value for value in sorted(shares.index.unique("label_noise")) if 0 < value < 1)
    energy = rows_of(rows, "energy_share", centring="centred").groupby("arm")["value"].mean()
    error = rows_of(rows[rows["images"] == "real"], "train_error")["value"].max()
    first, n_rows = rows.iloc[0], int((rows["n_train"] * rows["n_outputs"]).iloc[0])
    control = ""
    if "noise" in energy.index:
        control = (
            f" On white noise (control) it is {shares['noise', 0.0]:.2f}, and they hold {100 * energy['noise']:.0f} % "
            "at the start."
        )
    return (
        f"Jacobian of a network ({first['model']}, {int(first['n_params']):,} parameters) on {int(first['n_train']):,} "
        f"images of {data_label(verdict)}: the top {int(first['rank'])} of {n_rows:,} directions hold "
        f"{100 * energy['start']:.0f} % of its centred energy at the start and {100 * energy['true']:.0f} % after "
        f"training on true labels. Of the norm of centred labels they hold {shares['start', 0.0]:.2f} (true), "
        f"{shares['start', noise]:.2f} ({short_name(noise)} corrupted) and {shares['start', 1.0]:.2f} (random) at the "
        f"start, {shares['true', 0.0]:.2f} of true labels after training on them and "
        f"{shares['corrupted', noise]:.2f} of corrupted ones after training on those (train error at most "
        f"{_percent(error)}).{control}"
    )


def with_arms(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a column ``arm``: a key of :data:`ARMS`; on white noise ``noise`` or ``noise, trained``."""
    real, start = measurements["images"] == "real", measurements["stage"] == "start"
    arm = np.select(
        [real & start, real & (measurements["trained_on"] == 0), real, start],
        ["start", "true", "corrupted", "noise"],
        "noise, trained",
    )
    return measurements.assign(arm=arm)


def short_name(corruption: float) -> str:
    """Return how labels with this share of corrupted ones are called."""
    return {0.0: "true", 1.0: "random"}.get(corruption, f"{100 * corruption:g} %")


def _percent(error: float) -> str:
    return "unknown" if np.isnan(error) else f"{at_most(100 * error)} %"
