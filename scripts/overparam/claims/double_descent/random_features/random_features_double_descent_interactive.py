"""Test and train error of random features over N/n, with label noise and ridge switched on and off."""

from typing import Any

import altair as alt
import pandas as pd

from overparam.drawing import charts, labels, random_features

RATIO = random_features.RATIO
CURVES = {"test": "test error", "train": "train error", "ridge": "test error of tuned ridge"}
FITS = {"test": ("minimum_norm", "test"), "train": ("minimum_norm", "train"), "ridge": ("ridge", "test")}


def chart(measurements: pd.DataFrame, verdict: dict) -> alt.VConcatChart:
    """Return the errors over N/n, for the features and the label noise that are chosen, read off at a slider."""
    kinds, arms = random_features.kinds(measurements), random_features.arms(measurements)
    minimum_norm = measurements[measurements["method"] == "minimum_norm"]
    ratios = charts.thinned(minimum_norm[RATIO].dropna())
    curves = {
        (kind, number): {name: _curve(measurements, kind, arm, name, ratios) for name in CURVES}
        for kind in kinds
        for number, arm in enumerate(arms)
    }
    names = {number: random_features.arm_name(*arm) for number, arm in enumerate(arms)}
    here = "errors[features][noise]"
    ridge = f"{here}.ridge[ratio]"
    params = [
        charts.choice("features", "features", {kind: random_features.TITLES[kind] for kind in kinds}),
        charts.choice("noise", labels.column(measurements, "label_noise"), names, len(arms) - 1),
        charts.switch("ridge", "show tuned ridge", on=False),
        *charts.slider(
            "ratio", "features per sample, N/n", ratios, _nearest(ratios, 1), f"format({charts.at('ratio')}, '~g')"
        ),
        alt.param(
            name="errors",
            value={
                kind: [{name: charts.rounded(curve) for name, curve in curves[kind, one].items()} for one in names]
                for kind in kinds
            },
        ),
        charts.readout(
            f"'N/n = ' + ratio_text + ': test error ' + {charts.percent(f'{here}.test[ratio]')} + ', train error ' + "
            f"{charts.percent(f'{here}.train[ratio]')} + (ridge ? (isValid({ridge}) ? ', test error of tuned ridge ' + "
            f"{charts.percent(ridge)} : ', ridge not tuned here') : '') + "
            f"'; means of {minimum_norm['seed'].nunique()} seeds'"
        ),
    ]
    return charts.column(
        _errors(measurements, curves, names), params=params, message=_message(kinds[0], curves, names, ratios)
    )


def _curve(measurements: pd.DataFrame, kind: str, arm: tuple, name: str, ratios: list[float]) -> pd.Series:
    """Return the mean error over seeds, by N/n; no number where it was not measured."""
    method, split = FITS[name]
    wanted: dict[str, Any] = {"features": kind, "quantity": "error", "method": method, "split": split}
    return random_features.mean(random_features.rows(measurements, *arm, **wanted)).reindex(ratios)


def _nearest(values: list[float], place: float) -> int:
    return min(range(len(values)), key=lambda number: abs(values[number] - place))


def _message(kind: str, curves: dict[Any, Any], names: dict[int, str], ratios: list[float]) -> str:
    """Return what to do, and the errors nearest to N = n."""
    place = _nearest(ratios, 1)
    found = [f"{100 * curves[kind, number]['test'].iloc[place]:.1f} % ({name})" for number, name in names.items()]
    tuned = curves[kind, max(names)]["ridge"].iloc[place]
    damped = f"; tuned ridge brings the last one to {100 * tuned:.1f} %" if pd.notna(tuned) else ""
    here = "N = n" if ratios[place] == 1 else f"N = {ratios[place]:g} n"
    return (
        f"Switch label noise and ridge, and move N, the number of features. Of {random_features.TITLES[kind]} the test "
        f"error at {here} is {', '.join(found)}{damped}. Faint lines are the test errors at the other levels of noise."
    )


def _errors(measurements: pd.DataFrame, curves: dict[Any, Any], names: dict[int, str]) -> Any:
    parts = [
        pd.DataFrame(
            {"features": kind, "noise": number, "curve": CURVES[name], RATIO: curve.index, "error": curve.values}
        )
        for (kind, number), found in curves.items()
        for name, curve in found.items()
    ]
    table = pd.concat(parts).dropna(subset="error")
    places = {ratio: place for place, ratio in enumerate(sorted(table[RATIO].unique()))}
    data = charts.records(table.assign(place=table[RATIO].map(places)), "errors")
    ticks = [tick for tick in (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10) if min(places) <= tick <= max(places)]
    x = charts.log_x(f"{RATIO}:Q", labels.column(measurements, RATIO), ticks)
    y = charts.percent_y("error:Q", labels.quantity(measurements, "error"), min(1.0, 1.05 * table["error"].max()))
    shown = charts.looks(dict(zip(CURVES.values(), (charts.TEST, charts.TRAIN, charts.INK), strict=True)))
    kind = alt.Chart(data).transform_filter("datum.features === features")
    chosen = kind.transform_filter(f"datum.noise === noise && (ridge || datum.curve !== '{CURVES['ridge']}')")
    others = kind.transform_filter(f"datum.noise !== noise && datum.curve === '{CURVES['test']}'")
    here = chosen.transform_filter("datum.place === ratio").mark_point(filled=True, size=130, opacity=1)
    return charts.layered(
        charts.threshold(1, random_features.THRESHOLD, x),
        charts.cursor(charts.at("ratio"), x),
        others.mark_line(strokeWidth=1.5, opacity=0.45, aria=False, color=charts.TEST).encode(
            x=x, y=y, detail="noise:N"
        ),
        chosen.mark_line(strokeWidth=2, point={"size": 18}).encode(x=x, y=y, **shown),
        here.encode(x=x, y=y, color=shown["color"]),
        height=300,
    )
