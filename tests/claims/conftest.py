"""Every experiment at its smallest size, run once for all tests that ask for it, as its job would run it."""

import functools
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import synthetic_training
from project_copies import ROOT

from overparam import tables
from overparam.claims import measuring
from overparam.datasets import arrow, sources, views
from overparam.jobs import files
from overparam.plan import config, experiment_settings, registry, strict_yaml

MEMORY_MB = 4000


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory) -> Callable[[str], pd.DataFrame]:
    """Return a function that gives the measurements of an experiment with the settings of the smoke configuration.

    Networks are not trained: training tables are made up, for the studies of that configuration.
    """
    run = config.resolve(strict_yaml.read(ROOT / "config/smoke.yaml"), registry.load())
    folder = tmp_path_factory.mktemp("smoke")

    @functools.cache
    def dataset(name: str) -> Path:
        settings = next(entry for entry in run["datasets"] if entry["name"] == name) | {"seed": run["seed"]}
        arrow.write(folder / name, views.view(sources.read(settings, {}), settings))
        return folder / name / "dataset.json"

    @functools.cache
    def trained(name: str) -> Path:
        study = next(entry for entry in run["studies"] if entry["name"] == name)
        path = folder / f"{name}.parquet"
        images = arrow.read(dataset(study["dataset"]).parent)
        files.write_table(path, synthetic_training.of_study(study, images)[list(tables.TRAINING)])
        return path

    @functools.cache
    def measured(name: str) -> pd.DataFrame:
        reads, settings = experiment_settings.declaration(name)["reads"], run["experiments"][name]
        studies = [study for study in run["studies"] if reads == "training" and name in study["experiments"]]
        read = [study["dataset"] for study in studies] or ([settings["dataset"]] if reads == "dataset" else [])
        cells = [trained(study["name"]) for study in studies]
        return measuring.measure(name, settings, [dataset(one) for one in dict.fromkeys(read)], cells, [], MEMORY_MB)[0]

    return measured
