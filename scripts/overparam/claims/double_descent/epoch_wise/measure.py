"""Epoch-wise double descent of trained networks (Nakkiran et al. 2019, arXiv 1912.02292, section 6)."""

from typing import Any

import numpy as np
import pandas as pd

from overparam.training.stopping import MODEL, at_end, long

MEDIUM = 0.1  # train error at the last epoch of a network that is just at its interpolation threshold
FACTOR = 2.5  # a network whose train error is farther from it than this factor is not
CURVE = [column for column in MODEL if column != "seed"]


def measure(settings: dict[str, Any], training: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of every network over time, smoothed and not, and how far its test error rises and falls.

    Parameters
    ----------
    settings
        ``smoothing``: a factor f >= 1; the root ``seed``, from which nothing is drawn.
    training
        One row per model, epoch and split.

    Returns
    -------
    pandas.DataFrame
        ``size`` is ``small`` for the narrowest network of a study, ``large`` for the widest, ``medium`` for that
        between them whose train error on the given labels ends nearest to 10 % and between 4 % and 25 % (at the study's
        highest label noise, average over seeds), else null. No test sample takes part in this. Quantities:

        - ``error`` (fraction of samples) by ``epoch``: of ``test`` samples with ``clean`` labels, and of ``train``
          samples with ``noisy`` ones;
        - ``smoothed_error``: the average of the errors at the evaluated epochs between epoch/f and epoch·f, all with
          the same weight. It lowers peaks and raises minima: it can hide a rise or fall, but not make one;
        - ``rise`` and ``fall``: of the smoothed test error, from its first minimum to its peak and from there to the
          last epoch, at epochs that were chosen on other seeds (:func:`turns`), ``first_minimum_epoch`` and
          ``peak_epoch``;
        - ``diverged`` (0 or 1 per model, at the last epoch).
    """
    table = training.merge(_sizes(training), on=["study", "width"], how="left", validate="many_to_one")
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
    on the very curve that they are read from would find a rise in every noise. Where a curve holds no number, or there
    is one seed only, they are not known, and neither is the rise.
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


def _sizes(training: pd.DataFrame) -> pd.DataFrame:
    """Return ``study``, ``width`` and ``size``, one row per width."""
    found = []
    for study, rows in training[training["split"] == "train"].groupby("study", sort=False):
        ends = rows[(rows["epoch"] == rows["epoch"].max()) & (rows["label_noise"] == rows["label_noise"].max())]
        error = ends.groupby("width")["error_noisy"].mean()
        size = pd.Series(None, index=error.index, dtype=object)
        size.iloc[0], size.iloc[-1] = "small", "large"
        between = error.iloc[1:-1]
        distance = (between[between.between(MEDIUM / FACTOR, MEDIUM * FACTOR)] - MEDIUM).abs()
        if len(distance):
            size[distance.idxmin()] = "medium"
        found.append(size.rename("size").reset_index().assign(study=study))
    return pd.concat(found, ignore_index=True)
