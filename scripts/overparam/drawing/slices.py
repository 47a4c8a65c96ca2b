"""Charts of what trained networks do over time: two sliders cut a surface, over epochs and over what else was varied.

The surface of one study has a row for each width, or level of label noise, and a column for each epoch. The data stand
in the chart once, as nested lists; what a view shows is looked up in them where the sliders stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt

from overparam.drawing import charts
from overparam.drawing.surfaces import Surface

HERE = "surfaces[networks]"


@dataclass
class Axis:
    """How the rows are called and written."""

    label: str
    text: str  # Vega expression of `value`: how one of them is written
    log: bool


def chart(
    surfaces: Mapping[str, Surface],
    curves: Mapping[str, str],
    axis: Axis,
    labels: Mapping[str, Any],
    message: str,
    start: tuple[int | None, int | None] = (None, None),
    plane: str | None = None,
) -> alt.VConcatChart:
    """Return the chart of these surfaces, of which one is chosen.

    Parameters
    ----------
    surfaces
        By a name for each.
    curves
        The colour of every curve, in the order of the surfaces' values, which are fractions.
    axis
        How rows are called.
    labels
        Of ``epoch``, ``value`` and, where surfaces have one, ``threshold``; ``end`` is where the axis of values is cut.
    message
        See :func:`charts.column`.
    start
        The places at which the sliders of rows and epochs stand first; None is the last.
    plane
        A curve whose surface is shown whole as well, as a map.
    """
    timed = any(len(one.epochs) > 1 for one in surfaces.values())
    stopped = any(one.stops for one in surfaces.values())
    views = [_plane(surfaces, list(curves).index(plane), plane, axis, labels)] if plane else []
    views += [_over_epochs(surfaces, curves, labels)] if timed else []
    epochs = _slider("epoch", labels["epoch"], "epochs", surfaces, start[1], "format(value, ',')")
    params = [
        charts.choice("networks", "networks", {name: one.title for name, one in surfaces.items()}),
        alt.param(name="surfaces", value={name: one.plain() for name, one in surfaces.items()}),
        *_slider("row", axis.label, "rows", surfaces, start[0], axis.text),
        *(epochs if timed else [alt.param(name="epochs_at", value=0)]),
        charts.readout(_sentence(curves, axis, labels, timed, stopped)),
    ]
    rows = _over_rows(surfaces, curves, axis, labels, named=not timed)
    return charts.column(*views, rows, params=params, message=message)


def _slider(
    name: str, label: str, of: str, surfaces: Mapping[str, Surface], start: int | None, text: str
) -> list[alt.Parameter]:
    """Return the parameters of a slider over a list that is another one for each surface; ``<of>_at`` is its place."""
    most = max(len(getattr(one, of)) for one in surfaces.values()) - 1
    _, slider, said = charts.slider(
        name, label, range(most + 1), most if start is None else start, text.replace("value", f"{HERE}.{of}[{of}_at]")
    )
    last = alt.param(name=f"{name}_last", expr=f"length({HERE}.{of}) - 1")
    return [slider, last, alt.param(name=f"{of}_at", expr=f"min({name}, {name}_last)"), said]


def _sentence(curves: Mapping[str, str], axis: Axis, labels: Mapping[str, Any], timed: bool, stopped: bool) -> str:
    """Return the expression that says every value where the sliders stand, and where early stopping ends."""

    def values(of: str, first: int) -> str:
        said = [f"'{name} ' + {charts.percent(f'{of}[{first + number}]')}" for number, name in enumerate(curves)]
        return " + ', ' + ".join(said)

    epoch = f" + ', {labels['epoch']} ' + epoch_text" if timed else ""
    said = f"'{axis.label} ' + row_text{epoch} + ': ' + {values(f'{HERE}.values[rows_at][epochs_at]', 0)}"
    if not stopped:
        return said
    stop = f"{HERE}.stops[rows_at]"
    ends = f"'. Early stopping ends at {labels['epoch']} ' + {stop}[0] + ': ' + {values(stop, 1)}"
    return f"{said} + (isValid({stop}[0]) ? {ends} : '')"


def _looked_up(count: int, curves: Mapping[str, str], **fields: str) -> dict[str, Any]:
    """Return a data set of ``count`` places for every curve, and the transforms that look fields up at them."""
    names = str(list(curves))
    calculated = {"place": f"floor(datum.number / {len(curves)})", "which": f"datum.number % {len(curves)}"} | fields
    calculated |= {"curve": f"{names}[datum.which]"}
    transforms = [alt.CalculateTransform(calculate=text, **{"as": name}) for name, text in calculated.items()]
    return {
        "data": alt.sequence(0, count * len(curves), as_="number"),
        "transform": [*transforms, alt.FilterTransform(filter="isValid(datum.value)")],
    }


def _lines(
    axes: Mapping[str, Any], curves: Mapping[str, str], end: float, place: str, named: bool = True
) -> list[alt.Chart]:
    """Return the curves, and a mark on each where the slider stands."""
    shown = charts.looks(curves, named)
    lines = alt.Chart().mark_line(strokeWidth=2, aria=False, clip=True).encode(**axes, **shown)
    here = alt.Chart().transform_filter(f"datum.place === {place} && datum.value <= {end}")
    here = here.mark_point(filled=True, size=110, opacity=1)
    return [lines, here.encode(**axes, color=shown["color"])]


def _over_epochs(surfaces: Mapping[str, Surface], curves: Mapping[str, str], labels: Mapping[str, Any]) -> Any:
    """Draw the curves over epochs, of the row of the slider, and where early stopping ends them."""
    axes: dict[str, Any] = {"x": _epochs(surfaces, labels), "y": _values(surfaces, labels)}
    look = _looked_up(
        max(len(one.epochs) for one in surfaces.values()),
        curves,
        value=f"datum.place < length({HERE}.epochs) ? {HERE}.values[rows_at][datum.place][datum.which] : null",
        epoch=f"{HERE}.epochs[datum.place]",
    )
    layers = [
        charts.cursor(f"{HERE}.epochs[epochs_at]", axes["x"]),
        *_lines(axes, curves, _end(surfaces, labels), "epochs_at"),
    ]
    if any(one.stops for one in surfaces.values()):
        stop = (
            alt.Chart(alt.sequence(0, len(curves), as_="which"))
            .transform_calculate(
                curve=f"{list(curves)}[datum.which]",
                epoch=f"{HERE}.stops[rows_at][0]",
                value=f"{HERE}.stops[rows_at][datum.which + 1]",
                said="'stopped'",
            )
            .transform_filter("isValid(datum.value)")
        )
        once = stop.transform_filter("datum.which === 0")
        rule = once.mark_rule(color=charts.INK, opacity=0.6, strokeDash=charts.DASHES, aria=False)
        words = once.mark_text(baseline="bottom", color=charts.INK, aria=False)
        marks = stop.mark_point(shape="triangle-up", filled=True, size=150, opacity=1, stroke=charts.INK, strokeWidth=1)
        layers += [
            rule.encode(x=axes["x"]),
            words.encode(x=axes["x"], y=alt.value(-3), text="said:N"),
            marks.encode(**axes, color=charts.looks(curves)["color"]),
        ]
    return charts.layered(*layers, **look, height=210)


def _over_rows(
    surfaces: Mapping[str, Surface], curves: Mapping[str, str], axis: Axis, labels: Mapping[str, Any], named: bool
) -> Any:
    """Draw the curves over the rows: at the epoch of the slider, and dashed where early stopping ends."""
    axes: dict[str, Any] = {"x": _rows(surfaces, axis, alt.X), "y": _values(surfaces, labels)}
    look = _looked_up(
        max(len(one.rows) for one in surfaces.values()),
        curves,
        value=f"datum.place < length({HERE}.rows) ? {HERE}.values[datum.place][epochs_at][datum.which] : null",
        row=f"{HERE}.rows[datum.place]",
    )
    layers = [
        charts.cursor(f"{HERE}.rows[rows_at]", axes["x"]),
        *_lines(axes, curves, _end(surfaces, labels), "rows_at", named),
    ]
    if any(one.stops for one in surfaces.values()):
        stop = alt.Chart().transform_calculate(value=f"{HERE}.stops[datum.place][datum.which + 1]")
        dashed = stop.transform_filter("isValid(datum.value)").mark_line(
            strokeDash=charts.DASHES, strokeWidth=1.5, aria=False
        )
        layers.append(dashed.encode(**axes, color=charts.looks(curves, named)["color"]))
    if any(one.threshold for one in surfaces.values()):
        mark = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(
            at=f"{HERE}.threshold", said=f"'{labels['threshold']}'"
        )
        mark = mark.transform_filter("isValid(datum.at)").encode(x=charts.moved(axes["x"], "at:Q"))
        words = mark.mark_text(baseline="bottom", color=charts.INK, aria=False)
        layers += [
            mark.mark_rule(color=charts.INK, opacity=0.6, strokeDash=charts.DASHES, aria=False),
            words.encode(text="said:N", y=alt.value(-3)),
        ]
    return charts.layered(*layers, **look, height=190 if not named else 300)


def _plane(surfaces: Mapping[str, Surface], which: int, name: str, axis: Axis, labels: Mapping[str, Any]) -> Any:
    """Draw one curve's surface as a map of epochs and rows, with the lines along which the sliders cut it."""
    most = max(len(one.rows) for one in surfaces.values()), max(len(one.epochs) for one in surfaces.values())
    edges = {
        f"{end}{side}": _edge(of, f"{end}_place", side, axis.log or end == "epochs")
        for end, of in (("rows", f"{HERE}.rows"), ("epochs", f"{HERE}.epochs"))
        for side in ("low", "high")
    }
    fields = {
        "rows_place": f"floor(datum.number / {most[1]})",
        "epochs_place": f"datum.number % {most[1]}",
        "value": f"datum.rows_place < length({HERE}.rows) && datum.epochs_place < length({HERE}.epochs) ? "
        f"{HERE}.values[datum.rows_place][datum.epochs_place][{which}] : null",
        **edges,
    }
    transforms = [alt.CalculateTransform(calculate=text, **{"as": field}) for field, text in fields.items()]
    x, y = _epochs(surfaces, labels), _rows(surfaces, axis, alt.Y)
    brightest = f"{name} (brightest: {100 * ceiling(surfaces, which):.0f} % or more)"
    legend = alt.Legend(orient="top", title=brightest, format=".0%", titleLimit=320)
    squares = (
        alt.Chart(alt.sequence(0, most[0] * most[1], as_="number"))
        .mark_rect(aria=False)
        .encode(
            x=charts.moved(x, "epochslow:Q"),
            x2="epochshigh:Q",
            y=charts.moved(y, "rowslow:Q"),
            y2="rowshigh:Q",
            fill=alt.Fill("value:Q", legend=legend).scale(
                scheme="viridis", domain=[0, ceiling(surfaces, which)], clamp=True
            ),
        )
    )
    squares = squares.properties(transform=[*transforms, alt.FilterTransform(filter="isValid(datum.value)")])
    across = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(at=f"{HERE}.rows[rows_at]")
    down = alt.Chart(alt.InlineData(values=[{}])).transform_calculate(at=f"{HERE}.epochs[epochs_at]")
    cuts = [
        cut.mark_rule(color=colour, strokeWidth=thickness, aria=False).encode(**place)
        for colour, thickness in (("black", 4), ("white", 1.6))
        for cut, place in ((across, {"y": charts.moved(y, "at:Q")}), (down, {"x": charts.moved(x, "at:Q")}))
    ]
    return charts.layered(squares, *cuts, height=190)


