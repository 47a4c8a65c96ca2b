"""Data sets: the Arrow layout, the sources and what they refuse, and the views."""

import gzip
import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cifar10_files import (
    PER_BATCH,
    REAL,
    encoded,
    official_batch,
    official_members,
    pickled,
    put_parquet,
    random_split,
    tar_of,
)
from PIL import Image

from overparam.datasets import arrow, cifar10, cifar10_archive, digits, views
from overparam.datasets.arrow import Dataset, Split
from overparam.datasets.download import digest
from overparam.errors import UserError

SCRIPTS = Path(arrow.__file__).parents[2]


@pytest.fixture
def dataset():
    names = [f"class {label}" for label in range(10)]
    return Dataset("small", "noise", "ab" * 32, names, random_split(50), random_split(20, seed=1), 255, {"seed": 3})


# --- the layout ---


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


# --- the official archive ---


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "cifar-10-python.tar.gz"
    return path, tar_of(official_members(), path)


def test_python2_pickle_is_what_the_test_says():
    content = pickled(official_batch(0))
    assert b"cnumpy.core.multiarray\n_reconstruct" in content
    assert b"_codecs" not in content
    assert pickle.BINUNICODE + b"\x06" not in content


@pytest.mark.filterwarnings("error")
def test_official_layout_is_read(archive):
    path, sha256 = archive
    source = cifar10.read_archive(path, sha256)
    expected = [random_split(PER_BATCH, seed=number) for number in range(6)]
    np.testing.assert_array_equal(source.train.images, np.concatenate([split.images for split in expected[:5]]))
    np.testing.assert_array_equal(source.train.labels, np.concatenate([split.labels for split in expected[:5]]))
    np.testing.assert_array_equal(source.test.images, expected[5].images)
    assert (source.label, source.checksum, source.classes[1]) == ("CIFAR-10", sha256, "automobile")
    assert source.train.images.dtype == np.uint8
    assert not list(path.parent.glob("cifar-10-batches-py*")), "the archive was extracted"


def test_wrong_hash_is_refused_before_anything_is_unpickled(archive, monkeypatch):
    path, sha256 = archive
    calls = []

    class Spy(cifar10_archive.RestrictedUnpickler):
        def __init__(self, file):
            calls.append(file)
            super().__init__(file)

    monkeypatch.setattr(cifar10_archive, "RestrictedUnpickler", Spy)
    monkeypatch.setattr(cifar10_archive, "members", lambda *_: pytest.fail("the archive was opened"))
    with pytest.raises(UserError) as caught:
        cifar10.read_archive(path)
    for part in (str(path), sha256, cifar10.OFFICIAL_SHA256, "mirror", "OVERPARAM_CIFAR10"):
        assert part in str(caught.value)
    assert not calls
    monkeypatch.undo()
    monkeypatch.setattr(cifar10_archive, "RestrictedUnpickler", Spy)
    cifar10.read_archive(path, sha256)
    assert len(calls) == 6, "the spy sees nothing"


class Malicious:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("function", [os.mkdir, eval, getattr, np.load, np.dtype])
def test_malicious_pickle_is_refused(tmp_path, function, protocol):
    trap = tmp_path / "sprung"
    argument = {eval: f"__import__('os').mkdir({str(trap)!r})", np.dtype: "O"}.get(function, str(trap))
    content = pickle.dumps({"data": Malicious(function, argument), "labels": []}, protocol)
    members = official_members() | {"cifar-10-batches-py/data_batch_3": content}
    path = tmp_path / "archive.tar.gz"
    sha256 = tar_of(members, path)
    with pytest.raises(UserError, match=r"data_batch_3 was refused"):
        cifar10.read_archive(path, sha256)
    assert not trap.exists()


