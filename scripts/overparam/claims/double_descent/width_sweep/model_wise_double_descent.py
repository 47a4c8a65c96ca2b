"""Test error above train error over width, with and without label noise, and with early stopping."""

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent import judged_peak
from overparam.claims.double_descent.width_sweep import over_width
from overparam.claims.double_descent.width_sweep.over_width import PEAK, STOPPED
from overparam.drawing import direct_labels, headlines, labels, regimes, studies, theme

NOISY, CLEAN = theme.CATEGORIES[1], theme.CATEGORIES[0]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the first study that is judged (Nakkiran et al. 2019, figures 1 and 4), and its twin without label noise."""
    errors, noise = over_width.errors(measurements), judged_peak.noise(verdict, PEAK)
    study = _first(errors, noise)
    figure, axes = studies.grid(2, 1, 2.8, sharex=True, gridspec_kw={"height_ratios": (1.5, 1)})
    test, train = axes[:, 0]
    level = over_width.level(study, verdict)
    own = study[study["label_noise"] == level]
    average = over_width.average(study, verdict)
    final, stopped = (own[own["stopping"] == rule] for rule in ("final", STOPPED))
    if len(stopped):
        _line(test, stopped, "test", average, "early stopping\n(control)", **theme.CONTROL)
    _line(test, final, "test", average, f"{100 * level:g} % label\nnoise", color=NOISY, marker="o")
    _line(train, final, "train", average, "", color=NOISY, marker="o")
    clean = _clean(errors, study)
    if len(clean) and level > 0:
        for axis, split in ((test, "test"), (train, "train")):
            _line(axis, clean, split, average, "no label\nnoise" if axis is test else "", color=CLEAN, marker="s")
    studies.width_axis(train, study["width"].unique())
    train.set_xlabel(labels.column(measurements, "width"))
    test.set_title(f"{studies.title(study, verdict)}, {over_width.averaged(study, verdict)}")
    error, at_threshold = labels.quantity(measurements, "error"), over_width.train_error_at_threshold(verdict)
    test.set_ylabel(f"test {error}\n(true labels)")
    train.set_ylabel(f"train {error}\n(given labels)")
    train.axhline(at_threshold, color=theme.INK, linestyle=":", linewidth=1)
    for axis in (test, train):
        studies.percent_axis(axis)
        axis.set_ylim(bottom=0)
    if threshold := over_width.threshold(study, verdict):
        for axis in (test, train):
            label = f"train error {100 * at_threshold:g} %" if axis is train else None
            regimes.shade(axis, threshold, label, names=axis is test)
    theme.headline(figure, _headline(verdict))
    return figure


def _line(axis: Axes, rows: pd.DataFrame, split: str, average: str, name: str, **style: Any) -> None:
    part = over_width.split(rows, split)
    studies.lines(axis, part, "width", seeds=False, average=average, markersize=4.5, **style)
    if name:
        curve = part.groupby("width")["value"].agg(average)
        direct_labels.at_end(axis, curve.index, curve, name, style["color"])


def _first(errors: pd.DataFrame, noise: float) -> pd.DataFrame:
    """Return the first study that has the level of label noise that is judged, else the first of all."""
    noisy = errors[errors["label_noise"] == noise]
    return errors[errors["study"] == (noisy if len(noisy) else errors)["study"].iloc[0]]


def _clean(errors: pd.DataFrame, study: pd.DataFrame) -> pd.DataFrame:
    """Return networks without label noise: those of this study, else of one on the same model and data."""
    rows = errors[(errors["label_noise"] == 0) & (errors["stopping"] == "final")]
    own = rows[rows["study"] == study["study"].iloc[0]]
    same = (rows[["model", "dataset", "n_train"]] == study[["model", "dataset", "n_train"]].iloc[0]).all(axis=1)
    return own if len(own) else rows[same]


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="With label noise the test error rises to a peak where networks just fit, and falls again beyond",
        refuted="The test error has no peak where networks just fit their labels",
        undecided="Whether the test error peaks where networks just fit their labels",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State for every study whether the verdict shows a peak, and the errors at the places where it was tested."""
    errors = over_width.errors(measurements)
    return " ".join(_finding(study, verdict) for _, study in errors.groupby("study", sort=False))


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    level, (estimates, detail) = over_width.level(study, verdict), judged_peak.peak(study, verdict, PEAK)
    average = over_width.average(study, verdict)
    text = f"{studies.title(study, verdict)}, {100 * level:g} % label noise, {over_width.averaged(study, verdict)}: "
    tested = judged_peak.places(detail)
    curve = over_width.curve(study, level, "test", "final", average)
    if not tested:
        outcome = "no peak shown" if level == judged_peak.noise(verdict, PEAK) else "shown beside it, not judged"
        ends = [f"{curve[width]:.1%} at width {width:g}" for width in (curve.index.min(), curve.index.max())]
        return f"{text}{outcome}; test error is {ends[0]} and {ends[1]}."
    if judged_peak.shown(estimates):
        text += "a peak is shown: " + "; or ".join(
            f"test error falls to {curve[dip]:.1%} at width {dip:g}, rises to {curve[top]:.1%} at width {top:g} and "
            f"falls again to {curve[end]:.1%} at width {end:g}"
            for dip, top, end in tested
        )
    else:
        text += "no peak shown; test error is " + "; ".join(_at(curve, places) for places in tested)
    weaker = estimates.get("weaker side", {})
    low, high = weaker.get("low"), weaker.get("high")
    if low is not None and high is not None:
        text += f". The weaker of rise and fall is {100 * low:.1f} to {100 * high:.1f} points"
    threshold = over_width.threshold(study, verdict)
    if threshold:
        text += f". Train error reaches {over_width.train_error_at_threshold(verdict):.0%} at width {threshold:.3g}"
    others = {"with early stopping": (level, STOPPED), "without label noise": (0.0, "final")}
    for words, (noise, rule) in others.items():
        other = over_width.curve(study, noise, "test", rule, average)
        if len(other) and (noise, rule) != (level, "final"):
            text += f"; {words} test error is {_at(other, tested[0])}"
    return text + "."


def _at(curve: pd.Series, places: tuple[float, ...]) -> str:
    values, widths = [f"{curve[place]:.1%}" for place in places], [f"{place:g}" for place in places]
    return f"{', '.join(values[:-1])} and {values[-1]} at widths {', '.join(widths[:-1])} and {widths[-1]}"
