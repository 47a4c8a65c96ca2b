"""Where the test loss peaks against the most samples that a procedure fits."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.claims.double_descent import over_samples
from overparam.claims.double_descent.sample_wise import complexities, network_panels
from overparam.claims.double_descent.sample_wise.complexities import EMC, PEAK
from overparam.drawing import direct_labels, headlines, judged, labels, random_features, studies, theme

SMALLEST = 1e-4  # drawn in place of smaller training losses
TICKS = [5, 10, 20, 50, 100, 200, 500, 1000, 2000]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the losses of one procedure and of the control over n, and all peaks against complexities."""
    figure, (curves, peaks) = theme.panels(2, height=4.8)
    networks = network_panels.noisiest(measurements)
    features = measurements[measurements["features"] != network_panels.NETWORK]
    _curves(curves, features, verdict)
    _peaks(peaks, features, networks, verdict)
    theme.headline(figure, _headline(verdict))
    return figure


def _curves(axis: Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw test and train loss over n of the converged fit and of the fewest steps, and the complexity of the first."""
    pooled = complexities.pooled(measurements)
    kind, n_features = random_features.kinds(measurements)[0], int(pooled["n_features"].iloc[0])
    noise = pooled["label_noise"].iloc[0]
    case = over_samples.chosen(measurements, features=kind, n_features=n_features, label_noise=noise)
    control = over_samples.procedures(measurements)[0]
    axis.set_yscale("log")
    styles = {None: ({"color": theme.CATEGORIES[1]}, {"color": theme.CATEGORIES[0]}), control: (theme.CONTROL,) * 2}
    for steps, own in styles.items():
        rows = case[case["steps"].isna() if steps is None else (case["steps"] == steps).fillna(False)]
        rows = rows[rows["method"] != "ridge"]
        for split, style in zip(("test", "train"), own, strict=True):
            curve = over_samples.chosen(rows, quantity="loss", split=split)
            curve = curve.assign(value=curve["value"].clip(lower=SMALLEST))
            studies.lines(axis, curve, "n_train", seeds=False, **style)
            mean = over_samples.mean(axis, curve, "n_train")
            name: str | None = split
            if steps is not None:
                name = f"{split}, {over_samples.procedure_name(steps)}\n(control)" if split == "test" else None
            if name:
                direct_labels.at_end(axis, mean.index.astype(float), mean, name, style["color"])
    rows = case[case["steps"].isna() & (case["method"] != "ridge")]
    found = over_samples.chosen(rows, quantity=EMC, criterion="near_zero_loss", pool_share=1)["value"].mean()
    axis.set_ylim(3e-3, None)
    over_samples.plain_ticks(axis, [tick for tick in (10, 20, 50, 100, 200, 500) if tick <= case["n_train"].max()])
    if np.isfinite(found):
        theme.mark_threshold(axis, found, "most samples\nthat are fitted")
    axis.set_xlabel(labels.column(measurements, "n_train"))
    axis.set_ylabel(labels.quantity(measurements, "loss"))
    share = f"{100 * noise:g} % wrong labels"
    axis.set_title(
        f"$N = {n_features}$ {random_features.TITLES[kind]}\non {random_features.data_label(verdict)}, {share}"
    )


def _peaks(axis: Axes, features: pd.DataFrame, networks: pd.DataFrame, verdict: dict) -> None:
    """Draw n at the peak against the complexity, by criterion: random features small, networks large."""
    ratios, band = complexities.ratios(features, verdict), judged.band(verdict, PEAK, "corrected")
    axis.set(xscale="log", yscale="log")
    places: list[tuple[float, float]] = []
    for name, (label, _, color) in complexities.criteria(verdict).items():
        hollow: dict[str, Any] = {} if name == "near_zero_loss" else {"markerfacecolor": "none"}
        rows = ratios[(ratios["criterion"] == name) & np.isfinite(ratios["complexity"])]
        axis.plot(rows["complexity"], rows["peak"], "o", color=color, markersize=4.5, label=label, **hollow)
        own = network_panels.places(networks, name)
        axis.plot(*zip(*own, strict=True) if own else ([], []), "X", color=color, markersize=8, **hollow)
        places += [*zip(rows["complexity"], rows["peak"], strict=True), *own]
    limits = np.array([np.min(places) / 1.3, np.max(places) * 1.3])
    network_panels.predicted(axis, limits, band)
    axis.annotate(
        f"predicted: {network_panels.band_in_words(band)}", (1, 0), (-2, 4), xycoords="axes fraction",
        textcoords="offset points", ha="right", va="bottom", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    for which in (axis.xaxis, axis.yaxis):
        which.set_major_locator(FixedLocator(TICKS))
        which.set_major_formatter("{x:g}")
        which.set_minor_locator(NullLocator())
    axis.set_xlabel(labels.quantity(features, EMC).replace(" (", "\n("))
    axis.set_ylabel(labels.quantity(features, "samples_at_peak"))
    axis.plot([], [], "X", color=theme.INK, markersize=7, label="networks")
    axis.legend(loc="upper left", fontsize=8.5, title="fitted to", title_fontsize=8.5, borderaxespad=0.1)
    axis.set_title("all procedures and sizes")


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        form="corrected",
        supported="The test loss peaks at the most samples that a procedure fits to near-zero loss",
        refuted="The test loss does not peak at the most samples that a procedure fits to near-zero loss",
        undecided="Whether the test loss peaks at the most samples that a procedure fits",
    )
    if headlines.came_to(verdict, "ten_percent") == "refuted":
        criterion = complexities.fitted_error(verdict)
        return f"{text}, not at those fitted to {criterion} error"
    return text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the ratio of peak to complexity for both criteria, complexity over pools, and the critical width."""
    networks = network_panels.noisiest(measurements)
    measurements = measurements[measurements["features"] != network_panels.NETWORK]
    ratios = complexities.ratios(measurements, verdict).groupby("criterion")["ratio"]
    spans = {name: f"{part.min():.2g} to {part.max():.2g}" for name, part in ratios}
    error = complexities.fitted_error(verdict)
    pooled = complexities.pooled(measurements).groupby(["criterion", "pool_share"])["value"].mean().unstack()
    change = (pooled.iloc[:, 0] / pooled.iloc[:, -1]).to_dict()
    width = over_samples.chosen(measurements, quantity="critical_width", method="minimum_norm")
    width = width.groupby("n_train")["value"].mean()
    n_features = int(complexities.pooled(measurements)["n_features"].iloc[0])
    noise = f"{100 * measurements['label_noise'].max():g} %"
    return (
        f"Random features on {random_features.data_label(verdict)}, {noise} wrong labels, many steps or converged: "
        f"the test loss is largest at {spans['near_zero_loss']} times the most samples that are fitted to near-zero "
        f"train loss, and at {spans['train_error']} times those that are fitted to {error} train error. "
        f"With N = {n_features}, the complexity (by definition a maximum over n) measured on a part "
        f"({pooled.columns[0]:g}) of the images is "
        f"{change['near_zero_loss']:.3g} (loss) and {change['train_error']:.3g} (error) times that on all of them. "
        f"The width at which n samples are fitted rises from {width.iloc[0]:.0f} at n = {width.index[0]} to "
        f"{width.iloc[-1]:.0f} at n = {width.index[-1]}. {network_panels.complexity_text(networks, error)}"
    )
