"""Labels that people gave: they follow the images of a data set, and what does not belong to it is refused."""

import json
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from cifar10_files import SCRIPTS, random_split

from overparam.datasets import arrow, digits, given_labels, labels, views
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError

COLUMNS = {"clean": "clean_label", "given": "worse_label"}
NAMES = [f"kind {label}" for label in range(5)]


@pytest.fixture
def source():
    return Dataset("mine", "Mine", "ab" * 32, NAMES, random_split(200, (1, 4, 4), 5), random_split(50, (1, 4, 4), 5, 1))


def view(source, **settings):
    return views.view(source, {"name": "v", "source": source.name, "seed": 3, **settings})


def noisy(clean, n_classes=5, share=0.4):
    """Return labels of which this share is the next class."""
    return np.where(np.random.default_rng(5).random(len(clean)) < share, (clean + 1) % n_classes, clean)


def table(clean, given=None, **more):
    return pd.DataFrame({"clean_label": clean, "worse_label": noisy(clean) if given is None else given, **more})


def put(path, frame):
    frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(path, index=False)
    return path


def read(path, source, columns=COLUMNS, **settings):
    return given_labels.read(path, columns, source, view(source, **settings))


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
@pytest.mark.parametrize("names", [False, True])
@pytest.mark.parametrize("n_train", [None, 70])
def test_labels_follow_their_images(tmp_path, source, suffix, names, n_train):
    clean, given = source.train.labels, noisy(source.train.labels)
    called = [np.array(NAMES)[one] if names else one for one in (clean, given)]
    path = put(tmp_path / f"labels{suffix}", table(*called, other=0))
    by_image = {image.tobytes(): label for image, label in zip(source.train.images, given, strict=True)}
    expected = [by_image[image.tobytes()] for image in view(source, n_train=n_train).train.images]
    for columns in (COLUMNS, COLUMNS | {"clean": None}):
        np.testing.assert_array_equal(read(path, source, columns, n_train=n_train), expected)


def test_a_part_of_the_classes(tmp_path, source):
    clean = source.train.labels
    within = np.where(clean == 4, 2, np.where(clean == 2, 4, clean))  # 2 and 4 are taken for each other
    found = read(put(tmp_path / "x.csv", table(clean, within)), source, classes=[4, 2])
    np.testing.assert_array_equal(found, 1 - view(source, classes=[4, 2]).train.labels)
    with pytest.raises(
        UserError, match=r"row \d+ is given the label 4 \(kind 4\), a class that the data set leaves out"
    ):
        read(tmp_path / "x.csv", source, classes=[2, 3])


def test_a_source_that_is_divided(tmp_path):
    source = digits.read()
    settings = {"name": "d", "source": "digits", "n_train": 300, "seed": 1}
    given = noisy(source.train.labels, 10)
    path = put(tmp_path / "x.csv", table(source.train.labels, given))
    found = given_labels.read(path, COLUMNS, source, views.view(source, settings))
    by_image = {image.tobytes(): label for image, label in zip(source.train.images, given, strict=True)}
    images = views.view(source, settings).train.images
    assert len(by_image) == len(source.train)
    np.testing.assert_array_equal(found, [by_image[image.tobytes()] for image in images])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda frame: frame[::-1],
            r"row \d+ has the true label \d, but that image of Mine has \d; so the file belongs",
        ),
        (lambda frame: frame[:-1], "has 199 rows, but Mine has 200 training images; it needs one row for each"),
        (lambda frame: frame[:0], "has 0 rows"),
        (lambda frame: pd.concat([frame, frame]), "has 400 rows"),
        (lambda frame: frame.assign(clean_label=9), "row 0 has the true label 9"),
        (
            lambda frame: frame.assign(worse_label=5),
            "row 0 is given the label 5, which is no class of Mine: they are 'kind",
        ),
        (lambda frame: frame.assign(worse_label="x"), "row 0 is given the label 'x', which is no class"),
        (lambda frame: frame.assign(worse_label=0.5), "row 0 has the label 0.5, neither a number nor a name"),
        (lambda frame: frame.drop(columns="worse_label"), "has no column 'worse_label'; it has 'clean_label'"),
        (lambda frame: frame.drop(columns="clean_label"), "has no column 'clean_label'"),
    ],
    ids=range(10),
)
def test_labels_of_something_else(tmp_path, source, change, message):
    path = put(tmp_path / "x.csv", change(table(source.train.labels)))
    with pytest.raises(UserError, match=message):
        read(path, source)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"\x80\x04\x95abc",
            "is a pickle, one member of the unpacked archive, and no table; write the labels as parquet",
        ),
        (b"\x93NUMPY", "is a NumPy file, and no table"),
        (b"<!DOCTYPE html><html>", "is an HTML page, and no table"),
        (b"PAR1", "is no whole table, as parquet or CSV"),
        (b"", "is empty, and no table"),
    ],
    ids=range(5),
)
def test_files_that_are_no_tables(tmp_path, source, content, message):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(UserError, match=message):
        read(tmp_path / "x", source)
    with pytest.raises(UserError, match="there is no file"):
        read(tmp_path / "y", source)


