"""What is left of a network's covariance without its quadratic part, with the printed and the right coefficient."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.activation_lines import ACTIVATION_STYLES
from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least

LINEAR = 1e-3  # below this the axis of coefficients is linear down to 0; the smallest that is not zero is 2e-3
FORMS = {"printed": "printed: λ_min(Σ − μ₂² XXᵀ⊙XXᵀ)", "corrected": "corrected: λ_min(Σ − μ₁² XXᵀ⊙XXᵀ)"}
CONTROL = "softplus"  # activation whose control is drawn
BOUND, CORRECTED, NONE = "lower bound", "lower bound with μ₁²", "tanh, sigmoid and erf have none"  # the predictions


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the smallest eigenvalue of both differences over n/d, and the coefficients of every activation."""
    figure, axes = theme.panels(3, height=4.2)
    *left, coefficients = axes
    shares = _shares(measurements)
    for axis, (form, title) in zip(left, FORMS.items(), strict=True):
        for (name, (label, marker, dashes)), color in zip(ACTIVATION_STYLES.items(), theme.CATEGORIES, strict=True):
            rows = shares[
                (shares["activation"] == name) & (shares["coefficient"] == form) & (shares["input_norm"] == 1)
            ]
            _curve(axis, rows, marker, dashes, color)
            axis.plot([], [], color=color, marker=marker, linestyle=dashes, label=label)
        axis.axhline(judged.declared(verdict, BOUND)["limit"], color=theme.INK, linewidth=1, linestyle="--")
        axis.set(xlabel=labels.column(measurements, "inputs_per_dimension"), ylabel="", title=title)
        axis.title.set_fontsize(8.5)
    control = shares[
        (shares["activation"] == CONTROL) & (shares["coefficient"] == "corrected") & (shares["input_norm"] != 1)
    ]
    _curve(left[1], control, "X", "-", theme.INK)
    left[1].plot(
        [], [], color=theme.INK, marker="X", label=f"{CONTROL}, |x| = {control['input_norm'].iloc[0]:g} (control)"
    )
    left[0].set_ylabel("smallest eigenvalue / mean of diag Σ")
    left[1].set_ylabel("")
    limits = np.array([axis.get_ylim() for axis in left])
    for axis in left:
        axis.set_ylim(max(limits[:, 0].min(), -1.2), limits[:, 1].max())
    _coefficients(coefficients, measurements)
    handles = dict(zip(*reversed(left[1].get_legend_handles_labels()), strict=True))
    handles |= dict(zip(*reversed(coefficients.get_legend_handles_labels()), strict=True))
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncol=5, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State where the printed bound breaks and by how much, where it is empty, and that the corrected one holds."""
    shares = _shares(measurements)
    eigenvalues = shares[shares["input_norm"] == 1]
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


def _shares(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the smallest eigenvalues in units of the mean diagonal entry of Σ at unit norm."""
    rows = measurements[measurements["quantity"] == "smallest_eigenvalue"]
    size = measurements[measurements["quantity"] == "mean_diagonal"].groupby("activation")["value"].mean()
    return rows.assign(value=rows["value"] / rows["activation"].map(size))


def _coefficients(axis: plt.Axes, measurements: pd.DataFrame) -> None:
    rows = measurements[measurements["quantity"].isin(["coefficient_value", "squared_mean_curvature"])]
    first = rows.groupby(["quantity", "coefficient", "activation"])["value"].first()
    styles = {
        ("coefficient_value", "printed"): ("μ₂²(φ′)", "s", theme.CATEGORIES[3], 7),
        ("coefficient_value", "corrected"): ("μ₁²(φ′)", "o", theme.CATEGORIES[0], 7),
        ("squared_mean_curvature", "corrected"): ("(E φ″)²", "x", theme.INK, 5),
    }
    for key, (label, marker, color, size) in styles.items():
        values = [first[(*key, name)] for name in ACTIVATION_STYLES]
        filled = "none" if marker != "x" else color
        axis.plot(
            range(len(values)), values, marker, color=color, markersize=size, markerfacecolor=filled, linestyle="none",
            label=label,
        )  # fmt: skip
    axis.set_yscale("symlog", linthresh=LINEAR, linscale=0.5)
    axis.set(title="coefficient", ylim=(-LINEAR / 3, 3))
    axis.title.set_fontsize(8.5)
    axis.set_xticks(
        range(len(ACTIVATION_STYLES)), [label for label, *_ in ACTIVATION_STYLES.values()], rotation=60, ha="right"
    )
    axis.tick_params(axis="x", labelsize=8)


def _curve(axis: plt.Axes, rows: pd.DataFrame, marker: str, dashes: object, color: str) -> None:
    common = {"data": rows, "x": "inputs_per_dimension", "y": "value", "color": color, "ax": axis, "legend": False}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.12, linewidth=0.5)
    sns.lineplot(
        **common, errorbar=theme.interval, seed=0, marker=marker, markersize=4, markeredgewidth=0, linestyle=dashes
    )
