"""Shares of label vectors: centring, chance and corruption against draws and against dense projections."""

import numpy as np
import pytest
import torch

from overparam import seeding
from overparam.claims.label_noise.network_jacobian import label_alignment


def directions(n, n_outputs, rank, seed=0):
    draw = seeding.generator(seed, "directions")
    return np.linalg.qr(draw.standard_normal((n * n_outputs, rank)))[0]


def kernel(size, decay=0.9):
    basis = np.linalg.qr(seeding.generator(1, "kernel").standard_normal((size, size)))[0]
    values = decay ** np.arange(size)
    return (basis * values) @ basis.T, values, basis


def test_targets_are_in_the_order_of_the_rows_of_a_jacobian():
    labels = np.array([[0, 2, 1]])
    np.testing.assert_array_equal(label_alignment.targets(labels, 3), [[1, 0, 0, 0, 0, 1, 0, 1, 0]])
    np.testing.assert_array_equal(label_alignment.targets(np.array([0, 1, 0]), 2, single=True), [1, -1, 1])


def test_the_constant_part_of_balanced_labels_is_a_kth_of_their_energy():
    y = label_alignment.targets(np.arange(12) % 3, 3)
    rest = label_alignment.centred(y, 3)
    np.testing.assert_allclose(rest.reshape(-1, 3).sum(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(rest.reshape(-1, 3).sum(axis=1), 0, atol=1e-12)
    assert np.sum(rest**2) / np.sum(y**2) == pytest.approx(1 - 1 / 3)
    constant = np.kron(np.ones((12, 1)), np.eye(3)) / np.sqrt(12)  # directions that any bias has
    assert label_alignment.share(constant, y) == pytest.approx(np.sqrt(1 / 3))
    assert label_alignment.share(constant, rest) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(("n_classes", "single"), [(3, False), (2, False), (2, True)])
def test_chance_is_the_mean_over_random_labels(n_classes, single):
    n, n_outputs = 30, 1 if single else n_classes
    u = directions(n, n_outputs, 4)
    u[:, 0] = 1 / np.sqrt(len(u))  # one that no centred labels have a part in
    u = np.linalg.qr(u)[0]
    labels = seeding.generator(0, "draws").integers(n_classes, size=(20_000, n))
    y = label_alignment.centred(label_alignment.targets(labels, n_classes, single), n_outputs)
    measured = np.sqrt(np.sum((y @ u) ** 2) / np.sum(y**2))
    found = label_alignment.share_by_chance(u, n_outputs)
    assert found == pytest.approx(measured, rel=0.02)
    assert found <= np.sqrt(4 / ((n - 1) * (n_classes - 1)))


@pytest.mark.parametrize("definition", ["wrong_label", "random_label"])
def test_corruption_leaves_what_the_algebra_says(definition):
    n, n_classes, noise = 60, 3, 0.5
    true = np.arange(n) % n_classes
    y = label_alignment.centred(label_alignment.targets(true, n_classes), n_classes)
    u = np.linalg.qr(np.column_stack([y + 0.7 * directions(n, n_classes, 1)[:, 0], directions(n, n_classes, 5, 1)]))[0]
    corrupted = np.stack([draw_corrupted(true, n_classes, noise, definition, number) for number in range(3000)])
    y_rho = label_alignment.centred(label_alignment.targets(corrupted, n_classes), n_classes)
    measured = np.sqrt(np.sum((y_rho @ u) ** 2) / np.sum(y_rho**2))
    left = label_alignment.kept(noise, definition, n_classes)
    assert left == pytest.approx({"wrong_label": 0.25, "random_label": 0.5}[definition])
    chance = label_alignment.share_by_chance(u, n_classes)
    assert label_alignment.share_corrupted(label_alignment.share(u, y), chance, left) == pytest.approx(
        measured, rel=0.02
    )


def draw_corrupted(true, n_classes, noise, definition, number):
    draw = seeding.generator(0, "corruption", number)
    wrong = (true + draw.integers(1, n_classes, len(true))) % n_classes
    new = wrong if definition == "wrong_label" else draw.integers(n_classes, size=len(true))
    return np.where(draw.random(len(true)) < noise, new, true)


@pytest.mark.parametrize("whole", [True, False])
def test_directions_are_eigenvectors_by_either_way(whole, monkeypatch):
    monkeypatch.setattr(label_alignment, "LARGEST_WHOLE", 100 if whole else 10)
    dense, values, basis = kernel(40)
    found, u, residual = label_alignment.top_directions(torch.as_tensor(dense), 5)
    np.testing.assert_allclose(found[:5], values[:5], rtol=1e-6)
    assert len(found) == (40 if whole else 5)
    np.testing.assert_allclose(u @ u.T, basis[:, :5] @ basis[:, :5].T, atol=1e-5)
    assert residual < 1e-5


def test_centred_energy_is_that_of_the_projected_kernel():
    dense, _, _ = kernel(36)
    projection = np.kron(np.eye(12) - 1 / 12, np.eye(3))
    projected = projection @ dense @ projection
    expected = np.linalg.eigvalsh(projected)[-4:].sum() / np.trace(projected)
    assert label_alignment.centred_energy_share(torch.as_tensor(dense), 4, 3) == pytest.approx(expected, rel=1e-6)