def _edge(of: str, place: str, side: str, log: bool) -> str:
    """Return the expression for the border of a place, halfway to its neighbour, in the logarithm or not."""
    here, count = f"datum.{place}", f"length({of})"
    other, opposite = (f"{here} - 1", f"{here} + 1") if side == "low" else (f"{here} + 1", f"{here} - 1")
    there = f"{other} >= 0 && {other} < {count}"
    back = f"{opposite} >= 0 && {opposite} < {count}"
    if log:
        between, beyond = f"sqrt({of}[{here}] * {of}[{other}])", f"{of}[{here}] * sqrt({of}[{here}] / {of}[{opposite}])"
        alone = f"{of}[{here}] * {0.8 if side == 'low' else 1.25}"
    else:
        between, beyond = f"({of}[{here}] + {of}[{other}]) / 2", f"(3 * {of}[{here}] - {of}[{opposite}]) / 2"
        alone = f"{of}[{here}] {'-' if side == 'low' else '+'} 0.05"
    return f"{there} ? {between} : {back} ? {beyond} : {alone}"


def _epochs(surfaces: Mapping[str, Surface], labels: Mapping[str, Any]) -> alt.X:
    last = max(max(one.epochs) for one in surfaces.values())
    ticks = [tick for power in range(6) for tick in (10**power, 3 * 10**power) if tick <= last]
    return charts.log_x("epoch:Q", labels["epoch"], ticks)


