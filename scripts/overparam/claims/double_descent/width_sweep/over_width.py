"""What the figures of errors over width share: which errors, averaged how, and where the threshold lies."""

import pandas as pd

from overparam.claims.double_descent import judged_peak
from overparam.drawing import judged, studies
from overparam.judge.intervals import effective

PEAK = "peak-at-threshold"
STOPPED = "heldout_error"  # the stopping rule of the control


def errors(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the test errors under the true labels and the train errors under the given ones."""
    shown = measurements["split"].map({"test": "clean", "train": "noisy"})
    return measurements[(measurements["quantity"] == "error") & (measurements["labels"] == shown)]


def split(rows: pd.DataFrame, split: str) -> pd.DataFrame:
    return rows[rows["split"] == split]


def level(study: pd.DataFrame, verdict: dict) -> float:
    return judged_peak.level(study, verdict, PEAK)


def train_error_at_threshold(verdict: dict) -> float:
    return judged.declared(verdict, PEAK)["reference"]["level"]


def average(study: pd.DataFrame, verdict: dict) -> str:
    """Return how the claim's judge averages over this many seeds."""
    return effective(judged.declared(verdict, PEAK)["average"], study["seed"].nunique())


def averaged(study: pd.DataFrame, verdict: dict) -> str:
    return f"{average(study, verdict)} of {study['seed'].nunique()} seeds"


def curve(study: pd.DataFrame, level: float, split: str, rule: str, average: str) -> pd.Series:
    """Return the average error over width at one level of label noise."""
    rows = study[(study["label_noise"] == level) & (study["stopping"] == rule)]
    return rows[rows["split"] == split].groupby("width")["value"].agg(average)


def threshold(study: pd.DataFrame, verdict: dict) -> float | None:
    """Return the width at the interpolation threshold as it was judged, else that of the average curve."""
    if reference := judged_peak.peak(study, verdict, PEAK)[1].get("reference"):
        return reference
    average_curve = curve(study, level(study, verdict), "train", "final", average(study, verdict))
    return studies.crossing(average_curve.index, average_curve, train_error_at_threshold(verdict))
