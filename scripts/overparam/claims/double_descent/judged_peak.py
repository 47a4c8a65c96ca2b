"""What figures of double descent read from the verdict: the level of label noise and the peak that are judged."""

from typing import Any

import pandas as pd

from overparam.drawing import judged

SIDES = ("rise", "fall", "weaker side")  # what the verdict must support before a peak is named


def noise(verdict: dict, name: str) -> float:
    """Return the level of label noise at which the claim predicts the peak ``name``."""
    return judged.declared(verdict, name)["where"]["label_noise"]


def level(study: pd.DataFrame, verdict: dict, name: str) -> float:
    """Return the level of label noise that is judged, or the highest one of a study without it."""
    return predicted if (predicted := noise(verdict, name)) in set(study["label_noise"]) else max(study["label_noise"])


def peak(study: pd.DataFrame, verdict: dict, name: str) -> tuple[dict[str, dict], dict[str, Any]]:
    """Return the estimates of the peak ``name`` in one study, by their kind, and its detail; empty if not judged."""
    label, prediction = f"study = {study['study'].iloc[0]}", judged.prediction(verdict, name)
    found = {of: judged.estimate(verdict, name, of=of, each=label) for of in SIDES}
    return {of: one for of, one in found.items() if one}, prediction["detail"].get(label, {})


def shown(estimates: dict[str, dict]) -> bool:
    """Return whether the verdict supports both sides of the peak, and the weaker one of them."""
    return all(estimates.get(side, {}).get("verdict") == "supported" for side in SIDES)


def places(detail: dict[str, Any]) -> list[tuple[float, ...]]:
    """Return where the peak was tested: one triple per half of the seeds, each once."""
    return sorted({tuple(tested) for tested in detail.get("tested_at", [])})
