"""What figures of double descent read from the verdict: the level of label noise and the peak that are judged."""

from typing import Any

import pandas as pd

JUDGED = 0.2  # level of label noise that the claims judge
SIDES = ("rise", "fall", "weaker side")  # what the verdict must support before a peak is named


def level(study: pd.DataFrame) -> float:
    """Return the judged level of label noise, or the highest one of a study without it."""
    return JUDGED if JUDGED in set(study["label_noise"]) else max(study["label_noise"])


def peak(study: pd.DataFrame, verdict: dict) -> tuple[dict[str, dict], dict[str, Any]]:
    """Return the estimates of the claim's peak in one study, by name, and their detail; both empty if not judged."""
    label = f"study = {study['study'].iloc[0]}"
    for form in verdict.get("forms", {}).values():
        for prediction in form["predictions"]:
            if prediction["kind"] == "peak" and label in prediction["detail"]:
                named = {estimate["name"].removeprefix(f"{label}: "): estimate for estimate in prediction["estimates"]}
                return named, prediction["detail"][label]
    return {}, {}


def shown(estimates: dict[str, dict]) -> bool:
    """Say whether the verdict supports both sides of the peak, and the weaker one of them."""
    return all(estimates.get(side, {}).get("verdict") == "supported" for side in SIDES)


def places(detail: dict[str, Any]) -> list[tuple[float, ...]]:
    """Return where the peak was tested: one triple per half of the seeds, each once."""
    return sorted({tuple(tested) for tested in detail.get("tested_at", [])})
