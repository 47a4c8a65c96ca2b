"""Images and labels from parquet files: every published layout is read, and wrong content is refused with its row."""

import hashlib

import numpy as np
import pytest
from cifar10_files import encoded, prepare, put_parquet, random_split

from overparam.datasets import arrow, cifar10
from overparam.download import digest
from overparam.program import UserError


@pytest.fixture
def pictures():
    return random_split(12).images


@pytest.fixture
def png(tmp_path, pictures):
    images = [encoded(image.transpose(1, 2, 0)) for image in pictures]
    return put_parquet(tmp_path / "test.parquet", images, [row % 10 for row in range(12)])


def test_png_parquet_is_read_exactly(png, pictures):
    source = cifar10.read_parquet([png], [png])
    np.testing.assert_array_equal(source.train.images, pictures)
    np.testing.assert_array_equal(source.test.labels, np.arange(12) % 10)
    assert source.label == "CIFAR-10"
    assert source.checksum == hashlib.sha256(bytes.fromhex(digest(png)) * 2).hexdigest()


def test_jpeg_parquet_says_so(png, tmp_path, pictures):
    images = [encoded(pictures[0].transpose(1, 2, 0)), encoded(pictures[1].transpose(1, 2, 0), "JPEG")]
    mixed = put_parquet(tmp_path / "train.parquet", images, [3, 4])
    source = cifar10.read_parquet([mixed], [png])
    assert source.label == "CIFAR-10 (JPEG)"
    assert source.checksum != cifar10.read_parquet([png], [mixed]).checksum


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
            cifar10.read_parquet([wrong], [png])
        assert str(wrong) in str(caught.value)


def test_program_prepares_parquet(tmp_path, png):
    settings = {"name": "p", "source": "cifar10", "n_train": 6, "seed": 0}
    done = prepare(tmp_path, settings, "--input", "train", str(png), "--input", "test", str(png))
    assert done.returncode == 0, done.stderr
    assert len(arrow.read(tmp_path).train) == 6
