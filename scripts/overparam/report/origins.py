"""Where the numbers on the page come from: data, code, machine, settings and cost."""

from typing import Any

import yaml

from overparam.report import wording
from overparam.report.reading import Claim

ELSEWHERE = ("packages", "config", "preset")  # shown folded, or said already
COST_WORDS = {
    "seconds": "experiment",
    "training_seconds": "training",
    "device": "on",
    "devices": "on",
    "peak_memory": "peak memory",
    "variables": "how libraries compute",
}

DATA_WORDS = {
    "n_train": "training images",
    "n_test": "test images",
    "max_value": "largest value of a pixel",
    "shape": "channels, rows and columns",
    "view": "prepared with",
}
FACT_WORDS = {
    "modified": "uncommitted changes",
    "cpu": "processor",
    "variables": "variables that choose how libraries compute",
}


def of(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the data sets of one verdict: none, one or several."""
    data = verdict.get("data") or []
    return [data] if isinstance(data, dict) else data


def data_sets(claims: list[Claim]) -> list[dict[str, Any]]:
    """Return each data set of the run once, with its facts as text."""
    found: dict[str, dict[str, Any]] = {}
    for claim in claims:
        for data in of(claim.verdict):
            found.setdefault(repr(sorted(data.items(), key=str)), data)
    return [
        {
            "label": data.get("label", data.get("name")),
            "facts": [
                (DATA_WORDS.get(key, key.replace("_", " ")), _text(value))
                for key, value in data.items()
                if key not in ("label", "labels") and value not in (None, "")
            ],
        }
        for data in found.values()
    ]


def origin(claims: list[Claim]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Return (what, [(value, ids of the claims)]) for each entry of the provenance, ids empty where all agree.

    Verdicts of one page may have been made by different commits or on different machines: a cached one stays.
    """
    groups: dict[str, dict[str, list[str]]] = {}
    for claim in claims:
        for key, value in _facts(claim.verdict.get("provenance") or {}).items():
            if key not in ELSEWHERE:
                groups.setdefault(key, {}).setdefault(_text(value), []).append(claim.id)
    return [
        (
            FACT_WORDS.get(key, key.replace("_", " ")),
            [(value, ids if len(values) > 1 else []) for value, ids in values.items()],
        )
        for key, values in sorted(groups.items())
    ]


def _facts(given: dict[str, Any]) -> dict[str, Any]:
    """Return the provenance with the facts of the record of the run among its own, without what is not known."""
    run = given.get("run") or {}
    facts = {**{key: value for key, value in given.items() if key != "run"}, **run}
    return {key: value for key, value in facts.items() if value is not None}


def packages(claims: list[Claim]) -> list[tuple[str, str]]:
    """Return package versions; several versions of one package are all named."""
    found: dict[str, set[str]] = {}
    for claim in claims:
        for name, version in ((claim.verdict.get("provenance") or {}).get("packages") or {}).items():
            found.setdefault(name, set()).add(str(version))
    return [(name, ", ".join(sorted(versions))) for name, versions in sorted(found.items())]


def cost(given: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the cost of a claim in words; settings and data recorded with it are shown elsewhere."""
    ordered = sorted(given, key=lambda key: list(COST_WORDS).index(key) if key in COST_WORDS else len(COST_WORDS))
    return [
        (
            COST_WORDS.get(key, key.replace("_", " ")),
            wording.seconds(given[key]) if key.endswith("seconds") else _text(given[key]),
        )
        for key in ordered
        if key not in ("settings", "data", "dataset") and given[key] not in (None, [], 0)
    ]


def settings(verdict: dict[str, Any]) -> str | None:
    """Return the resolved settings that the measurements were made with, as YAML."""
    given = verdict.get("settings") or (verdict.get("cost") or {}).get("settings")
    return yaml.safe_dump(given, allow_unicode=True, default_flow_style=None, width=100).strip() if given else None


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_text(one)}" for key, one in value.items() if one is not None)
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return wording.number(value) if isinstance(value, float) else str(value)
