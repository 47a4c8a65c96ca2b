"""A slider over the number of coefficients, which moves the fitted curve and its place on the curve of the risk."""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.polynomial import legendre

from overparam.claims.interpolation.polynomial_regression import polynomial_risk
from overparam.drawing import charts, labels

BASIS = "legendre_orthonormal"
HEIGHT = 2.6  # of the axis of the curves, as in the figure; what goes beyond is cut
GRID = 201  # points between −1 and 1
BESIDE = 4  # points on both sides of a sample, where curves of high degree are narrow spikes
TOLERANCE = 1e-6  # to which a curve that was kept must be found again


def chart(measurements: pd.DataFrame, verdict: dict) -> alt.VConcatChart:
    """Return the fitted curve above the median errors over p, both at the p of the slider."""
    risk = {
        name: polynomial_risk.medians(measurements, BASIS, method, split)
        for name, (method, split) in {
            "test": ("minimum_norm", "test"),
            "train": ("minimum_norm", "train"),
            "ridge": ("ridge", "test"),
        }.items()
    }
    curves = fitted(measurements, [int(p) for p in risk["test"].index])
    n, n_sets = int(measurements["n_train"].iloc[0]), measurements["seed"].nunique()
    table = pd.DataFrame({name: risk[name][list(curves)] for name in risk}).rename_axis("p").reset_index()
    below = table[table["p"] < n]
    best = int(below["test"].idxmin()) if len(below) else 0
    said = pd.DataFrame({name: [charts.written(value) for value in table[name]] for name in risk})
    said["train"] = said["train"].mask(table["train"] < polynomial_risk.SMALLEST_SHOWN, "0 up to rounding")
    params = [
        *charts.slider("p", "number of coefficients p", [int(p) for p in table["p"]], best),
        *(alt.param(name=f"{name}_error", value=said[name].tolist()) for name in said),
        charts.readout(
            f"'p = ' + {charts.at('p')} + ': test error ' + test_error[p] + ', train error ' + train_error[p] + "
            f"', test error of tuned ridge ' + ridge_error[p] + '; medians over {n_sets} training sets'"
        ),
    ]
    return charts.column(
        _curves(measurements, curves),
        _risk(measurements, table, n),
        params=params,
        message=f"Move p through the {n} samples: the upper curve is fitted to them with p coefficients, and the marks "
        f"below are its errors. The median test error is largest at p = {table['p'][table['test'].idxmax()]}, where it "
        f"is {charts.written(table['test'].max(), 2)}; at p = {table['p'].iloc[-1]} it is "
        f"{charts.written(table['test'].iloc[-1], 2)}.",
    )


