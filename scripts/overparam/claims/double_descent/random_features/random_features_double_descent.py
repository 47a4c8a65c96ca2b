"""0-1 error and squared loss of random features over N/n, with and without label noise, beside tuned ridge."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import labels, random_features, studies


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per kind of features: test error, test loss and train error."""
    kinds, styles = random_features.kinds(measurements), random_features.styles(measurements)
    figure, axes = studies.grid(3, len(kinds), 2.25, sharex="col", sharey="row")
    panels = (("error", "test"), ("loss", "test"), ("error", "train"))
    for column, kind in enumerate(kinds):
        for axis, (quantity, split) in zip(axes[:, column], panels, strict=True):
            wanted = {"features": kind, "quantity": quantity, "split": split}
            axis.set_yscale("log" if split == "test" else "linear")
            for arm, style in styles.items():
                fitted = random_features.rows(measurements, *arm, method="minimum_norm", **wanted)
                random_features.line(axis, fitted, markersize=3.5, **style)
                ridge = random_features.rows(measurements, *arm, method="ridge", **wanted)
                random_features.line(axis, ridge, seeds=False, color=style["color"], linestyle="--", linewidth=1.2)
            random_features.ratio_axis(
                axis, measurements, random_features.THRESHOLD if axis is axes[0, column] else None
            )
            squared = " (squared)" if quantity == "loss" else ""
            axis.set_ylabel(f"{split} {labels.quantity(measurements, quantity)}{squared}")
            if quantity == "error":
                studies.percent_axis(axis)
        axes[0, column].set_title(f"{random_features.TITLES[kind]}\n{_size(measurements, verdict)}", fontsize=9)
        for axis in axes[:-1, column]:
            axis.set_xlabel("")
    axes[-1, 0].set_ylim(bottom=-0.02)
    entries = random_features.legend_entries(measurements)
    studies.legend(figure, entries, loc="outside lower center", ncols=2, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State peak, smallest error before it and error at the largest N, per kind of features, and ridge's largest."""
    return " ".join(_finding(measurements, kind, verdict) for kind in random_features.kinds(measurements))


def _finding(measurements: pd.DataFrame, kind: str, verdict: dict) -> str:
    parts = []
    arms = random_features.arms(measurements)
    for arm in arms:
        wanted = {"features": kind, "quantity": "error", "split": "test"}
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
