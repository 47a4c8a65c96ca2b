"""Run one experiment: its settings and what it reads in, a tidy table of measurements out."""

import importlib
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from overparam import places, tables
from overparam.datasets import arrow
from overparam.jobs import processor, records, surroundings, table_checks
from overparam.plan import experiment_settings

log = logging.getLogger(__name__)


def measure(
    name: str,
    settings: dict[str, Any],
    datasets: Sequence[Path],
    cells: Sequence[Path],
    costs: Sequence[Path],
    memory_mb: int,
    gpus: int = 0,
    kept: Callable[[str, Callable[[], Any]], Any] | None = None,
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Run experiment ``name``.

    Parameters
    ----------
    name
        Name of its folder.
    settings
        Its resolved settings, with the root ``seed``.
    datasets
        Descriptions (``dataset.json``) of the data set that the experiment reads, or of those that its networks saw.
    cells, costs
        Training tables and their cost files, for an experiment that reads networks; else none.
    memory_mb
        Memory of the whole job, in MB. The experiment's setting ``memory_mb`` is half of it: the other half is for the
        interpreter, the libraries and the results.
    gpus
        GPUs that the job may use, 0 or 1; the experiment's setting of that name.
    kept
        Takes the name of a part and what measures it to what was measured, now or by an interrupted job; for an
        experiment that ``resumes``.

    Returns
    -------
    measurements, cost
        The tidy table, and what making it took: seconds, device, variables that choose how libraries compute, settings,
        data set.

    Raises
    ------
    ValueError
        If the table is not what the experiment declares under ``measures``.
    """
    module = importlib.import_module(places.measure_module(name))
    settings = {**settings, "memory_mb": memory_mb / 2, "gpus": gpus}
    start = time.perf_counter()
    if cells:
        measurements = module.measure(
            settings, pd.concat([records.training(path) for path in cells], ignore_index=True)
        )
    elif datasets:
        more = [kept] if kept and experiment_settings.declaration(name)["resumes"] else []
        measurements = module.measure(settings, arrow.read(datasets[0].parent), *more)
    else:
        measurements = module.measure(settings)
    measurements = _checked(name, measurements)
    log.info("%d measurements of %s", len(measurements), ", ".join(sorted(measurements["quantity"].unique())))
    training = [records.cell_cost(path) for path in costs]
    cost = {
        "seconds": time.perf_counter() - start,
        "training_seconds": sum(cell["seconds"] for cell in training),
        "devices": sorted({cell["device_name"] for cell in training}) or [_device()],
        "variables": surroundings.arithmetic() or None,
        "settings": settings,
        "dataset": _merged([records.dataset(path) for path in datasets]),
    }
    return measurements, cost


def _checked(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table of an experiment, the columns that every table has in their types."""
    if missing := [column for column in tables.MEASUREMENTS if column not in table]:
        raise ValueError(f"experiment {name!r}: its table has no column {', '.join(missing)}")
    table = table.astype({"quantity": str, "value": "float64", "seed": "int64"})
    wrong = table_checks.measured_problem(table, experiment_settings.measures(name))
    if wrong:
        raise ValueError(f"experiment {name!r}: its table is not what experiment.yaml says it measures: {wrong}")
    return table


def _device() -> str:
    """Return the name of what has measured: the GPU if an experiment has used one, else the CPU."""
    torch = sys.modules.get("torch")  # an experiment that needs none has not loaded it
    return torch.cuda.get_device_name() if torch and torch.cuda.is_initialized() else processor.name()


def _merged(descriptions: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """Return one description of all data sets: every key that all have, values joined where they differ.

    Several keep their ``labels`` by name.
    """
    if not descriptions:
        return None
    shared = set.intersection(*(set(description) for description in descriptions))
    joined = {key: list(dict.fromkeys(json.dumps(entry[key]) for entry in descriptions)) for key in sorted(shared)}
    merged = {
        key: json.loads(values[0]) if len(values) == 1 else " and ".join(str(json.loads(value)) for value in values)
        for key, values in joined.items()
    }
    labels = {entry["name"]: entry["label"] for entry in descriptions}
    return merged | {"labels": labels} if len(labels) > 1 else merged
