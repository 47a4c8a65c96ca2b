"""What all interactive charts share: sliders, switches, axes, one look, and the form that the pages expect.

A chart is one column of views of the same width, in Vega-Lite, with its data inside. It sets no ink: the script that
shows it on a page (report/assets/charts.js) gives text, axes and rules the colour of the page's own text, light or
dark. What a slider stands at, and what can be read off there, are parameters of the chart, so that they are text on the
page.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

WIDTH = 560  # pixels of a view where nothing says how wide the page is
MOST = 40  # values of one slider: more are thinned out, evenly, ends kept
READOUT = "readout"  # the parameter whose value is said below the chart
INK = "currentColor"
# each in one shade, which stands out against a light and a dark page; close to those of the figures
TEST, TRAIN, OTHER = "#d55e00", "#0173b2", "#c25fb0"
DASHES = [5, 4]
EXTENT = 44  # pixels for the labels of a y axis, so that the views of a column stand below each other
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


def slider(
    name: str, label: str, values: Sequence[Any], start: int = 0, text: str | None = None
) -> list[alt.Parameter]:
    """Return the parameters of a slider over a list of values, evenly spaced on it whatever they are.

    A chart whose list changes with something else has another parameter, ``<name>_last``: the place at which it ends.

    Parameters
    ----------
    name
        Its own value is a place in the list; the list is ``<name>_values``.
    label
        What it moves, as the label of the input.
    values
        What it can stand at, in order.
    start
        The place at which it stands first.
    text
        Vega expression for the words beside it; default: the value.
    """
    binding = alt.binding_range(min=0, max=len(values) - 1, step=1, name=label)
    return [
        alt.param(name=f"{name}_values", value=list(values)),
        alt.param(name=name, value=start, bind=binding),
        alt.param(name=f"{name}_text", expr=text or f"'' + {at(name)}"),
    ]


def at(name: str) -> str:
    """Return the Vega expression for the value at which a slider stands."""
    return f"{name}_values[{name}]"


def switch(name: str, label: str, on: bool) -> alt.Parameter:
    """Return a parameter that is true or false: a box to tick."""
    return alt.param(name=name, value=on, bind=alt.binding_checkbox(name=label))


def choice(name: str, label: str, options: Mapping[Any, str], start: Any = None) -> alt.Parameter:
    """Return a parameter that is one of a few values, each with its words: buttons of which one is pressed.

    With one value only, nothing is to be chosen, and there are no buttons.
    """
    first = next(iter(options)) if start is None else start
    if len(options) == 1:
        return alt.param(name=name, value=first)
    return alt.param(
        name=name, value=first, bind=alt.binding_radio(options=list(options), labels=list(options.values()), name=label)
    )


def readout(expression: str) -> alt.Parameter:
    """Return the parameter that says, as one sentence, what the chart shows where its sliders stand."""
    return alt.param(name=READOUT, expr=expression)


def percent(expression: str, digits: int = 1) -> str:
    """Return the Vega expression that writes a fraction as per cent, a missing one as a dash."""
    return f"(isValid({expression}) ? format(100 * ({expression}), '.{digits}f') + ' %' : '–')"


def rounded(values: Iterable[float], digits: int = 4) -> list[float | None]:
    """Return numbers with so many significant digits, for data that are written out; None for what is no number."""
    return [float(f"{value:.{digits}g}") if np.isfinite(value) else None for value in map(float, values)]


def records(table: pd.DataFrame, name: str, digits: int = 4) -> alt.InlineData:
    """Return a table as the data of a chart, its fractions rounded."""
    columns: dict[str, list[Any]] = {}
    for column in table:
        given = table[column]
        columns[column] = rounded(given, digits) if pd.api.types.is_float_dtype(given) else given.tolist()
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return alt.InlineData(values=rows, name=name)


def thinned(values: Iterable[Any], at_most: int = MOST) -> list[Any]:
    """Return at most so many of these values in rising order, evenly spread, both ends included."""
    found = sorted(set(values))
    places = np.linspace(0, len(found) - 1, min(at_most, len(found))).round().astype(int)
    return [found[place] for place in places]


def looks(curves: Mapping[str, str], named: bool = True) -> dict[str, Any]:
    """Return the encodings of the field ``curve``, by the colour of each; one of the colour of the text is dashed.

    They bring a legend unless ``named`` is false.
    """
    beside = sum(sorted(map(len, curves))[-2:])  # characters of the two longest names
    legend = alt.Legend(
        orient="top", title=None, symbolType="stroke", symbolStrokeWidth=2.5, symbolSize=260, labelLimit=300, offset=22,
        columns=alt.ExprRef(f"width < 420 ? {2 if beside < 45 else 1} : 4"),
    ) if named else None  # fmt: skip
    dashes = [DASHES if colour == INK else [1, 0] for colour in curves.values()]
    return {
        "color": alt.Color("curve:N", sort=None, legend=legend).scale(domain=list(curves), range=list(curves.values())),
        "strokeDash": alt.StrokeDash("curve:N", sort=None, legend=legend).scale(domain=list(curves), range=dashes),
    }


def log_x(field: str, title: str, ticks: Sequence[float], **scale: Any) -> alt.X:
    """Return a logarithmic x axis with these ticks."""
    return alt.X(field).title(title).scale(type="log", nice=False, **scale).axis(values=list(ticks), format="~g")


def log_y(field: str, title: str, low: float, high: float) -> alt.Y:
    """Return a logarithmic y axis between these ends, labelled at powers of ten."""
    powers = range(math.ceil(math.log10(low)), math.floor(math.log10(high)) + 1)
    step = -(-len(powers) // 6)
    labels = {10.0**power: power_of_ten(power) for power in powers[::step]}
    words = f"({json.dumps(list(labels.values()))})[indexof({list(labels)}, datum.value)]"
    axis = alt.Axis(values=list(labels), labelExpr=words, minExtent=EXTENT)
    return alt.Y(field, axis=axis).title(title).scale(type="log", domain=[low, high], nice=False)


def percent_y(field: str, title: str, highest: float = 1) -> alt.Y:
    """Return a y axis of fractions from 0, written as per cent."""
    axis = alt.Axis(labelExpr="format(100 * datum.value, '~g') + ' %'", tickCount=5, minExtent=EXTENT)
    return alt.Y(field, axis=axis).title(title).scale(domain=[0, highest], nice=False)


def power_of_ten(power: int) -> str:
    """Return 10 to this power as people write it."""
    return f"{10.0**power:g}" if -2 <= power <= 2 else "10" + str(power).translate(RAISED)


def written(value: float, digits: int = 3) -> str:
    """Return a number as people write it: 3.9 × 10¹⁰."""
    if 0.001 <= abs(value) < 10_000 or not value:
        return f"{value:.{digits}g}"
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    return f"{float(mantissa):g} × {'10' + str(int(power)).translate(RAISED)}"


def moved(axis: Any, field: str) -> Any:
    """Return the same axis for another field."""
    other = axis.copy()
    other.shorthand = field
    return other


def cursor(x: str, axis: alt.X) -> alt.Chart:
    """Return a vertical line where the Vega expression ``x`` says, on the axis ``axis``."""
    return (
        alt.Chart(alt.InlineData(values=[{}]))
        .transform_calculate(at=x)
        .mark_rule(color=INK, strokeWidth=1.5, aria=False)
        .encode(x=moved(axis, "at:Q"))
    )


def layered(*layers: alt.Chart | alt.LayerChart, height: int, **shared: Any) -> Any:
    """Return one view of these layers, the first at the bottom; ``shared`` is what all have that don't say it."""
    return alt.layer(*layers, **shared).properties(height=height)