def test_levels_are_those_of_the_file():
    clean = np.arange(100) % 5
    given = np.where(np.arange(100) < 37, (clean + 1) % 5, clean)
    for level in (0.37, 0.375):
        first, second = given_labels.corruptions(clean, given, 5, level, [4, 7], "x.csv")
        assert (first.seed, second.seed, first.label_noise) == (4, 7, level)
        np.testing.assert_array_equal(first.given, given)
        np.testing.assert_array_equal(second.corrupted, np.arange(100) < 37)
    (true,) = given_labels.corruptions(clean, None, 5, 0.0, [0], "x.csv")
    assert not true.drawn.any() and (true.given == clean).all()
    with pytest.raises(
        UserError, match=r"x.csv: 37.00% of the labels given .* are false, and the study says 0.2; write"
    ):
        given_labels.corruptions(clean, given, 5, 0.2, [0], "x.csv")


def test_tables_keep_them(tmp_path):
    clean = np.arange(20) % 4
    made = given_labels.corruptions(clean, (clean + 1) % 4, 4, 1.0, [0, 1], "x")
    labels.write(tmp_path / "x.arrow", made)
    found = labels.read(tmp_path / "x.arrow")
    assert [one.definition for one in found] == ["given_labels"] * 2
    np.testing.assert_array_equal(found[1].given, (clean + 1) % 4)
    with pytest.raises(UserError, match="given labels are not drawn"):
        labels.draw(clean, 4, 0.5, "given_labels", 0)


def corrupt(folder, level, *inputs):
    settings = {"definition": "given_labels", "label_noise": level, "label_seeds": [0, 1], "seed": 0}
    settings |= {"columns": COLUMNS, "source": {"source": "digits"}}
    command = [sys.executable, str(SCRIPTS / "corrupt.py"), json.dumps(settings), *inputs]
    command += ["--input", "info", str(folder / "data/dataset.json"), "--output", "labels", str(folder / "x.arrow")]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_program_takes_them_from_their_file(tmp_path):
    source = digits.read()
    arrow.write(tmp_path / "data", views.view(source, {"name": "d", "source": "digits", "n_train": 300, "seed": 1}))
    clean = source.train.labels
    path = put(tmp_path / "labels.csv", table(clean, np.where(clean == 3, 5, clean)))  # a tenth, in every part of it
    assert corrupt(tmp_path, 0.1, "--input", "given", str(path)).returncode == 0
    for one in labels.read(tmp_path / "x.arrow"):
        np.testing.assert_array_equal(one.given, np.where(one.clean == 3, 5, one.clean))
    refused = corrupt(tmp_path, 0.4, "--input", "given", str(path))
    assert refused.returncode == 1 and "and the study says 0.4" in refused.stderr and "Traceback" not in refused.stderr
    assert corrupt(tmp_path, 0.0).returncode == 0
    assert not labels.read(tmp_path / "x.arrow")[0].corrupted.any()