def test_malicious_pickle_would_have_worked(tmp_path):
    trap = tmp_path / "sprung"
    pickle.loads(pickle.dumps(Malicious(os.mkdir, str(trap))))
    assert trap.exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": [10] * PER_BATCH}, "row 0 has the label 10"),
        ({"labels": [0] * (PER_BATCH - 1)}, f"no list of {PER_BATCH} integers"),
        ({"labels": [0.5] * PER_BATCH}, "integers"),
        ({"data": np.zeros((PER_BATCH, 3071), np.uint8)}, "3072 columns"),
        ({"data": [1, 2]}, "3072 columns"),
    ],
)
def test_wrong_batch_is_refused(tmp_path, change, message):
    members = official_members() | {"cifar-10-batches-py/data_batch_2": pickled(official_batch(1) | change)}
    path = tmp_path / "archive.tar.gz"
    sha256 = tar_of(members, path)
    with pytest.raises(UserError, match=message):
        cifar10.read_archive(path, sha256)


def test_other_archives_are_refused(tmp_path):
    path = tmp_path / "archive.tar.gz"
    with pytest.raises(UserError, match="does not exist"):
        cifar10.read_archive(path)
    members = official_members()
    del members["cifar-10-batches-py/test_batch"]
    sha256 = tar_of(members, path)
    with pytest.raises(UserError, match="lacks cifar-10-batches-py/test_batch"):
        cifar10.read_archive(path, sha256)
    for content in (b"text", gzip.compress(b"text"), path.read_bytes()[:-5000]):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"no readable|lacks"):
            cifar10.read_archive(path, hashlib.sha256(content).hexdigest())


def test_links_in_an_archive_are_not_followed(tmp_path):
    path = tmp_path / "archive.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in official_members().items():
            member = tarfile.TarInfo(name)
            if name.endswith("test_batch"):
                member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
            member.size = 0 if member.issym() else len(content)
            archive.addfile(member, io.BytesIO(content))
    with pytest.raises(UserError, match="lacks cifar-10-batches-py/test_batch"):
        cifar10.read_archive(path, digest(path))


# --- parquet ---


@pytest.fixture
def pictures():
    return random_split(12).images


@pytest.fixture
def png(tmp_path, pictures):
    images = [encoded(image.transpose(1, 2, 0)) for image in pictures]
    return put_parquet(tmp_path / "test.parquet", images, [row % 10 for row in range(12)])


def test_png_parquet_is_read_exactly(png, pictures):
    source = cifar10.read_parquet(png, png)
    np.testing.assert_array_equal(source.train.images, pictures)
    np.testing.assert_array_equal(source.test.labels, np.arange(12) % 10)
    assert source.label == "CIFAR-10"
    assert source.checksum == hashlib.sha256(bytes.fromhex(digest(png)) * 2).hexdigest()


def test_jpeg_parquet_says_so(png, tmp_path, pictures):
    images = [encoded(pictures[0].transpose(1, 2, 0)), encoded(pictures[1].transpose(1, 2, 0), "JPEG")]
    mixed = put_parquet(tmp_path / "train.parquet", images, [3, 4])
    source = cifar10.read_parquet(mixed, png)
    assert source.label == "CIFAR-10 (JPEG)"
    assert source.checksum != cifar10.read_parquet(png, mixed).checksum


def test_parquet_with_a_wrong_row_names_it(png, tmp_path, pictures):
    good = encoded(pictures[0].transpose(1, 2, 0))
    cases = [
        ([good, good], [0, 10], "row 1 has the label 10"),
        ([good, good], [-1, 0], "row 0 has the label -1"),
        ([good, good[:100]], [0, 0], "row 1: the image cannot be decoded"),
        ([good, b"text"], [0, 0], "row 1: the image cannot be decoded"),
        ([good, None], [0, 0], "row 1 has no image"),
        ([good, encoded(np.zeros((32, 32), np.uint8))], [0, 0], "row 1: the image is L of 32×32"),
        ([good, encoded(np.zeros((28, 30, 3), np.uint8))], [0, 0], "row 1: the image is RGB of 30×28"),
        ([good], [None], "without a label"),
        ([], [], "no rows"),
    ]
    for images, labels, message in cases:
        wrong = put_parquet(tmp_path / "train.parquet", images, labels)
        with pytest.raises(UserError, match=message) as caught:
            cifar10.read_parquet(wrong, png)
        assert str(wrong) in str(caught.value)


