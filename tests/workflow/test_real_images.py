"""The pipeline on real CIFAR-10 images, at reduced size."""

import json
import os
from pathlib import Path

import pandas as pd
import pytest
from project_copies import RESULTS, ROOT

IMAGES = Path(os.environ.get("OVERPARAM_CIFAR10") or ROOT / "../shared/data/cifar10-jpeg").resolve()
STUDY = {
    "name": "cnn-width",
    "experiments": ["width_sweep"],
    "dataset": "cifar10-small",
    "model": "cnn",
    "widths": [1, 2, 4],
    "label_noise": [[0.0, 0.2]],
    "seeds": [[0, 1]],
    "n_train": 200,
    "n_heldout": 50,
    "epochs": 2,
    "batch_size": 50,
    "evaluations": 3,
    "optimizer": {"name": "adam", "learning_rate": 0.002},
}


@pytest.mark.skipif(
    not (IMAGES / "train.parquet").is_file(),
    reason="no CIFAR-10 images: set OVERPARAM_CIFAR10 to a folder with train.parquet and test.parquet",
)
def test_networks_on_images(sources):
    dataset = {"name": "cifar10-small", "source": "cifar10", "classes": [0, 1, 2, 3], "resolution": 16}
    sources.extra = {
        "claims": ["B4"],
        "datasets": [{**dataset, "n_train": 250, "n_test": 100}],
        "studies": [STUDY],
        "experiments": {"random_features": {"dataset": "cifar10-small"}},
    }
    sources.environment = {"OVERPARAM_CIFAR10": str(IMAGES)}
    sources.snakemake()
    verdict = json.loads((sources.folder / RESULTS / "claims/B4/verdict.json").read_text())
    assert verdict["data"]["label"].startswith("CIFAR-10") and len(verdict["data"]["checksum"]) == 64
    assert verdict["data"]["label"] in (sources.folder / RESULTS / "claims/B4/figure.alt.txt").read_text()
    tables = [pd.read_parquet(path) for path in (sources.folder / RESULTS / "training/cnn-width").glob("*.parquet")]
    table = pd.concat(tables)
    assert len(table) == 3 * 2 * 2 * 3 * 3  # widths, noise levels, seeds, epochs, splits
    assert not table["diverged"].any()

    sources.extra["studies"] = [{**STUDY, "widths": [1, 2, 4, 3]}]
    plan = sources.plan()
    assert plan["train"] == 1 and "prepare" not in plan and "corrupt" not in plan, plan
