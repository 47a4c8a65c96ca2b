"""Views: the part of a source that a study works on, and the digits."""

from pathlib import Path

import numpy as np
import pytest
from cifar10_files import noise_dataset, prepare, random_split
from PIL import Image

from overparam.datasets import arrow, digits, sources, views
from overparam.datasets.arrow import Dataset, Split
from overparam.errors import UserError


@pytest.fixture
def dataset():
    return noise_dataset()


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
        ("mnist", {}, "mnist is read from `train` and `test`; given: nothing"),
        ("digits", {"archive": [Path("x")]}, "reads no file"),
        ("cifar10", {}, "given: nothing"),
        ("cifar10", {"train": [Path("x")]}, "given: \\['train'\\]"),
    ],
)
def test_sources_and_inputs_that_do_not_fit_are_refused(source, inputs, message):
    with pytest.raises(UserError, match=message):
        sources.read({"source": source}, inputs)


def test_program_prepares_digits(tmp_path, pool):
    settings = {"name": "tiny", "source": "digits", "classes": None, "resolution": 4, "n_train": 50, "n_test": 30}
    done = prepare(tmp_path, settings | {"seed": 2})
    assert done.returncode == 0, done.stderr
    found = arrow.read(tmp_path)
    np.testing.assert_array_equal(
        found.train.images, view(pool, resolution=4, n_train=50, n_test=30, seed=2).train.images
    )
    assert (found.name, found.label, found.max_value, found.view["resolution"]) == ("tiny", "digits", 16, 4)
