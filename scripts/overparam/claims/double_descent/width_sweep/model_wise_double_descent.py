"""Test error above train error over width, a colour per level of label noise, early stopping dashed."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import judged_peak
from overparam.drawing import judged, labels, studies, theme
from overparam.judge.intervals import effective

PEAK = "peak-at-threshold"
STOPPED = "heldout_error"  # the stopping rule of the control


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one column of panels per study (Nakkiran et al. 2019, figures 1 and 4)."""
    errors, at_threshold = _errors(measurements), _train_error_at_threshold(verdict)
    names = list(dict.fromkeys(errors["study"]))
    figure, axes = studies.grid(2, len(names), 2.5, sharex="col", sharey="row")
    colors = studies.by_level(errors["label_noise"].unique())
    for column, name in enumerate(names):
        study = errors[errors["study"] == name]
        test, train = axes[0, column], axes[1, column]
        for level, rows in study.groupby("label_noise"):
            final, stopped = (rows[rows["stopping"] == rule] for rule in ("final", STOPPED))
            style = {"color": colors[level], "average": _average(study, verdict)}
            studies.lines(test, _split(final, "test"), "width", marker="o", markersize=4, **style)
            studies.lines(
                test, _split(stopped, "test"), "width", seeds=False, linestyle="--", marker="^", markersize=5, **style
            )
            studies.lines(train, _split(final, "train"), "width", marker="o", markersize=4, **style)
        studies.width_axis(train, study["width"].unique(), 1 / len(names))
        threshold = _threshold(study, verdict)
        if threshold:
            theme.mark_threshold(test, threshold, "")
            theme.mark_threshold(train, threshold, f"train error {100 * at_threshold:g} %")
        train.axhline(at_threshold, color=theme.INK, linestyle=":", linewidth=1)
        separator = ", " if len(names) == 1 else "\n"
        test.set_title(f"{studies.title(study, verdict)}{separator}{_averaged(study, verdict)}")
        train.set_xlabel(labels.column(measurements, "width"))
        for axis in (test, train):
            studies.percent_axis(axis)
    for axis in axes[:, 0]:  # after all columns are drawn: they share their heights
        axis.set_ylim(bottom=0)
    error = labels.quantity(measurements, "error")
    axes[0, 0].set_ylabel(f"test {error} (true labels)")
    axes[1, 0].set_ylabel(f"train {error} (given labels)")
    entries = {f"{100 * level:g} % label noise": {"color": color} for level, color in colors.items()}
    entries["last epoch"] = {"color": theme.INK, "marker": "o", "markersize": 4}
    entries["early stopping"] = {"color": theme.INK, "marker": "^", "linestyle": "--"}
    studies.legend(figure, entries, loc="outside lower center", ncols=len(entries))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State for every study whether the verdict shows a peak, and the errors at the places where it was tested."""
    errors = _errors(measurements)
    return " ".join(_finding(study, verdict) for _, study in errors.groupby("study", sort=False))


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    level, (estimates, detail) = _level(study, verdict), judged_peak.peak(study, verdict, PEAK)
    average = _average(study, verdict)
    text = f"{studies.title(study, verdict)}, {100 * level:g} % label noise, {_averaged(study, verdict)}: "
    tested = judged_peak.places(detail)
    curve = _curve(study, level, "test", "final", average)
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
    if None not in (low := weaker.get("low"), high := weaker.get("high")):
        text += f". The weaker of rise and fall is {100 * low:.1f} to {100 * high:.1f} points"
    threshold = _threshold(study, verdict)
    if threshold:
        text += f". Train error reaches {_train_error_at_threshold(verdict):.0%} at width {threshold:.3g}"
    others = {"with early stopping": (level, STOPPED), "without label noise": (0.0, "final")}
    for words, (noise, rule) in others.items():
        other = _curve(study, noise, "test", rule, average)
        if len(other) and (noise, rule) != (level, "final"):
            text += f"; {words} test error is {_at(other, tested[0])}"
    return text + "."


def _at(curve: pd.Series, places: tuple[float, ...]) -> str:
    values, widths = [f"{curve[place]:.1%}" for place in places], [f"{place:g}" for place in places]
    return f"{', '.join(values[:-1])} and {values[-1]} at widths {', '.join(widths[:-1])} and {widths[-1]}"


def _errors(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the test errors under the true labels and the train errors under the given ones."""
    shown = measurements["split"].map({"test": "clean", "train": "noisy"})
    return measurements[(measurements["quantity"] == "error") & (measurements["labels"] == shown)]


def _split(rows: pd.DataFrame, split: str) -> pd.DataFrame:
    return rows[rows["split"] == split]


def _level(study: pd.DataFrame, verdict: dict) -> float:
    return judged_peak.level(study, verdict, PEAK)


def _train_error_at_threshold(verdict: dict) -> float:
    return judged.declared(verdict, PEAK)["reference"]["level"]


def _average(study: pd.DataFrame, verdict: dict) -> str:
    """Return how the claim's judge averages over this many seeds."""
    return effective(judged.declared(verdict, PEAK)["average"], study["seed"].nunique())


def _averaged(study: pd.DataFrame, verdict: dict) -> str:
    return f"{_average(study, verdict)} of {study['seed'].nunique()} seeds"


def _curve(study: pd.DataFrame, level: float, split: str, rule: str, average: str) -> pd.Series:
    """Return the average error over width at one level of label noise."""
    rows = study[(study["label_noise"] == level) & (study["stopping"] == rule)]
    return _split(rows, split).groupby("width")["value"].agg(average)


def _threshold(study: pd.DataFrame, verdict: dict) -> float | None:
    """Return the width at the interpolation threshold as it was judged, else that of the average curve."""
    if reference := judged_peak.peak(study, verdict, PEAK)[1].get("reference"):
        return reference
    curve = _curve(study, _level(study, verdict), "train", "final", _average(study, verdict))
    return studies.crossing(curve.index, curve, _train_error_at_threshold(verdict))
