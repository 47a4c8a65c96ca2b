"""What the figures of effective model complexity share: complexities, peaks, and what counts as fitted."""

import numpy as np
import pandas as pd

from overparam.claims.double_descent import over_samples
from overparam.drawing import judged, theme

EMC = "effective_model_complexity"
# predictions of the corrected form
PEAK, NETWORK_PEAK = "peaks-at-the-complexity-by-bisection", "networks-peak-at-the-complexity-by-bisection"


def pooled(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the complexities at the N that was measured on several parts of the images."""
    rows = measurements[(measurements["quantity"] == EMC) & np.isfinite(measurements["value"])]
    return rows[rows["n_features"] == rows.groupby("n_features")["pool_share"].nunique().idxmax()]


def criteria(verdict: dict) -> dict[str, tuple[str, str, str]]:
    """Return label, marker and colour of what counts as fitted."""
    return {
        "near_zero_loss": ("near-zero train loss", "o", theme.CATEGORIES[0]),
        "train_error": (f"train error {fitted_error(verdict)}", "s", theme.CATEGORIES[1]),
    }


def fitted_error(verdict: dict) -> str:
    """Return the train error up to which samples counted as fitted; ε, as the definition calls it, if not recorded."""
    settings = verdict.get("cost", {}).get("settings") or {}
    return f"{100 * settings['fitted_error']:g} %" if "fitted_error" in settings else "ε"


def fewest_steps(verdict: dict) -> int:
    """Return the least number of steps from which on procedures are judged."""
    return min(steps for steps in judged.declared(verdict, PEAK, "corrected")["where"]["steps"] if steps is not None)


def ratios(measurements: pd.DataFrame, verdict: dict) -> pd.DataFrame:
    """Return peak, complexity (geometric means over seeds) and their ratio by kind, N, procedure and criterion."""
    enough = measurements["steps"].isna() | (measurements["steps"] >= fewest_steps(verdict))
    rows = measurements[enough.astype(bool)]
    keys = ["features", "n_features", "method", "steps"]
    found = over_samples.chosen(rows, quantity=EMC, pool_share=1)
    noise = found["label_noise"].iloc[0]

    def typical(part: pd.DataFrame, columns: list[str]) -> pd.Series:
        return np.exp(np.log(part.set_index(columns)["value"]).groupby(level=columns, dropna=False).mean())

    complexity = typical(found, [*keys, "criterion"]).rename("complexity").reset_index()
    peak = typical(over_samples.chosen(rows, quantity="samples_at_peak", label_noise=noise), keys).rename("peak")
    both = complexity.merge(peak.reset_index(), on=keys)
    return both.assign(ratio=both["peak"] / both["complexity"])
