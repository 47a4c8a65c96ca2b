"""Measurements with a known answer, and what the judge says of them."""

import numpy as np
import pandas as pd

from overparam.judge.predictions import evaluate
from overparam.seeding import generator

X = 2.0 ** np.arange(1, 10)


def table(values, x=X, quantity="error", **conditions):
    """Long table from values of shape (n_seeds, n_x)."""
    values = np.atleast_2d(values)
    seeds, places = np.indices(values.shape)
    return pd.DataFrame(
        {"quantity": quantity, "seed": seeds.ravel(), "width": np.asarray(x)[places.ravel()], "value": values.ravel()}
    ).assign(**conditions)


def scalars(values, **conditions):
    values = np.asarray(values, dtype=float)
    return pd.DataFrame({"quantity": "error", "seed": np.arange(len(values)), "value": values}).assign(**conditions)


def noise(scale, n_seeds=6, n_x=9, name="noise"):
    return scale * generator(0, name, n_seeds, n_x).normal(size=(n_seeds, n_x))


def judged(measurements, kind, **prediction):
    return evaluate(measurements, {"name": "p", "kind": kind, "quantity": "error", **prediction})


def verdict(measurements, kind, **prediction):
    return judged(measurements, kind, **prediction)["verdict"]


def sigmoid(place, sharpness=2.0, scale=0.0, n_seeds=6):
    shift = noise(scale, n_seeds, 1)
    return 1 / (1 + np.exp(sharpness * (np.log(X) - np.log(place) - shift)))