def test_parquet_of_another_layout_is_refused(png, tmp_path, pictures):
    path = tmp_path / "train.parquet"
    good = [encoded(pictures[0].transpose(1, 2, 0))]
    with pytest.raises(UserError, match=r"does not exist.*`parquet`"):
        cifar10.read_parquet(path, png)
    for options in ({"column": "image"}, {"kind": pa.int32()}):
        put_parquet(path, good, [0], **options)
        with pytest.raises(UserError, match="needs the columns"):
            cifar10.read_parquet(path, png)
    pq.write_table(pa.table({"img": good, "label": [0]}), path)
    with pytest.raises(UserError, match="needs the columns"):
        cifar10.read_parquet(path, png)
    path.write_bytes(png.read_bytes()[:-100])
    with pytest.raises(UserError, match="no readable parquet"):
        cifar10.read_parquet(path, png)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"no CIFAR-10 parquet files in {REAL} (set OVERPARAM_CIFAR10)")
def test_real_images(tmp_path):
    source = cifar10.read_parquet(REAL / "train.parquet", REAL / "test.parquet")
    np.testing.assert_array_equal(np.bincount(source.train.labels), np.full(10, 5000))
    np.testing.assert_array_equal(np.bincount(source.test.labels), np.full(10, 1000))
    assert source.label == "CIFAR-10 (JPEG)"
    mean, deviation = source.moments  # of the official training images: 125.3 123.0 113.9 and 63.0 62.1 66.7
    np.testing.assert_allclose(mean, [125.3, 123.0, 113.9], atol=1)
    np.testing.assert_allclose(deviation, [63.0, 62.1, 66.7], atol=1)
    settings = {"name": "small", "classes": [0, 1, 2, 3], "resolution": 16, "n_train": 8000, "n_test": 2000, "seed": 0}
    arrow.write(tmp_path, views.view(source, settings))
    small = arrow.read(tmp_path)
    assert small.shape == (3, 16, 16)
    np.testing.assert_array_equal(np.bincount(small.train.labels), np.full(4, 2000))
    np.testing.assert_allclose(small.moments[0], mean, atol=15)  # four classes have another mean, but not by much


# --- digits and views ---


def view(source: Dataset, **settings) -> Dataset:
    return views.view(source, {"name": "view", "seed": 0, **settings})


@pytest.fixture(scope="module")
def pool():
    return digits.read()


def as_set(split: Split) -> set[bytes]:
    return {image.tobytes() for image in split.images}


def test_digits(pool):
    from sklearn.datasets import load_digits

    np.testing.assert_array_equal(pool.train.images[:, 0], load_digits().images)
    np.testing.assert_array_equal(pool.train.labels, load_digits().target)
    assert (pool.max_value, pool.train.images.max(), pool.shape) == (16, 16, (1, 8, 8))
    assert pool.checksum == digits.read().checksum


def test_pool_is_divided_without_overlap(pool):
    divided = view(pool)
    assert (len(divided.train), len(divided.test)) == (1198, 599)
    assert not as_set(divided.train) & as_set(divided.test)
    assert as_set(divided.train) | as_set(divided.test) == as_set(pool.train)
    assert len(view(pool, n_train=500).test) == 1297
    assert len(view(pool, n_test=500).train) == 1297


def test_sizes_are_nested_and_leave_the_other_split_alone(pool, dataset):
    for source, sizes in ((pool, (100, 900)), (dataset, (10, 45))):
        small, large = (view(source, n_train=n, n_test=12) for n in sizes)
        np.testing.assert_array_equal(small.train.images, large.train.images[: sizes[0]])
        np.testing.assert_array_equal(small.test.images, large.test.images)


