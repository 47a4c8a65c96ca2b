"""The pipeline on real CIFAR-10 images, at reduced size."""

import gzip
import json
import math
import os
import struct
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from cifar10_files import encoded, put_parquet, random_split
from project_copies import RESULTS, ROOT

from overparam.datasets import arrow, labels

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


def test_folders_of_classes_given_labels_and_downloads_of_several_files(sources):
    """Images of one's own in folders, with labels that people gave; and MNIST, in small, from a mirror."""
    folder, mirror = sources.folder / "pets", sources.folder / "mirror"
    rows = []
    for split, n in (("train", 20), ("test", 5)):
        for number, name in enumerate(("cat", "dog")):
            (folder / split / name).mkdir(parents=True)
            for place, image in enumerate(random_split(n, (3, 6, 4), seed=number).images):
                (folder / split / name / f"{place}.png").write_bytes(encoded(image.transpose(1, 2, 0)))
                rows += [{"true": name, "given": "dog" if place < 10 else name}] if split == "train" else []
    pd.DataFrame(rows).to_csv(sources.folder / "labels.csv", index=False)
    mirror.mkdir()
    for split in ("train", "t10k"):
        for what, dimensions in (("images-idx3", (6, 28, 28)), ("labels-idx1", (6,))):
            content = bytes([0, 0, 8, len(dimensions)]) + struct.pack(f">{len(dimensions)}I", *dimensions)
            (mirror / f"{split}-{what}-ubyte.gz").write_bytes(gzip.compress(content + bytes(math.prod(dimensions))))
    given = {"path": "labels.csv", "given": "given", "clean": "true"}
    sources.extra = {
        "datasets": [
            {"name": "digits", "source": "pets", "given_labels": given},
            {"name": "mnist", "source": "mnist"},
        ],
        "sources": {"pets": {"path": "pets", "label": "Pets"}, "mnist": {"mirrors": [mirror.as_uri()]}},
        "studies": [],
    }
    labels_ = RESULTS / "data/digits/labels/given_labels_0.25_s0to1.arrow"
    sources.snakemake(str(labels_))
    made = arrow.read(sources.folder / RESULTS / "data/digits")
    assert (made.label, made.shape, made.classes, len(made.train)) == ("Pets", (3, 6, 4), ["cat", "dog"], 40)
    assert [one.corrupted.sum() for one in labels.read(sources.folder / labels_)] == [10, 10]
    assert sources.plan(str(labels_)) == {}
    (folder / "train/cat/0.png").rename(folder / "train/dog/99.png")
    assert sources.plan(str(labels_)) == {"prepare": 1, "corrupt": 1}
    assert sources.plan(str(RESULTS / "data/mnist/dataset.json")) == {"download": 4, "prepare": 1}
    run = sources.snakemake(str(RESULTS / "data/mnist/dataset.json"), check=False)
    assert "train-images-idx3-ubyte.gz is not the expected file" in run.stdout  # not the official ones


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
