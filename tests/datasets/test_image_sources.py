"""The one door for images: every form that is read, from a small file made here, and every form that is refused."""

import gzip
import json
import struct

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.io
from cifar10_files import encoded, pickled, prepare, put_parquet, random_split, tar_of

from overparam.datasets import arrow, cifar, image_sources, views
from overparam.datasets.download import digest
from overparam.errors import UserError
from overparam.plan.known_sources import SOURCES

GREY = random_split(12, (1, 28, 28)).images
COLOUR = random_split(12).images
LABELS = [*range(10), 3, 4]


def png(pixels):
    """Return an image of (channels, height, width) as a PNG, grey if it has one channel."""
    return encoded(pixels[0] if len(pixels) == 1 else pixels.transpose(1, 2, 0))


def read(source, train, test=None, **settings):
    test = train if test is None else test
    return image_sources.read({"source": source, **settings}, {"train": train, "test": test})


def refused(source, train, test=None, **settings):
    with pytest.raises(UserError) as caught:
        read(source, train, test, **settings)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 700
    return str(caught.value)


def table(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


# --- the sources that are known, from parquet files ---


@pytest.mark.parametrize("source", ["mnist", "fashion_mnist", "kmnist"])
@pytest.mark.parametrize("column", ["image", "img"])
def test_grey_images(tmp_path, source, column):
    path = put_parquet(tmp_path / "x.parquet", [png(image) for image in GREY], LABELS, column)
    found = read(source, [path])
    np.testing.assert_array_equal(found.train.images, GREY)
    assert found.train.labels.tolist() == LABELS
    assert (found.name, found.label) == (source, SOURCES[source].label)
    assert found.shape == (1, 28, 28) and tuple(found.classes) == SOURCES[source].classes


def test_house_numbers_and_a_hundred_classes(tmp_path):
    images = [png(image) for image in COLOUR]
    path = put_parquet(tmp_path / "x.parquet", images, LABELS, "image")
    assert read("svhn", [path]).label == "SVHN"
    fine = table(tmp_path / "y.parquet", img=images, fine_label=[99, 3] * 6, coarse_label=[19, 0] * 6)
    found = read("cifar100", [fine])
    assert found.label == "CIFAR-100" and len(found.classes) == 100 and found.train.labels.max() == 99
    assert [found.classes[label] for label in (0, 50, 99)] == ["apple", "mouse", "worm"]


def test_the_superclasses_of_cifar100_are_those_that_the_files_have(tmp_path):
    images, coarse = [png(image) for image in COLOUR], [0, 1, 2] * 4
    path = table(tmp_path / "x.parquet", img=images, fine_label=LABELS, coarse_label=coarse)
    found = read("cifar100", [path], label_column="coarse_label")
    assert found.classes == ["0", "1", "2"] and found.train.labels.tolist() == coarse
    assert found.checksum != read("cifar100", [path]).checksum  # the column decides the bytes
    names = {"info": {"features": {"coarse_label": {"names": ["fish", "flowers", "trees"]}}}}
    content = pq.read_table(path).replace_schema_metadata({"huggingface": json.dumps(names)})
    pq.write_table(content, path)
    assert read("cifar100", [path], label_column="coarse_label").classes == ["fish", "flowers", "trees"]


@pytest.mark.parametrize(
    ("source", "images", "message"),
    [
        ("mnist", COLOUR, "row 0: the image is RGB of 32×32 pixels, not L of 28×28; make it a grey image of 28×28"),
        (
            "svhn",
            GREY,
            r"row 0: the image is L of 28×28 pixels (grey), not RGB of 32×32; make it an RGB image of 32×32",
        ),
        ("mnist", GREY[:, :, :20], "row 0: the image is L of 28×20 pixels (grey), not L of 28×28"),
    ],
    ids=range(3),
)
def test_images_of_another_data_set(tmp_path, source, images, message):
    path = put_parquet(tmp_path / "x.parquet", [png(image) for image in images], LABELS)
    assert message in refused(source, [path])


def test_grey_levels_of_less_than_8_bits_are_not_stretched(tmp_path):
    content = bytearray(png(GREY[0]))
    from PIL import Image

    Image.fromarray(GREY[0, 0] > 128).convert("1").save(tmp_path / "x.png", bits=1)
    path = put_parquet(tmp_path / "x.parquet", [bytes(content), (tmp_path / "x.png").read_bytes()], [0, 1])
    assert "row 1: the image is 1 of 28×28 pixels (black and white), not L" in refused("mnist", [path])


def test_more_images_than_there_are(tmp_path, monkeypatch):
    monkeypatch.setitem(
        SOURCES, "mnist", SOURCES["mnist"].__class__("MNIST", (1, 28, 28), 8, 3, SOURCES["mnist"].classes)
    )
    path = put_parquet(tmp_path / "x.parquet", [png(image) for image in GREY], LABELS)
    assert "has 12 rows; MNIST has 11 in all" in refused("mnist", [path])


# --- images of one's own, from parquet files ---


@pytest.mark.parametrize("shape", [(1, 7, 7), (3, 9, 5), (3, 40, 40)])
def test_channels_size_and_classes_come_from_the_data(tmp_path, shape):
    split = random_split(8, shape)
    path = put_parquet(tmp_path / "x.parquet", [png(image) for image in split.images], [0, 1, 2, 3] * 2)
    found = read("mine", [path], label="Mine")
    np.testing.assert_array_equal(found.test.images, split.images)
    assert (found.name, found.label, found.classes) == ("mine", "Mine", ["0", "1", "2", "3"])
    assert views.view(found, {"name": "v", "source": "mine", "seed": 0}).shape == shape


CLASSES = {
    "numbers": (pa.array([1, 0, 2, 1], pa.uint8()), ["0", "1", "2"], [1, 0, 2, 1]),
    "dictionary of numbers": (pa.array([1, 0, 1, 0]).dictionary_encode(), ["0", "1"], [1, 0, 1, 0]),
    "names": (pa.array(["b", "a", "c", "a"]), ["a", "b", "c"], [1, 0, 2, 0]),
    "dictionary of names": (pa.array(["b", "a", "b", "a"]).dictionary_encode(), ["a", "b"], [1, 0, 1, 0]),
}


@pytest.mark.parametrize("kind", CLASSES)
def test_labels_of_ones_own(tmp_path, kind):
    column, classes, labels = CLASSES[kind]
    images = [png(image) for image in GREY[:4]]
    path = table(tmp_path / "x.parquet", picture=images, digit=column)
    found = read("mine", [path], image_column="picture", label_column="digit")
    assert found.classes == classes and found.train.labels.tolist() == labels and found.label == "mine"


def test_several_files_and_a_jpeg_among_them(tmp_path):
    first = put_parquet(tmp_path / "0.parquet", [png(image) for image in GREY[:4]], [0, 1, 0, 1])
    second = put_parquet(tmp_path / "1.parquet", [encoded(GREY[4, 0], "JPEG")], [1])
    found = read("mine", [first, second], [first])
    assert len(found.train) == 5 and found.label == "mine (JPEG)"


@pytest.mark.parametrize(
    ("labels", "test", "message"),
    [
        (
            [0, 1, 3],
            [0, 1],
            "mine: no training image has the label 2, though labels go up to 3; number the classes from 0",
        ),
        ([1, 2, 3], [1], "mine: no training image has the label 0"),
        ([0, 0, 0], [0], "mine has only one class, '0'; at least two are needed"),
        ([0, 1, -1], [0], "x.parquet: row 2 has the label -1; classes count from 0"),
        ([0, 1, 1], [0, 5], "no training image has the label 2, though labels go up to 5"),
        ([0, 1, 10**6], [0], "has the label 1,000,000; at most 10,000 classes are read"),
        (["a", "b", "a"], ["a", "c"], "images have the labels 'c', which are not among its classes 'a', 'b'"),
    ],
    ids=range(7),
)
def test_labels_that_count_no_classes(tmp_path, labels, test, message):
    paths = [tmp_path / "x.parquet", tmp_path / "y.parquet"]
    for path, values in zip(paths, (labels, test), strict=True):
        table(path, image=[png(image) for image in GREY[: len(values)]], label=values)
    assert message in refused("mine", paths[:1], paths[1:])


def test_columns_that_are_named_and_not_there(tmp_path):
    path = table(tmp_path / "x.parquet", image=[png(image) for image in GREY[:2]], label=[0, 1])
    assert "needs one column 'digit' with labels; it has none" in refused("mine", [path], label_column="digit")
    assert "needs one column 'picture' with images" in refused("mine", [path], image_column="picture")


def test_images_that_differ_in_size(tmp_path):
    path = put_parquet(tmp_path / "x.parquet", [png(GREY[0]), png(GREY[1][:, 1:])], [0, 1])
    assert "row 1: the image is L of 28×27 pixels (grey), not L of 28×28" in refused("mine", [path])
    huge = put_parquet(tmp_path / "y.parquet", [png(np.zeros((1, 1, 1025), np.uint8))] * 2, [0, 1])
    assert "is L of 1025×1 pixels (grey), not grey or RGB; make it a grey or RGB image of at most 1024×1024" in refused(
        "mine", [huge]
    )


# --- MNIST and its successors as they are published ---


def idx(array):
    """Return an array of bytes as an idx file."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def put_idx(folder, images=GREY[:, 0], labels=LABELS, packed=True):
    folder.mkdir(exist_ok=True)
    paths = []
    for name, array in (("train-images-idx3-ubyte", images), ("train-labels-idx1-ubyte", np.array(labels))):
        paths.append(folder / f"{name}{'.gz' if packed else ''}")
        paths[-1].write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    return paths


@pytest.mark.parametrize("packed", [True, False])
def test_idx_files(tmp_path, packed):
    paths = put_idx(tmp_path, packed=packed)
    found = read("kmnist", paths, paths[::-1])
    for split in (found.train, found.test):
        np.testing.assert_array_equal(split.images, GREY)
        assert split.labels.tolist() == LABELS and split.labels.dtype == np.int64
    assert found.label == "Kuzushiji-MNIST"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda images, labels: images.write_bytes(images.read_bytes()[:-50]), "is no whole idx file, cut off"),
        (
            lambda images, labels: images.write_bytes(gzip.compress(idx(GREY[:, 0])[:-50])),
            "is no whole idx file, cut off",
        ),
        (lambda images, labels: labels.write_bytes(gzip.compress(idx(np.zeros(3)))), "has 12 images, but .* 3 labels"),
        (lambda images, labels: labels.write_bytes(gzip.compress(idx(np.full(12, 11)))), "row 0 has the label 11, not"),
        (
            lambda images, labels: images.write_bytes(gzip.compress(idx(GREY[:, 0, :20]))),
            "grey images of 28×20 pixels; MN",
        ),
        (
            lambda images, labels: labels.write_bytes(images.read_bytes()),
            "of each split one idx file of images and one",
        ),
        (lambda images, labels: labels.unlink(), "labels-idx1-ubyte.gz does not exist"),
        (lambda images, labels: images.write_bytes(b"<!DOCTYPE html><html>"), "is no idx file: it is an HTML page"),
    ],
    ids=range(8),
)
def test_idx_files_that_are_damaged_or_others(tmp_path, damage, message):
    paths = put_idx(tmp_path)
    damage(*paths)
    with pytest.raises(UserError, match=message):
        read("mnist", paths)


# --- SVHN as it is published ---


def put_mat(path, images=COLOUR, labels=(*range(1, 11), 3, 4)):
    scipy.io.savemat(path, {"X": images.transpose(2, 3, 1, 0), "y": np.array(labels, np.uint8)[:, None]})
    return path


def test_matlab_files_of_svhn(tmp_path):
    path = put_mat(tmp_path / "train_32x32.mat")
    found = read("svhn", [path])
    np.testing.assert_array_equal(found.train.images, COLOUR)
    assert found.train.labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 3, 4]  # zero is called 10 there


def test_other_matlab_files(tmp_path):
    path = put_mat(tmp_path / "x.mat", COLOUR[:, :, :16, :16])
    assert "X is uint8 of shape (16, 16, 3, 12), not uint8 of 32×32×3×n; take train_32x32.mat" in refused(
        "svhn", [path]
    )
    path = put_mat(tmp_path / "x.mat", labels=[1, 2])
    assert "y has the shape (2, 1), not one label for each image" in refused("svhn", [path])
    path = put_mat(tmp_path / "x.mat", labels=[11] * 12)
    assert "row 0 has the label 11" in refused("svhn", [path])
    scipy.io.savemat(path, {"digitStruct": np.zeros(3)})
    assert "X is nothing" in refused("svhn", [path])
    whole = put_mat(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert "has no labels (y), so it is cut off" in refused("svhn", [path])
    path.write_bytes(whole[:128] + b"\xff" * 1000)
    assert "is no whole Matlab file, cut off or damaged" in refused("svhn", [path])
    assert "it is a Matlab file" in refused("mnist", [put_mat(path)])
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1")
    assert "x.mat is no Matlab file: it is a Git LFS pointer" in refused("svhn", [path])


# --- folders of folders of classes ---


def put_folders(folder, names, images=COLOUR, form="PNG"):
    for name, number in zip(names * 2, range(12), strict=False):
        path = folder / name / f"{number}.{form.lower()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(images[number].transpose(1, 2, 0), form))
    return folder


def test_folders_of_classes(tmp_path):
    train, test = put_folders(tmp_path / "train", ["b", "a", "10", "9"]), put_folders(tmp_path / "test", ["a", "9"])
    (train / "a" / "notes.txt").write_text("not an image")
    found = read("mine", [train], [test])
    assert found.classes == ["9", "10", "a", "b"]  # in the order that people expect
    np.testing.assert_array_equal(found.train.images[0], COLOUR[3])
    assert found.train.labels.tolist() == [0, 0, 1, 1, 2, 2, 3, 3] and found.test.labels.tolist() == [0, 0, 2, 2]


def test_folders_of_the_classes_of_cifar10_by_name_or_number(tmp_path):
    names = ["Ship", "airplane", "3"]
    found = read("cifar10", [put_folders(tmp_path / "train", names)])
    assert found.train.labels.tolist() == [3, 3, 8, 8, 0, 0]
    assert found.label == "CIFAR-10" and len(found.classes) == 10
    assert read("cifar10", [put_folders(tmp_path / "jpeg", names, form="JPEG")]).label == "CIFAR-10 (JPEG)"


def test_folders_that_are_refused(tmp_path):
    train = put_folders(tmp_path / "train", ["cat", "zebra"])
    message = refused("cifar10", [train])
    assert "'zebra' are no classes of CIFAR-10" in message and "name folders by them, or by their numbers" in message
    other = put_folders(tmp_path / "test", ["cat", "horse"])
    assert "images have the labels 'horse', which are not among its classes 'cat', 'zebra'" in refused(
        "mine", [train], [other]
    )
    (train / "zebra" / "bad.png").write_bytes(b"<html>")
    assert "zebra/bad.png: the image cannot be decoded: it is an HTML page" in refused("mine", [train])
    (train / "empty").mkdir()
    assert "the folder" in refused("mine", [train]) and "empty has no images" in refused("mine", [train])


def test_another_name_of_a_file_or_class_is_another_data_set(tmp_path):
    train = put_folders(tmp_path / "train", ["cat", "dog"])
    before = read("mine", [train]).checksum
    (train / "cat" / "0.png").rename(train / "dog" / "0.png")
    assert read("mine", [train]).checksum != before


# --- the archive of CIFAR-100 ---


def cifar100_members():
    batch = {
        "fine_labels": [99] * 12,
        "coarse_labels": [3] * 12,
        "data": COLOUR.reshape(12, -1),
        "filenames": ["x"] * 12,
    }
    names = {"train": pickled(batch), "test": pickled({**batch, "fine_labels": [0] * 12}), "meta": b"not read"}
    return {f"cifar-100-python/{name}": content for name, content in names.items()}


def test_the_archive_of_cifar100(tmp_path):
    path = tmp_path / "cifar-100-python.tar.gz"
    sha256 = tar_of(cifar100_members(), path)
    found = cifar.read_archive("cifar100", path, sha256)
    np.testing.assert_array_equal(found.train.images, COLOUR)
    assert found.test.labels.tolist() == [0] * 12 and found.classes[99] == "worm" and found.checksum == sha256
    with pytest.raises(UserError) as caught:
        cifar.read_archive("cifar100", path)
    for part in ("begins like CIFAR-100, but has", "169,001,437 bytes", "config.sources.cifar100.archive.sha256"):
        assert part in str(caught.value)
    with pytest.raises(UserError, match="it is CIFAR-100, the Python version; take the Python version of CIFAR-10"):
        cifar.read_archive("cifar10", path)
    with pytest.raises(UserError, match=r"lacks data_batch_1.*it is CIFAR-100, the Python version"):
        cifar.read_archive("cifar10", path, digest(path))


# --- the program ---


def test_program_prepares_folders_and_columns_of_ones_own(tmp_path):
    train, test = put_folders(tmp_path / "in/train", ["a", "b"]), put_folders(tmp_path / "in/test", ["b", "a"])
    settings = {"name": "p", "source": "mine", "label": "Mine", "label_column": None, "n_train": 2, "seed": 0}
    done = prepare(tmp_path / "out", settings, "--input", "train", str(train), "--input", "test", str(test))
    assert done.returncode == 0, done.stderr
    made = arrow.read(tmp_path / "out")
    assert (made.label, made.shape, len(made.train)) == ("Mine", (3, 32, 32), 2)