def test_images_keep_their_labels(pool, dataset):
    for source in (pool, dataset):
        known = {
            image.tobytes(): label
            for split in (source.train, source.test)
            for image, label in zip(split.images, split.labels, strict=True)
        }
        chosen = view(source, classes=[7, 2, 5])
        assert chosen.classes == [source.classes[label] for label in (7, 2, 5)]
        for split in (chosen.train, chosen.test):
            assert [known[image.tobytes()] for image in split.images] == [[7, 2, 5][label] for label in split.labels]


@pytest.mark.parametrize("end", [1, -1])
def test_every_prefix_and_suffix_is_stratified(pool, end):
    labels = pool.train.labels
    order = views._stratified(labels, 0, "any")[::end]
    np.testing.assert_array_equal(np.sort(order), np.arange(len(labels)))
    counts = np.cumsum(labels[order][:, None] == np.arange(10), axis=0)
    expected = np.arange(1, len(labels) + 1)[:, None] * np.bincount(labels) / len(labels)
    assert np.abs(counts - expected).max() <= 2


def test_seeds_differ_and_repeat(pool):
    first, again, other = (view(pool, n_train=100, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.train.images, again.train.images)
    assert len(as_set(first.train) & as_set(other.train)) < 30


def test_resolution_is_the_area_average():
    images = random_split(5, (3, 12, 12)).images
    for side, factor in ((6, 2), (4, 3), (1, 12)):
        blocks = images.reshape(5, 3, side, factor, side, factor).astype(float)
        expected = np.floor(blocks.mean(axis=(3, 5)) + 0.5 + 1e-9)
        np.testing.assert_array_equal(views._resized(images, side), expected)
    bright = np.full((1, 1, 32, 32), 255, np.uint8)
    np.testing.assert_array_equal(views._resized(bright, 1), [[[[255]]]])  # the sum does not overflow
    assert views._resized(images, None) is images
    agreed = Image.fromarray(images[0, 0]).resize((6, 6), Image.Resampling.BOX)
    assert np.abs(np.asarray(agreed, int) - views._resized(images, 6)[0, 0]).max() <= 1  # Pillow rounds its own way


def test_resolution_changes_no_choice(dataset):
    sharp, coarse = view(dataset, n_train=20), view(dataset, n_train=20, resolution=8)
    np.testing.assert_array_equal(coarse.train.images, views._resized(sharp.train.images, 8))
    np.testing.assert_array_equal(coarse.train.labels, sharp.train.labels)


def test_larger_resolution_repeats_pixels(pool):
    coarse, fine = view(pool, n_train=20), view(pool, n_train=20, resolution=32)
    assert fine.shape == (1, 32, 32)
    np.testing.assert_array_equal(fine.train.images[:, :, ::4, ::4], coarse.train.images)
    np.testing.assert_array_equal(views._resized(fine.train.images, 8), coarse.train.images)


def test_crop_cuts_out_the_centre(dataset):
    whole, centre = view(dataset, n_train=20), view(dataset, n_train=20, crop=28)
    np.testing.assert_array_equal(centre.train.images, whole.train.images[:, :, 2:30, 2:30])
    odd = view(dataset, n_train=20, resolution=16, crop=13)
    np.testing.assert_array_equal(odd.train.images, views._resized(whole.train.images, 16)[:, :, 1:14, 1:14])


def test_grey_images_in_colour(pool, dataset):
    coloured = view(pool, n_train=20, colour=True)
    assert coloured.shape == (3, 8, 8)
    assert (coloured.train.images == view(pool, n_train=20).train.images).all()
    assert view(dataset, n_train=20, colour=True).shape == (3, 32, 32)


def test_every_image_normalised_by_itself(dataset, tmp_path):
    whitened = view(dataset, n_train=20, normalisation="image")
    images = whitened.normalised("train")
    np.testing.assert_allclose(images.mean(axis=(1, 2, 3)), 0, atol=1e-5)
    np.testing.assert_allclose(images.std(axis=(1, 2, 3)), 1, rtol=1e-5)
    arrow.write(tmp_path, whitened)
    np.testing.assert_array_equal(arrow.read(tmp_path).normalised("train"), images)
    constant = Split(np.full((1, 3, 32, 32), 7, np.uint8), np.zeros(1, np.int64))
    assert (whitened.normalised(constant) == 0).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_train": 51}, "n_train is 51, but there are 50 train images"),
        ({"n_test": 21}, "n_test is 21, but there are 20 test images"),
        ({"n_train": 0}, "n_train is 0"),
        ({"classes": [3]}, "at least two"),
        ({"classes": [3, 3]}, "at least two different"),
        ({"classes": [3, 10]}, r"0\.\.9, got \[3, 10\]"),
        ({"classes": [-1, 1]}, r"0\.\.9"),
        ({"resolution": 20}, r"\[1, 2, 4, 8, 16, 32\]"),
        ({"resolution": 48}, "divide the 32 pixels per side, and it is no multiple"),
        ({"crop": 33}, "`crop` is 33, but the images have 32×32 pixels"),
        ({"resolution": 0}, "divide the 32 pixels"),
    ],
)
def test_wrong_settings_are_refused(dataset, settings, message):
    with pytest.raises(UserError, match=message):
        view(dataset, **settings)


