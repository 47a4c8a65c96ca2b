"""What the figures of the convergence of gradient descent, smooth and ReLU, have in common."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from overparam.claims.shallow_networks import result_rows
from overparam.drawing import direct_labels, headlines, judged, labels, predicted, studies, theme
from overparam.drawing.rounding import at_least, at_most

COLORS = {"softplus": theme.CATEGORIES[0], "tanh": theme.CATEGORIES[3], "relu": theme.CATEGORIES[1]}
ARMS = {  # as an axis has room for them
    "sufficient width": "theorem's\nwidth", "close pair": "close\npair",
    "duplicated": "input twice\n(control)", "large step": "16 × step\n(control)",
}  # fmt: skip
SPELLED = {"relu": "ReLU"}
HIGHEST = 10.0  # larger residuals, and those of diverged runs, are drawn here
FITS = (
    "fits-at-the-theorem's-width"  # the prediction that names the activations, and the residual that counts as fitted
)
ONE_C = "c-does-not-depend-on-the-data"


def figure(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the residuals with the controls, and the rate over the distance of two inputs with opposite labels."""
    drawn, (residuals, pair) = theme.panels(2, height=4.4)
    names = shown(measurements, verdict)
    _residuals(residuals, measurements, names, judged.declared(verdict, FITS)["greater"])
    rates = measurements[(measurements["quantity"] == "rate") & (measurements["arm"] == "close pair")]
    for name in names:
        own = rates[rates["activation"] == name]
        studies.lines(pair, own, "separation", COLORS[name], marker="o", markersize=5)
        means = own.groupby("separation")[["value", "kernel_rate"]].mean()
        pair.plot(means.index, means["kernel_rate"], color=COLORS[name], linestyle=":")
        direct_labels.at_end(pair, means.index, means["value"], SPELLED.get(name, name), COLORS[name])
    pair.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "separation"))
    pair.set(title="two inputs, opposite labels", ylabel="rate per step (dotted: linearised)")
    ticks = np.sort(rates.loc[rates["activation"].isin(names), "separation"].unique())
    pair.set_xticks(ticks, [f"{tick:.2g}" for tick in ticks])
    pair.xaxis.set_minor_locator(NullLocator())
    fastest = rates[rates["activation"].isin(names)].groupby("separation")["value"].mean()
    if len(fastest):
        start = (fastest.index[-1], float(fastest.iloc[-1]))
        predicted.predicted_slope(pair, verdict, ONE_C, "universal", start=start, to=fastest.index[0], label=None)
        pair.annotate(
            "predicted by one $c$", (fastest.index[0], start[1]), xytext=(2, 3), textcoords="offset points", fontsize=9,
            color=theme.INK, va="bottom",
        )  # fmt: skip
    result_rows.raise_titles(drawn)
    theme.headline(drawn, _headline(verdict))
    return drawn


def _headline(verdict: dict) -> str:
    forms = [verdict["forms"][form]["verdict"] for form in ("printed", "universal")]
    if forms == ["inconclusive", "refuted"]:
        return "Descent is the slower the closer two inputs are: no single $c$ holds for all data"
    if forms == ["supported", "refuted"]:
        return "Descent fits random labels at the theorem's width, but the more slowly the closer two inputs are"
    return headlines.by_verdict(
        verdict,
        supported="Descent fits random labels at the theorem's width, at least as fast as promised",
        refuted="At the theorem's width descent does not fit random labels as promised",
        undecided="residuals of descent at the theorem's width, and its rate",
    )


def shown(measurements: pd.DataFrame, verdict: dict) -> list[str]:
    """Return the activations that the claim speaks of and that were measured."""
    return [name for name in _activations(verdict) if name in set(measurements["activation"])]


def _residuals(axis: plt.Axes, measurements: pd.DataFrame, names: list[str], fitted: float) -> None:
    """Draw a row per arm, and in it one per activation: the residuals of all runs at their end."""
    rows = measurements[(measurements["quantity"] == "residual_ratio") & measurements["activation"].isin(names)]
    axis.set(xscale="log", xlim=(rows["value"].min() / 3, HIGHEST), title="at the end of every run")
    control = {arm: "control" in text for arm, text in ARMS.items()}
    result_rows.name(axis, list(ARMS.values()), [theme.GREY if one else theme.INK for one in control.values()])
    result_rows.allowed(axis, fitted, "below", label="fitted")
    for place, arm in enumerate(ARMS):
        for k, name in enumerate(names):
            values = rows[(rows["arm"] == arm) & (rows["activation"] == name)]["value"]
            color = theme.GREY if control[arm] else COLORS[name]
            result_rows.row(axis, place + 0.24 * (k - (len(names) - 1) / 2), values, color, control[arm])
    axis.set_xlabel(labels.quantity(measurements, "residual_ratio"))
    axis.spines["left"].set_visible(False)


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
