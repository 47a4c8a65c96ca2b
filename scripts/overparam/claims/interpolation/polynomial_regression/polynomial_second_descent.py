"""The risk beyond p = n in three bases: it is the basis that decides whether it falls again."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.interpolation.polynomial_regression import polynomial_risk
from overparam.drawing import headlines, theme

BASES = {  # label, marker
    "legendre_orthonormal": ("Legendre,\northonormal", "o"),
    "legendre": ("Legendre,\nmaximum 1", "^"),
    "monomial": ("monomials\n(control)", ""),
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the median test error, and the train error, of the minimum-norm solution over p for every basis."""
    figure, (axis,) = theme.panels(height=4.6)
    for color, (basis, (label, marker)) in zip(theme.CATEGORIES[1:], BASES.items(), strict=False):
        style = {"color": color, "marker": marker, "markersize": 4.5} if marker else theme.CONTROL
        test = polynomial_risk.losses(measurements, basis, "minimum_norm", "test")
        polynomial_risk.line(axis, test, seeds=False, **style)
        polynomial_risk.end(axis, test, f"test:\n{label}", style["color"])
    train = polynomial_risk.losses(measurements, "legendre_orthonormal", "minimum_norm", "train")
    polynomial_risk.line(axis, train, seeds=False, color=theme.CATEGORIES[0], marker="s", markersize=4)
    polynomial_risk.end(axis, train, "train", theme.CATEGORIES[0])
    largest = max(polynomial_risk.medians(measurements, basis, "minimum_norm", "test").max() for basis in BASES)
    polynomial_risk.axes(axis, measurements, largest)
    n = int(measurements["n_train"].iloc[0])
    text = headlines.by_verdict(
        verdict,
        supported="Beyond $p = n$ the test error falls again in an orthonormal basis, but not in raw monomials",
        refuted="Beyond $p = n$ the test error does not fall again, not even in an orthonormal basis",
        undecided=f"The test error beyond $p = n = {n}$ in three bases",
    )
    theme.headline(figure, text)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State, per basis, the risk at p = n and at the largest p, and the smallest one before the threshold."""
    n = int(measurements["n_train"].iloc[0])
    risks = {basis: polynomial_risk.medians(measurements, basis, "minimum_norm", "test") for basis in BASES}
    last = max(risks["monomial"].index)
    changes = "; ".join(
        f"{' '.join(label.removesuffix('(control)').split())}: {risks[basis][n]:.1e} to {risks[basis][last]:.2g}"
        for basis, (label, *_) in BASES.items()
    )
    classical = risks["legendre"]
    return (
        f"Median test error of the minimum-norm polynomial from p = n = {n} to p = {last}, by basis: {changes}. "
        f"The smallest error below the threshold is {classical[classical.index < n].min():.2g}."
    )
