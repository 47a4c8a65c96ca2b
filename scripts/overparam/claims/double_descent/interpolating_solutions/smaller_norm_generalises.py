"""Test loss and test error of interpolating solutions over their norm: from random starts, and towards the truth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.claims.double_descent import over_samples
from overparam.drawing import labels, random_features, studies, theme
from overparam.drawing.rounding import at_most

NETWORK_STYLE = {"color": theme.CATEGORIES[4], "marker": "P", "markersize": 4}
STARTS = {"scaled": ("random starts, longer and longer", "-"), "truth": ("moved towards the truth (control)", "--")}
KEYS = ["seed", "features", "features_per_sample", "label_noise"]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per label noise: loss and error over the norm beyond the smallest; losses of networks."""
    rows = _relative(measurements)
    noises = sorted(rows["label_noise"].unique())
    figure, axes = studies.grid(3, len(noises), 2.5)
    cases = [
        (kind, ratio) for kind in random_features.kinds(rows) for ratio in sorted(rows["features_per_sample"].unique())
    ]
    style = dict(zip(cases, zip(theme.CATEGORIES, over_samples.MARKERS, strict=False), strict=False))
    for column, noise in enumerate(noises):
        _networks(axes[2, column], over_samples.chosen(measurements, features="network", label_noise=noise))
        for axis, quantity in zip(axes[:2, column], ("loss", "error"), strict=True):
            axis.set_yscale("log")
            for (kind, ratio), (color, marker) in style.items():
                case = over_samples.chosen(
                    rows, quantity=quantity, label_noise=noise, features=kind, features_per_sample=ratio
                )
                for start, (_, dashes) in STARTS.items():
                    _line(axis, case[case["start"] == start], color, marker, dashes)
            _plain_risk_ticks(axis)
            axis.set_xlabel("norm beyond the smallest,\n√(‖β‖² − ‖β_min‖²)/‖β_min‖")
            axis.set_ylabel(f"test {labels.quantity(measurements, quantity)}")
            if quantity == "error":
                studies.percent_axis(axis)
        axes[0, column].set_xlabel("")
        name = random_features.arm_name(noise, rows.loc[rows["label_noise"] == noise, "noise_definition"].iloc[0])
        n = measurements["n_train"].iloc[0]
        axes[0, column].set_title(
            f"{random_features.data_label(verdict)}, n = {n}, {name}\nall fit their samples (train residual ≤ "
            f"{at_most(_residual(measurements, noise), 1)})",
            fontsize=9,
        )
    entries = {
        f"{random_features.TITLES[kind]}, N = {ratio:g} n": {"color": color, "marker": marker, "markersize": 4}
        for (kind, ratio), (color, marker) in style.items()
    }
    entries["networks"] = NETWORK_STYLE
    entries |= {name: {"color": theme.INK, "linestyle": dashes} for name, dashes in STARTS.values()}
    studies.legend(figure, entries, loc="outside lower center", ncols=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State norm and test loss at both ends of both families of solutions, per kind of features and label noise."""
    rows = _relative(measurements)
    rows = rows[rows["quantity"] == "loss"]
    ratio = rows["features_per_sample"].max()
    parts = []
    for kind in random_features.kinds(rows):
        for noise in sorted(rows["label_noise"].unique()):
            case = over_samples.chosen(rows, features=kind, label_noise=noise, features_per_sample=ratio)
            ends = case.groupby(["start", "start_scale"])[["relative_norm", "value"]].mean()
            norm, loss = ends["relative_norm"], ends["value"]
            definition = case["noise_definition"].iloc[0]
            parts.append(
                f"{random_features.TITLES[kind]}, {random_features.arm_name(noise, definition)}: from "
                f"{loss['scaled'].iloc[0]:.2g} at the smallest norm to {loss['scaled'].iloc[-1]:.2g} at "
                f"{norm['scaled'].iloc[-1]:.2f} times it, but to {loss['truth'].iloc[-1]:.2g} at "
                f"{norm['truth'].iloc[-1]:.2f} times it when moved towards the truth"
            )
    return (
        f"Test loss of interpolating solutions on {random_features.data_label(verdict)} at N = {ratio:g} n, "
        f"{'; '.join(parts)}. {_networks_text(measurements)}"
    )


def _networks(axis: Axes, networks: pd.DataFrame) -> None:
    """Draw the test loss of networks over their norm: initial weights larger and larger, and moved to the truth."""
    rows = over_samples.chosen(networks, quantity="loss")
    rows = rows[rows["start"].isin(STARTS)]
    axis.set(xscale="log", yscale="log")
    for start, (_, dashes) in STARTS.items():
        case = rows[rows["start"] == start].assign(beyond=lambda part: part["solution_norm"])
        _line(axis, case, NETWORK_STYLE["color"], NETWORK_STYLE["marker"], dashes)
    _plain_risk_ticks(axis)
    axis.set_xticks([4, 6, 10, 16], ["4", "6", "10", "16"])
    axis.minorticks_off()
    axis.set_xlabel(f"{labels.column(networks, 'solution_norm')} ‖θ‖ (networks)")
    axis.set_ylabel(f"test {labels.quantity(networks, 'loss')} (networks)")
    size = f"{rows['params_per_label'].iloc[0]:.2g} nK"
    axis.set_title(f"networks, n = {rows['n_train'].iloc[0]:,}, {size} parameters", fontsize=9)


def _networks_text(measurements: pd.DataFrame) -> str:
    """State norm and test loss of the networks at both ends of both families, by label noise."""
    rows = over_samples.chosen(measurements, features="network", quantity="loss")
    parts = []
    for noise in sorted(rows["label_noise"].unique()):
        case = over_samples.chosen(rows, label_noise=noise)
        ends = case[case["start"].isin(STARTS)].groupby(["start", "start_scale"])[["solution_norm", "value"]].mean()
        norm, loss = ends["solution_norm"], ends["value"]
        definition = case["noise_definition"].iloc[0]
        parts.append(
            f"{random_features.arm_name(noise, definition)}: from {loss['scaled'].iloc[0]:.2g} at norm "
            f"{norm['scaled'].iloc[0]:.3g} to {loss['scaled'].iloc[-1]:.2g} at norm {norm['scaled'].iloc[-1]:.3g}, but "
            f"from {loss['truth'].iloc[0]:.2g} at {norm['truth'].iloc[0]:.3g} to {loss['truth'].iloc[-1]:.2g} at "
            f"{norm['truth'].iloc[-1]:.3g} when moved towards the truth"
        )
    return f"Networks from initial weights of several sizes, {'; '.join(parts)}."


def _plain_risk_ticks(axis: Axes) -> None:
    """Write losses and errors on the vertical axis as plain numbers."""
    axis.yaxis.set_major_locator(FixedLocator([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_locator(NullLocator())


def _line(axis: Axes, rows: pd.DataFrame, color: str, marker: str, dashes: str) -> None:
    """Draw the mean over seeds of norm and risk, start by start, and a faint line per seed."""
    for _, part in rows.groupby("seed"):
        axis.plot(part["beyond"], part["value"], color=color, linestyle=dashes, linewidth=0.5, alpha=0.25)
    mean = rows.groupby("start_scale")[["beyond", "value"]].mean()
    axis.plot(mean["beyond"], mean["value"], color=color, linestyle=dashes, marker=marker, markersize=4)


def _relative(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the solutions of both families with their norm over that of the seed's minimum-norm solution."""
    rows = measurements[measurements["start"].isin(STARTS) & (measurements["features"] != "network")].copy()
    smallest = rows.groupby(KEYS)["solution_norm"].transform("min")
    relative = rows["solution_norm"] / smallest
    return rows.assign(relative_norm=relative, beyond=np.sqrt(relative**2 - 1))  # the length in the null space


def _residual(measurements: pd.DataFrame, noise: float) -> float:
    return over_samples.chosen(measurements, quantity="residual", label_noise=noise)["value"].max()
