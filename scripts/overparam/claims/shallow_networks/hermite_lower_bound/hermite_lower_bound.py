"""What is left of a network's covariance without its quadratic part, with the printed and the right coefficient."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import printed_and_corrected
from overparam.claims.shallow_networks.activation_lines import ACTIVATION_STYLES
from overparam.drawing import direct_labels, judged, labels, studies, theme
from overparam.drawing.predicted import EDGE, FAINT
from overparam.drawing.rounding import at_least

FORMS = {"printed": "printed, with $\\mu_2^2$", "corrected": "corrected, with $\\mu_1^2$"}
CONTROL = "softplus"  # activation whose control is drawn
BOUND, CORRECTED, NONE = "lower bound", "lower bound with μ₁²", "tanh, sigmoid and erf have none"  # the predictions


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the smallest eigenvalue of both differences over n/d."""
    figure, axes = theme.panels(2, height=4.6)
    rows = shares(measurements)
    for axis, (form, title) in zip(axes, FORMS.items(), strict=True):
        own = rows[(rows["coefficient"] == form) & (rows["input_norm"] == 1)]
        if form == "corrected":
            own = own[own["activation"].isin(_with_quadratic_part(verdict))]
        for (name, (label, marker, _)), color in zip(ACTIVATION_STYLES.items(), theme.CATEGORIES, strict=True):
            if name in set(own["activation"]):
                means = _curve(axis, own[own["activation"] == name], {"color": color, "marker": marker})
                direct_labels.at_end(axis, means.index, means, label, color)
        axis.set(xlabel=labels.column(measurements, "inputs_per_dimension"), ylabel="", title=title)
    control = rows[(rows["activation"] == CONTROL) & (rows["coefficient"] == "corrected") & (rows["input_norm"] != 1)]
    means = _curve(axes[1], control, theme.CONTROL)
    norm = control["input_norm"].iloc[0]
    axes[1].annotate(
        f"{CONTROL}, $|x| = {norm:g}$ (control),\ndown to {means.min():.0f}".replace("-", "−"), (0.2, 0.05),
        xycoords="axes fraction", fontsize=9.5, color=theme.GREY, va="bottom",
    )  # fmt: skip
    axes[0].set_ylabel("smallest eigenvalue / mean of diag Σ")
    axes[1].set_ylabel("")
    limits = np.array([axis.get_ylim() for axis in axes])
    limit = judged.declared(verdict, BOUND)["limit"]
    for axis in axes:
        axis.set_ylim(max(limits[:, 0].min(), -1.2), limits[:, 1].max())
        low, high = axis.get_ylim()
        axis.axhspan(limit, high, **FAINT)
        axis.axhline(limit, **EDGE)
        axis.set_ylim(low, high)
        axis.annotate(
            "promised", (0, high), xycoords=("axes fraction", "data"), xytext=(4, -3), textcoords="offset points",
            va="top", fontsize=9, color=theme.INK,
        )  # fmt: skip
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    return printed_and_corrected.headline(
        verdict,
        both="With the printed coefficient the lower bound breaks; with the squared mean curvature it holds",
        printed="With the printed coefficient the lower bound breaks",
        supported="The covariance is at least its quadratic part, with the squared mean curvature",
        refuted="The covariance is not bounded below by its quadratic part",
        undecided="the covariance less its quadratic part",
    )


def _with_quadratic_part(verdict: dict) -> list[str]:
    """Return the activations for which the corrected bound says something."""
    return judged.declared(verdict, CORRECTED, "corrected")["where"]["activation"]


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where the printed bound breaks and by how much, where it is empty, and that the corrected one holds."""
    found = shares(measurements)
    eigenvalues = found[found["input_norm"] == 1]
    smallest = eigenvalues.groupby(["coefficient", "activation"])["value"].min()
    many = eigenvalues[(eigenvalues["inputs_per_dimension"] > 1) & (eigenvalues["coefficient"] == "printed")]
    factors = measurements[measurements["quantity"] == "coefficient_value"]
    factors = factors.groupby(["coefficient", "activation"])["value"].first()
    none = judged.declared(verdict, NONE, "corrected")
    flat = none["where"]["activation"]  # without a quadratic part
    largest = many[many["activation"].isin(flat)].groupby("activation")["value"].max()
    broken = [f"−{-smallest['printed', name]:.2g} ({name})" for name in flat]
    printed = {name: _zero(factors["printed", name], none["absolute"]) for name in ("softplus", "relu")}
    every = "in every" if largest.max() < 0 else "not in every"
    worst = smallest["corrected"][judged.declared(verdict, CORRECTED, "corrected")["where"]["activation"]].min()
    return (
        f"Covariance Σ of one-hidden-layer networks less its quadratic part, in units of the mean of diag Σ. With the "
        f"printed coefficient μ₂² the smallest eigenvalue falls to {_listed(broken)}; it is negative {every} case with "
        f"more inputs than dimensions. For softplus and ReLU μ₂² is {printed['softplus']} and {printed['relu']}. With "
        f"the corrected μ₁², {factors['corrected', 'softplus']:.3g} and {factors['corrected', 'relu']:.3g} for them, "
        f"no eigenvalue of these two and the quadratic is below {at_least(min(worst, 0.0))} (rounding); for "
        f"{_listed(flat)} μ₁² is 0."
    )


def _zero(value: float, negligible: float) -> str:
    return "0" if value < negligible else f"{value:.2g}"


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def shares(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the smallest eigenvalues in units of the mean diagonal entry of Σ at unit norm."""
    rows = measurements[measurements["quantity"] == "smallest_eigenvalue"]
    size = measurements[measurements["quantity"] == "mean_diagonal"].groupby("activation")["value"].mean()
    return rows.assign(value=rows["value"] / rows["activation"].map(size))


def _curve(axis: plt.Axes, rows: pd.DataFrame, style: dict) -> pd.Series:
    """Draw the mean over seeds with its interval, and return it."""
    studies.lines(axis, rows, "inputs_per_dimension", seeds=False, markersize=4.5, **style)
    return rows.groupby("inputs_per_dimension")["value"].mean()
