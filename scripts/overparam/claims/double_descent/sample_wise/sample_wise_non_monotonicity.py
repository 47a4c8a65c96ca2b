"""Test and train error over the number of samples of random features, and test loss of networks of fixed width."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.claims.double_descent.sample_wise import network_panels
from overparam.drawing import direct_labels, headlines, judged, labels, random_features, studies, theme

X = "samples_per_feature"
TICKS = [0.1, 0.3, 1, 3]
COLORS = (theme.CATEGORIES[0], theme.CATEGORIES[1], theme.CATEGORIES[4])


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw test and train error of random features at the largest label noise, and the test loss of networks."""
    figure, (test, train, loss) = theme.panels(3, height=4.4)
    curves = measurements[measurements[X].notna()]
    kind, noise = random_features.kinds(curves)[0], curves["label_noise"].max()
    features = random_features.TITLES[kind].removesuffix(" features")
    rows = over_samples.chosen(curves, quantity="error", features=kind, label_noise=noise)
    for axis, split in ((test, "test"), (train, "train")):
        _features(axis, rows[rows["split"] == split], named=split == "test")
        axis.set(xlabel="samples per\nfeature, $n/N$", title=f"{features}:\n{split} error")
        axis.set_ylabel(labels.quantity(curves, "error"))
        axis.set_ylim(bottom=-0.01)
        theme.mark_threshold(axis, 1, "$n = N$")
    network_panels.named_losses(loss, network_panels.noisiest(measurements))
    theme.headline(figure, _headline(verdict))
    arm = random_features.arm_name(noise, _definition(curves, noise))
    theme.context(
        figure, f"{random_features.data_label(verdict)}, {arm}; grey: tuned ridge, and networks stopped early"
    )
    return figure


def _features(axis: Axes, rows: pd.DataFrame, named: bool) -> None:
    """Draw the error over n/N, a line per number of features; if they are named, that of tuned ridge as well."""
    for n_features, color, marker in zip(over_samples.widths(rows), COLORS, over_samples.MARKERS, strict=False):
        case = rows[rows["n_features"] == n_features]
        fitted, ridge = (case[case["method"] == name] for name in ("minimum_norm", "ridge"))
        if named:
            studies.lines(axis, ridge, X, seeds=False, interval=False, **theme.CONTROL, linewidth=1.1)
            curve = over_samples.mean(axis, fitted, X)
            direct_labels.at_end(axis, curve.index, curve, f"$N = {n_features}$", color)
        studies.lines(axis, fitted, X, color, seeds=False, marker=marker, markersize=3.5)
    over_samples.plain_ticks(axis, TICKS)
    studies.percent_axis(axis)


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Near the threshold more samples raise the test error",
        refuted="More samples do not raise the test error near the threshold as predicted",
        undecided="Whether more samples raise the test error near the threshold",
    )
    if headlines.came_to(verdict, "procedure") == "supported":
        return f"{text}; with tuned ridge they never hurt"
    return text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the test error well below, at and well above n = N, and that of tuned ridge, for the largest N."""
    curves = measurements[measurements[X].notna()]
    rows = over_samples.chosen(curves, quantity="error", split="test", n_features=over_samples.widths(curves)[-1])
    few = judged.declared(verdict, "still-more-data-help-again", "procedure")["greater"]["where"][X]
    parts = []
    for kind in random_features.kinds(curves):
        for noise in sorted(curves["label_noise"].unique()):
            case = rows[(rows["features"] == kind) & (rows["label_noise"] == noise)]
            fitted, ridge = (
                case[case["method"] == name].groupby(X)["value"].mean() for name in ("minimum_norm", "ridge")
            )
            below = fitted[fitted.index < few["below"]]
            parts.append(
                f"{random_features.TITLES[kind]}, {random_features.arm_name(noise, _definition(curves, noise))}: "
                f"{_percent(below.min())} at best with fewer samples than features (n = {below.idxmin():.2g} N), "
                f"{_percent(fitted.max())} at n = {fitted.idxmax():.3g} N, {_percent(fitted.iloc[-1])} at "
                f"n = {fitted.index[-1]:.3g} N (tuned ridge at n = N: {_percent(_nearest(ridge))})"
            )
    size = f"{rows['n_features'].iloc[0]} random features on {random_features.data_label(verdict)}"
    networks = network_panels.text(network_panels.noisiest(measurements), verdict)
    return f"Test error over the number of samples n with {size}, {'; '.join(parts)}. {networks}"


def _definition(curves: pd.DataFrame, noise: float) -> str | None:
    return curves.loc[curves["label_noise"] == noise, "noise_definition"].iloc[0] if noise else None


def _nearest(curve: pd.Series) -> float:
    return float(curve.iloc[np.abs(np.log(curve.index.to_numpy(float))).argmin()])


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
