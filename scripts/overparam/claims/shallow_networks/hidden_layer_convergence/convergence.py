"""What the figures of the convergence of gradient descent, smooth and ReLU, have in common."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

MARKERS, DASHES = ("o", "s", "^", "D"), ("-", "--", "-.", ":")
ARMS = {  # as an axis has room for them
    "sufficient width": "theorem's\nwidth", "close pair": "close\npair", "rate": "rate",
    "duplicated": "input twice\n(control)", "large step": "16 × step\n(control)",
}  # fmt: skip
SPELLED = {"relu": "ReLU"}
HIGHEST = 10.0  # larger residuals, and those of diverged runs, are drawn here
FITS = (
    "fits-at-the-theorem's-width"  # the prediction that names the activations, and the residual that counts as fitted
)


def figure(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw rate over d/n and over the separation of a close pair, the widths, and the residuals with the controls."""
    theme.apply()
    drawn, axes = plt.subplots(2, 2, figsize=(theme.WIDTH, 6.4))
    (over_size, over_separation), (widths, residuals) = axes
    names = [name for name in _activations(verdict) if name in set(measurements["activation"])]
    fitted = judged.declared(verdict, FITS)["greater"]
    rates = measurements[measurements["quantity"] == "rate"]
    for k, name in enumerate(names):
        own, color = rates[rates["activation"] == name], theme.CATEGORIES[k]
        for marker, dashes, v in (("o", "-", "balanced"), ("s", "--", "gaussian")):
            rows = own[(own["arm"] == "rate") & (own["output_weights"] == v)]
            _curve(over_size, rows, "d_over_n", f"{SPELLED.get(name, name)}, v {v}", color, dashes, marker)
        pair = own[own["arm"] == "close pair"]
        _curve(over_separation, pair, "separation", SPELLED.get(name, name), color, DASHES[k], MARKERS[k])
        kernel = pair.groupby("separation")["kernel_rate"].mean()
        over_separation.plot(
            kernel.index, kernel, color=theme.INK, linestyle=":", label=None if k else "slowest, linearised"
        )
    sizes = rates[(rates["arm"] == "rate") & rates["activation"].isin(names)]
    places = np.sort(sizes["d_over_n"].unique())
    lowest = sizes[sizes["d_over_n"] == places[0]]["value"].mean()
    over_size.plot(places, lowest * places / places[0], color=theme.INK, linestyle=":", label="∝ d/n")
    over_size.set(title="generic inputs", ylabel=labels.quantity(measurements, "rate"))
    over_separation.set(title="two inputs, opposite labels", ylabel="rate per step")
    for axis, x, arm in ((over_size, "d_over_n", "rate"), (over_separation, "separation", "close pair")):
        axis.set(xscale="log", yscale="log", xlabel=labels.column(measurements, x))
        ticks = np.sort(rates.loc[(rates["arm"] == arm) & rates["activation"].isin(names), x].unique())
        axis.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
        axis.xaxis.set_minor_locator(NullLocator())
        axis.legend(fontsize=7, loc="best")
    _widths(widths, measurements, names)
    _residuals(residuals, measurements, names, fitted)
    return drawn


def sentence(measurements: pd.DataFrame, verdict: dict) -> str:
    """Return the alt text: residuals, exponents, how conservative the theorem's width is, and the controls."""
    rows = measurements[measurements["activation"].isin(_activations(verdict))]
    residual = rows[rows["quantity"] == "residual_ratio"].groupby("arm")["value"]
    parts = []
    for name in dict.fromkeys(rows["activation"]):
        own = rows[rows["activation"] == name]
        rates = own[own["quantity"] == "rate"]
        generic = _exponent(rates[(rates["arm"] == "rate") & (rates["output_weights"] == "balanced")], "d_over_n")
        pair = _exponent(rates[rates["arm"] == "close pair"], "separation")
        ratio = _conservatism(own)
        parts.append(
            f"with {SPELLED.get(name, name)} the rate goes like d/n to the power {generic:.2f} for generic inputs and "
            f"balanced v, and like the distance of two close inputs to the power {pair:.2f}, and the theorem's number "
            f"of hidden units is {at_least(ratio.min(), 1)} to {at_most(ratio.max(), 1)} times the smallest that works"
        )
    fitted = max(residual.max()[arm] for arm in ("sufficient width", "close pair"))
    limit = rows[(rows["arm"] == "rate") & (rows["quantity"] == "limit_hit")]["value"]
    broken = rows[(rows["arm"] == "large step") & (rows["quantity"] == "fitted")]["value"]
    return (
        f"Gradient descent on the hidden weights fits random labels to a residual of at most {at_most(fitted)} of its "
        f"start at the theorem's width, and {int(limit.sum())} of {len(limit)} runs at the sizes of the rate hit the "
        f"limit of steps; {'; '.join(parts)}. With one input twice under both labels (control) at least "
        f"{at_least(residual.min()['duplicated'])} of the residual remains; with sixteen times the step (control) "
        f"{int(len(broken) - broken.sum())} of {len(broken)} runs do not fit."
    )


