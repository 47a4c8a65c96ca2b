"""The map of which trials fit, over input dimension and hidden units: every share can be read off."""

import itertools
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from overparam.claims.shallow_networks.phase_transition.phase_panels import DESCENT, NAMES, REFERENCE
from overparam.drawing import charts, labels

LINES = {DESCENT: charts.TEST, REFERENCE: charts.OTHER}
HALF = {name: f"half of the trials fit, {name}" for name in LINES}
CELL = "cells[activation][samples][column][row]"  # hidden units, and the share of trials that each optimiser fits
SHOWN = "datum.activation === activation && datum.n_train === +samples"


def chart(measurements: pd.DataFrame, verdict: dict) -> alt.VConcatChart:
    """Return the map of one activation and number of samples, with a cell that two sliders move."""
    panel = measurements[measurements["in_panel"]]
    cells = _cells(panel)
    n_trials = panel["seed"].nunique()
    sizes = sorted(int(n) for n in cells["n_train"].unique())
    nested = {
        name: {str(n): _nested(cells[(cells["activation"] == name) & (cells["n_train"] == n)]) for n in sizes}
        for name in NAMES
    }
    dimensions = {str(n): sorted(int(d) for d in cells["dimension"][cells["n_train"] == n].unique()) for n in sizes}
    first = cells[(cells["activation"] == next(iter(NAMES))) & (cells["n_train"] == sizes[0])]
    middle = first[first["place"] == len(dimensions[str(sizes[0])]) // 2]
    undecided = middle.loc[(middle["descent"] - 0.5).abs().idxmin()]
    start = int(undecided["place"]), int(undecided["rank"])
    most = [max(map(len, dimensions.values())), int(cells["rank"].max()) + 1]
    params = [
        charts.choice("activation", labels.column(measurements, "activation"), NAMES),
        charts.choice("samples", labels.column(measurements, "n_train"), {str(n): str(n) for n in sizes}),
        alt.param(name="dimensions", value=dimensions),
        alt.param(name="cells", value=nested),
        *_sliders(measurements, most, start),
        charts.readout(
            f"'n = ' + samples + ', d = ' + d_text + ', k = ' + k_text + ': gradient descent fits ' + "
            f"{charts.percent(f'{CELL}[1]', 0)} + ' of {n_trials} trials, Levenberg–Marquardt ' + "
            f"{charts.percent(f'{CELL}[2]', 0)}"
        ),
    ]
    columns = {name: labels.column(measurements, name) for name in ("activation", "n_train", "dimension", "width")}
    columns |= {"descent": f"share fitted by {DESCENT}", "reference": f"share fitted by {REFERENCE}"}
    return charts.column(
        _map(measurements, panel, cells),
        params=params,
        table={"data": "cells_of_map", "columns": columns},
        message=f"Point at a cell, or move the outlined one: it says how many of {n_trials} trials fit random labels. "
        f"Below the dashed line kd = n a network has fewer parameters than samples, and there {_under(cells)}. Where "
        "nothing is drawn, nothing was measured.",
    )


def _under(cells: pd.DataFrame) -> str:
    """Return what was seen with fewer parameters than samples."""
    under = cells[cells["width"] * cells["dimension"] < cells["n_train"]]
    most = under[["descent", "reference"]].max().max()
    return f"at most {100 * most:.0f} % of them do" if most > 0 else "none does"


def _sliders(measurements: pd.DataFrame, most: list[int], start: tuple[int, int]) -> list[alt.Parameter]:
    """Return the sliders over columns and, within one, over rows; not every column and map has as many."""
    here, text = "cells[activation][samples]", "dimensions[samples][column]"
    dimension = charts.slider("d", labels.column(measurements, "dimension"), range(most[0]), start[0], f"'' + {text}")
    width = charts.slider("k", labels.column(measurements, "width"), range(most[1]), start[1], f"'' + {CELL}[0]")
    column = [
        alt.param(name="d_last", expr="length(dimensions[samples]) - 1"),
        alt.param(name="column", expr="min(d, d_last)"),
    ]
    row = [alt.param(name="k_last", expr=f"length({here}[column]) - 1"), alt.param(name="row", expr="min(k, k_last)")]
    return [*dimension[:2], *column, dimension[2], *width[:2], *row, width[2]]


def _nested(cells: pd.DataFrame) -> list[list[list[float | None]]]:
    """Return hidden units and shares of the cells of one map: columns by dimension, rows by hidden units."""
    return [
        [[int(one.width), *charts.rounded([one.descent, one.reference])] for one in column.itertuples()]
        for _, column in cells.sort_values("width").groupby("dimension")
    ]


def _cells(panel: pd.DataFrame) -> pd.DataFrame:
    """Return one row per map, dimension and hidden units: the shares of trials that fit, and the edges of its cell."""
    success = panel[panel["quantity"] == "success"]
    keys = ["activation", "n_train", "dimension", "width"]
    shares = success.pivot_table(index=keys, columns="optimiser", values="value", aggfunc="mean", observed=True)
    shares = shares.reindex(columns=[DESCENT, REFERENCE]).set_axis(["descent", "reference"], axis=1).reset_index()
    shares["width"] = shares["width"].astype(int)
    parts = []
    for _, whole in shares.groupby(["activation", "n_train"], sort=False):
        places = sorted(whole["dimension"].unique())
        edges = dict(zip(places, _edges(places), strict=True))
        for dimension, column in whole.groupby("dimension"):
            low, high = zip(*_edges(list(column["width"])), strict=True)
            left, right = edges[dimension]
            parts.append(
                column.assign(
                    left=left, right=right, low=low, high=high, rank=range(len(column)), place=places.index(dimension)
                )
            )
    return pd.concat(parts, ignore_index=True)


def _edges(places: list[float]) -> list[tuple[float, float]]:
    """Return the ends of the cell of every place, halfway to its neighbours in the logarithm."""
    logarithm = np.log(np.asarray(places, dtype=float))
    middle = (logarithm[1:] + logarithm[:-1]) / 2 if len(places) > 1 else np.array([])
    beside = (middle[0], middle[-1]) if len(middle) else (logarithm[0] - 0.3, logarithm[0] + 0.3)
    ends = np.exp([2 * logarithm[0] - beside[0], *middle, 2 * logarithm[-1] - beside[1]]).tolist()
    return list(itertools.pairwise(ends))


def _map(measurements: pd.DataFrame, panel: pd.DataFrame, cells: pd.DataFrame) -> Any:
    """Draw cells, contours, the line kd = n and the outline of the cell of the sliders."""
    data = charts.records(cells.astype({"place": int, "rank": int}), "cells_of_map", 3)
    ticks = sorted(int(d) for d in cells["dimension"].unique())
    x = charts.log_x("left:Q", labels.column(measurements, "dimension"), ticks)
    y = alt.Y("low:Q").title(labels.column(measurements, "width"))
    y = y.scale(type="log", nice=False).axis(
        values=[1, 2, 5, 10, 20, 50, 100, 200], format="~g", minExtent=charts.EXTENT
    )
    legend = alt.Legend(orient="top", title="share of trials that gradient descent fits", titleLimit=320, format=".0%")
    tips = {"activation": "activation", "n_train": "samples n", "dimension": "d", "width": "k"}
    shares = {"descent": f"fitted by {DESCENT}", "reference": f"fitted by {REFERENCE}"}
    map_of = alt.Chart(data).transform_filter(SHOWN).encode(x=x, x2="right:Q", y=y, y2="high:Q")
    squares = map_of.mark_rect(aria=False).encode(
        fill=alt.Fill("descent:Q", legend=legend).scale(scheme="viridis", domain=[0, 1]),
        tooltip=[
            *(alt.Tooltip(f"{field}:N", title=title) for field, title in tips.items()),
            *(alt.Tooltip(f"{field}:Q", title=title, format=".0%") for field, title in shares.items()),
        ],
    )
    chosen = map_of.transform_filter("datum.place === column && datum.rank === row")
    outline = [
        chosen.mark_rect(fillOpacity=0, stroke=stroke, strokeWidth=thickness, aria=False)
        for stroke, thickness in (("black", 5), ("white", 2.5))
    ]
    at = {"x": charts.moved(x, "dimension:Q"), "y": charts.moved(y, "width:Q")}
    contours = alt.Chart(charts.records(_contours(panel), "contours", 3)).transform_filter(SHOWN)
    lines = contours.mark_line(strokeWidth=2, point={"size": 30}).encode(
        **at, **charts.looks({HALF[name]: colour for name, colour in LINES.items()})
    )
    law = alt.Chart(charts.records(_law(cells), "law", 3)).transform_filter("datum.n_train === +samples").encode(**at)
    solid: dict[str, Any] = {"strokeWidth": 3, "color": "black"}
    dashed: dict[str, Any] = {
        "strokeDash": charts.DASHES,
        "strokeWidth": 1.5,
        "color": "white",
    }  # on black: seen on every ground
    laws = [law.mark_line(aria=False, clip=True, **style) for style in (solid, dashed)]
    return charts.layered(squares, *laws, lines, *outline, height=360)


def _contours(panel: pd.DataFrame) -> pd.DataFrame:
    """Return the mean width at which half of the trials fit, where every trial has one."""
    found = panel[panel["quantity"] == "contour_width"]
    means = found.groupby(["activation", "n_train", "optimiser", "dimension"], observed=True)["value"].mean()
    means = means[np.isfinite(means) & (means > 0)].rename("width").reset_index()
    return means.assign(curve=means.pop("optimiser").map(HALF))


def _law(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the line on which there are as many parameters as samples, at both ends of every map."""
    ends = cells.groupby("n_train").agg({"left": "min", "right": "max", "low": "min"})
    rows = [
        {"n_train": n, "dimension": dimension, "width": n / dimension}
        for n, one in ends.iterrows()
        for dimension in (one["left"], min(one["right"], n / one["low"]))
    ]
    return pd.DataFrame(rows)
