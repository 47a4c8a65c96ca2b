"""A slider over width: test and train error of trained networks at the last epoch, and with early stopping."""

import altair as alt
import pandas as pd

from overparam.claims.double_descent import judged_peak
from overparam.drawing import charts, judged, labels, slices, studies, surfaces
from overparam.judge.intervals import effective

PEAK = "peak-at-threshold"
CURVES = {  # split, labels, stopping rule
    "test error": ("test", "clean", "final"),
    "train error": ("train", "noisy", "final"),
    "test error, stopped early": ("test", "clean", "heldout_error"),
}


def chart(measurements: pd.DataFrame, verdict: dict) -> alt.VConcatChart:
    """Return the errors over width, of every study and level of label noise, read off at a slider."""
    errors = measurements[measurements["quantity"] == "error"]
    shown = {}
    for name in dict.fromkeys(errors["study"]):
        study = errors[errors["study"] == name]
        predicted = judged_peak.level(study, verdict, PEAK)
        for level in sorted(study["label_noise"].unique(), key=lambda one: (one != predicted, one)):
            shown[f"{name} {level:g}"] = _surface(study[study["label_noise"] == level], verdict, level == predicted)
    level = judged.declared(verdict, PEAK)["reference"]["level"]
    words = {"epoch": labels.column(measurements, "epoch"), "value": labels.quantity(measurements, "error")}
    words["threshold"] = f"train error {100 * level:g} %"
    axis = slices.Axis(labels.column(measurements, "width"), "format(value, ',')", log=True)
    colours = dict(zip(CURVES, (charts.TEST, charts.TRAIN, charts.INK), strict=True))
    first = next(iter(shown.values()))
    return slices.chart(shown, colours, axis, words, _message(first), (len(first.rows) // 3, None))


def _surface(rows: pd.DataFrame, verdict: dict, predicted: bool) -> surfaces.Surface:
    """Return the averages that the judge takes, at one level of label noise."""
    average = effective(judged.declared(verdict, PEAK)["average"], rows["seed"].nunique())
    columns = ["split", "labels", "stopping"]
    means = pd.DataFrame(
        {
            name: rows[(rows[columns] == list(wanted)).all(axis=1)].groupby("width")["value"].agg(average)
            for name, wanted in CURVES.items()
        }
    )
    widths = charts.thinned(means.index)
    values = [[charts.rounded(point)] for point in means.loc[widths].to_numpy(float)]
    title = (
        f"{studies.title(rows, verdict)}, {100 * rows['label_noise'].iloc[0]:g} % label noise ({average} of "
        f"{rows['seed'].nunique()} seeds)"
    )
    threshold = judged_peak.peak(rows, verdict, PEAK)[1].get("reference") if predicted else None
    return surfaces.Surface(title, [float(width) for width in widths], [0], values, threshold=threshold)


def _message(surface: surfaces.Surface) -> str:
    """Return what to do, and where the test error is largest, with and without early stopping."""
    curves = list(zip(*(point[0] for point in surface.values), strict=True))
    test, train, stopped = ([-1.0 if value is None else value for value in curve] for curve in curves)
    place = test.index(max(test))
    return (
        f"Move the width. {surface.title}: the test error is largest at width {surface.rows[place]:g}: "
        f"{100 * test[place]:.1f} %, with a train error of {100 * train[place]:.1f} %. At width {surface.rows[-1]:g} "
        f"it is {100 * test[-1]:.1f} %. Stopped early, they are {100 * stopped[place]:.1f} % and "
        f"{100 * stopped[-1]:.1f} %. Test errors count true labels, train errors given ones."
    )
