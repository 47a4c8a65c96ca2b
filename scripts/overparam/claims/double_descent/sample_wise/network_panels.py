"""Panels on trained networks over the number of samples: risk at fixed width, and effective model complexity."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from overparam.claims.double_descent import over_samples
from overparam.drawing import direct_labels, judged, labels, random_features, studies, theme
from overparam.judge.selection import COMPARISONS

NETWORK = "network"
EMC, LOAD = "effective_model_complexity", "labels_per_parameter"
SMALLEST = 1e-4  # drawn in place of smaller training losses
TWICE = "networks-twice-the-data-raise-the-loss"  # compares numbers of samples, given as labels per parameter


def noisiest(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of networks at the largest label noise."""
    rows = measurements[measurements["features"] == NETWORK]
    return rows[rows["label_noise"] == rows["label_noise"].max()]


def entries(networks: pd.DataFrame) -> dict[str, dict]:
    """Return the legend's entries of the widths."""
    return {
        f"network, h = {width}": {"color": color, "marker": marker, "markersize": 4}
        for width, (color, marker) in _styles(networks).items()
    }


def curves(axis: Axes, networks: pd.DataFrame, quantity: str, verdict: dict) -> None:
    """Draw test error or loss over n by width: after the last step (solid) and stopped early (dashed).

    With the error, the train error after the last step is dotted.
    """
    rows = networks[(networks["quantity"] == quantity) & (networks["split"] == "test")]
    axis.set_yscale("log" if quantity == "loss" else "linear")
    for width, (color, marker) in _styles(networks).items():
        case = rows[rows["width"] == width]
        studies.lines(axis, _last(case), "n_train", color, seeds=quantity == "error", marker=marker, markersize=3.5)
        stopped = over_samples.mean(axis, case[case["method"] == "early_stopping"], "n_train")
        axis.plot(stopped.index.astype(float), stopped, **theme.CONTROL, linewidth=1.1)
        if quantity == "error":
            train = networks[(networks["quantity"] == quantity) & (networks["split"] == "train")]
            case = _last(train[train["width"] == width])
            studies.lines(axis, case, "n_train", color, seeds=False, linestyle=":", linewidth=1)
    _n_axis(axis, rows)
    label = labels.quantity(networks, quantity)
    axis.set_ylabel(f"{label}\n(networks)" if quantity == "error" else f"test {label}\n(networks)")
    if quantity == "error":
        studies.percent_axis(axis)
        title = f"networks on {random_features.data_label(verdict)}, {_noise(networks)}"
        axis.set_title(f"{title}\ndotted: train error", fontsize=9)


def named_losses(axis: Axes, networks: pd.DataFrame) -> None:
    """Draw the test loss over n after the last step, a line per width, and that of early stopping."""
    rows = networks[(networks["quantity"] == "loss") & (networks["split"] == "test")]
    axis.set_yscale("log")
    colors = (theme.CATEGORIES[2], theme.CATEGORIES[3], *theme.CATEGORIES[4:])
    for (width, (_, marker)), color in zip(_styles(networks).items(), colors, strict=False):
        case = rows[rows["width"] == width]
        stopped = over_samples.mean(axis, case[case["method"] == "early_stopping"], "n_train")
        axis.plot(stopped.index.astype(float), stopped, **theme.CONTROL, linewidth=1.1)
        studies.lines(axis, _last(case), "n_train", color, seeds=False, marker=marker, markersize=3.5)
        curve = over_samples.mean(axis, _last(case), "n_train")
        direct_labels.at_end(axis, curve.index.astype(float), curve, f"{width} units", color)
        if width == max(_styles(networks)):
            direct_labels.at_end(axis, stopped.index.astype(float), stopped, "(controls)", theme.GREY)
    over_samples.plain_ticks(axis, sorted(int(n) for n in rows["n_train"].unique())[::4])
    axis.set_xlabel(labels.column(rows, "n_train"))
    axis.set(ylabel=f"test {labels.quantity(networks, 'loss')}", title="networks:\ntest loss")


def losses(axis: Axes, networks: pd.DataFrame, verdict: dict) -> None:
    """Draw test and train loss over n by width, with the complexity (near-zero loss) as a vertical line."""
    rows = _last(networks[networks["quantity"] == "loss"])
    axis.set_yscale("log")
    for width, (color, marker) in _styles(networks).items():
        case = rows[rows["width"] == width]
        for split, dashes in (("test", "-"), ("train", ":")):
            curve = case[case["split"] == split]
            curve = curve.assign(value=curve["value"].clip(lower=SMALLEST))
            style = {"marker": marker, "markersize": 3} if split == "test" else {"linewidth": 1}
            studies.lines(axis, curve, "n_train", color, seeds=False, linestyle=dashes, **style)
        complexity = _complexity(networks[networks["width"] == width], "near_zero_loss")
        if np.isfinite(complexity):
            axis.axvline(complexity, color=color, linestyle="--", linewidth=1)
    axis.set_ylim(3e-3, None)
    _n_axis(axis, rows)
    axis.set_ylabel(f"{labels.quantity(networks, 'loss')}: test (solid), train (dotted)")
    steps = int(rows["steps"].max())
    title = f"networks on {random_features.data_label(verdict)}, {_noise(networks)}\n{steps:,} steps"
    axis.set_title(f"{title}; dashed: complexity", fontsize=8.5)


