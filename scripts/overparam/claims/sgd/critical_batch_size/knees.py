"""Where the curves of steps over the batch size bend: at the batch size with so many times the full batch's steps."""

import numpy as np
import pandas as pd

from overparam.drawing import judged

KNEE = "knee-at-the-critical-size"
INPUTS = {
    "isotropic": "isotropic",
    "unequal_norms": "unequal\nnorms",
    "power_law": "power\nlaw",
    "relu_features": "ReLU\nfeatures",
    "gaussian_kernel": "Gaussian\nkernel",
}


def level(verdict: dict) -> float:
    """Return how many times the full batch's steps the knee is defined to have."""
    return float(judged.declared(verdict, KNEE)["level"])


def times(level: float) -> str:
    """Return in words how many times ``level`` is."""
    return "twice" if level == 2 else f"{level:g} times"


def of_problems(measurements: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the knee of every problem, the batch size predicted for it, and the range that is derived for it.

    The knee is the batch size with ``level`` times the full batch's steps, interpolated in its logarithm; nan if there
    is none.
    """
    rows = measurements[(measurements["quantity"] == "steps_over_full") & (measurements["case"] == "interpolated")]
    predicted = measurements[measurements["quantity"] == "critical_batch_size"].set_index(["inputs", "seed"])["value"]
    found = []
    for (kind, seed), curve in rows.groupby(["inputs", "seed"]):
        size, steps = curve.sort_values("batch_size")[["batch_size", "value"]].to_numpy(float).T
        after = int(np.argmax(steps <= level))
        pair = [after, after - 1]  # ascending in steps
        place = np.exp(np.interp(level, steps[pair], np.log(size[pair]))) if after else np.nan
        ends = {
            name: (curve["batch_size"] / curve[column]).iloc[0]
            for name, column in (("earliest", "batch_over_half_step"), ("latest", "batch_over_latest"))
        }
        found.append({"inputs": kind, "seed": seed, "critical": predicted[kind, seed], "knee": place, **ends})
    return pd.DataFrame(found)
