"""Test error over the width of networks whose procedure of training changes with their size, and of others.

Belkin, Hsu, Ma & Mandal (2019, arXiv 1812.11118, figures 4 and 9) train networks with fewer parameters than labels nK
otherwise than larger ones: until their train error is zero, with a learning rate that falls, and in one of two figures
from the trained weights of the next smaller network.
"""

import functools
from collections.abc import Callable
from typing import Any

import pandas as pd

from overparam.claims.double_descent import enough_images
from overparam.claims.double_descent.weight_reuse.networks import EXPERIMENT, Networks, written
from overparam.datasets.arrow import Dataset
from overparam.errors import UserError
from overparam.progress import Progress
from overparam.training import machine

CHANGES = {"reused": 1, "reused_longer": 2, "anew": 1, "same_throughout": 0}  # parameters per label, by procedure

Row = dict[str, Any]
Kept = Callable[[str, Callable[[], list[Row]]], list[Row]]


def measure(
    settings: dict[str, Any],
    dataset: Dataset,
    kept: Kept = lambda name, measured: measured(),
) -> pd.DataFrame:
    """Train networks of all widths by all procedures, and return their losses and errors.

    From the number of parameters on at which a procedure changes, networks start anew and are trained for all epochs at
    a constant rate. Smaller ones stop at zero train error, while the rate falls; where weights are reused, each but the
    smallest starts from the next smaller one. A seed is a draw of the training samples, their order and the initial
    weights, which all procedures share: where they do the same, one training serves all of them.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``, and the root ``seed``.
    dataset
        Images and labels.
    kept
        Takes the name of a part and what measures it to its rows, which may have been measured before. A part is all
        networks of one width and way of training; its first row holds the weights that a wider network starts from.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.

    Raises
    ------
    UserError
        If there are too few training images, or no network is smaller than the threshold.
    """
    enough_images.check(EXPERIMENT, settings, dataset)
    n = settings["n_train"]
    networks = Networks(settings, dataset, machine.prepare(settings["gpus"]))
    n_labels, widths = n * networks.n_classes, sorted(settings["widths"])
    if networks.n_params(widths[0]) >= n_labels:
        raise UserError(
            f"{EXPERIMENT}: the smallest of widths, {widths[0]}, has {networks.n_params(widths[0])} parameters, but it "
            f"needs fewer than n_train times the number of classes, {n_labels}; add smaller widths or raise n_train"
        )
    progress = Progress(len(widths), "widths")
    rows: list[Row] = []
    smaller: Row = {}
    for width in widths:
        n_params = networks.n_params(width)
        size = {"width": width, "n_params": n_params, "n_train": n, "params_per_label": n_params / n_labels}
        ways = {procedure: _way(procedure, size["params_per_label"], not smaller) for procedure in CHANGES}
        parts = {}
        for way in dict.fromkeys(ways.values()):
            measured = functools.partial(_trained, networks, width, way, smaller)
            weights, *parts[way] = kept(f"{way}-{width}", measured)
            if way == ways["reused_longer"]:
                larger = weights
        smaller = larger
        rows += [{"procedure": name, **size, **row} for name, way in ways.items() for row in parts[way]]
        progress.advance()
    return pd.DataFrame(rows).astype({"value": float})


def _way(procedure: str, params_per_label: float, smallest: bool) -> str:
    """Return how a procedure trains networks of a size: the ways in which :func:`_trained` does."""
    if params_per_label >= CHANGES[procedure]:
        return "whole"
    return "stopped" if procedure == "anew" or smallest else "reused"


def _trained(networks: Networks, width: int, way: str, smaller: Row) -> list[Row]:
    """Train a network per seed in a way, and return their weights and what was measured of them.

    They start anew and are trained for all epochs (``whole``), start anew and stop (``stopped``) or start from smaller
    ones and stop (``reused``).
    """
    pack = networks.grown(width, smaller) if way == "reused" else networks.drawn(width)
    ends = networks.train(pack, stops=way != "whole")
    found = {(quantity, None): values for quantity, values in ends.items()} | networks.seen(pack)
    rows = [
        {"seed": seed, "quantity": quantity, "split": split, "value": float(values[seed])}
        for (quantity, split), values in found.items()
        for seed in networks.seeds
    ]
    return [written(pack, width), *rows]
