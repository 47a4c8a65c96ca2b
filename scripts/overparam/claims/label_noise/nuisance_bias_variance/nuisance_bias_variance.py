"""Test error, its bias and its variance over gradient steps, and how much of each space is fitted by then."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, headlines, labels, theme
from overparam.drawing.rounding import at_least, at_most

CURVES = {
    "test_error": ("test", theme.CATEGORIES[0]),
    "bias": ("bias", theme.CATEGORIES[2]),
    "variance": ("variance", theme.CATEGORIES[3]),
    "train_error": ("train", theme.INK),
}
SHARES = {
    "fitted_information": ("information\nspace", theme.CATEGORIES[2]),
    "fitted_nuisance": ("nuisance\nspace", theme.CATEGORIES[3]),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the errors with noisy labels, and with noiseless ones, beside the shares of both spaces that are fitted."""
    figure, (left, right) = theme.panels(2, height=4.4)
    noisy, clean = (measurements[measurements["noise"] > 0], measurements[measurements["noise"] == 0])
    control = clean[clean["quantity"] == "test_error"]
    _curve(left, control, "no noise\n(control)", theme.CONTROL["linestyle"], theme.CONTROL["color"], faint=True)
    for name, (label, color) in CURVES.items():
        _curve(left, noisy[noisy["quantity"] == name], label, "-", color, faint=name == "test_error")
    for name, (label, color) in SHARES.items():
        _curve(right, noisy[noisy["quantity"] == name], label, "-", color, faint=True)
    stop = noisy.loc[noisy["quantity"] == "early_step", "value"].median()
    for axis, text in ((left, ""), (right, "early stop")):
        theme.mark_threshold(axis, stop, text)
        axis.set(xscale="log", xlabel=labels.column(measurements, "step"))
    shown = noisy[noisy["quantity"].isin(["test_error", "train_error"])]["value"]
    left.set(yscale="log", ylabel="error, relative", title="errors")
    test = noisy[noisy["quantity"] == "test_error"]["value"]
    left.set_ylim(max(test.min() / 30, 1e-6), shown.max() * 2)
    right.set(ylim=(-0.03, 1.12), ylabel=labels.quantity(measurements, "fitted_information"), title="what is fitted")
    for axis in (left, right):
        _labels(axis)
    text = headlines.by_verdict(
        verdict,
        supported="The test error dips while the information space is fitted, and rises as the noise is",
        refuted="The test error does not dip and rise as claimed",
        undecided="The test error while the information space and then the noise is fitted",
    )
    theme.headline(figure, text)
    return figure


def _labels(axis: plt.Axes) -> None:
    """Name every line where it ends inside of the axis."""
    low, high = axis.get_ylim()
    for line in axis.get_lines():
        if not str(line.get_label()).startswith("_"):
            x, y = (np.asarray(data, dtype=float) for data in line.get_data())
            inside = (y >= low) & (y <= high)
            direct_labels.at_end(axis, x[inside], y[inside], str(line.get_label()), line.get_color())


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the smallest and the last test error, what is fitted at the early stop, and the control."""
    once = measurements[measurements["step"].isna()].groupby(["quantity", "noise"])["value"]
    means, noise = once.mean(), measurements["noise"].max()
    curve = measurements[(measurements["quantity"] == "test_error") & (measurements["noise"] == noise)]
    curve = curve.groupby("step")["value"].mean()
    early, last = means["early_error", noise], means["final_error", noise]
    rise = once.min()["final_error", noise] / once.max()["early_error", noise]
    control = means["final_error", 0.0] / means["early_error", 0.0]
    return (
        f"Test error of gradient descent over its steps with noisy labels: the mean falls to {curve.min():.2g} at "
        f"step {curve.idxmin():g} and then rises to {last:.2g} while the train error goes to zero. Stopped on held-out "
        f"noisy samples it is {early:.2g}, when at least {at_least(once.min()['early_information', noise])} of the "
        f"labels' energy in the information space is fitted and at most "
        f"{at_most(once.max()['early_nuisance', noise])} of that in the nuisance space; the smallest final error is "
        f"{rise:.2g} times the largest stopped one. With noiseless labels (control) the final error is {control:.3g} "
        f"times the stopped one."
    )


def _curve(axis: plt.Axes, rows: pd.DataFrame, label: str, dashes: object, color: str, faint: bool) -> None:
    common = {"data": rows, "x": "step", "y": "value", "color": color, "ax": axis}
    if faint:
        sns.lineplot(**common, units="seed", estimator=None, alpha=0.2, linewidth=0.5, legend=False)
    sns.lineplot(**common, errorbar=theme.interval, linestyle=dashes, label=label, legend=False)