@pytest.mark.parametrize("sizes", [(1797, None), (1000, 798), (None, 1797), (0, 10), (2000, None)])
def test_pool_with_too_few_images_is_refused(pool, sizes):
    with pytest.raises(UserError, match="there are 1797 images in all"):
        view(pool, n_train=sizes[0], n_test=sizes[1])


@pytest.mark.parametrize(
    ("source", "inputs", "message"),
    [
        ("mnist", {}, "known: digits, cifar10"),
        ("digits", {"archive": Path("x")}, "reads no file"),
        ("cifar10", {}, "given: nothing"),
        ("cifar10", {"train": Path("x")}, "given: \\['train'\\]"),
    ],
)
def test_sources_and_inputs_that_do_not_fit_are_refused(source, inputs, message):
    with pytest.raises(UserError, match=message):
        views.read_source({"source": source}, inputs)


# --- the program ---


def prepare(folder: Path, settings: dict, *inputs: str) -> subprocess.CompletedProcess:
    outputs = [("train", "train.arrow"), ("test", "test.arrow"), ("info", "dataset.json")]
    command = [sys.executable, str(SCRIPTS / "prepare.py"), json.dumps(settings), *inputs]
    command += [part for name, file in outputs for part in ("--output", name, str(folder / file))]
    return subprocess.run(command, capture_output=True, text=True)


def test_program_prepares_digits(tmp_path, pool):
    settings = {"name": "tiny", "source": "digits", "classes": None, "resolution": 4, "n_train": 50, "n_test": 30}
    done = prepare(tmp_path, settings | {"seed": 2})
    assert done.returncode == 0, done.stderr
    found = arrow.read(tmp_path)
    np.testing.assert_array_equal(
        found.train.images, view(pool, resolution=4, n_train=50, n_test=30, seed=2).train.images
    )
    assert (found.name, found.label, found.max_value, found.view["resolution"]) == ("tiny", "digits", 16, 4)


def test_program_prepares_the_archive(tmp_path, archive):
    path, sha256 = archive
    settings = {"name": "a", "source": "cifar10", "sha256": sha256, "seed": 0}
    done = prepare(tmp_path, settings, "--input", "archive", str(path))
    assert done.returncode == 0, done.stderr
    assert arrow.read(tmp_path).checksum == sha256
    refused = prepare(tmp_path / "b", settings | {"sha256": None}, "--input", "archive", str(path))
    assert refused.returncode == 1
    assert cifar10.OFFICIAL_SHA256 in refused.stderr
    assert "Traceback" not in refused.stderr


def test_program_prepares_parquet(tmp_path, png):
    settings = {"name": "p", "source": "cifar10", "n_train": 6, "seed": 0}
    done = prepare(tmp_path, settings, "--input", "train", str(png), "--input", "test", str(png))
    assert done.returncode == 0, done.stderr
    assert len(arrow.read(tmp_path).train) == 6
