"""What the figures of polynomial regression share: fitted curves beside the samples and the target."""

import matplotlib.pyplot as plt
import pandas as pd

from overparam.claims.interpolation.polynomial_regression import polynomial_risk
from overparam.drawing import theme

BASIS = "legendre_orthonormal"
LIMITS = (-2.6, 2.6)  # the curve at the threshold goes far beyond


def shown(measurements: pd.DataFrame) -> dict[int, str]:
    """Return the numbers of coefficients whose curves were kept, and what each of them is an example of."""
    n = int(measurements["n_train"].iloc[0])
    kept = sorted(int(p) for p in measurements.loc[measurements["quantity"] == "prediction", "n_params"].unique())
    risk = polynomial_risk.medians(measurements, BASIS, "minimum_norm", "test")
    best = int(risk[risk.index < n].idxmin())

    def role(p: int) -> str:
        if p >= n:
            return "through every sample" if p == n else "far beyond"
        return "just right" if p == best else ("too stiff" if p < best else "too wild")

    return {p: role(p) for p in kept}


def curve(axis: plt.Axes, measurements: pd.DataFrame, p: int, size: float) -> None:
    """Draw the polynomial with ``p`` coefficients, the target and the samples as dots of this size."""
    parts = {name: measurements[measurements["quantity"] == name] for name in ("target", "prediction", "sample")}
    target, sample = parts["target"], parts["sample"]
    fitted = parts["prediction"][parts["prediction"]["n_params"] == p]
    axis.plot(target["x"], target["value"], color=theme.INK, linestyle=":", linewidth=1.4, label="target")
    axis.plot(fitted["x"], fitted["value"], color=theme.CATEGORIES[1], linewidth=1.4, label="fit")
    axis.plot(
        sample["x"], sample["value"], "o", color=theme.CATEGORIES[0], markersize=size, markeredgewidth=0,
        label="samples",
    )  # fmt: skip
