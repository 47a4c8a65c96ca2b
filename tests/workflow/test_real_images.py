"""The pipeline on real CIFAR-10 images, at reduced size."""

import json
import os
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from cifar10_files import encoded, put_parquet, random_split
from project_copies import RESULTS, ROOT

from overparam.datasets import arrow

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


def test_a_data_set_in_several_files_with_odd_names(sources, tmp_path):
    """Shards go to the job in their order, through names with spaces and one, in full, that looks like an option."""
    split = random_split(30)
    images = [encoded(image.transpose(1, 2, 0)) for image in split.images]
    folder = sources.folder / "some images"
    folder.mkdir()
    for number in range(3):
        rows = slice(10 * number, 10 * number + 10)
        put_parquet(folder / f"train-0000{number}-of-00003.parquet", images[rows], split.labels[rows].tolist())
    put_parquet(sources.folder / "--log", images, split.labels.tolist(), column="image", kind=pa.uint8())
    sources.extra = {
        "datasets": [{"name": "digits", "source": "cifar10"}],
        "sources": {"cifar10": {"parquet": {"train": "some images", "test": str(sources.folder / "--log")}}},
        "studies": [],
    }
    sources.snakemake(str(RESULTS / "data/digits/dataset.json"))
    made = arrow.read(sources.folder / RESULTS / "data/digits")
    assert {image.tobytes() for image in made.train.images} == {image.tobytes() for image in split.images}
    assert sources.plan(str(RESULTS / "data/digits/dataset.json")) == {}
    os.rename(folder / "train-00001-of-00003.parquet", folder / "x")  # noqa: PTH104
    run = sources.snakemake("-n", check=False)
    assert "of the 3 train files 1 are missing, the first of them number 00001" in run.stdout
    assert "Traceback" not in run.stdout
