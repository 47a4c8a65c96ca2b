"""The coefficient of the quadratic part, as printed and as corrected, for every activation."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.activation_lines import ACTIVATION_STYLES
from overparam.drawing import theme
from overparam.theory import hermite

LINEAR = 1e-3  # below this the axis of coefficients is linear down to 0; the smallest that is not zero is 2e-3
STYLES = {  # quantity and form: label, marker, colour, size
    ("coefficient_value", "printed"): ("printed, $\\mu_2^2(\\phi')$", "s", theme.CATEGORIES[1], 9),
    ("coefficient_value", "corrected"): ("corrected, $\\mu_1^2(\\phi')$", "o", theme.CATEGORIES[0], 9),
    ("squared_mean_curvature", "corrected"): ("squared mean curvature, $(E \\phi'')^2$", "x", theme.INK, 6),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both coefficients and the squared mean curvature, which the corrected one equals."""
    figure, (axis,) = theme.panels(height=4)
    first = _coefficients(measurements)
    for key, (label, marker, color, size) in STYLES.items():
        values = [first[(*key, name)] for name in ACTIVATION_STYLES]
        axis.plot(
            range(len(values)), values, marker, color=color, markersize=size, linestyle="none", label=label,
            markerfacecolor=color if marker == "x" else "none", markeredgewidth=1.6,
        )  # fmt: skip
    axis.set_yscale("symlog", linthresh=LINEAR, linscale=0.5)
    axis.set(ylabel="coefficient", ylim=(-LINEAR / 3, 3))
    axis.set_xticks(range(len(ACTIVATION_STYLES)), [label for label, *_ in ACTIVATION_STYLES.values()])
    figure.legend(*axis.get_legend_handles_labels(), loc="outside lower center", ncol=3)
    theme.headline(figure, "The coefficient of the quadratic part, as printed and as corrected")
    return figure


def _coefficients(measurements: pd.DataFrame) -> pd.Series:
    rows = measurements[measurements["quantity"].isin(["coefficient_value", "squared_mean_curvature"])]
    return rows.groupby(["quantity", "coefficient", "activation"])["value"].first()


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State both coefficients of every activation."""
    first = _coefficients(measurements)
    first = first.where(first > hermite.NEGLIGIBLE, 0)
    said = ", ".join(
        f"{label} {first['coefficient_value', 'printed', name]:.2g} and "
        f"{first['coefficient_value', 'corrected', name]:.2g}"
        for name, (label, *_) in ACTIVATION_STYLES.items()
    )
    return (
        f"Coefficient of the quadratic part, as printed and as corrected: {said}. The corrected one is the squared "
        "mean curvature of every activation."
    )
