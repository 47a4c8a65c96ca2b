"""Data sets on disk: what is read is what was written, nothing is copied, and what was changed is refused."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from cifar10_files import noise_dataset

from overparam.datasets import arrow, views
from overparam.datasets.arrow import Dataset, Split
from overparam.errors import UserError


@pytest.fixture
def dataset():
    return noise_dataset()


def test_what_is_read_is_what_was_written(tmp_path, dataset):
    arrow.write(tmp_path, dataset)
    found = arrow.read(tmp_path)
    assert found.description == dataset.description == json.loads((tmp_path / "dataset.json").read_text())
    for name in ("train", "test"):
        for part in ("images", "labels"):
            array, expected = getattr(getattr(found, name), part), getattr(getattr(dataset, name), part)
            np.testing.assert_array_equal(array, expected)
            assert array.dtype == expected.dtype
    assert len(found.train) == 50
    assert found.shape == (3, 32, 32)


def test_reading_copies_nothing(tmp_path, dataset):
    arrow.write(tmp_path, dataset)
    path = tmp_path / "train.arrow"
    before = pa.total_allocated_bytes()
    split = arrow.read(tmp_path).train
    assert pa.total_allocated_bytes() - before < split.images.nbytes / 10
    mapped = [
        [int(address, 16) for address in line.split()[0].split("-")]
        for line in Path("/proc/self/maps").read_text().splitlines()
        if line.endswith(str(path))
    ]
    for array in (split.images, split.labels, split.take(slice(5)).images):
        assert not array.flags.owndata
        assert not array.flags.writeable
        address = array.__array_interface__["data"][0]
        assert any(low <= address and address + array.nbytes <= high for low, high in mapped)


def test_same_data_set_same_bytes(tmp_path, dataset):
    arrow.write(tmp_path / "a", dataset)
    arrow.write(tmp_path / "b", arrow.read(tmp_path / "a"))
    for name in ("train.arrow", "test.arrow", "dataset.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_normalised_by_the_training_images(dataset):
    train, test = dataset.normalised("train"), dataset.normalised("test")
    assert train.dtype == np.float32
    np.testing.assert_allclose(train.mean(axis=(0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(axis=(0, 2, 3)), 1, atol=1e-6)
    images = dataset.train.images.astype(float)
    mean, deviation = images.mean(axis=(0, 2, 3), keepdims=True), images.std(axis=(0, 2, 3), keepdims=True)
    np.testing.assert_allclose(test, (dataset.test.images - mean) / deviation, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(dataset.normalised(dataset.test.take(slice(3))), test[:3])


def test_constant_channel_becomes_zero():
    images = np.full((4, 1, 2, 2), 7, np.uint8)
    split = Split(images, np.arange(4) % 2)
    assert np.all(Dataset("x", "x", "", ["a", "b"], split, split).normalised("train") == 0)


def test_other_types_are_not_written(tmp_path, dataset):
    split = Split(dataset.train.images / 255, dataset.train.labels)
    with pytest.raises(TypeError, match="uint8"):
        arrow.write(tmp_path, Dataset("x", "x", "", dataset.classes, split, split))


def test_missing_and_cut_off_files_are_refused(tmp_path, dataset):
    with pytest.raises(UserError, match=r"train\.arrow does not exist"):
        arrow.read(tmp_path)
    arrow.write(tmp_path, dataset)
    path = tmp_path / "test.arrow"
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"test\.arrow is no whole Arrow file"):
            arrow.read(tmp_path)


def test_splits_of_two_data_sets_are_refused(tmp_path, dataset):
    arrow.write(tmp_path, dataset)
    arrow.write(tmp_path / "other", views.view(dataset, {"name": "other", "classes": [0, 1], "seed": 0}))
    (tmp_path / "other" / "test.arrow").rename(tmp_path / "test.arrow")
    with pytest.raises(UserError, match=r"two data sets \(name, classes, view"):
        arrow.read(tmp_path)


def test_exchanged_splits_are_refused(tmp_path, dataset):
    arrow.write(tmp_path, dataset)
    (tmp_path / "train.arrow").write_bytes((tmp_path / "test.arrow").read_bytes())
    with pytest.raises(UserError, match='holds the split "test", not "train"'):
        arrow.read(tmp_path)


def rewritten(path: Path, change) -> None:
    """Write the Arrow file again after ``change(table)``, which may return the table and its batch size."""
    changed = change(pa.ipc.open_file(path.read_bytes()).read_all())
    table, rows = changed if isinstance(changed, tuple) else (changed, None)
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.replace_schema_metadata(None), "lacks checksum"),
        (lambda table: table.select(["label", "image"]), "has the columns"),
        (lambda table: table.slice(1), "has 49 rows, not 50"),
        (lambda table: (table, 30), "2 record batches"),
        (lambda table: table.set_column(1, "label", pa.array(np.full(50, 10))), r"not in 0\.\.9"),
        (lambda table: table.set_column(1, "label", pa.array(np.full(50, -1))), r"not in 0\.\.9"),
        (lambda table: table.set_column(1, "label", pa.array(np.zeros(50, np.int32))), "labels are int32"),
        (lambda table: table.set_column(1, "label", pa.array([None] * 50, pa.int64())), "has nulls"),
        (lambda table: table.set_column(0, "image", pa.array(np.zeros(50, np.uint8))), "images are uint8"),
    ],
)
def test_other_layouts_are_refused(tmp_path, dataset, change, message):
    arrow.write(tmp_path, dataset)
    rewritten(tmp_path / "train.arrow", change)
    with pytest.raises(UserError, match=message):
        arrow.read(tmp_path)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_one_wrong_bit_is_refused(tmp_path, dataset, share):
    arrow.write(tmp_path, dataset)
    path = tmp_path / "train.arrow"
    whole = bytearray(path.read_bytes())
    whole[int(share * len(whole))] ^= 1
    path.write_bytes(whole)
    with pytest.raises(UserError, match=r"train\.arrow.*; delete it and run again"):
        arrow.read(tmp_path)
