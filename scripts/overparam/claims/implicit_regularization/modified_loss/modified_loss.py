"""Distance of iterates from flows over the step size, for gradient descent and SGD, and the best coefficient."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.drawing import exponents, judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

FLOWS = {
    "modified": ("L + (h/4)‖∇L‖²", "o", "-"),
    "plain": ("L", "s", "--"),
    "reversed": ("L − (h/4)‖∇L‖² (control)", "^", ":"),
    "sgd_modified": ("L + (h/4) mean‖∇Lₖ‖²", "D", "-."),
}
PANELS = {
    "gradient_descent": ("gradient descent", ("modified", "plain", "reversed")),
    "sgd_mean": ("SGD, mean over orders", ("sgd_modified", "modified", "plain")),
}
SECOND, FIRST = "descent-tracks-the-modified-flow", "descent-tracks-the-plain-flow-to-first-order-only"
OWN = "sgd-tracks-its-own-modified-flow"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the errors of both methods on one scale, with guides of the predicted orders, and the coefficient."""
    figure, axes = theme.panels(3, height=4.0)
    errors = measurements[measurements["quantity"] == "tracking_error"]
    colors = dict(zip(FLOWS, theme.CATEGORIES, strict=False))
    for axis, (method, (title, flows)) in zip(axes, PANELS.items(), strict=False):
        for flow in flows:
            rows = errors[(errors["method"] == method) & (errors["flow"] == flow)]
            label, marker, dashes = FLOWS[flow]
            common = {"x": "learning_rate", "y": "value", "color": colors[flow], "ax": axis}
            sns.lineplot(rows, **common, units="seed", estimator=None, alpha=0.2, linewidth=0.6, legend=False)
            sns.lineplot(
                rows, **common, estimator="median", errorbar=theme.median_interval, linestyle=dashes, marker=marker,
                markersize=4, markeredgewidth=0, label=label, legend=False,
            )  # fmt: skip
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "learning_rate"), title=title)
    limits = [limit for axis in axes[:2] for limit in axis.get_ylim()]
    steps = np.sort(errors["learning_rate"].unique())[[0, -1]]
    orders = [exponents.predicted(verdict, name, "corrected") for name in (FIRST, SECOND)]
    for axis in axes[:2]:
        axis.set_ylim(min(limits), max(limits))
        for order in orders:
            line = 2 * min(limits) * (steps / steps[0]) ** order
            axis.plot(steps, line, color=theme.INK, linewidth=0.8)
            name = "$h$" if order == 1 else f"$h^{{{order:g}}}$"
            axis.annotate(name, (steps[1], line[1]), fontsize=8, ha="right", va="bottom")
    axes[0].set_ylabel(labels.quantity(measurements, "tracking_error"))
    axes[1].set_ylabel("")

    best = measurements[measurements["quantity"] == "best_coefficient"]
    common = {"x": "learning_rate", "y": "value", "color": colors["modified"], "ax": axes[2]}
    sns.lineplot(best, **common, units="seed", estimator=None, alpha=0.3, linewidth=0.6, legend=False)
    sns.lineplot(
        best, **common, estimator="median", errorbar=theme.median_interval, marker="o", markersize=4, markeredgewidth=0,
        legend=False,
    )  # fmt: skip
    ends = [end for end in judged.band(verdict, "best-coefficient", "corrected") if end is not None]
    axes[2].axhspan(min(ends), max(ends), color=theme.INK, alpha=0.15, linewidth=0)
    axes[2].axhline(sum(ends) / len(ends), color=theme.INK, linestyle="--", linewidth=1)
    axes[2].set(xscale="log", xlabel=labels.column(measurements, "learning_rate"), title="best coefficient")
    axes[2].set_ylabel(labels.quantity(measurements, "best_coefficient"))
    axes[2].set_ylim(min(0.2, best["value"].min()), max(0.3, min(best["value"].max(), 0.4)))
    places = np.sort(errors["learning_rate"].unique())[::2]
    for axis in axes:
        axis.set_xticks(places, [f"1/{1 / h:.3g}" for h in places])
        axis.set_xticks([], minor=True)
    handles = {
        label: handle for axis in axes[:2] for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)
    }
    figure.legend(
        handles.values(), handles.keys(), loc="outside lower center", ncol=4, fontsize=8, title="flow of",
        title_fontsize=8,
    )  # fmt: skip
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents per method and flow as judged, and the coefficient at the smallest step."""
    near_modified, near_plain, near_own = (
        exponents.measured(verdict, name, "corrected") for name in (SECOND, FIRST, OWN)
    )
    near_reversed = exponents.measured(judged.under_control(verdict), SECOND, "corrected")
    sgd_near_modified = exponents.measured(verdict, "sgd-tracks-the-modified-flow", "literal", each="method = sgd_mean")
    best = measurements[measurements["quantity"] == "best_coefficient"]
    best = best[best["learning_rate"] == best["learning_rate"].min()]["value"]
    small = measurements[measurements["learning_rate"] == measurements["learning_rate"].min()]
    near = small[(small["quantity"] == "tracking_error") & (small["method"] == "sgd_mean")].groupby("flow")["value"]
    share = near.median()["modified"] / near.median()["plain"]
    return (
        f"Distance of gradient descent from a flow over a fixed time: it falls with the step size h with exponent "
        f"{near_modified} for the flow of L + (h/4)‖∇L‖², {near_plain} for that of L and {near_reversed} with the "
        f"wrong sign (control); the best coefficient at the smallest h is {at_least(best.min(), 3)} to "
        f"{at_most(best.max(), 3)}. SGD, averaged over the orders of its batches, follows L + (h/4)‖∇L‖² with exponent "
        f"{sgd_near_modified}, at the smallest h at {share:.3f} of its distance from the plain flow, and the modified "
        f"loss of its batches with {near_own}."
    )
