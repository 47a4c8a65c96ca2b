"""What the figures of errors over epochs share: which rows, smoothed curves, and tables of width by epoch."""

import numpy as np
import pandas as pd

from overparam.claims.double_descent import judged_peak

SIZES = ("small", "medium", "large")
PEAK = "large-falls-rises-falls"


def widths(study: pd.DataFrame) -> dict[str, int]:
    """Return the widths of the small, medium and large network, as far as the study has them."""
    found = study.dropna(subset=["size"]).groupby("size")["width"].first()
    return {size: int(found[size]) for size in SIZES if size in found}


def level(study: pd.DataFrame, verdict: dict) -> float:
    return judged_peak.level(study, verdict, PEAK)


def level_rows(study: pd.DataFrame, verdict: dict) -> pd.DataFrame:
    return study[study["label_noise"] == level(study, verdict)]


def clean_twin(measurements: pd.DataFrame, name: str, verdict: dict) -> pd.DataFrame:
    """Return the smoothed test error of the large network without label noise, where the study has one."""
    return measurements[
        (measurements["study"] == name)
        & (measurements["label_noise"] == 0)
        & (measurements["size"] == "large")
        & (measurements["quantity"] == "smoothed_error")
        & (measurements["split"] == "test")
        & (level(measurements[measurements["study"] == name], verdict) > 0)
    ]


def smoothed(study: pd.DataFrame, size: str) -> pd.Series:
    """Return the smoothed test error over epochs, averaged over seeds."""
    rows = study[(study["quantity"] == "smoothed_error") & (study["split"] == "test") & (study["size"] == size)]
    return rows.groupby("epoch")["value"].mean()


def table(study: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the smoothed error by width (rows) and epoch (columns), averaged over seeds."""
    rows = study[(study["quantity"] == "smoothed_error") & (study["split"] == split)]
    return rows.pivot_table(index="width", columns="epoch", values="value", aggfunc="mean")


def edges(places: np.ndarray) -> np.ndarray:
    """Return the borders between places, halfway in the logarithm."""
    logarithm = np.log(places)
    if len(places) == 1:
        return np.exp([logarithm[0] - 0.3, logarithm[0] + 0.3])
    middle = (logarithm[1:] + logarithm[:-1]) / 2
    return np.exp([2 * logarithm[0] - middle[0], *middle, 2 * logarithm[-1] - middle[-1]])
