"""What a made-up experiment measures, and a claim on it, each right in every part."""

import copy
from typing import Any

MEASURES = {
    "quantities": {
        "error": {"meaning": "share misclassified", "unit": "fraction", "range": [0, 1], "label": "error"},
        "loss": {"meaning": "mean loss", "unit": "nats", "range": [0, None], "gaps": True, "label": "loss"},
        "norm": {"meaning": "norm of the weights", "unit": "1", "label": "$\\|w\\|$"},
    },
    "columns": {
        "study": {"meaning": "name of the study", "type": "text", "label": "study"},
        "width": {"meaning": "hidden units", "type": "whole", "range": [1, None], "label": "width"},
        "depth": {"meaning": "layers", "type": "whole", "values": [2, 4], "label": "depth"},
        "rate": {"meaning": "step", "type": "number", "range": [0, 1], "gaps": True, "label": "step"},
        "level": {"meaning": "label noise", "type": "number", "values": [0, 0.2], "label": "noise"},
        "split": {"meaning": "samples", "type": "text", "values": ["train", "test"], "label": "samples"},
        "rule": {"meaning": "rule", "type": "text", "values": ["last", "best"], "gaps": True, "label": "rule"},
        "widest": {"meaning": "whether it is the widest", "type": "truth", "label": "widest"},
    },
}
PEAK = {
    "name": "peak",
    "kind": "peak",
    "quantity": "error",
    "where": {"split": "test", "level": 0.2, "rule": ["last", None], "widest": False, "rate": {"above": 0, "max": 1}},
    "each": ["study", "depth"],
    "x": "width",
    "at": [0.5, 2],
    "reference": {"quantity": "error", "where": {"split": "train"}, "level": 0.1, "direction": "falling"},
}
ORDERING = {
    "name": "order",
    "kind": "ordering",
    "greater": {"quantity": "loss", "where": {"width": [2, 4]}, "reduce": "max", "along": ["width", "rate"]},
    "less": {"quantity": "norm", "where": {"seed": 3, "quantity": "norm"}},
}
THRESHOLD = {
    "name": "place",
    "kind": "threshold",
    "quantity": "error",
    "x": "width",
    "level": 0.1,
    "direction": "falling",
    "relative_to": "depth",
    "band": [0, 1],
}
BOUND = {"name": "bound", "kind": "bound", "quantity": "loss", "limit": {"quantity": "norm", "where": {"depth": 2}}}
CLAIM = {
    "id": "B4",
    "experiment": "sweep",
    "figure": "topic.sweep.a_claim",
    "forms": {"printed": {"predictions": [PEAK, ORDERING]}, "corrected": {"predictions": [THRESHOLD, BOUND]}},
    "control": {"description": "No peak.", "where": {"rule": "best"}},
    "published": [
        {"quantity": "error", "value": "3 %", "setting": "elsewhere"},
        {
            "quantity": "accuracy", "value": "97 %", "setting": "elsewhere",
            "ours": {"quantity": "error", "where": {"rule": None}, "at": {"width": "peak"}, "one_minus": True},
        },
    ],
}  # fmt: skip


def changed(whole: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return a copy with one value set by its dotted path; numbers are places in a list, ``...`` removes the key."""
    found = copy.deepcopy(whole)
    *parents, last = (int(part) if part.isdigit() else part for part in path.split("."))
    place = found
    for part in parents:
        place = place[part]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return found
