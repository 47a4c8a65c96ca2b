"""Sliders over corruption and epoch: accuracy on false labels rises to the end, that on true ones does not."""

import altair as alt
import pandas as pd

from overparam.claims.label_noise.label_corruption import corruption, corruption_in_time
from overparam.drawing import charts


def chart(measurements: pd.DataFrame, verdict: dict) -> alt.VConcatChart:
    """Return train and test accuracy over epochs, and over the level of corruption."""
    names = {"train": "train accuracy (given labels)", "test": "test accuracy (true labels)"}
    curves = {name: corruption.accuracy(measurements, split) for split, name in names.items()}
    colours = dict(zip(names.values(), (charts.TRAIN, charts.TEST), strict=True))
    return corruption_in_time.chart(measurements, verdict, curves, colours, corruption_in_time.STOPPED)
