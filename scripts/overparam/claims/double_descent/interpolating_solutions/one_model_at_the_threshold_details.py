"""How far apart interpolating solutions are in outputs, classes and loss, for both kinds of features, and networks."""

from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import labels, random_features, studies, theme
from overparam.drawing.rounding import at_most

PANELS = ("spread", "disagreement", "loss")
NETWORKS = {  # quantity: label, colour, marker, dashes
    "disagreement": ("networks that fit: classed differently", theme.CATEGORIES[4], "P", "-"),
    "train_error": ("all networks: train error", theme.CATEGORIES[5], ".", ":"),
}
STARTS = {"random": ("random starts", "-"), "row_space": ("starts in the samples' span (control)", "--")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per label noise: spread, disagreement and loss over N/n, and networks over p/(nK)."""
    rows = measurements[measurements["start"].isin(STARTS) & (measurements["features"] != "network")]
    noises, kinds = sorted(rows["label_noise"].unique()), random_features.kinds(rows)
    figure, axes = studies.grid(len(PANELS) + 1, len(noises), 2.0, sharey="row")
    style = dict(zip(kinds, zip(theme.CATEGORIES, over_samples.MARKERS, strict=False), strict=False))
    for column, noise in enumerate(noises):
        networks = over_samples.chosen(measurements, features="network", label_noise=noise)
        _networks(axes[-1, column], networks)
        for axis, quantity in zip(axes[:-1, column], PANELS, strict=True):
            axis.set_yscale("log" if quantity == "loss" else "linear")
            for kind, (color, marker) in style.items():
                for start, (_, dashes) in STARTS.items():
                    case = over_samples.chosen(rows, quantity=quantity, features=kind, label_noise=noise, start=start)
                    if quantity == "loss":
                        case = case.groupby(["seed", "features_per_sample"], as_index=False)["value"].mean()
                    shade = theme.GREY if start == "row_space" else color
                    studies.lines(
                        axis, case, "features_per_sample", shade, seeds=start == "random", linestyle=dashes,
                        marker=marker, markersize=3.5,
                    )  # fmt: skip
            over_samples.plain_ticks(axis, [1, 1.5, 2, 3, 5, 8])
            theme.mark_threshold(axis, 1, "$N = n$" if axis is axes[0, column] else "")
            label = labels.quantity(measurements, quantity)
            label = f"test {label} (squared) of all solutions" if quantity == "loss" else label
            axis.set(xlabel="", ylabel=fill(label, 21))
            if quantity == "disagreement":
                studies.percent_axis(axis)
        axes[-2, column].set_xlabel(labels.column(measurements, random_features.RATIO))
        definition = rows.loc[rows["label_noise"] == noise, "noise_definition"].iloc[0]
        name = random_features.arm_name(noise, definition)
        axes[0, column].set_title(
            f"{random_features.data_label(verdict)}, n = {rows['n_train'].iloc[0]}, {name}\n"
            f"train residual ≤ {at_most(_residual(rows, noise), 1)} everywhere",
            fontsize=9,
        )
    axes[-1, 0].set_ylim(bottom=0)
    entries = {
        random_features.TITLES[kind]: {"color": color, "marker": marker, "markersize": 4}
        for kind, (color, marker) in style.items()
    }
    entries |= {
        name: {"color": theme.GREY if dashes == "--" else theme.INK, "linestyle": dashes}
        for name, dashes in STARTS.values()
    }
    entries |= {
        name: {"color": color, "marker": marker, "linestyle": dashes, "markersize": 4}
        for name, color, marker, dashes in NETWORKS.values()
    }
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    theme.headline(figure, "Outputs, classes and losses of all solutions, and networks")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State by kind of features how far outputs differ at most, and where."""
    rows = measurements[(measurements["start"] == "random") & (measurements["features"] != "network")]
    parts = []
    for kind in random_features.kinds(rows):
        for noise in sorted(rows["label_noise"].unique()):
            case = over_samples.chosen(rows, quantity="spread", features=kind, label_noise=noise)
            spread = case.groupby(random_features.RATIO)["value"].mean()
            name = random_features.arm_name(noise, case["noise_definition"].iloc[0])
            parts.append(
                f"{random_features.TITLES[kind]}, {name}: outputs differ by {spread.max():.2g} (relative) at most, at "
                f"N = {spread.idxmax():g} n, and by {spread.iloc[-1]:.2g} at N = {spread.index[-1]:g} n"
            )
    return f"{'; '.join(parts)}."


def _networks(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw what networks that fit class differently, and the train error of all of them, over p/(nK)."""
    for quantity, (_, color, marker, dashes) in NETWORKS.items():
        case = over_samples.chosen(rows, quantity=quantity, place=None).dropna(subset="value")
        studies.lines(axis, case, "params_per_label", color, linestyle=dashes, marker=marker, markersize=4)
    over_samples.plain_ticks(axis, [0.5, 1, 2, 5, 10])
    theme.mark_threshold(axis, 1, "$p = nK$")
    axis.set(xlabel=f"networks: {labels.column(rows, 'params_per_label')}", ylabel="share of images")
    axis.set_title(f"networks, n = {rows['n_train'].iloc[0]:,}", fontsize=9)
    studies.percent_axis(axis)


def _residual(rows: pd.DataFrame, noise: float) -> float:
    return over_samples.chosen(rows, quantity="residual", label_noise=noise)["value"].max()
