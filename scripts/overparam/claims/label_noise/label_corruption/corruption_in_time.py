"""What the interactive charts of label corruption share: surfaces over levels and epochs, and where training stops."""

import altair as alt
import pandas as pd

from overparam.claims.label_noise.label_corruption import corruption
from overparam.drawing import labels, slices, studies, surfaces

STOPPED = "heldout_error"  # the rule of early stopping that F2 is judged at
HALF = 0.5  # the level at which the slider stands first, or the nearest to it


def chart(
    measurements: pd.DataFrame, verdict: dict, curves: dict[str, pd.DataFrame], colours: dict[str, str], rule: str
) -> alt.VConcatChart:
    """Return the chart of these curves, of the over-parameterized networks of every study.

    Parameters
    ----------
    curves
        For every curve its rows, with and without a stopping rule.
    colours
        For every curve its colour.
    rule
        The stopping rule whose epochs are marked.
    """
    shown = {}
    for name in corruption.names(measurements):
        own = [corruption.over(rows[rows["study"] == name]) for rows in curves.values()]
        title = studies.title(measurements[measurements["study"] == name], verdict)
        paths, stops = [one[one["stopping"].isna()] for one in own], [corruption.at(one, rule) for one in own]
        shown[name] = surfaces.of(title, paths, "label_noise", stops)
    first = next(iter(shown.values()))
    half = min(range(len(first.rows)), key=lambda place: abs(first.rows[place] - HALF))
    axis = slices.Axis(corruption.noise_label(measurements), "format(100 * value, '~g') + ' %'", log=False)
    words = {"epoch": labels.column(measurements, "epoch"), "value": "share of samples"}
    return slices.chart(shown, colours, axis, words, _message(first, half, list(curves)), (half, None))


def _message(surface: surfaces.Surface, row: int, names: list[str]) -> str:
    """Return what to do, and the values at the end and where early stopping ends, at one level."""
    ends, (epoch, *stopped) = surfaces.said(names, surface.values[row][-1]), surface.stops[row]
    text = f"{surface.title}, {100 * surface.rows[row]:g} % corrupted: at the last epoch {ends}"
    if epoch:
        text += f"; stopped early, at epoch {epoch:g} (the median), {surfaces.said(names, stopped)}"
    return f"Move corruption and epoch. {text}. Triangles and dashed lines: stopped early."
