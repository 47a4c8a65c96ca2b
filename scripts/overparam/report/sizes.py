"""At which size a verdict was reached, in words: samples, widths, epochs and repetitions."""

from collections.abc import Mapping
from typing import Any

from overparam.report import origins, wording

SIZES = {  # settings of experiments that say how large its problems are
    "n_train": "samples",
    "dimension": "input dimensions",
    "dimensions": "input dimensions",
    "n_inputs": "input dimensions",
    "n_classes": "classes",
    "n_clusters": "clusters",
    "width": "hidden units",
    "widths": "hidden units",
    "n_params": "parameters",
    "n_features": "features",
    "sizes": "rows",
}
EXPONENTS = ("smallest_exponent", "largest_exponent")  # of 2, for widths
STUDIES_TOLD = 2
LONGEST_ACRONYM = 4  # characters, as of MLP3


def told(verdict: Mapping[str, Any], experiment: str) -> str:
    """Return the size of what was measured, as a phrase without a verb; empty if nothing is known of it."""
    config = _mapping(_mapping(_mapping(verdict.get("provenance")).get("run")).get("config"))
    listed = config.get("studies") if isinstance(config.get("studies"), list) else []
    studies = [one for one in map(_mapping, listed or []) if experiment in (one.get("experiments") or [])]
    settings = _mapping(_mapping(verdict.get("cost")).get("settings"))
    told = list(dict.fromkeys(map(_study, studies)))  # studies that differ in their label noise are of one size
    more = len(told) - STUDIES_TOLD
    trained = [*told[:STUDIES_TOLD], *([f"{wording.counted(more, 'more set')} of networks"] if more > 0 else [])]
    sizes = [] if trained else [_size(settings[key], words) for key, words in SIZES.items() if _told(settings.get(key))]
    if not trained and all(key in settings for key in EXPONENTS):
        sizes.append(f"{_span([2 ** settings[key] for key in EXPONENTS])} hidden units")
    data = [str(one.get("label", one.get("name"))) for one in origins.of(dict(verdict))]
    on = [f"on {data[0]}"] if data and not trained else []
    return wording.joined([*trained, *[part for part in sizes if part], *on, *_seeds(verdict)])


def _mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping that an earlier job recorded; an empty one for whatever else stands there."""
    return value if isinstance(value, dict) else {}


def _study(study: Mapping[str, Any]) -> str:
    widths = _flat(study["widths"]) if isinstance(study.get("widths"), list) else []
    span = f" of width {_span(widths)}" if widths else ""
    counts = {key: f"{study[key]:,} " for key in ("epochs", "n_train") if isinstance(study.get(key), int)}
    epochs = f" for {counts['epochs']}epochs" if "epochs" in counts else ""
    network = str(study.get("model", "")).replace("_", " ")
    network = network.upper() if len(network) <= LONGEST_ACRONYM else network
    images = f"{counts.get('n_train', '')}images of {study.get('dataset')}"
    return f"{network} networks{span}, trained on {images}{epochs}"


def _flat(entries: list[Any]) -> list[int]:
    """Return all numbers of a list of values and lists of values; ranges in words are left out."""
    found: list[int] = []
    for entry in entries:
        found += _flat(entry) if isinstance(entry, list) else [entry] if isinstance(entry, int) else []
    return found


def _told(value: Any) -> bool:
    numbers = value if isinstance(value, list) else [value]
    return bool(numbers) and all(isinstance(one, int) and not isinstance(one, bool) for one in numbers)


def _size(value: Any, words: str) -> str:
    return f"{_span(value) if isinstance(value, list) else f'{value:,}'} {words}"


def _span(values: list[int]) -> str:
    low, high = min(values), max(values)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _seeds(verdict: Mapping[str, Any]) -> list[str]:
    forms = verdict["forms"].values()
    counts = [one.get("n_seeds") or 0 for form in forms for one in form["predictions"]]
    most = max(counts, default=0)
    return [wording.counted(most, "repetition")] if most > 1 else []
