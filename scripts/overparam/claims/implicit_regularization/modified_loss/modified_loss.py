"""Distance of iterates from flows over the step size, for gradient descent and SGD."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, exponents, headlines, judged, labels, predicted, theme
from overparam.drawing.rounding import at_least, at_most
from overparam.drawing.width_curves import curve

MODIFIED, BATCHES = "$L + \\frac{h}{4}\\|\\nabla L\\|^2$", "$L + \\frac{h}{4}$ mean\n$\\|\\nabla L_k\\|^2$"
FLOWS = {  # name, marker, style
    "reversed": ("wrong sign\n(control)", "", theme.CONTROL),
    "plain": ("$L$", "s", {"color": theme.CATEGORIES[1], "linestyle": "-"}),
    "modified": (MODIFIED, "o", {"color": theme.CATEGORIES[0], "linestyle": "-"}),
    "sgd_modified": (BATCHES, "D", {"color": theme.CATEGORIES[3], "linestyle": "-"}),
}
PANELS = {
    "gradient_descent": ("gradient descent", ("reversed", "plain", "modified")),
    "sgd_mean": ("SGD, mean over orders", ("plain", "modified", "sgd_modified")),
}
SECOND, FIRST = "descent-tracks-the-modified-flow", "descent-tracks-the-plain-flow-to-first-order-only"
OWN = "sgd-tracks-its-own-modified-flow"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the errors of both methods on one scale, with the predicted orders."""
    theme.apply()
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(theme.WIDTH, 4.4))
    errors = measurements[measurements["quantity"] == "tracking_error"]
    places = np.sort(errors["learning_rate"].unique())
    for axis, (method, (title, flows)) in zip(axes, PANELS.items(), strict=True):
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "learning_rate"), title=title)
        for flow in flows:
            rows = errors[(errors["method"] == method) & (errors["flow"] == flow)]
            label, marker, style = FLOWS[flow]
            curve(axis, rows, label, marker, style["linestyle"], style["color"], "learning_rate", "median")
        direct_labels.of_lines(axis)
        axis.set_ylabel("")
        axis.set_xticks(places[::2], [f"1/{1 / h:.3g}" for h in places[::2]])
        axis.set_xticks([], minor=True)
    smallest = errors[errors["learning_rate"] == places[0]]
    closest = smallest[smallest["method"].isin(PANELS)].groupby(["method", "flow"])["value"].median().min()
    for axis, name in ((axes[0], SECOND), (axes[1], OWN)):
        predicted.predicted_slope(
            axis, verdict, name, "corrected", start=(places[0], closest / 4), to=places[-2], label="slope"
        )
    axes[0].set_ylabel(labels.quantity(measurements, "tracking_error"))
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Descent with finite steps follows the flow of a modified loss, not that of the loss",
        refuted="Descent with finite steps does not follow the flow of the modified loss",
        undecided="Which flow descent with finite steps follows",
    )
    own = headlines.came_to(verdict, "literal") == "refuted"
    return f"{text}; SGD has one of its own" if own else text


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
