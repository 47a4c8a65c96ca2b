"""Losses of all procedures, both criteria, the number of images that there are, and the width that n samples need."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.claims.double_descent import over_samples
from overparam.claims.double_descent.sample_wise import complexities, network_panels
from overparam.claims.double_descent.sample_wise.complexities import EMC, NETWORK_PEAK, PEAK
from overparam.drawing import judged, labels, random_features, studies, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw risk curves with their complexities, all peaks against complexities, both against more samples; networks."""
    figure, axes = studies.grid(3, 2, 3.1)
    networks = network_panels.noisiest(measurements)
    measurements = measurements[measurements["features"] != network_panels.NETWORK]
    network_panels.losses(axes[2, 0], networks, verdict)
    network_panels.peaks(
        axes[2, 1], networks, complexities.criteria(verdict), judged.band(verdict, NETWORK_PEAK, "corrected")
    )
    _curves(axes[0, 0], measurements, verdict)
    _peaks(axes[0, 1], measurements, verdict)
    _pools(axes[1, 0], measurements, verdict)
    _critical(axes[1, 1], measurements)
    steps = over_samples.procedures(measurements)
    entries = {
        over_samples.procedure_name(one): {"color": color, "marker": marker, "markersize": 4}
        for one, (color, marker) in zip(steps, over_samples.colors(len(steps)), strict=True)
    }
    control = over_samples.procedure_name(steps[0])
    entries = {f"{control} (control)" if name == control else name: style for name, style in entries.items()}
    entries |= network_panels.entries(networks)
    studies.legend(figure, entries, loc="outside lower center", ncols=4)
    theme.headline(figure, "All procedures, more images, and the width that is needed")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the complexity of every procedure at one N, and the width that the most samples need."""
    features = measurements[measurements["features"] != network_panels.NETWORK]
    rows = complexities.pooled(features)
    rows = over_samples.chosen(rows, criterion="near_zero_loss", pool_share=1)
    found = [
        f"{over_samples.procedure_name(one)}: "
        f"{rows[rows['steps'].isna() if one is None else (rows['steps'] == one).fillna(False)]['value'].mean():.0f}"
        for one in over_samples.procedures(features)
    ]
    width = over_samples.chosen(features, quantity="critical_width", method="minimum_norm")
    width = width.groupby("n_train")["value"].mean()
    return (
        f"Most samples that N = {int(rows['n_features'].iloc[0])} random features fit to near-zero train loss, by "
        f"procedure: {', '.join(found)}. To fit n = {width.index[-1]} samples takes {width.iloc[-1]:.0f} features."
    )


def _curves(axis: plt.Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw test loss over n at one N, with the complexity of every procedure as a vertical line of its colour."""
    pooled = complexities.pooled(measurements)
    kind, n_features = random_features.kinds(measurements)[0], int(pooled["n_features"].iloc[0])
    noise = pooled["label_noise"].iloc[0]
    case = over_samples.chosen(measurements, features=kind, n_features=n_features, label_noise=noise)
    steps = over_samples.procedures(measurements)
    axis.set_yscale("log")
    for one, (color, marker) in zip(steps, over_samples.colors(len(steps)), strict=True):
        rows = case[case["steps"].isna() if one is None else (case["steps"] == one).fillna(False)]
        rows = rows[rows["method"] != "ridge"]
        for split, dashes in (("test", "-"), ("train", ":")):
            curve = over_samples.chosen(rows, quantity="loss", split=split)
            curve = curve.assign(value=curve["value"].clip(lower=1e-4))
            style = {"marker": marker, "markersize": 3} if split == "test" else {"linewidth": 1}
            studies.lines(axis, curve, "n_train", color, seeds=False, linestyle=dashes, **style)
        complexity = over_samples.chosen(rows, quantity=EMC, criterion="near_zero_loss", pool_share=1)["value"].mean()
        if np.isfinite(complexity):
            axis.axvline(complexity, color=color, linestyle="--", linewidth=1)
    axis.set_ylim(3e-3, None)
    over_samples.plain_ticks(axis, [tick for tick in (10, 20, 50, 100, 200, 500) if tick <= case["n_train"].max()])
    axis.set_xlabel(labels.column(measurements, "n_train"))
    axis.set_ylabel(f"{labels.quantity(measurements, 'loss')}: test (solid), train (dotted)")
    axis.set_title(
        f"{random_features.data_label(verdict)}, {noise:.0%} wrong labels\n"
        f"{random_features.TITLES[kind]}, N = {n_features}; dashed: complexity".replace("%", " %"),
        fontsize=8.5,
    )