def _rows(surfaces: Mapping[str, Surface], axis: Axis, channel: Any) -> Any:
    """Return the axis of the rows, with the rows themselves as ticks, but for those that would touch."""
    rows = sorted({row for one in surfaces.values() for row in one.rows})
    extent = {"minExtent": charts.EXTENT} if channel is alt.Y else {}
    words = axis.text.replace("value", "datum.value")
    scale = {"type": "log", "nice": False} if axis.log else {"nice": False}
    ends = {} if channel is alt.Y else {"domain": [rows[0], rows[-1]]}
    return (
        channel("row:Q")
        .title(axis.label)
        .scale(**scale, **ends)
        .axis(values=rows, labelExpr=words, labelSeparation=6, **extent)
    )


def _values(surfaces: Mapping[str, Surface], labels: Mapping[str, Any]) -> alt.Y:
    return charts.percent_y("value:Q", labels["value"], _end(surfaces, labels))


def _end(surfaces: Mapping[str, Surface], labels: Mapping[str, Any]) -> float:
    """Return the end of the axis of the values: where it is cut, else above all of them."""
    found = [value for one in surfaces.values() for row in one.values for point in row for value in point]
    return labels.get("end", min(1.0, 1.05 * max((value for value in found if value is not None), default=1.0)))


def ceiling(surfaces: Mapping[str, Surface], which: int) -> float:
    """Return the highest value of a curve in any row from its least one on.

    The higher ones, of networks that have hardly learned anything, would take all of a map's colours.
    """
    found = []
    for one in surfaces.values():
        for row in one.values:
            curve = [value for point in row if (value := point[which]) is not None]
            found += curve[curve.index(min(curve)) :] if curve else []
    return max(found, default=1.0) or 1.0