def threshold(x: float, label: str, axis: alt.X) -> Any:
    """Return a dashed vertical line with its label, say at the interpolation threshold."""
    marked = alt.Chart(alt.InlineData(values=[{"at": x, "label": label}])).encode(x=moved(axis, "at:Q"))
    words = marked.mark_text(baseline="bottom", color=INK, aria=False).encode(text="label:N", y=alt.value(-3))
    return alt.layer(marked.mark_rule(color=INK, opacity=0.6, strokeDash=DASHES, aria=False), words)


def column(
    *views: alt.Chart | alt.LayerChart,
    params: Sequence[alt.Parameter],
    message: str,
    table: Mapping[str, Any] | None = None,
) -> alt.VConcatChart:
    """Return the chart of these views, one below the other.

    Parameters
    ----------
    views
        Their widths are set here.
    params
        Sliders, switches and the readout, in the order in which the page shows them.
    message
        What is to be seen, in a sentence or two; they stand above the chart and name it for those who don't see it.
    table
        ``{"data": name of the data, "columns": {field: heading}}`` of what the page offers as a table as well.
    """
    said = " ".join(message.split())
    meta = {"message": said} | ({"table": dict(table)} if table else {})
    return (
        alt.vconcat(*(view.properties(width=WIDTH) for view in views), spacing=18)
        .add_params(*params)
        .resolve_scale(color="independent", strokeDash="independent")
        .properties(description=said, usermeta=meta, padding=4)
        .configure(font="system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif")
    )