def fitted(measurements: pd.DataFrame, n_params: list[int]) -> dict[int, pd.Series]:
    """Return the curves that were fitted to the first training set, by p, each over x.

    The table has them for a few p only. The others are fitted here to the samples that it has, in the same way; if this
    does not give those that it has, they are left out.
    """
    samples = _of(measurements, "sample")
    x, y = samples["x"].to_numpy(float), samples["value"].to_numpy(float)
    kept = {int(p): rows.set_index("x")["value"] for p, rows in _of(measurements, "prediction").groupby("n_params")}
    points = _points(x, max(n_params))
    same = all(
        np.allclose(_fit(x, y, p, curve.index.to_numpy(float)), curve, atol=TOLERANCE) for p, curve in kept.items()
    )
    if not same:
        return {p: curve[:: max(1, len(curve) // GRID)] for p, curve in kept.items() if p in n_params}
    return {p: pd.Series(_fit(x, y, p, points), index=points) for p in n_params}


def _fit(x: np.ndarray, y: np.ndarray, n_params: int, points: np.ndarray) -> np.ndarray:
    """Return at ``points`` the least-squares fit of smallest norm, in Legendre polynomials orthonormal on [−1, 1]."""
    scale = np.sqrt(2 * np.arange(n_params) + 1)
    coefficients = np.linalg.lstsq(legendre.legvander(x, n_params - 1) * scale, y, rcond=None)[0]
    return legendre.legvander(points, n_params - 1) * scale @ coefficients


def _points(x: np.ndarray, most: int) -> np.ndarray:
    """Return the places at which curves are drawn: evenly spread, and denser around the samples."""
    beside = np.arange(-BESIDE, BESIDE + 1) / most
    near = (x[:, None] + beside).ravel()
    every = np.union1d(np.linspace(-1, 1, GRID), near[abs(near) <= 1])
    return np.unique(every.round(4))


def _of(measurements: pd.DataFrame, quantity: str) -> pd.DataFrame:
    return measurements[measurements["quantity"] == quantity]


def _curves(measurements: pd.DataFrame, curves: dict[int, pd.Series]) -> Any:
    """Draw samples, target and the fitted curve of the slider; a row has the values of all curves at its x."""
    values = np.array(list(curves.values()))
    x = next(iter(curves.values())).index
    rows = [
        {"x": round(float(one), 4), "at_p": [round(float(value), 2) for value in values[:, i]]}
        for i, one in enumerate(x)
    ]
    x_axis = alt.X("x:Q").title(labels.column(measurements, "x")).scale(domain=[-1, 1]).axis(tickCount=5)
    y_axis = alt.Y("y:Q").title(labels.quantity(measurements, "sample")).scale(domain=[-HEIGHT, HEIGHT])
    axes = {"x": x_axis, "y": y_axis.axis(minExtent=charts.EXTENT, tickCount=5)}
    axes |= charts.looks({"fitted curve": charts.TEST, "samples": charts.TRAIN, "target": charts.INK})
    of = {name: _of(measurements, name)[["x", "value"]].rename(columns={"value": "y"}) for name in ("sample", "target")}
    target = of["target"].iloc[:: max(1, len(of["target"]) // 80)].assign(curve="target")
    fit = (
        alt.Chart(alt.InlineData(values=rows, name="curves"))
        .transform_calculate(y="datum.at_p[p]", curve="'fitted curve'")
        .mark_line(clip=True, strokeWidth=2, aria=False)
        .encode(**axes, order="x:Q")
    )
    samples = (
        alt.Chart(charts.records(of["sample"].assign(curve="samples"), "samples"))
        .mark_point(filled=True, size=45, opacity=1, clip=True)
        .encode(**axes)
    )
    aim = alt.Chart(charts.records(target, "target")).mark_line(strokeWidth=1.5, aria=False).encode(**axes)
    return charts.layered(aim, fit, samples, height=190)


def _risk(measurements: pd.DataFrame, table: pd.DataFrame, n: int) -> Any:
    """Draw the median errors over p, with a line at p = n and marks at the p of the slider."""
    smallest = polynomial_risk.SMALLEST_SHOWN
    names = {"test": "test error", "train": "train error", "ridge": "test error of tuned ridge"}
    long = table.reset_index().melt(["index", "p"], list(names), "curve", "error").replace({"curve": names})
    data = charts.records(long.assign(error=long["error"].clip(lower=smallest)), "risk")
    ticks = [tick for tick in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512) if tick <= table["p"].max()]
    x = charts.log_x("p:Q", f"{labels.column(measurements, 'n_params')} p", ticks)
    y = charts.log_y("error:Q", labels.quantity(measurements, "loss"), smallest, float(table["test"].max()) * 3)
    shown = charts.looks(dict(zip(names.values(), (charts.TEST, charts.TRAIN, charts.INK), strict=True)))
    lines = alt.Chart(data).mark_line(strokeWidth=2).encode(x=x, y=y, **shown)
    here = (
        alt.Chart(data)
        .transform_filter("datum.index === p")
        .mark_point(filled=True, size=130, opacity=1)
        .encode(x=x, y=y, color=shown["color"])
    )
    return charts.layered(
        charts.threshold(n, f"p = n = {n}", x), charts.cursor(charts.at("p"), x), lines, here, height=210
    )
