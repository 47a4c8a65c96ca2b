"""Singular values of a network's Jacobian, and how much of which labels lies in its top directions."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import legend_below, mean_curve, rows_of
from overparam.drawing import labels, theme
from overparam.drawing.random_features import data_label
from overparam.drawing.rounding import at_most

ARMS = {"start": "at the start", "true": "trained on true labels", "corrupted": "trained on corrupted labels"}
NOISE = "white noise, at the start (control)"
# Oymak et al., arXiv 1906.05392: ResNet20, n = 9,999, r = 50, labels not centred; by arm and label noise
PUBLISHED = {"start": {0.0: 0.724, 0.5: 0.587}, "true": {0.0: 0.987}, "corrupted": {0.5: 0.751}}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the spectra, and the shares of true, corrupted and random labels, centred and as they are."""
    figure, (spectrum, centred, raw) = theme.panels(3, height=4.3)
    rows = _with_arms(measurements)
    n_rows, rank = int((rows["n_train"] * rows["n_outputs"]).iloc[0]), int(rows["rank"].iloc[0])
    corruptions = sorted(rows_of(rows, "label_share")["label_noise"].unique())
    place = {value: number for number, value in enumerate(corruptions)}
    for style, (arm, label) in enumerate({**ARMS, "noise": NOISE}.items()):
        own = rows[rows["arm"] == arm]
        errors = rows_of(own, "train_error")["value"]
        label += f" (train error {100 * errors.mean():.1f} %)" if len(errors) else ""
        values = rows_of(own, "singular_value")
        if len(values):
            mean_curve(spectrum, values, "index", label, style, marker=None)
        for axis, centring in ((centred, "centred"), (raw, "raw")):
            shares = rows_of(own, "label_share", centring=centring)
            if len(shares):
                mean_curve(axis, shares.assign(place=shares["label_noise"].map(place)), "place", label, style)
        if 0.5 in place and rows["n_outputs"].max() > 1:
            for corruption, value in PUBLISHED.get(arm, {}).items():
                raw.plot(place[corruption], value, marker="x", color=theme.CATEGORIES[style], markersize=8, zorder=5)
    baseline = rows_of(rows, "baseline")["value"].iloc[0]
    centred.axhline(baseline, color=theme.INK, linestyle="--", linewidth=1)
    centred.annotate(
        "chance at most", (0, baseline), xycoords=("axes fraction", "data"), xytext=(3, 2), textcoords="offset points",
        ha="left", va="bottom", fontsize=8, color=theme.INK,
    )  # fmt: skip
    if (rows["n_outputs"] > 1).all():
        raw.axhline(rows["n_classes"].iloc[0] ** -0.5, color=theme.INK, linestyle=":", linewidth=1)
        raw.annotate(
            "√(1/K)", (1, rows["n_classes"].iloc[0] ** -0.5), xycoords=("axes fraction", "data"), xytext=(0, -2),
            textcoords="offset points", ha="right", va="top", fontsize=8, color=theme.INK,
        )  # fmt: skip
    theme.mark_threshold(spectrum, rank, f"r = {rank}")
    spectrum.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'index')} (of {n_rows:,})")
    spectrum.set_ylabel(labels.quantity(measurements, "singular_value"))
    spectrum.set_title(f"{data_label(verdict)}, n = {int(rows['n_train'].iloc[0]):,}")
    shown = rows_of(rows[rows["arm"] != "noise"], "singular_value")
    spectrum.set_ylim(max(shown[shown["index"] <= 0.9 * n_rows]["value"].min() / 2, 1e-6), 1.3)
    for axis, title in ((centred, "centred labels"), (raw, "labels not centred\n(× published, ResNet20)")):
        axis.set(ylim=(0, 1.03), xlim=(-0.2, len(place) - 0.8), xlabel="labels", title=title)
        axis.set_xticks(range(len(place)), [_name(value) for value in place])
        axis.set_ylabel(labels.quantity(measurements, "label_share") if axis is centred else "")
    legend_below(figure, centred, columns=2)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the shares of labels at the start and after training, the energy of the spectrum and the train error."""
    rows = _with_arms(measurements)
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
        f"{shares['start', noise]:.2f} ({_name(noise)} corrupted) and {shares['start', 1.0]:.2f} (random) at the "
        f"start, {shares['true', 0.0]:.2f} of true labels after training on them and "
        f"{shares['corrupted', noise]:.2f} of corrupted ones after training on those (train error at most "
        f"{_percent(error)}).{control}"
    )


def _with_arms(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a column ``arm``: a key of :data:`ARMS`; on white noise ``noise`` or ``noise, trained``."""
    real, start = measurements["images"] == "real", measurements["stage"] == "start"
    arm = np.select(
        [real & start, real & (measurements["trained_on"] == 0), real, start],
        ["start", "true", "corrupted", "noise"],
        "noise, trained",
    )
    return measurements.assign(arm=arm)


def _name(corruption: float) -> str:
    return {0.0: "true", 1.0: "random"}.get(corruption, f"{100 * corruption:g} %")


def _percent(error: float) -> str:
    return "unknown" if np.isnan(error) else f"{at_most(100 * error)} %"
