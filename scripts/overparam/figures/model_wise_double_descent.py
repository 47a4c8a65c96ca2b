"""Test error above train error over width, a colour per level of label noise, early stopping dashed."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.figures import studies, theme

LEVEL = 0.1  # train error at the interpolation threshold, as the claim defines it
STOPPED = "heldout_error"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw one column of panels per study (Nakkiran et al. 2019, figures 1 and 4)."""
    errors = _errors(measurements)
    names = list(dict.fromkeys(errors["study"]))
    figure, axes = studies.grid(2, len(names), 2.5, sharex="col", sharey="row")
    colors = studies.by_level(errors["label_noise"].unique())
    for column, name in enumerate(names):
        study = errors[errors["study"] == name]
        test, train = axes[0, column], axes[1, column]
        for level, rows in study.groupby("label_noise"):
            final, stopped = (rows[rows["stopping"] == rule] for rule in ("final", STOPPED))
            style = {"color": colors[level]}
            studies.lines(test, _split(final, "test"), "width", marker="o", markersize=4, **style)
            studies.lines(
                test, _split(stopped, "test"), "width", seeds=False, linestyle="--", marker="^", markersize=5, **style
            )
            studies.lines(train, _split(final, "train"), "width", marker="o", markersize=4, **style)
        studies.width_axis(train, study["width"].unique())
        threshold = _threshold(study, max(study["label_noise"]))
        if threshold:
            theme.mark_threshold(test, threshold, f"train error {100 * LEVEL:g} %")
            theme.mark_threshold(train, threshold, "")
        train.axhline(LEVEL, color=theme.INK, linestyle=":", linewidth=1)
        test.set_title(studies.title(study, verdict))
        train.set_xlabel("width")
        for axis in (test, train):
            studies.percent_axis(axis)
            axis.set_ylim(bottom=0)
    axes[0, 0].set_ylabel("test error (true labels)")
    axes[1, 0].set_ylabel("train error (given labels)")
    entries = {f"{100 * level:g} % label noise": {"color": color} for level, color in colors.items()}
    entries["last epoch"] = {"color": theme.INK, "marker": "o", "markersize": 4}
    entries["early stopping"] = {"color": theme.INK, "marker": "^", "linestyle": "--"}
    studies.legend(figure, entries, loc="outside lower center", ncols=len(entries))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State dip, peak and second descent of every study at its highest noise level, and what early stopping leaves."""
    errors = _errors(measurements)
    return " ".join(_finding(study, verdict) for _, study in errors.groupby("study", sort=False))


def _finding(study: pd.DataFrame, verdict: dict) -> str:
    level = max(study["label_noise"])
    noisy = study[study["label_noise"] == level]
    curve = _mean(noisy, "test", "final")
    inner = curve.iloc[1:-1]
    rise = {
        width: min(value - curve.loc[:width].min(), value - curve.loc[width:].min()) for width, value in inner.items()
    }
    text = f"{studies.title(study, verdict)}, {100 * level:g} % label noise: "
    peak = max(rise, key=rise.get) if rise else None
    if peak is None or rise[peak] <= 0:
        text += f"test error has no interior peak over width {curve.index[0]} to {curve.index[-1]}."
    else:
        dip, end = curve.loc[:peak].idxmin(), curve.loc[peak:].idxmin()
        text += (
            f"test error falls to {curve[dip]:.1%} at width {dip}, rises to {curve[peak]:.1%} at width {peak} "
            f"and falls again to {curve[end]:.1%} at width {end}; "
        )
        threshold = _threshold(study, level)
        text += f"train error reaches {LEVEL:.0%} at width {threshold:.3g}; " if threshold else ""
        stopped = _mean(noisy, "test", STOPPED)
        text += (
            f"with early stopping it is {stopped[dip]:.1%}, {stopped[peak]:.1%} and {stopped[end]:.1%} at these widths."
        )
    return text


def _errors(measurements: pd.DataFrame) -> pd.DataFrame:
    labels = measurements["split"].map({"test": "clean", "train": "noisy"})
    return measurements[(measurements["quantity"] == "error") & (measurements["labels"] == labels)]


def _split(rows: pd.DataFrame, split: str) -> pd.DataFrame:
    return rows[rows["split"] == split]


def _mean(rows: pd.DataFrame, split: str, rule: str) -> pd.Series:
    return _split(rows[rows["stopping"] == rule], split).groupby("width")["value"].mean()


def _threshold(study: pd.DataFrame, level: float) -> float | None:
    """Return the width at which the mean train error reaches :data:`LEVEL` at one noise level."""
    curve = _mean(study[study["label_noise"] == level], "train", "final")
    return studies.crossing(curve.index, curve, LEVEL)
