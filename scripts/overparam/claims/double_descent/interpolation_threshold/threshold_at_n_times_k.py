"""Losses over parameters per label, and parameters at the threshold over nK: random features and networks."""

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent.interpolation_threshold import threshold_panels
from overparam.drawing import labels, random_features, studies, theme

LOWEST = 1e-4  # the training loss falls to rounding at the threshold; the axis ends here
COUNTINGS = {
    "independent": ("each feature once", "o", theme.CATEGORIES[0]),
    "twice": ("each feature twice (control)", "s", theme.CATEGORIES[1]),
    "linear": ("linear features (never beyond the rank)", "^", theme.CATEGORIES[2]),
}
# S3, surprising experiment I: CIFAR-10, n = 50,000, K = 10; the train loss is 0 in all three rows. The claim has the
# same under `published`, in words.
PUBLISHED_LABELS = 500_000
PUBLISHED = {"CudaConvNet": 145_578, "MicroInception": 1_649_402, "ResNet": 2_401_440}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw losses over p/nK at the largest n and K, all thresholds over nK, and how those of networks drift."""
    figure, axes = studies.grid(2, 2, 3.7)
    left, right = axes[0]
    networks = measurements[measurements["features"] == threshold_panels.NETWORK]
    measurements = measurements.drop(networks.index)
    curves = _largest(measurements)
    left.set(xscale="log", yscale="log")
    for counting in ("independent", "twice"):
        _, marker, color = COUNTINGS[counting]
        for split, dashes in (("test", "-"), ("train", ":")):
            rows = curves[(curves["parameters"] == counting) & (curves["split"] == split)]
            rows = rows.assign(value=rows["value"].clip(lower=LOWEST / 10))
            studies.lines(
                left, rows, "params_per_label", color, seeds=split == "test", interval=split == "test",
                linestyle=dashes, marker=marker, markersize=4,
            )  # fmt: skip
    n, k, kind = (curves[column].iloc[0] for column in ("n_train", "n_classes", "features"))
    theme.mark_threshold(left, 1, "p = nK")
    ticks = (0.25, 0.5, 1, 2, 4)
    left.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    left.minorticks_off()
    left.set_xlabel(labels.column(measurements, "params_per_label"))
    left.set_ylabel(f"{labels.quantity(measurements, 'loss')} (squared; of predicting zero: 1)")
    left.set_ylim(bottom=LOWEST)
    left.set_title(
        f"{random_features.TITLES[kind]}, {random_features.data_label(verdict)}, n = {n}, K = {k}", fontsize=9
    )
    studies.legend(
        left, {"test": {"color": theme.INK}, "train": {"color": theme.INK, "linestyle": ":"}}, loc="lower right"
    )
    _thresholds(right, measurements)
    threshold_panels.points(right, networks)
    threshold_panels.losses(axes[1, 0], networks, verdict)
    threshold_panels.drift(axes[1, 1], networks, verdict)
    entries = {
        label: {"color": color, "marker": marker, "markersize": 5} for label, marker, color in COUNTINGS.values()
    }
    entries["networks with train loss 0, not the least p (S3's table)"] = {
        "color": theme.INK, "marker": "*", "linestyle": "none", "markersize": 9,
    }  # fmt: skip
    entries["networks trained to a fixed loss"] = {
        "color": threshold_panels.COLOR, "marker": "X", "linestyle": "none", "markersize": 6,
    }  # fmt: skip
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the threshold in parameters per label for every way of counting, and where the test loss is largest."""
    networks = measurements[measurements["features"] == threshold_panels.NETWORK]
    measurements = measurements.drop(networks.index)
    found = measurements[measurements["quantity"] == "threshold_params_per_label"]
    spans = found.groupby("parameters")["value"].agg(["min", "max"])
    linear = found[found["parameters"] == "linear"]
    fitted = linear.groupby("n_train")["value"].max().loc[lambda worst: np.isfinite(worst)].index
    curves = _largest(measurements)
    test = curves[(curves["parameters"] == "independent") & (curves["split"] == "test")]
    typical = np.exp(np.log(test.set_index("params_per_label")["value"]).groupby(level=0).mean())
    sizes, classes = (sorted(found[column].unique()) for column in ("n_train", "n_classes"))
    published = PUBLISHED["CudaConvNet"] / PUBLISHED_LABELS
    return (
        f"Random features on {random_features.data_label(verdict)}, n = {_listed(sizes)} and K = {_listed(classes)}: "
        f"the least number of parameters that interpolates is {_span(spans.loc['independent'])} times nK, and the test "
        f"loss ({random_features.TITLES[test['features'].iloc[0]]}, n = {sizes[-1]}, K = {classes[-1]}) is largest at "
        f"{typical.idxmax():.3g} nK. With every feature in two columns it takes {_span(spans.loc['twice'])} times nK. "
        f"Linear features interpolate {'only n = ' + _listed(fitted) if len(fitted) else 'none of these n'}. "
        f"S3's table has CudaConvNet at zero train loss with {published:.2f} nK parameters. "
        + threshold_panels.text(networks)
    )


def _thresholds(axis: Axes, measurements: pd.DataFrame) -> None:
    rows = measurements[measurements["quantity"] == "threshold_params"]
    axis.set(xscale="log", yscale="log")
    span = np.array([rows["n_labels"].min() / 1.5, 3 * PUBLISHED_LABELS], dtype=float)
    axis.plot(span, span, color=theme.INK, linestyle="--", linewidth=1)
    axis.annotate("p = nK", (2e4, 2e4), (6, -10), textcoords="offset points", ha="left", fontsize=8)
    for counting, (_, marker, color) in COUNTINGS.items():
        case = rows[(rows["parameters"] == counting) & np.isfinite(rows["value"])]
        points = case.drop_duplicates(["n_labels", "value"])  # seeds and kinds of features that agree are one point
        axis.plot(points["n_labels"], points["value"], marker, color=color, markersize=4.5, alpha=0.8)
    for name, params in PUBLISHED.items():
        axis.plot(PUBLISHED_LABELS, params, "*", color=theme.INK, markersize=9)
        across, up, side = {"CudaConvNet": (2, -25, "center"), "ResNet": (-7, 2, "right")}.get(name, (-7, -4, "right"))
        text = f"{name}{chr(10) if side == 'center' else ', '}{params / PUBLISHED_LABELS:.2g} nK"
        axis.annotate(text, (PUBLISHED_LABELS, params), (across, up), textcoords="offset points", ha=side, fontsize=8)
    axis.set_xlabel(labels.column(measurements, "n_labels"))
    axis.set_ylabel(f"{labels.column(measurements, 'n_params')} p")
    axis.set_title("least p that interpolates", fontsize=9)
    sns.despine(ax=axis)


def _largest(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the loss curves of ReLU features (else of what there is) at the largest n and K."""
    rows = measurements[measurements["quantity"] == "loss"]
    kinds = random_features.kinds(measurements)
    rows = rows[rows["features"] == ("relu" if "relu" in kinds else kinds[0])]
    return rows[(rows["n_train"] == rows["n_train"].max()) & (rows["n_classes"] == rows["n_classes"].max())]


def _span(limits: pd.Series) -> str:
    low, high = limits
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _listed(values) -> str:
    return ", ".join(str(value) for value in values)