def peaks(axis: Axes, networks: pd.DataFrame, criteria: dict[str, tuple[str, str, str]], band: Any) -> None:
    """Draw n at the peak of the test loss against the complexity, a point per width and criterion.

    ``criteria`` gives label, marker and colour of each criterion, ``band`` the predicted ratio of the two.
    """
    axis.set(xscale="log", yscale="log")
    every: list[tuple[float, float]] = []
    for criterion, (label, marker, color) in criteria.items():
        own = places(networks, criterion)
        every += own
        axis.plot(*zip(*own, strict=True) if own else ([], []), marker, color=color, markersize=5, label=label)
    if every:
        limits = np.array([np.min(every) / 1.5, np.max(every) * 1.5])
        predicted(axis, limits, band)
        axis.legend(loc="upper left", fontsize=8)
    axis.set(xlabel=labels.quantity(networks, EMC), ylabel=labels.quantity(networks, "samples_at_peak"))
    axis.set_title(f"networks\nband: {band_in_words(band)}", fontsize=8.5)


def places(networks: pd.DataFrame, criterion: str) -> list[tuple[float, float]]:
    """Return complexity and n at the peak, one pair per width at which there is a complexity."""
    found = []
    for width in _styles(networks):
        case = networks[networks["width"] == width]
        place = _complexity(case, criterion), _geometric(_last(case[case["quantity"] == "samples_at_peak"]))
        if np.isfinite(place[0]) and place[0] > 0:
            found.append(place)
    return found


def predicted(axis: Axes, limits: np.ndarray, band: Any) -> None:
    """Draw where peak and complexity agree between the ``limits``, and the band of the ratio that is predicted."""
    low, high = band
    axis.plot(limits, limits, color=theme.INK, linewidth=1, linestyle=":")
    axis.fill_between(limits, limits * low, limits * high, color=theme.INK, alpha=0.15, linewidth=0)


def band_in_words(band: Any) -> str:
    """Return the predicted ratio of peak and complexity in words."""
    low, high = band
    return f"within a factor of {high:g}" if np.isclose(low * high, 1) else f"a ratio of {low:g} to {high:g}"


def text(networks: pd.DataFrame, verdict: dict) -> str:
    """State by width the test error with as many samples as the claim compares, and how far the test loss rises there.

    The claim names them in labels per parameter: those that are said to harm, and half of them.
    """
    windows = [judged.declared(verdict, TWICE)[side]["where"][LOAD] for side in ("less", "greater")]
    parts = []
    for width in _styles(networks):
        case = _last(networks[(networks["width"] == width) & (networks["split"] == "test")])
        loss, error = (case[case["quantity"] == name] for name in ("loss", "error"))
        mean = error.groupby("n_train")["value"].mean()
        load = error.groupby("n_train")[LOAD].first()
        found = [n for window in windows for n in load.index[_within(load, window)]]
        shown = [f"{_percent(mean[n])} at n = {n}" for n in found]
        typical = np.exp(np.log(loss.set_index("n_train")["value"]).groupby(level=0).mean())
        there = load.index[_within(load, windows[-1])]
        losses_there = [
            f" (test loss {typical.loc[:n].min():.2f} at least with fewer samples, {typical[n]:.2f} there)"
            for n in there
        ]
        parts.append(f"{width} units {', '.join(shown) or 'not measured there'}{''.join(losses_there)}")
    first = networks.iloc[0]
    noise = random_features.arm_name(first["label_noise"], first["noise_definition"])
    return f"Test error of networks trained for a fixed number of steps, {noise}: {'; '.join(parts)}."


def complexity_text(networks: pd.DataFrame, fitted_error: str) -> str:
    """State by criterion how far the peak of networks lies from the complexity, and the complexity by width.

    ``fitted_error`` is the train error of the criterion of that name, in words.
    """
    spans = {}
    for criterion in ("near_zero_loss", "train_error"):
        ratios = []
        for width in _styles(networks):
            case = networks[networks["width"] == width]
            ratios.append(_geometric(_last(case[case["quantity"] == "samples_at_peak"])) / _complexity(case, criterion))
        spans[criterion] = f"{min(ratios):.2g} to {max(ratios):.2g}"
    found = [
        f"{_complexity(networks[networks['width'] == width], 'near_zero_loss'):.0f} with {width} units"
        for width in _styles(networks)
    ]
    return (
        f"Networks of {len(found)} widths: the peak lies at {spans['near_zero_loss']} times the most samples fitted to "
        f"near-zero loss ({', '.join(found)}), and at {spans['train_error']} times those fitted to {fitted_error} "
        "error."
    )


def _within(load: pd.Series, window: dict[str, float]) -> np.ndarray:
    """Return which labels per parameter keep the limits of a window as a claim writes them."""
    return np.logical_and.reduce([COMPARISONS[limit](load.to_numpy(float), end) for limit, end in window.items()])


def _styles(networks: pd.DataFrame) -> dict[int, tuple[str, str]]:
    widths = sorted(int(width) for width in networks["width"].unique())
    return dict(zip(widths, over_samples.colors(len(widths)), strict=True))


def _last(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows after the most steps."""
    return rows[(rows["steps"] == rows["steps"].max()).fillna(False).astype(bool)]


def _complexity(rows: pd.DataFrame, criterion: str) -> float:
    rows = _last(rows[rows["quantity"] == EMC])
    rows = rows[(rows["criterion"] == criterion) & (rows["pool_share"] == rows["pool_share"].max())]
    return _geometric(rows)


def _geometric(rows: pd.DataFrame) -> float:
    with np.errstate(divide="ignore"):
        return float(np.exp(np.log(rows["value"].to_numpy(float)).mean()))


def _n_axis(axis: Axes, rows: pd.DataFrame) -> None:
    numbers = sorted(int(n) for n in rows["n_train"].unique())
    over_samples.plain_ticks(axis, numbers[::2])
    axis.set_xlabel(labels.column(rows, "n_train"))


def _noise(networks: pd.DataFrame) -> str:
    first = networks.iloc[0]
    return random_features.arm_name(first["label_noise"], first["noise_definition"])


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
