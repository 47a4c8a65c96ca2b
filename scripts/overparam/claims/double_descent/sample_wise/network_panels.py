"""Panels on trained networks over the number of samples: risk at fixed width, and effective model complexity."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from overparam.claims.double_descent import over_samples
from overparam.drawing import random_features, studies, theme

NETWORK = "network"
EMC = "effective_model_complexity"
SMALLEST = 1e-4  # drawn in place of smaller training losses


def chosen(measurements: pd.DataFrame) -> pd.DataFrame:
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
        axis.plot(stopped.index.astype(float), stopped, color=color, linestyle="--", linewidth=1.1)
        if quantity == "error":
            train = networks[(networks["quantity"] == quantity) & (networks["split"] == "train")]
            case = _last(train[train["width"] == width])
            studies.lines(axis, case, "n_train", color, seeds=False, linestyle=":", linewidth=1)
    _n_axis(axis, rows)
    axis.set_ylabel(f"{quantity}\n(networks)" if quantity == "error" else f"test {quantity}\n(networks)")
    if quantity == "error":
        studies.percent_axis(axis)
        title = f"networks on {random_features.data_label(verdict)}, {_noise(networks)}"
        axis.set_title(f"{title}\ndotted: train error", fontsize=9)


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
    axis.set_ylabel("loss: test (solid), train (dotted)")
    steps = int(rows["steps"].max())
    title = f"networks on {random_features.data_label(verdict)}, {_noise(networks)}\n{steps:,} steps"
    axis.set_title(f"{title}; dashed: complexity", fontsize=8.5)


def peaks(axis: Axes, networks: pd.DataFrame, criteria: dict[str, tuple[str, str, str]]) -> None:
    """Draw n at the peak of the test loss against the complexity by criterion, a point per width."""
    axis.set(xscale="log", yscale="log")
    places = []
    for criterion, (label, marker, color) in criteria.items():
        for width in _styles(networks):
            case = networks[networks["width"] == width]
            place = _complexity(case, criterion), _geometric(_last(case[case["quantity"] == "samples_at_peak"]))
            if np.isfinite(place[0]) and place[0] > 0:
                places.append(place)
                axis.plot(*place, marker, color=color, markersize=5, label=label, linestyle="none")
                axis.annotate(f"h = {width}", place, (0, 6), textcoords="offset points", ha="center", fontsize=7)
                label = None
    if places:
        limits = np.array([np.min(places) / 1.5, np.max(places) * 1.5])
        axis.plot(limits, limits, color=theme.INK, linewidth=1, linestyle="--")
        axis.fill_between(limits, limits / 2, limits * 2, color=theme.INK, alpha=0.15, linewidth=0)
        axis.legend(loc="upper left", fontsize=8)
    axis.set(xlabel="effective model complexity (samples)", ylabel="n at the peak of the test loss")
    axis.set_title("networks\nband: within a factor of 2", fontsize=8.5)


def text(networks: pd.DataFrame) -> str:
    """State by width the test error about the threshold with half and a quarter of the samples, and the loss peak."""
    parts = []
    for width in _styles(networks):
        case = _last(networks[(networks["width"] == width) & (networks["split"] == "test")])
        loss, error = (case[case["quantity"] == name] for name in ("loss", "error"))
        mean = error.groupby("n_train")["value"].mean()
        load = error.groupby("n_train")["labels_per_parameter"].first()
        place = int(np.abs(np.log(load / 0.56)).to_numpy().argmin())
        shown = [f"{_percent(mean.iloc[i])} at n = {mean.index[i]}" for i in (place - 4, place - 2, place) if i >= 0]
        typical = np.exp(np.log(loss.set_index("n_train")["value"]).groupby(level=0).mean())
        dip = typical.iloc[: place + 1].min()
        parts.append(
            f"{width} units {', '.join(shown)} (test loss {dip:.2f} at least with fewer samples, "
            f"{typical.iloc[place]:.2f} there)"
        )
    first = networks.iloc[0]
    noise = random_features.arm_name(first["label_noise"], first["noise_definition"])
    return f"Test error of networks trained for a fixed number of steps, {noise}: {'; '.join(parts)}."


def complexity_text(networks: pd.DataFrame) -> str:
    """State by criterion how far the peak of networks lies from the complexity, and the complexity by width."""
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
        f"near-zero loss ({', '.join(found)}), and at {spans['train_error']} times those fitted to 10 % error."
    )


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
    axis.set_xlabel("samples n")


def _noise(networks: pd.DataFrame) -> str:
    first = networks.iloc[0]
    return random_features.arm_name(first["label_noise"], first["noise_definition"])


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"
