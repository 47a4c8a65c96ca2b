"""The spread of test losses over the largest eigenvalue of the Hessian, and the spreads of two step sizes."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, random_features, theme

WIDTHS, CAUSE = "sharper-widths-spread-more", "flatter-minima-spread-less"
MARKERS = "os^DvPX*"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw spread over flatness for every width, for the rescaled networks, and one step size over the other."""
    figure, (trained, rescaled, cause) = theme.panels(3, height=4.0)
    for axis, weights in ((trained, "trained"), (rescaled, "rescaled")):
        rows = _spreads(measurements, sweep="width", weights=weights)
        widths = sorted(rows["width"].unique())
        for width, marker, color in zip(widths, MARKERS, theme.ordered(len(widths)), strict=False):
            own = rows[rows["width"] == width]
            axis.plot(own["sharpness"], own["value"], linestyle="none", marker=marker, markersize=4, color=color,
                      markeredgewidth=0, alpha=0.8, label=f"{width} units")  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "sharpness"))
        axis.yaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_minor_formatter("")
    trained.set(ylabel=labels.quantity(measurements, "spread"), title="as trained")
    rescaled.set_title("units rescaled (control)")
    small, large = _by_step(measurements)
    cause.plot(large, small, "o", markersize=4, color=theme.CATEGORIES[0], markeredgewidth=0)
    ends = np.array([0, 1.1 * max(small.max(), large.max())])
    cause.plot(ends, ends, color=theme.INK, linestyle="--", linewidth=1)
    cause.set(xlim=ends, ylim=ends, xlabel="spread, large step", ylabel="spread, small step", title="one width")
    figure.legend(*trained.get_legend_handles_labels(), loc="outside lower center", ncol=6, fontsize=8)
    theme.headline(figure, _headline(measurements))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the rank correlations as trained and rescaled, and the ratio of the spreads of both step sizes."""
    found = judged.estimate(verdict, WIDTHS)
    control = judged.estimate(judged.under_control(verdict), WIDTHS)
    ratio = judged.estimate(verdict, CAUSE, "cause")
    said = [
        "unknown" if one is None or one["estimate"] is None else f"{one['estimate']:.2f}"
        for one in (found, control, ratio)
    ]
    sharp = measurements[(measurements["sweep"] == "step") & (measurements["weights"] == "trained")]
    tops = sharp.groupby("step_size")["sharpness"].mean()
    return (
        f"{_headline(measurements)}, on {random_features.data_label(verdict)}. Over widths the rank correlation of "
        f"spread and eigenvalue is {said[0]}; with units rescaled, which leaves the function alone (control), "
        f"{said[1]}. At one width a larger step lowers the eigenvalue from {tops.iloc[0]:.0f} to {tops.iloc[-1]:.0f}, "
        f"and the spread of the small step is {said[2]} times that of the large one."
    )


def _headline(measurements: pd.DataFrame) -> str:
    rows = _spreads(measurements, sweep="width", weights="trained")
    means = rows.groupby("width")[["value", "sharpness"]].mean()
    sharp, flat = means.loc[means["sharpness"].idxmax()], means.loc[means["sharpness"].idxmin()]
    return (
        f"Largest Hessian eigenvalue {flat['sharpness']:.0f} instead of {sharp['sharpness']:.0f}: "
        f"losses differ by {flat['value']:.2f} instead of {sharp['value']:.2f}"
    )


def _spreads(measurements: pd.DataFrame, **where: str) -> pd.DataFrame:
    rows = measurements[measurements["quantity"] == "spread"]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    return rows


def _by_step(measurements: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the spreads of the smallest and of the largest step size, by seed."""
    rows = _spreads(measurements, sweep="step", weights="trained").pivot(
        index="seed", columns="step_size", values="value"
    )
    return rows.iloc[:, 0], rows.iloc[:, -1]