def _peaks(axis: plt.Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw n at the peak against the complexity, by criterion, for every kind, N and procedure that has a peak."""
    ratios, band = complexities.ratios(measurements, verdict), judged.band(verdict, PEAK, "corrected")
    limits = np.array([ratios["complexity"].min() / 1.5, ratios["complexity"].max() * 1.5])
    axis.set(xscale="log", yscale="log")
    network_panels.predicted(axis, limits, band)
    for name, (label, marker, color) in complexities.criteria(verdict).items():
        rows = ratios[ratios["criterion"] == name]
        axis.plot(rows["complexity"], rows["peak"], marker, color=color, markersize=4.5, alpha=0.8, label=label)
    for which in (axis.xaxis, axis.yaxis):
        which.set_major_locator(FixedLocator([5, 10, 20, 50, 100, 200, 500, 1000, 2000]))
        which.set_major_formatter("{x:g}")
        which.set_minor_locator(NullLocator())
    axis.set_xlabel(labels.quantity(measurements, EMC))
    axis.set_ylabel(labels.quantity(measurements, "samples_at_peak"))
    axis.legend(loc="upper left", fontsize=8)
    steps = f"≥ {complexities.fewest_steps(verdict):,} steps or converged"
    axis.set_title(f"{steps}\nband: {network_panels.band_in_words(band)}", fontsize=8.5)


def _pools(axis: plt.Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw the complexity over the number of images that there are, at one N."""
    rows = complexities.pooled(measurements)
    steps = over_samples.procedures(measurements)
    axis.set_yscale("log")
    for one, (color, marker) in zip(steps, over_samples.colors(len(steps)), strict=True):
        for criterion, dashes in (("near_zero_loss", "-"), ("train_error", ":")):
            case = rows[(rows["criterion"] == criterion) & (rows["features"] == random_features.kinds(rows)[0])]
            case = case[case["steps"].isna() if one is None else (case["steps"] == one).fillna(False)]
            studies.lines(axis, case, "pool_share", color, seeds=False, linestyle=dashes, marker=marker, markersize=4)
    over_samples.plain_ticks(axis, sorted(rows["pool_share"].unique()))
    axis.set_xlabel(labels.column(measurements, "pool_share"))
    axis.set_ylabel(labels.quantity(measurements, EMC))
    axis.set_title(
        "a maximum over n: more images do not change it\n"
        f"(solid: loss near zero; dotted: error {complexities.fitted_error(verdict)})",
        fontsize=8.5,
    )


def _critical(axis: plt.Axes, measurements: pd.DataFrame) -> None:
    """Draw the least width that fits n samples over n, for both kinds of features."""
    rows = measurements[(measurements["quantity"] == "critical_width") & np.isfinite(measurements["value"])]
    steps = over_samples.procedures(measurements)
    axis.set(xscale="log", yscale="log")
    for one, (color, marker) in zip(steps, over_samples.colors(len(steps)), strict=True):
        case = rows[rows["steps"].isna() if one is None else (rows["steps"] == one).fillna(False)]
        for kind, dashes in zip(random_features.kinds(rows), ("-", "--"), strict=False):
            curve = case[case["features"] == kind]
            if len(curve):
                studies.lines(axis, curve, "n_train", color, linestyle=dashes, marker=marker, markersize=4)
    ticks = sorted(int(n) for n in rows["n_train"].unique())
    over_samples.plain_ticks(axis, ticks)
    axis.set_yticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel(labels.column(measurements, "n_train"))
    axis.set_ylabel(labels.quantity(measurements, "critical_width"))
    names = [random_features.TITLES[kind].split()[1] for kind in random_features.kinds(rows)]
    shown = ", ".join(f"{dashes}: {name}" for dashes, name in zip(("solid", "dashed"), names, strict=False))
    axis.set_title(f"more samples move the critical width\n({shown})", fontsize=8.5)
