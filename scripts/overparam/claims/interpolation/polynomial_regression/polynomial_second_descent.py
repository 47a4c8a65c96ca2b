"""The risk beyond p = n in three bases: it is the basis that decides whether it falls again."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.polynomial_regression import polynomial_risk
from overparam.drawing import theme

BASES = {
    "legendre_orthonormal": ("Legendre, orthonormal", "o", "-"),
    "legendre": ("Legendre, maximum 1", "^", "-."),
    "monomial": ("monomials (control)", "s", "--"),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the median test error, and the train error, of the minimum-norm solution over p for every basis."""
    figure, (axis,) = theme.panels(height=4.2)
    for color, (basis, (label, marker, dashes)) in zip(theme.CATEGORIES, BASES.items(), strict=False):
        style = {"color": color, "linestyle": dashes, "marker": marker, "markersize": 4}
        test = polynomial_risk.losses(measurements, basis, "minimum_norm", "test")
        polynomial_risk.line(axis, test, seeds=True, label=f"test, {label}", **style)
    train = polynomial_risk.losses(measurements, "legendre_orthonormal", "minimum_norm", "train")
    style = {"color": theme.INK, "linestyle": ":", "label": "train, orthonormal"}
    polynomial_risk.line(axis, train, seeds=False, **style)
    largest = max(polynomial_risk.medians(measurements, basis, "minimum_norm", "test").max() for basis in BASES)
    polynomial_risk.axes(axis, measurements, largest)
    axis.legend(loc="center right", bbox_to_anchor=(1, 0.58))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State, per basis, the risk at p = n and at the largest p, and the smallest one before the threshold."""
    n = int(measurements["n_train"].iloc[0])
    risks = {basis: polynomial_risk.medians(measurements, basis, "minimum_norm", "test") for basis in BASES}
    last = max(risks["monomial"].index)
    changes = "; ".join(
        f"{label.removesuffix(' (control)')}: {risks[basis][n]:.1e} to {risks[basis][last]:.2g}"
        for basis, (label, *_) in BASES.items()
    )
    classical = risks["legendre"]
    return (
        f"Median test error of the minimum-norm polynomial from p = n = {n} to p = {last}, by basis: {changes}. "
        f"The smallest error below the threshold is {classical[classical.index < n].min():.2g}."
    )
