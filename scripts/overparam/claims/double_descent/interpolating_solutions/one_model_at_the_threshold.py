"""How much interpolating solutions differ on test images, and their loss, from N = n on; and how much networks do."""

from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import judged, labels, random_features, studies, theme
from overparam.drawing.rounding import at_least, at_most

PANELS = ("spread", "disagreement", "loss")
NETWORKS = {  # quantity: label, colour, marker, dashes
    "disagreement": ("networks that fit: classed differently", theme.CATEGORIES[4], "P", "-"),
    "train_error": ("all networks: train error", theme.INK, ".", ":"),
}
STARTS = {"random": ("random starts", "-"), "row_space": ("starts in the samples' span (control)", "--")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per label noise: spread, disagreement and loss over N/n, and networks over p/(nK)."""
    rows = _random_features(measurements)
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
                    studies.lines(
                        axis, case, "features_per_sample", color, seeds=start == "random", linestyle=dashes,
                        marker=marker, markersize=3.5,
                    )  # fmt: skip
            over_samples.plain_ticks(axis, [1, 1.5, 2, 3, 5, 8])
            theme.mark_threshold(axis, 1, "N = n" if axis is axes[0, column] else "")
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
    entries |= {name: {"color": theme.INK, "linestyle": dashes} for name, dashes in STARTS.values()}
    entries |= {
        name: {"color": color, "marker": marker, "linestyle": dashes, "markersize": 4}
        for name, color, marker, dashes in NETWORKS.values()
    }
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State spread and disagreement at N = n and beyond, the control's, and the loss of all solutions."""
    rows = _random_features(measurements)
    rows = rows[rows["start"] == "random"]
    parts = []
    for kind in random_features.kinds(rows):
        for noise in sorted(rows["label_noise"].unique()):
            case = over_samples.chosen(rows, features=kind, label_noise=noise)
            disagreement, loss = (
                case[case["quantity"] == name].groupby("features_per_sample")["value"]
                for name in ("disagreement", "loss")
            )
            shares, arm = disagreement.mean(), random_features.arm_name(noise, case["noise_definition"].iloc[0])
            parts.append(
                f"{random_features.TITLES[kind]}, {arm}: {100 * shares.iloc[0]:.1f} % at N = n, at most "
                f"{100 * shares.max():.1f} % (at N = {shares.idxmax():.3g} n), {100 * shares.iloc[-1]:.1f} % at "
                f"N = {shares.index[-1]:.3g} n, with test losses of at least {at_least(loss.min().iloc[0])} at N = n "
                f"and of at most {at_most(loss.max().iloc[-1])} there"
            )
    only = judged.declared(verdict, "one-at-the-threshold", "linear_algebra")["where"]["features_per_sample"]
    threshold = over_samples.chosen(rows, quantity="spread", features_per_sample=only)["value"].max()
    control = over_samples.chosen(measurements, quantity="spread", start="row_space")["value"].max()
    return (
        f"Test images of {random_features.data_label(verdict)} that two interpolating solutions class differently, "
        f"{'; '.join(parts)}. At N = n the outputs of any two solutions agree to {at_most(threshold, 1)}; from starts "
        f"in the span of the samples they agree to {at_most(control, 1)} at every N. {_networks_text(measurements)}"
    )


def _networks(axis: Axes, rows: pd.DataFrame) -> None:
    """Draw what networks that fit class differently, and the train error of all of them, over p/(nK)."""
    for quantity, (_, color, marker, dashes) in NETWORKS.items():
        case = over_samples.chosen(rows, quantity=quantity, place=None).dropna(subset="value")
        studies.lines(axis, case, "params_per_label", color, linestyle=dashes, marker=marker, markersize=4)
    over_samples.plain_ticks(axis, [0.5, 1, 2, 5, 10])
    theme.mark_threshold(axis, 1, "p = nK")
    axis.set(xlabel=f"networks: {labels.column(rows, 'params_per_label')}", ylabel="share of images")
    axis.set_title(f"networks, n = {rows['n_train'].iloc[0]:,}", fontsize=9)
    studies.percent_axis(axis)


def _networks_text(measurements: pd.DataFrame) -> str:
    """State the disagreement of networks at the smallest width that fits and at the largest, by label noise."""
    rows = over_samples.chosen(measurements, features="network", quantity="disagreement")
    parts = []
    for noise in sorted(rows["label_noise"].unique()):
        shares = over_samples.chosen(rows, label_noise=noise).groupby("place")["value"].mean()
        definition = over_samples.chosen(rows, label_noise=noise)["noise_definition"].iloc[0]
        parts.append(
            f"{100 * shares['threshold']:.0f} % at the smallest width that fits and {100 * shares['widest']:.0f} % at "
            f"the largest ({random_features.arm_name(noise, definition)})"
        )
    return f"Networks from different initial weights that fit every label class differently {'; '.join(parts)}."


def _random_features(measurements: pd.DataFrame) -> pd.DataFrame:
    return measurements[measurements["start"].isin(STARTS) & (measurements["features"] != "network")]


def _residual(rows: pd.DataFrame, noise: float) -> float:
    return over_samples.chosen(rows, quantity="residual", label_noise=noise)["value"].max()
