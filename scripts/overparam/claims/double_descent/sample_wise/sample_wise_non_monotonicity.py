"""Test error, test loss and train error over the number of samples: random features, and networks of fixed width."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.claims.double_descent.sample_wise import network_panels
from overparam.drawing import judged, labels, random_features, studies, theme

X = "samples_per_feature"
TICKS = [0.1, 0.2, 0.5, 1, 2, 3]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per label noise: test error by kind of features, more of the first, then networks."""
    curves = measurements[measurements[X].notna()]
    kinds, sizes = random_features.kinds(curves), over_samples.widths(curves)
    noises = sorted(curves["label_noise"].unique())
    panels = [("error", "test", kind) for kind in kinds] + [("loss", "test", kinds[0]), ("error", "train", kinds[0])]
    columns = max(2, len(noises))
    figure, axes = studies.grid(len(panels) + 1, columns, 1.85)
    for axis in axes[:-1, len(noises) :].flat:
        axis.set_axis_off()
    for column, noise in enumerate(noises):
        for axis, (quantity, split, kind) in zip(axes[:-1, column], panels, strict=True):
            axis.set_yscale("log" if quantity == "loss" else "linear")
            axis.tick_params(labelbottom=axis is axes[-2, column], labelleft=column == 0)
            if column:
                axis.sharey(axes[panels.index((quantity, split, kind)), 0])
            rows = over_samples.chosen(curves, quantity=quantity, split=split, features=kind, label_noise=noise)
            for n_features, (color, marker) in zip(sizes, over_samples.colors(len(sizes)), strict=True):
                case = rows[rows["n_features"] == n_features]
                fitted, ridge = (case[case["method"] == name] for name in ("minimum_norm", "ridge"))
                x, faint = X, split == "test"  # the training errors of all seeds lie on one another
                studies.lines(axis, fitted, x, color, seeds=faint, marker=marker, markersize=3.5)
                mean = over_samples.mean(axis, ridge, x)
                axis.plot(mean.index, mean, color=color, linestyle="--", linewidth=1.1)
            over_samples.plain_ticks(axis, TICKS)
            theme.mark_threshold(axis, 1, "n = N" if axis is axes[0, column] else "")
            if column == 0:
                features = random_features.TITLES[kind].split()[1]
                axis.set_ylabel(f"{split} {labels.quantity(curves, quantity)}\n({features})")
            if axis is axes[-2, column]:
                axis.set_xlabel(labels.column(curves, X))
            if quantity == "error":
                studies.percent_axis(axis)
        data = random_features.data_label(verdict)
        axes[0, column].set_title(f"{data}, {random_features.arm_name(noise, _definition(curves, noise))}", fontsize=9)
    networks = network_panels.noisiest(measurements)
    for axis, quantity in zip(axes[-1], ("error", "loss"), strict=False):
        network_panels.curves(axis, networks, quantity, verdict)
    entries = {
        f"N = {n_features}": {"color": color, "marker": marker, "markersize": 4}
        for n_features, (color, marker) in zip(sizes, over_samples.colors(len(sizes)), strict=True)
    }
    entries |= network_panels.entries(networks)
    entries["tuned ridge, stopped early (control)"] = {"color": theme.INK, "linestyle": "--", "linewidth": 1.1}
    studies.legend(figure, entries, loc="outside lower center", ncols=4)
    return figure


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