def _activations(verdict: dict) -> list[str]:
    """Return the activations that the claim speaks of."""
    given = judged.declared(verdict, FITS)["where"]["activation"]
    return given if isinstance(given, list) else [given]


def _conservatism(rows: pd.DataFrame) -> pd.Series:
    widths = rows[rows["quantity"].isin(["smallest_width", "sufficient_width"])]
    wide = widths.pivot(index=["n_train", "dimension", "seed"], columns="quantity", values="value")
    return (wide["sufficient_width"] / wide["smallest_width"]).groupby(["n_train", "dimension"]).median()


def _exponent(rows: pd.DataFrame, x: str) -> float:
    """Return the exponent of the geometric mean over seeds; nan where there is a single place."""
    means = np.log(rows["value"]).groupby(rows[x]).mean()
    return float(np.polyfit(np.log(means.index), means, 1)[0]) if len(means) > 1 else np.nan


def _widths(axis: plt.Axes, measurements: pd.DataFrame, names: list[str]) -> None:
    rows = measurements[measurements["quantity"].isin(["smallest_width", "sufficient_width"])]
    sizes = sorted(set(zip(rows["n_train"], rows["dimension"], strict=True)))
    for k, name in enumerate(names):
        own = rows[rows["activation"] == name].groupby(["quantity", "n_train", "dimension"])["value"]
        for quantity, face, label in (
            ("sufficient_width", "none", f"{SPELLED.get(name, name)}: theorem's"),
            ("smallest_width", theme.CATEGORIES[k], f"{SPELLED.get(name, name)}: smallest"),
        ):
            places = np.arange(len(sizes)) + 0.15 * k
            ends = [[float(getattr(own, end)()[(quantity, *size)]) for size in sizes] for end in ("min", "max")]
            middle = [float(own.median()[(quantity, *size)]) for size in sizes]
            axis.vlines(places, *ends, color=theme.CATEGORIES[k], linewidth=1)
            axis.plot(
                places, middle, marker=MARKERS[k], linestyle="none", markerfacecolor=face, label=label,
                markeredgecolor=theme.CATEGORIES[k], markersize=6,
            )  # fmt: skip
    axis.set_xticks(range(len(sizes)), [f"n {n}\nd {d}" for n, d in sizes], fontsize=8)
    top = rows.loc[rows["activation"].isin(names), "value"].replace(np.inf, np.nan).max()
    axis.set(
        yscale="log", ylabel=labels.column(measurements, "width"), title="how many are enough", ylim=(1, top * 300)
    )
    axis.legend(fontsize=7, loc="upper right", ncol=len(names))


def _residuals(axis: plt.Axes, measurements: pd.DataFrame, names: list[str], fitted: float) -> None:
    rows = measurements[measurements["quantity"] == "residual_ratio"]
    for place, arm in enumerate(ARMS):
        for k, name in enumerate(names):
            values = rows[(rows["arm"] == arm) & (rows["activation"] == name)]["value"].to_numpy()
            offsets = (k - (len(names) - 1) / 2) * 0.3 + np.linspace(-0.1, 0.1, len(values))
            axis.plot(
                place + offsets, np.minimum(values, HIGHEST), MARKERS[k], color=theme.CATEGORIES[k], markersize=3,
                alpha=0.6, label=None if place else SPELLED.get(name, name), markeredgewidth=0,
            )  # fmt: skip
    axis.axhline(fitted, color=theme.INK, linestyle="--", linewidth=1, label="fitted")
    axis.set_xticks(range(len(ARMS)), ARMS.values(), fontsize=6.5)
    axis.set(yscale="log", ylabel=labels.quantity(measurements, "residual_ratio"))
    axis.set_title(f"fits and controls ({HIGHEST:g}: diverged)")
    axis.legend(fontsize=7, loc="upper left")


def _curve(axis: plt.Axes, rows: pd.DataFrame, x: str, label: str, color: str, dashes: str, marker: str) -> None:
    common = {"data": rows, "x": x, "y": "value", "color": color, "ax": axis}
    sns.lineplot(**common, units="seed", estimator=None, alpha=0.15, linewidth=0.5, legend=False)
    sns.lineplot(
        **common,
        errorbar=theme.interval,
        marker=marker,
        markeredgewidth=0,
        linestyle=dashes,
        label=label,
    )
