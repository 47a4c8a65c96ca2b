"""A map of the test error over width and epoch, cut by two sliders into curves of test and train error."""

from typing import Any

import altair as alt
import pandas as pd

from overparam.claims.double_descent import judged_peak
from overparam.drawing import charts, labels, slices, studies, surfaces

PEAK = "large-falls-rises-falls"


def chart(measurements: pd.DataFrame, verdict: dict) -> alt.VConcatChart:
    """Return the map above the errors over epochs and over width, of every study and level of label noise."""
    smoothed = measurements[measurements["quantity"] == "smoothed_error"]
    shown = {}
    for name in dict.fromkeys(smoothed["study"]):
        study = smoothed[smoothed["study"] == name]
        judged = judged_peak.level(study, verdict, PEAK)
        for level in sorted(study["label_noise"].unique(), key=lambda one: (one != judged, one)):
            rows = study[study["label_noise"] == level]
            title = f"{studies.title(rows, verdict)}, {100 * level:g} % label noise"
            curves = [rows[rows["split"] == split] for split in ("test", "train")]
            shown[f"{name} {level:g}"] = surfaces.of(title, curves, "width")
    colours = {"test error": charts.TEST, "train error": charts.TRAIN}
    axis = slices.Axis(labels.column(measurements, "width"), "format(value, ',')", log=True)
    words: dict[str, Any] = {
        "epoch": labels.column(measurements, "epoch"),
        "value": labels.quantity(measurements, "smoothed_error"),
    }
    words["end"] = min(1.0, round(2 * slices.ceiling(shown, 0), 1))  # the first epochs would take all of the axis
    first = next(iter(shown.values()))
    start = (None, len(first.epochs) // 2)
    return slices.chart(shown, colours, axis, words, _message(first, words["end"]), start, plane="test error")


def _message(surface: surfaces.Surface, end: float) -> str:
    """Return what to do, and the test error of the widest network at its least, and at the end."""
    curve = [point[0] for point in surface.values[-1]]
    found = [(value, epoch) for value, epoch in zip(curve, surface.epochs, strict=True) if value is not None]
    least, (last, last_epoch) = min(found), found[-1]
    return (
        f"Move width and epoch: the lines cut the map into the curves below it. {surface.title}: at width "
        f"{surface.rows[-1]:g} the test error is least at epoch {least[1]:,}, where it is {100 * least[0]:.1f} %; at "
        f"epoch {last_epoch:,} it is {100 * last:.1f} %. Test errors count true labels, train errors given ones; "
        f"errors above {100 * end:g} % are not drawn."
    )
