"""Parameters per label at the threshold over nK, and the losses of networks over parameters per label."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent.interpolation_threshold import threshold_panels
from overparam.claims.double_descent.interpolation_threshold.least_parameters import (
    PUBLISHED,
    PUBLISHED_LABELS,
    largest,
)
from overparam.drawing import direct_labels, headlines, labels, predicted, random_features, regimes, theme

THRESHOLD = "threshold_params_per_label"
PREDICTION = "networks-fit-from-about-nk-on"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the thresholds of random features and of networks against the band, and the losses of networks."""
    figure, (left, right) = theme.panels(2, height=4.6)
    networks = measurements[measurements["features"] == threshold_panels.NETWORK]
    _thresholds(left, measurements, networks, verdict)
    threshold_panels.losses(right, networks, verdict)
    regimes.shade(right, 1, "$p = nK$", short=True)
    theme.headline(figure, _headline(verdict))
    return figure


def _thresholds(axis: Axes, measurements: pd.DataFrame, networks: pd.DataFrame, verdict: dict) -> None:
    """Draw p/(nK) at the threshold over nK: a point per kind, n and K of random features, and per seed of networks."""
    axis.set(xscale="log", yscale="log")
    found = measurements[(measurements["quantity"] == THRESHOLD) & np.isfinite(measurements["value"])]
    fixed = found[(found["features"] == threshold_panels.NETWORK) & (found["stopping"] == "fixed_loss")]
    counted = found[found["features"] != threshold_panels.NETWORK]
    groups = {
        "random features": (counted, "independent", theme.CATEGORIES[0], "o", 4.5),
        "networks, trained\nto a fixed loss": (fixed, "independent", theme.CATEGORIES[3], "X", 6),
    }
    last = found["n_labels"].max()
    for name, (rows, counting, color, marker, size) in groups.items():
        points = rows[rows["parameters"] == counting].drop_duplicates(["n_labels", "value"])
        axis.plot(
            points["n_labels"], points["value"], marker, color=color, markersize=size, alpha=0.7, markeredgewidth=0
        )
        direct_labels.at_end(axis, [last], [np.exp(np.log(points["value"]).mean())], name, color)
    twice = found[found["parameters"] == "twice"].drop_duplicates(["n_labels", "value"])
    axis.plot(twice["n_labels"], twice["value"], "s", color=theme.GREY, markersize=4.5, alpha=0.7, markeredgewidth=0)
    end = np.exp(np.log(counted.loc[counted["parameters"] == "twice", "value"]).mean())
    direct_labels.at_end(axis, [last], [end], "every feature or\npixel twice\n(control)", theme.GREY)
    ticks = [0.5, 0.7, 1, 1.5, 2, 3]
    axis.set_ylim(0.5, max(3.0, 1.1 * found["value"].max()))
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()
    predicted.predicted_band(axis, verdict, PREDICTION)
    axis.set_xlabel(labels.column(measurements, "n_labels"))
    axis.set_ylabel(labels.quantity(measurements, THRESHOLD))
    axis.set_title("least size that fits,\nfor several $n$ and $K$")


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Models start to fit at about $nK$ parameters",
        refuted="Networks do not start to fit at about $nK$ parameters",
        undecided="Whether networks start to fit at about $nK$ parameters",
    )
    if headlines.came_to(verdict, "peak") == "supported":
        return f"{text}; the test loss peaks there"
    return text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the threshold in parameters per label for every way of counting, and where the test loss is largest."""
    networks = measurements[measurements["features"] == threshold_panels.NETWORK]
    measurements = measurements.drop(networks.index)
    found = measurements[measurements["quantity"] == "threshold_params_per_label"]
    spans = found.groupby("parameters")["value"].agg(["min", "max"])
    linear = found[found["parameters"] == "linear"]
    fitted = linear.groupby("n_train")["value"].max().loc[lambda worst: np.isfinite(worst)].index
    curves = largest(measurements)
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


def _span(limits: pd.Series) -> str:
    low, high = limits
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _listed(values) -> str:
    return ", ".join(str(value) for value in values)
