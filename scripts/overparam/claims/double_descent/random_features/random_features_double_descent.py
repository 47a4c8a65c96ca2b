"""0-1 error of random features over N/n, on test and training images, with and without label noise."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, labels, random_features, regimes, studies, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw test error above train error for the first kind of features, beside tuned ridge."""
    kind = random_features.kinds(measurements)[0]
    figure, axes = studies.grid(2, 1, 2.9, sharex=True, gridspec_kw={"height_ratios": (1.7, 1)})
    arms = random_features.arms(measurements)
    for axis, split in zip(axes[:, 0], ("test", "train"), strict=True):
        if split == "test":
            axis.set_yscale("log")
        for color, arm in zip(theme.CATEGORIES, (arms[0], arms[-1]), strict=False):
            _curves(axis, measurements, arm, color, kind, split)
        random_features.ratio_axis(axis, measurements)
        axis.set_ylabel(f"{split} {labels.quantity(measurements, 'error')}")
        studies.percent_axis(axis)
    title = random_features.TITLES[kind]
    axes[0, 0].set_title(f"{title} on {_size(measurements, verdict)}")
    axes[0, 0].set_xlabel("")
    axes[1, 0].set_ylim(bottom=-0.02)
    for axis in axes[:, 0]:
        regimes.shade(axis, 1, "$N = n$" if axis is axes[0, 0] else None, names=axis is axes[0, 0])
    theme.headline(figure, _headline(verdict))
    return figure


def _curves(
    axis: Axes, measurements: pd.DataFrame, arm: tuple[float, str | None], color: str, kind: str, split: str
) -> None:
    """Draw the solution of smallest norm and tuned ridge for one level of label noise."""
    wanted: dict[str, Any] = {"features": kind, "quantity": "error", "split": split}
    fitted = random_features.rows(measurements, *arm, method="minimum_norm", **wanted)
    ridge = random_features.rows(measurements, *arm, method="ridge", **wanted)
    random_features.line(axis, ridge, seeds=False, **theme.CONTROL)
    random_features.line(axis, fitted, color=color, marker="o" if arm[0] == 0 else "s", markersize=4)
    last, name = fitted[random_features.RATIO].max(), random_features.arm_name(*arm).replace(", ", ",\n")
    if split == "train":
        return
    direct_labels.at_end(axis, [last], [random_features.mean(fitted).iloc[-1]], name, color)
    if len(ridge) and arm[0] > 0:
        end = random_features.mean(ridge).iloc[-1]
        direct_labels.at_end(axis, [last], [end], "tuned ridge\n(controls)", theme.GREY)


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="Random features err most at $N = n$; with many more than that and clean labels they err less than "
        "any smaller model",
        refuted="Random features do not descend below the best small model beyond a peak at $N = n$",
        undecided="The test error of random features around $N = n$",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State peak, smallest error before it and error at the largest N, per kind of features, and ridge's largest."""
    return " ".join(_finding(measurements, kind, verdict) for kind in random_features.kinds(measurements))


def _finding(measurements: pd.DataFrame, kind: str, verdict: dict) -> str:
    parts = []
    arms = random_features.arms(measurements)
    for arm in arms:
        wanted: dict[str, Any] = {"features": kind, "quantity": "error", "split": "test"}
        error = random_features.mean(random_features.rows(measurements, *arm, method="minimum_norm", **wanted))
        ridge = random_features.mean(random_features.rows(measurements, *arm, method="ridge", **wanted))
        parts.append(
            f"{random_features.arm_name(*arm)}: {_percent(error[error.index < 1].min())} at best below N = n, "
            f"{_percent(error.max())} at N = {error.idxmax():.3g} n, {_percent(error.iloc[-1])} at "
            f"N = {error.index[-1]:g} n (tuned ridge near N = n: {_percent(_at_threshold(ridge))})"
        )
    title = random_features.TITLES[kind]
    return f"Test error of {title} on {_size(measurements, verdict)}: {'; '.join(parts)}."


def _at_threshold(curve: pd.Series) -> float:
    return float(curve.iloc[abs(curve.index.to_numpy() - 1).argmin()])


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _size(measurements: pd.DataFrame, verdict: dict) -> str:
    n = int(measurements.loc[measurements["method"] == "minimum_norm", "n_train"].iloc[0])
    return f"{random_features.data_label(verdict)}, n = {n:,}"
