"""Damaged files of a run: what one job hands to the next is what it wrote, or it is refused in a sentence."""

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cifar10_files import random_split
from fuzzing import bounded, damaged, mutated, read
from hypothesis import given
from hypothesis import strategies as st
from synthetic_training import table as training_table

from overparam import tables
from overparam.datasets import arrow, labels
from overparam.datasets.arrow import Dataset
from overparam.jobs import files, records
from overparam.report import pages, reading, run, summary, terminal

IMAGES = Dataset(
    "small", "noise", "ab" * 32, [f"class {label}" for label in range(10)],
    random_split(20, (3, 4, 4)), random_split(10, (3, 4, 4), seed=1), 255, {"seed": 3},
)  # fmt: skip
LABELS = [labels.draw(IMAGES.train.labels, 10, 0.2, "wrong_label", seed) for seed in (0, 1)]
MEASUREMENTS = pd.DataFrame(
    {
        "quantity": ["loss", "error", "loss"] * 5,
        "value": np.arange(15) / 3,
        "seed": np.arange(15),
        "width": pd.array([None, *range(14)], dtype="Int64"),
        "method": [None, *["sgd"] * 14],
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(params=["train", "test"])
def split(request, folder):
    """The path of one split, whose files are as they were made."""
    arrow.write(folder, IMAGES)
    return folder / f"{request.param}.arrow"


@bounded(300)
@given(st.data())
def test_a_data_set(split, data):
    wrong = data.draw(damaged(files_of(split)))
    replace(split, wrong)
    found = read("data set", lambda: arrow.read(split.parent))
    if found is not None:
        assert found.description == IMAGES.description
        for name in ("train", "test"):
            np.testing.assert_array_equal(getattr(found, name).images, getattr(IMAGES, name).images)
            np.testing.assert_array_equal(getattr(found, name).labels, getattr(IMAGES, name).labels)


def files_of(path, known={}):  # noqa: B006
    """Return the bytes that a file had when it was first asked for."""
    return known.setdefault(path, path.read_bytes())


def replace(path, content):
    """Give a file other bytes, in a new file: the old one may still be mapped."""
    path.unlink()
    path.write_bytes(content)


@bounded(400)
@given(st.data())
def test_corrupted_labels(folder, data):
    path = folder / "labels.arrow"
    if not path.exists():
        labels.write(path, LABELS)
    replace(path, data.draw(damaged(files_of(path))))
    found = read("corrupted labels", lambda: labels.read(path))
    if found is not None:
        assert [(one.seed, one.label_noise, one.n_classes) for one in found] == [(0, 0.2, 10), (1, 0.2, 10)]
        for one, right in zip(found, LABELS, strict=True):
            for name in ("clean", "given", "drawn"):
                np.testing.assert_array_equal(getattr(one, name), getattr(right, name))


def made_training_table():
    table = training_table(widths=(2, 8), seeds=(0,))[list(tables.TRAINING)]
    return table.assign(error_noisy=table["error_noisy"].clip(upper=1.0))


TABLES = [
    ("training table", made_training_table, records.training),
    ("measurements", lambda: MEASUREMENTS, records.measurements),
]


@pytest.mark.parametrize(("target", "make", "reader"), TABLES)
def test_a_table_is_read_as_it_was_written(folder, target, make, reader):
    files.write_table(folder / "right.parquet", make())
    pd.testing.assert_frame_equal(reader(folder / "right.parquet"), make())


@pytest.mark.parametrize(("target", "make", "reader"), TABLES)
@bounded(400)
@given(st.data())
def test_the_bytes_of_a_table(folder, target, make, reader, data):
    path, right = folder / f"{target}.parquet", make()
    if not path.exists():
        files.write_table(path, right)
    content = files_of(path)
    footer = data.draw(st.sampled_from([0, int.from_bytes(content[-8:-4], "little") and len(content) - 2000]))
    replace(path, content[:footer] + data.draw(damaged(content[footer:])))
    found = read(target, lambda: reader(path))
    if found is not None:
        pd.testing.assert_frame_equal(found, right)


CHANGES = {
    "gone": lambda table, column: table.drop(columns=column),
    "renamed": lambda table, column: table.rename(columns={column: f"{column}s"}),
    "text": lambda table, column: table.astype({column: str}),
    "gaps": lambda table, column: table.assign(**{column: table[column].astype(object).where(table.index > 3)}),
    "empty": lambda table, column: table.iloc[:0],
    "large": lambda table, column: table.assign(**{column: 10**9}),
    "negative": lambda table, column: table.assign(**{column: -0.5}),
    "true": lambda table, column: table.assign(**{column: True}),
    "more": lambda table, column: table.assign(**{f"{column}2": 1}),
}


@bounded(120)
@given(st.data())
def test_the_columns_of_a_training_table(folder, data):
    table = made_training_table()
    for _ in range(data.draw(st.integers(1, 2))):
        column = data.draw(st.sampled_from(list(table.columns)))
        table = CHANGES[data.draw(st.sampled_from(sorted(CHANGES)))](table, column)
    files.write_table(folder / "columns.parquet", table)
    found = read("training table", lambda: records.training(folder / "columns.parquet"))
    if found is not None:
        assert list(found.columns) == list(tables.TRAINING) and len(found) > 0
        for column in ("width", "seed", "epoch", "split", "study", "diverged"):
            assert not found[column].isna().any()
        assert found["label_noise"].between(0, 1).all()


@pytest.fixture(scope="module")
def right():
    """What the JSON files of a run hold."""
    cost = {"seconds": 1.5, "training_seconds": 3, "devices": ["a CPU"], "settings": {"n_train": 8}}
    return {
        "cell cost": {"seconds": 2.5, "device": "cpu", "device_name": "a CPU", "peak_memory_bytes": 1},
        "cost": {**cost, "dataset": IMAGES.description},
        "dataset": IMAGES.description,
    }


READERS = {
    "cell cost": records.cell_cost,
    "cost": records.cost,
    "dataset": records.dataset,
    "verdict": records.verdict,
}


def shown(entry, verdict):
    """Put a verdict into the table and on pages."""
    claims = reading.collect([entry], [verdict])
    terminal.text(summary.table(claims), 100)
    return pages.render(run.Run("test", Path("results/test"), claims))


@pytest.mark.parametrize("kind", READERS)
@bounded(250)
@given(st.data())
def test_json_files(folder, right, verdicts, entries, kind, data):
    value = {**right, "verdict": verdicts[1]}[kind]
    text = json.dumps(value, indent=2).encode()
    wrong = data.draw(st.one_of(damaged(text), mutated([value])))
    if not isinstance(wrong, bytes):
        try:
            wrong = json.dumps(wrong).encode()
        except (TypeError, ValueError):
            return  # nothing that JSON can say
    path = folder / "wrong.json"
    path.write_bytes(wrong)
    found = read(f"{kind} (JSON)", lambda: READERS[kind](path))
    if found is None:
        return
    if kind in ("cell cost", "cost"):
        assert math.isfinite(found["seconds"])
    if kind == "dataset":
        assert all(isinstance(found[key], str) for key in ("name", "label", "checksum"))
    if kind == "verdict":
        for form in found["forms"].values():
            assert form["verdict"] in records.VERDICTS and isinstance(form["reason"], str)
            for prediction in form["predictions"]:
                for estimate in prediction["estimates"]:
                    assert estimate["estimate"] is None or math.isfinite(estimate["estimate"])
        read("verdict on the page", lambda: shown(entries[1], found))
