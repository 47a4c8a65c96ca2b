"""Stationary error of SGD against the constant step, far above what is left without noise."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import cut_axes, direct_labels, exponents, headlines, labels, predicted, theme
from overparam.drawing.rounding import at_most
from overparam.drawing.width_curves import curve

FLOOR, FULL, FITS = ("inconsistent", "sgd"), ("inconsistent", "full_batch"), ("consistent", "sgd")
SLOPE = "proportional-to-the-step"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the floor on its exact value above a cut, and below it the two cases without a floor."""
    theme.apply()
    figure, (near, far) = plt.subplots(
        2, 1, sharex=True, height_ratios=(3, 1), figsize=(theme.WIDTH, 4.4), gridspec_kw={"hspace": 0.04}
    )
    exact = measurements[measurements["quantity"] == "stationary_error_exact"].sort_values("learning_rate")
    blue, orange = theme.CATEGORIES[:2]
    near.plot(exact["learning_rate"], exact["value"], color=blue, linewidth=1)
    _curve(near, measurements, FLOOR, "o", "none", blue)
    _curve(far, measurements, FULL, "^", "-", orange)
    _curve(far, measurements, FITS, "", theme.CONTROL["linestyle"], theme.CONTROL["color"])
    for axis in (near, far):
        axis.set(xscale="log", yscale="log", xlabel="", ylabel="")
    floor, full, fits = (_mean(measurements, case) for case in (FLOOR, FULL, FITS))
    near.set_ylim(floor.min() / 6, floor.max() * 2.5)
    lowest, highest = min(full.min(), fits.min()), max(full.max(), fits.max())
    far.set_ylim(lowest / 30, highest * 30)
    predicted.predicted_slope(
        near, verdict, SLOPE, start=(floor.index[0], floor.iloc[0] / 2.5), to=floor.index[-1], label="predicted slope"
    )
    direct_labels.at_end(near, floor.index, floor, "SGD,\nno line fits\n(line: exact)", blue)
    direct_labels.at_end(far, full.index, full, "full batch,\nno line fits", orange)
    direct_labels.at_end(far, fits.index, fits, "SGD, labels fit\n(control)", theme.GREY)
    near.spines["bottom"].set_visible(False)
    near.tick_params(axis="x", which="both", bottom=False)
    cut_axes.mark_cut(far)
    far.set_xlabel(labels.column(measurements, "learning_rate"))
    figure.supylabel(labels.quantity(measurements, "stationary_error"), fontsize=10.5, color=theme.INK)
    text = headlines.by_verdict(
        verdict,
        supported="With a constant step, SGD stops at a floor in proportion to the step; without noise there is none",
        refuted="With a constant step, the error of SGD is not in proportion to the step",
        undecided="The error at which SGD with a constant step stops",
    )
    theme.headline(figure, text)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how the floor grows with the step, and how low the cases without noise lie."""
    floor = _mean(measurements, FLOOR)
    quiet = max(_mean(measurements, case).max() for case in (FULL, FITS))
    return (
        f"Stationary squared error of constant-step SGD on three points that no line fits: it grows {_factor(floor)} "
        f"times, from {floor.iloc[0]:.2g} to {floor.iloc[-1]:.2g}, as the step grows "
        f"{floor.index[-1] / floor.index[0]:.3g} times (exponent {exponents.measured(verdict, SLOPE)}), and lies on "
        f"the exact solution. With labels that fit, or with the full batch, its mean is at most {at_most(quiet, 1)} at "
        "every step."
    )


def _factor(values: pd.Series) -> str:
    return f"{values.iloc[-1] / values.iloc[0]:.3g}"


def _select(measurements: pd.DataFrame, case: tuple[str, str]) -> pd.DataFrame:
    wanted = measurements["quantity"].eq("stationary_error")
    return measurements[wanted & measurements["system"].eq(case[0]) & measurements["method"].eq(case[1])]


def _mean(measurements: pd.DataFrame, case: tuple[str, str]) -> pd.Series:
    return _select(measurements, case).groupby("learning_rate")["value"].mean()


def _curve(
    axis: plt.Axes, measurements: pd.DataFrame, case: tuple[str, str], marker: str, dashes: str, color: str
) -> None:
    curve(axis, _select(measurements, case), None, marker, dashes, color, "learning_rate")
