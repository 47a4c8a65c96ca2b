"""Test loss and test error of all interpolating solutions on random features over their norm."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.claims.double_descent.interpolating_solutions.smaller_norm_generalises import (
    STARTS,
    line,
    plain_risk_ticks,
    relative,
)
from overparam.drawing import labels, random_features, studies, theme
from overparam.drawing.rounding import at_most


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per label noise: loss and error over the norm beyond the smallest."""
    rows = relative(measurements)
    noises = sorted(rows["label_noise"].unique())
    figure, axes = studies.grid(2, len(noises), 2.7)
    cases = [
        (kind, ratio) for kind in random_features.kinds(rows) for ratio in sorted(rows["features_per_sample"].unique())
    ]
    style = dict(zip(cases, zip(theme.CATEGORIES, over_samples.MARKERS, strict=False), strict=False))
    for column, noise in enumerate(noises):
        for axis, quantity in zip(axes[:, column], ("loss", "error"), strict=True):
            axis.set_yscale("log")
            for (kind, ratio), (color, marker) in style.items():
                case = over_samples.chosen(
                    rows, quantity=quantity, label_noise=noise, features=kind, features_per_sample=ratio
                )
                for start in STARTS:
                    look = theme.CONTROL if start == "truth" else {"color": color, "marker": marker, "markersize": 4}
                    line(axis, case[case["start"] == start], **look)
            plain_risk_ticks(axis)
            axis.set_ylabel(f"test {labels.quantity(measurements, quantity)}")
            if quantity == "error":
                studies.percent_axis(axis)
                axis.set_xlabel("norm beyond the smallest,\n√(‖β‖² − ‖β_min‖²)/‖β_min‖")
        name = random_features.arm_name(noise, rows.loc[rows["label_noise"] == noise, "noise_definition"].iloc[0])
        axes[0, column].set_title(name)
    entries = {
        f"{random_features.TITLES[kind]}, N = {ratio:g} n": {"color": color, "marker": marker, "markersize": 4}
        for (kind, ratio), (color, marker) in style.items()
    }
    entries["towards the truth (control)"] = theme.CONTROL
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    theme.headline(figure, "All solutions on random features: the same for both kinds, both sizes and the error")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the data, and how well all solutions fit their samples."""
    residual = over_samples.chosen(measurements, quantity="residual")["value"].max()
    return (
        f"Test loss and test error of interpolating solutions on {random_features.data_label(verdict)}, n = "
        f"{measurements['n_train'].iloc[0]}, over their norm, for all features and sizes; all fit their samples (train "
        f"residual at most {at_most(residual, 1)})."
    )
