"""Clusterable data: where the points lie, which classes are used, and how many labels each corruption changes."""

import numpy as np
import pytest
from scipy import stats

from overparam import seeding
from overparam.errors import UserError
from overparam.theory import clusterable_data
from overparam.theory.clusterable_data import corrupt_per_cluster, corrupt_uniformly, draw_clusters


def generator(*names):
    return seeding.generator(0, "test_clusterable_data", *names)


@pytest.mark.parametrize("radius", [0.0, 0.1, 0.9, 2.0])
def test_points_lie_on_the_sphere_within_the_radius_of_their_centre(radius):
    data = draw_clusters(5, 3, 40, 7, radius, generator())
    assert data.inputs.shape == (200, 7) and data.inputs.dtype == np.float64
    np.testing.assert_allclose(np.linalg.norm(data.inputs, axis=1), 1, atol=1e-12)
    distance = np.linalg.norm(data.inputs - data.centres[data.cluster], axis=1)
    assert distance.max() <= radius * (1 + 1e-9)
    assert distance.max() >= 0.9 * radius


def test_radius_zero_repeats_the_centres_exactly():
    data = draw_clusters(4, 2, 3, 5, 0.0, generator())
    np.testing.assert_array_equal(data.inputs, data.centres[data.cluster])


def test_chords_are_those_of_a_ball():
    data = draw_clusters(2, 2, 2000, 4, 0.3, generator())
    chords = np.linalg.norm(data.inputs - data.centres[data.cluster], axis=1)
    assert stats.kstest((chords / 0.3) ** 3, "uniform").pvalue > 1e-3


def test_a_cluster_is_of_one_class_and_every_class_is_used():
    data = draw_clusters(7, 3, 4, 6, 0.2, generator())
    per_cluster = data.classes.reshape(7, 4)
    assert (per_cluster == per_cluster[:, :1]).all()
    assert sorted(np.bincount(per_cluster[:, 0])) == [2, 2, 3]
    np.testing.assert_allclose(data.class_values, [-1, 0, 1])
    np.testing.assert_array_equal(data.labels, data.class_values[data.classes])


def test_given_centres_are_kept():
    centres = np.eye(3, 6)
    data = draw_clusters(3, 3, 2, 6, 0.1, generator(), centres)
    np.testing.assert_array_equal(data.centres, centres)
    assert centres.flags.writeable


@pytest.mark.parametrize(
    ("corruption", "per_cluster"), [(0.0, 0), (0.049, 0), (0.05, 1), (0.07, 1), (1 / 16, 1), (0.5, 10), (1.0, 20)]
)
def test_exactly_the_floor_is_corrupted_in_every_cluster(corruption, per_cluster):
    data = draw_clusters(6, 4, 20, 5, 0.1, generator())
    given = corrupt_per_cluster(data, corruption, generator("labels"))
    np.testing.assert_array_equal(np.bincount(data.cluster[given != data.classes], minlength=6), per_cluster)
    assert given.min() >= 0 and given.max() < 4


def test_a_share_that_binary_numbers_miss_loses_no_point():
    data = draw_clusters(2, 2, 100, 5, 0.1, generator())
    assert int(np.floor(0.29 * 100)) == 28  # why the test exists
    assert (corrupt_per_cluster(data, 0.29, generator("labels")) != data.classes).sum() == 58


def test_wrong_classes_are_uniform():
    data = draw_clusters(5, 5, 4000, 3, 0.1, generator())
    given = corrupt_per_cluster(data, 1.0, generator("labels"))
    shift = (given - data.classes) % 5
    assert shift.min() == 1
    assert stats.chisquare(np.bincount(shift)[1:]).pvalue > 1e-3


@pytest.mark.parametrize("corrupt", [corrupt_per_cluster, corrupt_uniformly])
def test_corruptions_of_one_generator_are_nested(corrupt):
    data = draw_clusters(4, 3, 50, 3, 0.1, generator())
    less, more = (corrupt(data, share, generator("labels")) for share in (0.1, 0.3))
    changed = less != data.classes
    assert changed.any()
    np.testing.assert_array_equal(less[changed], more[changed])


def test_uniform_corruption_is_binomial():
    data = draw_clusters(2, 2, 10_000, 3, 0.1, generator())
    given = corrupt_uniformly(data, 0.2, generator("labels"))
    low, high = stats.binom.interval(1 - 1e-6, 20_000, 0.2)
    assert low <= (given != data.classes).sum() <= high


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"n_classes": 5}, "n_classes"),
        ({"n_classes": 1}, "n_classes"),
        ({"n_per_cluster": 0}, "n_per_cluster"),
        ({"dimension": 1}, "dimension"),
        ({"radius": 2.5}, "radius"),
        ({"centres": np.ones((4, 3))}, "centres"),
        ({"centres": np.eye(3)}, "centres"),
    ],
)
def test_numbers_out_of_range_are_named(change, words):
    arguments = {"n_clusters": 4, "n_classes": 2, "n_per_cluster": 3, "dimension": 3, "radius": 0.1} | change
    with pytest.raises(UserError, match=words):
        draw_clusters(**arguments, generator=generator())


def test_shares_out_of_range_are_refused():
    data = clusterable_data.draw_clusters(2, 2, 3, 3, 0.1, generator())
    for corrupt in (corrupt_per_cluster, corrupt_uniformly):
        with pytest.raises(UserError, match="share"):
            corrupt(data, 1.2, generator("labels"))
