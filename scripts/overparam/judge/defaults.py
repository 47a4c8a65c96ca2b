"""What a prediction means where it does not say: the judge's own defaults, per kind."""

from collections.abc import Mapping
from typing import Any

BANDS = {"difference": [0.0, None], "ratio": [1.0, None]}  # of an ordering, by its relation
DEFAULTS: dict[str, dict[str, Any]] = {
    "slope": {"average": "mean", "asymptote": "large", "semilog": False},
    "threshold": {"average": "mean", "scale": "log", "relative_to": 1},
    "ordering": {"average": "mean", "relation": "difference"},
    "peak": {"average": "mean", "prominence": 0, "relation": "difference", "valley": False, "scale": "log"},
    "bound": {"direction": "below", "tolerance": 0, "vacuous": 0.01},
    "equality": {"tolerance": 1e-8, "absolute": 0},
    "monotone": {"average": "mean"},
}


def complete(prediction: Mapping[str, Any]) -> dict[str, Any]:
    """Return a prediction with every key that the judge would take a default for."""
    whole = {**DEFAULTS[prediction["kind"]], **prediction}
    if prediction["kind"] == "ordering":
        whole.setdefault("band", BANDS[whole["relation"]])
    return whole
