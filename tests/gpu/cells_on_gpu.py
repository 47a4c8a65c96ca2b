"""Cells so small that each trains on the pretended GPU in a fraction of a second, and the sizes of every network."""

import contextlib

import pandas as pd
import torch
from pretended_gpu import GPU, pretended
from tiny_cells import CPU, corruptions, dataset, settings

from overparam import models
from overparam.packs import techniques
from overparam.training import cell

SIDE = {"resnet_2m": 4, "small_inception": 4, "resnet20": 4, "resnet20_unnormalised": 4}  # 8 pixels for all others
OPTIMIZERS = {
    "sgd": {"name": "sgd", "learning_rate": 0.001, "schedule": "inverse_sqrt", "period": 2},
    "momentum": {"name": "sgd", "learning_rate": 0.001, "momentum": 0.9, "weight_decay": 0.004, "schedule": "linear"},
    "adam": {"name": "adam", "learning_rate": 0.001},
}
LOSSES = ["loss_noisy", "loss_clean", "distance", "weight_norm"]


def tiny_cell(model, precision, optimizer, **changes):
    """Return the settings of a cell, its data set and its labels: two models, and a last batch that is shorter."""
    side = SIDE.get(model, 8)
    data = dataset((1 if model == "lenet" else 3, side, side), n_train=10, n_test=4)
    given = settings(model, precision=precision, optimizer=OPTIMIZERS[optimizer], widths=[1])
    given |= {"label_noise": [0.4], "n_train": 6, "n_heldout": 0, "epochs": 1, "batch_size": 4, "evaluations": [1]}
    if optimizer == "adam":
        given["augmentation"] = {"crop": 1, "flip": True}
    given |= changes
    return given, data, corruptions(data, given["label_noise"], given["seeds"])


def on_gpu(*of_a_cell):
    """Train a cell on the pretended GPU; return its table, and where the program waited."""
    with pretended() as waits:
        table, cost = cell.train_cell(*of_a_cell, GPU)
    assert cost["device"] == "cuda"
    return table, waits


def on_cpu(*of_a_cell):
    """Train a cell on the CPU by the techniques of a GPU: the same sums in the same order."""
    before = techniques.by_table
    techniques.by_table = lambda x: False
    try:
        return cell.train_cell(*of_a_cell, CPU)[0]
    finally:
        techniques.by_table = before


def difference(found, expected):
    """Return the largest relative difference of losses and lengths; everything that is no such number is equal."""
    numbers = [name for name in found if name in LOSSES or name.startswith("error")]
    pd.testing.assert_frame_equal(found.drop(columns=numbers), expected.drop(columns=numbers))
    apart = ((found[LOSSES] - expected[LOSSES]).abs() / (expected[LOSSES].abs() + 1e-3)).max(axis=None)
    assert found[LOSSES].isna().equals(expected[LOSSES].isna())
    return apart


@contextlib.contextmanager
def arithmetic_restored():
    """Set back what a job chooses for its whole process."""
    deterministic = torch.utils.deterministic
    before = (
        torch.backends.cudnn.allow_tf32,
        torch.get_float32_matmul_precision(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
        deterministic.fill_uninitialized_memory,
    )
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = before[0]
        torch.set_float32_matmul_precision(before[1])
        torch.use_deterministic_algorithms(before[2], warn_only=before[3])
        deterministic.fill_uninitialized_memory = before[4]
        torch.set_flush_denormal(False)


MODELS = models.names()
