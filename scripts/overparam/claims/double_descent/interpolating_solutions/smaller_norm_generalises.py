"""Test loss of interpolating solutions over their norm: from larger and larger starts, and towards the truth."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.claims.double_descent import over_samples
from overparam.drawing import direct_labels, headlines, labels, random_features, theme

STARTS = ("scaled", "truth")  # the latter is the control
KEYS = ["seed", "features", "features_per_sample", "label_noise"]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the test loss over the norm: of networks, and of the largest models on random features."""
    figure, (networks, features) = theme.panels(2, height=4.4)
    own = over_samples.chosen(measurements, features="network", quantity="loss")
    own = own[own["start"].isin(STARTS)]
    _family(networks, own, "solution_norm")
    size = f"{own['params_per_label'].iloc[0]:.2g}" if len(own) else "?"
    networks.set(xlabel=f"{labels.column(measurements, 'solution_norm')} ‖θ‖", title=f"networks, $p = {size}\\,nK$")
    rows = relative(measurements)
    kind, ratio = random_features.kinds(rows)[0], rows["features_per_sample"].max()
    rows = over_samples.chosen(rows, features=kind, quantity="loss", features_per_sample=ratio)
    _family(features, rows, "relative_norm")
    title = random_features.TITLES[kind].replace("random ", "").replace(" features", "")
    features.set(xlabel="norm ‖β‖ / ‖β_min‖", title=f"{title} features, $N = {ratio:g}\\,n$")
    for axis in (networks, features):
        plain_risk_ticks(axis)
        axis.set_ylabel(f"test {labels.quantity(measurements, 'loss')}")
    features.set_ylabel("")
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    printed, features = (headlines.came_to(verdict, form) for form in ("printed", "features"))
    if printed == "inconclusive" and features == "supported":
        return "On random features solutions of larger norm do worse; whether networks do is undecided at this size"
    return headlines.by_verdict(
        verdict,
        supported="Of networks that fit the same samples, those of larger norm, from larger starts, do worse",
        refuted="Of networks that fit the same samples, those of larger norm do not do worse",
        undecided="Test loss over the norm of networks that fit the same samples",
    )


def _family(axis: Axes, rows: pd.DataFrame, x: str) -> None:
    """Draw a line per label noise for growing starts, and the control grey and dashed from the same place on."""
    axis.set(xscale="log", yscale="log")
    noises = sorted(rows["label_noise"].unique())
    for noise, color, marker in zip(noises, theme.CATEGORIES, over_samples.MARKERS, strict=False):
        own = rows[rows["label_noise"] == noise]
        truth, scaled = (own[own["start"] == start].assign(beyond=own[x]) for start in ("truth", "scaled"))
        line(axis, truth, **theme.CONTROL)
        end = line(axis, scaled, color=color, marker=marker, markersize=5)
        definition = own["noise_definition"].iloc[0]
        name = random_features.arm_name(noise, definition).split(",")[0].replace("no label", "no")
        direct_labels.at_end(axis, end["beyond"], end["value"], name, color)
        if noise == noises[0] and len(truth):
            last = truth.groupby("start_scale")[["beyond", "value"]].mean().iloc[-1]
            axis.annotate(
                "towards the truth\n(control)", (last["beyond"], last["value"]), xytext=(6, 0),
                textcoords="offset points", va="center", fontsize=9, color=theme.GREY,
            )  # fmt: skip


def line(axis: Axes, rows: pd.DataFrame, **style) -> pd.DataFrame:
    """Draw the mean over seeds of norm and risk, start by start, and a faint line per seed; return the means."""
    for _, part in rows.groupby("seed"):
        axis.plot(
            part["beyond"], part["value"], color=style["color"], linestyle=style.get("linestyle", "-"), linewidth=0.5,
            alpha=0.2,
        )  # fmt: skip
    mean = rows.groupby("start_scale")[["beyond", "value"]].mean()
    axis.plot(mean["beyond"], mean["value"], **style)
    return mean


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State norm and test loss at both ends of both families of solutions, per kind of features and label noise."""
    rows = relative(measurements)
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
                f"{norm['truth'].iloc[-1]:.2f} times it when moved towards the truth (control)"
            )
    return (
        f"Test loss of interpolating solutions on {random_features.data_label(verdict)} at N = {ratio:g} n, "
        f"{'; '.join(parts)}. {_networks_text(measurements)}"
    )


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


def plain_risk_ticks(axis: Axes) -> None:
    """Write losses and errors on the vertical axis as plain numbers."""
    axis.yaxis.set_major_locator(FixedLocator([0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5]))
    axis.yaxis.set_major_formatter("{x:g}")
    axis.yaxis.set_minor_locator(NullLocator())


def relative(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the solutions of both families with their norm over that of the seed's minimum-norm solution."""
    rows = measurements[measurements["start"].isin(STARTS) & (measurements["features"] != "network")].copy()
    smallest = rows.groupby(KEYS)["solution_norm"].transform("min")
    relative = rows["solution_norm"] / smallest
    return rows.assign(relative_norm=relative, beyond=np.sqrt(relative**2 - 1))  # the length in the null space
