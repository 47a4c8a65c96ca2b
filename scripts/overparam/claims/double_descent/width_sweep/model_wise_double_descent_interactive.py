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
    return slices.chart(shown, colours, axis, words, _message(first), (len(first.rows) // 2, None))


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
    """Return what to do, and the errors of the narrowest, a middle and the widest network."""
    places = sorted({0, len(surface.rows) // 2, len(surface.rows) - 1})
    found = [
        f"width {surface.rows[place]:g}: {surfaces.said(list(CURVES), surface.values[place][0])}" for place in places
    ]
    return (
        f"Move the width. {surface.title}: {'; '.join(found)}. Test errors count true labels, train errors given ones."
    )
