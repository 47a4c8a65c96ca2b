"""What one program hands to the next, checked when it is read: tables by their columns, JSON by its shape."""

import math
from pathlib import Path
from typing import Any

import pandas as pd

from overparam import tables
from overparam.errors import UserError
from overparam.jobs import files, table_checks

# a shape is a type, a list of one shape or of a shape for every entry, a mapping of keys (`...`: every key, `key?`: may
# be absent), a tuple of alternatives, a set of values
NUMBER = (int, float)
OPTIONAL = (*NUMBER, None)
VERDICTS = {"supported", "refuted", "inconclusive"}
ESTIMATE = {"name": str, "verdict": VERDICTS, "estimate": OPTIONAL, "low": OPTIONAL, "high": OPTIONAL}
ESTIMATE |= {"band": [OPTIONAL, OPTIONAL]}
PREDICTION = {"name": str, "kind": str, "verdict": VERDICTS, "vacuous": bool, "detail": {}, "estimates": [ESTIMATE]}
PREDICTION |= {"n_seeds": (int, None), "n_instances": (int, None), "declared": {}}
CONTROL = {"verdict": VERDICTS, "predictions": [PREDICTION]}
FORM = {"verdict": VERDICTS, "vacuous": bool, "reason": str, "predictions": [PREDICTION], "control": (CONTROL, None)}
FORM |= {"basis": {"measurement", "theorem", "identity"}, "not_reached": [str], "premises": [PREDICTION]}
FORM |= {"refutation?": {"kind": str, "says": str, "why": str}}
DATASET = {"name": str, "label": str, "checksum": str, "labels?": {...: str}}
COST = {"seconds": NUMBER, "dataset": (DATASET, None)}
CELL_COST = {"seconds": NUMBER, "device_name": str}
SHOWN_COST = {"seconds?": NUMBER, "training_seconds?": NUMBER, "settings?": ({}, None)}
PROVENANCE = {"packages?": ({...: str}, None), "run?": ({}, None)}
VERDICT = {"claim": str, "name": str, "forms": {...: FORM}, "data": (DATASET, None)}
VERDICT |= {"cost": SHOWN_COST, "provenance": PROVENANCE, "lineage?": str}


def training(path: Path) -> pd.DataFrame:
    """Return the training table of one cell; raise a UserError if it is none."""
    return _table(path, tables.TRAINING)


def measurements(path: Path) -> pd.DataFrame:
    """Return the measurements of one experiment; raise a UserError if they are none."""
    return _table(path, tables.MEASUREMENTS, others=True)


def cell_cost(path: Path) -> dict[str, Any]:
    """Return what training a cell took; raise a UserError if the file does not say it."""
    return _json(path, CELL_COST)


def cost(path: Path) -> dict[str, Any]:
    """Return what an experiment took; raise a UserError if the file does not say it."""
    return _json(path, COST)


def dataset(path: Path) -> dict[str, Any]:
    """Return the description of a data set; raise a UserError if the file is none."""
    return _json(path, DATASET)


def verdict(path: Path) -> dict[str, Any]:
    """Return the verdict on a claim; raise a UserError if the file is none."""
    return _json(path, VERDICT)


def _table(path: Path, columns: table_checks.Columns, others: bool = False) -> pd.DataFrame:
    table = files.read_table(path)
    problem = table_checks.problem(table, columns, others=others)
    _require(path, problem is None, str(problem))
    return table


def _json(path: Path, shape: Any) -> Any:
    found = files.read_json(path)
    problem = mismatch(found, shape)
    _require(path, problem is None, str(problem))
    return found


def _require(path: Path, holds: bool, problem: str) -> None:
    if not holds:
        raise UserError(files.damaged(path, problem))


def mismatch(value: Any, shape: Any, place: str = "it") -> str | None:
    """Return where a value that was read from JSON does not have a shape, or ``None`` if it does."""
    if isinstance(shape, tuple):
        problems = [mismatch(value, one, place) for one in shape]
        return None if None in problems else problems[0] if isinstance(value, dict) else f"{place} is of another kind"
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return f"{place} is no mapping"
        if ... in shape:
            known = dict.fromkeys(value, shape[...])
        else:
            known = {key.removesuffix("?"): inner for key, inner in shape.items()}
            if missing := [key for key in shape if not key.endswith("?") and key not in value]:
                return f"{place} lacks {', '.join(missing)}"
        found = (mismatch(value[key], inner, f"{place}.{key}") for key, inner in known.items() if key in value)
        return next(filter(None, found), None)
    if isinstance(shape, list):
        if not isinstance(value, list) or len(shape) not in (1, len(value)):
            return f"{place} is no list" + (f" of {len(shape)}" if len(shape) > 1 else "")
        found = (mismatch(one, shape[index % len(shape)], f"{place}[{index}]") for index, one in enumerate(value))
        return next(filter(None, found), None)
    if isinstance(shape, set):
        return None if isinstance(value, str) and value in shape else f"{place} is none of {', '.join(sorted(shape))}"
    fits = value is None if shape is None else type(value) is shape
    if fits and isinstance(value, float):
        fits = math.isfinite(value)
    return None if fits else f"{place} is of another kind"
