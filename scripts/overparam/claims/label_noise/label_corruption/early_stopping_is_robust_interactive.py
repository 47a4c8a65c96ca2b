"""Sliders over corruption and epoch: where early stopping ends, few false labels are fitted yet."""

import altair as alt
import pandas as pd

from overparam.claims.label_noise.label_corruption import corruption, corruption_in_time
from overparam.claims.label_noise.seed_curves import rows_of
from overparam.drawing import charts, labels


def chart(measurements: pd.DataFrame, verdict: dict) -> alt.VConcatChart:
    """Return the test accuracy and the share of false labels that are fitted, over epochs and over corruption."""
    fitted = labels.quantity(measurements, "fitted")
    curves = {
        "test accuracy (true labels)": corruption.accuracy(measurements, "test"),
        fitted: rows_of(measurements, "fitted"),
    }
    colours = dict(zip(curves, (charts.TEST, charts.TRAIN), strict=True))
    rule = corruption.judged_rule(verdict, "spares-test-error")
    return corruption_in_time.chart(measurements, verdict, curves, colours, rule)
