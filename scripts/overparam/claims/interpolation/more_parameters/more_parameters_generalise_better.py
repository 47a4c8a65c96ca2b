"""Test and train error over the number of parameters, of one architecture at several widths."""

import itertools

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.interpolation.printed_networks import DATA
from overparam.drawing import direct_labels, headlines, labels, studies, theme

BELOW = "below"  # the regime of the control
CLEAN, NOISY = (theme.CATEGORIES[0], theme.CATEGORIES[2]), (theme.CATEGORIES[1], *theme.CATEGORIES[3:])


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a line per study and level of label noise; networks that do not fit their labels are grey."""
    figure, axes = theme.panels(2, height=4.6)
    sizes = measurements[measurements["arm"] == "one_architecture"]["n_params"].astype(int)
    for axis, split in zip(axes, ("test", "train"), strict=True):
        clean, noisy = iter(CLEAN), itertools.cycle(NOISY)
        for (_, noise), rows in _errors(measurements, split).groupby(["study", "label_noise"], sort=False):
            name = f"{100 * noise:g} % label\nnoise" if noise else "no label\nnoise"
            color = next(noisy) if noise else next(clean, CLEAN[0])
            _line(axis, rows, name if split == "test" else None, color)
        axis.set_xscale("log")
        axis.set_xlim(sizes.min() / 1.15, sizes.max() * 1.15)
        axis.set(xlabel=labels.column(measurements, "n_params"), title=f"{split} error")
        axis.set_ylabel(labels.quantity(measurements, f"{split}_error"))
        axis.set_ylim(bottom=-0.005)
        studies.percent_axis(axis)
    theme.headline(figure, _headline(verdict))
    named = {studies.title(rows, verdict) for _, rows in _errors(measurements, "test").groupby("study", sort=False)}
    theme.context(figure, f"{'; '.join(sorted(named))}; grey: networks that do not fit their labels (control)")
    return figure


def _line(axis: Axes, rows: pd.DataFrame, name: str | None, color: str) -> None:
    """Draw one architecture over its sizes, where it does not fit its labels in grey."""
    fits = rows[rows["regime"] != BELOW]
    joined = rows[(rows["regime"] == BELOW) | (rows["n_params"] == fits["n_params"].min())]
    if (rows["regime"] == BELOW).any():
        studies.lines(axis, joined, "n_params", seeds=False, marker="v", markersize=5, **theme.CONTROL)
    if len(fits):
        studies.lines(axis, fits, "n_params", color, seeds=False, marker="o", markersize=5)
    if name:
        means = rows.groupby("n_params")["value"].mean()
        direct_labels.at_end(axis, means.index, means, name, color if len(fits) else theme.GREY)


def _headline(verdict: dict) -> str:
    return headlines.by_verdict(
        verdict,
        supported="Of networks that fit all their labels, larger ones generalise better",
        refuted="Of networks that fit all their labels, larger ones do not generalise better",
        undecided="Whether larger networks generalise better once they fit all their labels",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State for every study the test errors of its smallest and largest network on either side of the threshold."""
    sentences = []
    for (_, noise), rows in _errors(measurements, "test").groupby(["study", "label_noise"], sort=False):
        beyond, below = (_ends(rows[rows["regime"] == regime]) for regime in ("beyond", "below"))
        name = f"{studies.title(rows, verdict)}, {100 * noise:g} % label noise"
        if not beyond:
            sentences.append(f"{name}: too few widths fit their labels to show a trend.")
            continue
        control = f"; of those that do not fit their labels, {below}" if below else ""
        sentences.append(f"{name}: test error is {beyond}{control}.")
    printed = measurements[measurements["arm"] == "printed"].set_index("model")[["value", "n_params"]]
    small, large = printed.loc["cuda_convnet"], printed.loc["mlp3"]
    sentences.append(
        f"As printed for {DATA}, kinds mixed: {small['value']:.0%} for CudaConvNet, {large['value']:.1%} for an MLP "
        f"with {large['n_params'] / small['n_params']:.0f} times as many parameters."
    )
    return " ".join(sentences)


def _ends(rows: pd.DataFrame) -> str:
    """Return the mean errors of the smallest and the largest network in words; nothing if there are no two."""
    errors = rows.groupby("n_params")["value"].mean()
    if len(errors) < 2:
        return ""
    (small, large), (first, last) = errors.index[[0, -1]], errors.iloc[[0, -1]]
    return f"{first:.1%} at {small:,} parameters and {last:.1%} at {large:,}"


def _errors(measurements: pd.DataFrame, split: str) -> pd.DataFrame:
    rows = measurements[(measurements["arm"] == "one_architecture") & (measurements["quantity"] == f"{split}_error")]
    return rows.assign(n_params=rows["n_params"].astype(int))
