"""Test error, its bias and its variance over gradient steps, and how much of each space is fitted by then."""

import matplotlib.pyplot as plt
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import labels, theme
from overparam.drawing.rounding import at_least, at_most

CURVES = {
    "test_error": ("-", theme.CATEGORIES[0]),
    "bias": (":", theme.CATEGORIES[2]),
    "variance": ("-.", theme.CATEGORIES[3]),
    "train_error": ((0, (1, 1)), theme.INK),
}
SHARES = {"fitted_information": ("information space", "-"), "fitted_nuisance": ("nuisance space", "-.")}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the errors with noisy and with noiseless labels on the left, and the shares that are fitted on the right."""
    figure, (left, right) = theme.panels(2, height=4.2)
    noisy, clean = (measurements[measurements["noise"] > 0], measurements[measurements["noise"] == 0])
    for name, (dashes, color) in CURVES.items():
        label = labels.quantity(measurements, name)
        _curve(left, noisy[noisy["quantity"] == name], label, dashes, color, faint=name == "test_error")
    control = clean[clean["quantity"] == "test_error"]
    _curve(
        left, control, "test error, no label noise (control; equals the bias)", "--", theme.CATEGORIES[1], faint=True
    )
    for (name, (label, dashes)), color in zip(SHARES.items(), (theme.CATEGORIES[2], theme.CATEGORIES[3]), strict=True):
        _curve(right, noisy[noisy["quantity"] == name], label, dashes, color, faint=True)
    stop = noisy.loc[noisy["quantity"] == "early_step", "value"].median()
    for axis, text in ((left, ""), (right, "held-out error is least")):
        theme.mark_threshold(axis, stop, text)
        axis.set(xscale="log", xlabel=labels.column(measurements, "step"))
    shown = noisy[noisy["quantity"].isin(["test_error", "train_error"])]["value"]
    left.set(yscale="log", ylabel="error (‖w*‖² = 1; train: share of ‖y‖²)", title="noisy labels")
    left.set_ylim(max(control["value"].min() / 3, 1e-6), shown.max() * 2)
    right.set(ylim=(-0.03, 1.12), ylabel=labels.quantity(measurements, "fitted_information"), title="fast and slow")
    right.legend(loc="lower right", fontsize=8)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncol=3, fontsize=8)
    return figure


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
