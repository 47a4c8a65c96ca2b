"""Epoch-wise double descent of trained networks (Nakkiran et al. 2019, arXiv 1912.02292, section 6)."""

from typing import Any

import numpy as np
import pandas as pd

from overparam.claims.double_descent.epoch_wise import network_sizes
from overparam.training.stopping import MODEL, at_end, long

CURVE = [column for column in MODEL if column != "seed"]


def measure(settings: dict[str, Any], training: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of every network over time, smoothed and not, and how far its test error rises and falls.

    Test errors count true labels, train errors given ones. With the factor f, the smoothed error at an epoch is the
    average of the errors at the evaluated epochs between epoch/f and epoch·f, all with the same weight. It lowers peaks
    and raises minima: smoothing can hide a rise or fall, but cannot make one. Rise and fall are those of the smoothed
    test error, from its first minimum to its peak and from there to the last epoch, at epochs that were chosen on other
    seeds (:func:`turns`). Small, medium and large networks are told apart by :func:`network_sizes.sizes`.

    Parameters
    ----------
    settings
        ``smoothing``, a factor f >= 1, and the root ``seed``, from which nothing is drawn.
    training
        One row per model, epoch and split.

    Returns
    -------
    pandas.DataFrame
        One row per value, as ``experiment.yaml`` declares under ``measures``.
    """
    table = training.merge(network_sizes.sizes(training), on=["study", "width"], how="left", validate="many_to_one")
    errors = long(table, ["size", "epoch"])
    labels = errors["split"].map({"test": "clean", "train": "noisy"})
    errors = errors[(errors["quantity"] == "error") & (errors["labels"] == labels)]
    smoothed = smooth(errors, settings["smoothing"])
    ends = at_end(table[table["split"] == "train"])
    diverged = ends[[*MODEL, "size", "epoch", "split"]].assign(
        labels=None, quantity="diverged", value=ends["diverged"].astype("float64")
    )
    measured = pd.concat([errors, smoothed, turns(smoothed), diverged], ignore_index=True)
    order = [*CURVE, "quantity", "split", "labels", "epoch", "seed"]
    return measured.sort_values(order, kind="stable", ignore_index=True)


def smooth(errors: pd.DataFrame, factor: float) -> pd.DataFrame:
    """Return rows of ``smoothed_error`` for all epochs after the start; see :func:`measure`."""
    smoothed = []
    for _, rows in errors[errors["epoch"] > 0].groupby([*CURVE, "split"], dropna=False, sort=False):
        rows = rows.sort_values(["seed", "epoch"], kind="stable")
        curves = rows.pivot(index="seed", columns="epoch", values="value")
        logarithm = np.log(curves.columns.to_numpy(float))
        near = np.abs(logarithm[:, None] - logarithm) <= np.log(factor) + 1e-9
        values = curves.to_numpy(float) @ (near / near.sum(axis=1)[:, None]).T
        smoothed.append(rows.assign(quantity="smoothed_error", value=values.ravel()))
    return pd.concat(smoothed, ignore_index=True)


def turns(smoothed: pd.DataFrame) -> pd.DataFrame:
    """Return how far the smoothed test error of every network rises, and how far it falls from there to its end.

    First minimum and peak are the two epochs, in this order, between which the average curve of *other* seeds rises
    most: of the second half of the seeds (every other one) for the first half, and the other way round. Choosing them
    on the very curve that they are read from would find a rise in any noise. Where a curve holds a value that is not a
    number, or there is one seed only, they are not known, and neither is the rise.
    """
    found = []
    test = smoothed[smoothed["split"] == "test"]
    for _, rows in test.groupby(CURVE, dropna=False, sort=False):
        curves = rows.pivot(index="seed", columns="epoch", values="value").sort_index()
        ends = rows[rows["epoch"] == rows["epoch"].max()].sort_values("seed", kind="stable")  # one row per seed
        half = np.arange(len(curves)) % 2
        for chosen in np.unique(half):
            measured = _turns(curves[half == chosen], largest_rise(curves[half != chosen].to_numpy(float)))
            found += [ends[half == chosen].assign(quantity=name, value=values) for name, values in measured.items()]
    return pd.concat(found, ignore_index=True)


def _turns(curves: pd.DataFrame, places: tuple[int, int] | None) -> dict[str, np.ndarray]:
    """Return what :func:`turns` measures for curves (n_seeds, n_epochs), by quantity, each ``(n_seeds,)``."""
    if places is None:
        return dict.fromkeys(("rise", "fall", "first_minimum_epoch", "peak_epoch"), np.full(len(curves), np.nan))
    values, (first, top) = curves.to_numpy(float), places
    return {
        "rise": values[:, top] - values[:, first],
        "fall": values[:, top] - values[:, -1],
        "first_minimum_epoch": np.full(len(values), float(curves.columns[first])),
        "peak_epoch": np.full(len(values), float(curves.columns[top])),
    }


def largest_rise(curves: np.ndarray) -> tuple[int, int] | None:
    """Return the places i <= j of the largest rise, y[j] − y[i], of the average of ``curves`` (n_seeds, n_places).

    Without curves, or where one holds a value that is not a number, there are none.
    """
    if not len(curves) or np.isnan(curves).any():
        return None
    average = curves.mean(axis=0)
    top = int(np.argmax(average - np.minimum.accumulate(average)))
    return int(np.argmin(average[: top + 1])), top
