"""All that was measured of random features over N/n: both kinds, both definitions of label noise, error and loss."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import labels, random_features, studies, theme


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per kind of features: test error, test loss and train error."""
    kinds, styles = random_features.kinds(measurements), random_features.styles(measurements)
    figure, axes = studies.grid(3, len(kinds), 2.25, sharex="col", sharey="row")
    panels = (("error", "test"), ("loss", "test"), ("error", "train"))
    for column, kind in enumerate(kinds):
        for axis, (quantity, split) in zip(axes[:, column], panels, strict=True):
            wanted: dict[str, Any] = {"features": kind, "quantity": quantity, "split": split}
            axis.set_yscale("log" if split == "test" else "linear")
            for arm, style in styles.items():
                fitted = random_features.rows(measurements, *arm, method="minimum_norm", **wanted)
                random_features.line(axis, fitted, markersize=3.5, **style)
                ridge = random_features.rows(measurements, *arm, method="ridge", **wanted)
                random_features.line(axis, ridge, seeds=False, **theme.CONTROL)
            random_features.ratio_axis(axis, measurements, random_features.THRESHOLD if axis is axes[0, column] else "")
            squared = " (squared)" if quantity == "loss" else ""
            axis.set_ylabel(f"{split} {labels.quantity(measurements, quantity)}{squared}")
            if quantity == "error":
                studies.percent_axis(axis)
        axes[0, column].set_title(f"{random_features.TITLES[kind]}\non {random_features.data_label(verdict)}")
        for axis in axes[:-1, column]:
            axis.set_xlabel("")
    axes[-1, 0].set_ylim(bottom=-0.02)
    entries = random_features.legend_entries(measurements)
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    theme.headline(figure, "Error and loss of both kinds of features, under both definitions of label noise")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State by kind of features where the test loss is largest, and from where on the train error is zero."""
    parts = []
    for kind in random_features.kinds(measurements):
        for arm in random_features.arms(measurements):
            chosen: dict[str, Any] = {"features": kind, "method": "minimum_norm"}
            loss, error = (
                random_features.mean(random_features.rows(measurements, *arm, quantity=quantity, split=split, **chosen))
                for quantity, split in (("loss", "test"), ("error", "train"))
            )
            fitted = error[error == 0].index.min()
            parts.append(
                f"{random_features.TITLES[kind]}, {random_features.arm_name(*arm)}: the test loss is largest at "
                f"N = {loss.idxmax():.3g} n ({loss.max():.3g}) and {loss.iloc[-1]:.2g} at N = {loss.index[-1]:g} n; "
                f"every training label is fitted from N = {fitted:g} n on"
            )
    return f"{'; '.join(parts)}.".replace("from N = nan n on", "nowhere")
