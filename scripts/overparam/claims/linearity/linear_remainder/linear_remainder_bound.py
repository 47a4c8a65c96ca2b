"""Taylor remainder of a two-layer network against width, and its share of the bound with and without smoothness."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.drawing import direct_labels, exponents, headlines, judged, labels, predicted, theme
from overparam.drawing.rounding import at_most
from overparam.drawing.width_curves import curve, exponent

DIRECTIONS = {
    "worst": ("worst\ndirection", "o"),
    "gradient descent": ("gradient\ndescent", "s"),
    "random": ("random", "^"),
}
WORST = {  # activation and output: label, marker, style
    ("relu", "linear"): ("ReLU", "D", {"color": theme.CATEGORIES[3], "linestyle": "-"}),
    ("tanh", "squared"): ("tanh,\nsquared\n(control)", "", theme.CONTROL),
    ("tanh", "linear"): ("tanh", "o", {"color": theme.CATEGORIES[0], "linestyle": "-"}),
}
SLOPE = "slope in the worst direction"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw |R(θ)| of tanh per direction, and the worst share of the bound for tanh, ReLU and the control."""
    figure, (sizes, of_bound) = theme.panels(2, height=4.2)
    for (direction, (label, marker)), color in zip(DIRECTIONS.items(), theme.CATEGORIES, strict=False):
        rows = _of_seeds(measurements, "tanh", direction)
        curve(sizes, rows, label, marker, "-", color, average="median")
    sizes.set(xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m", title="tanh")
    sizes.set_ylabel(labels.quantity(measurements, "remainder"))
    direct_labels.of_lines(sizes)
    worst = _of_seeds(measurements, "tanh", "worst").groupby("width")["value"].median()
    predicted.predicted_slope(
        sizes, verdict, SLOPE, start=(float(worst.index[0]), 2.5 * worst.iloc[0]),
        to=float(worst.index[len(worst) // 2]), label="slope",
    )  # fmt: skip
    for (activation, output), (label, marker, style) in WORST.items():
        shares = _shares(measurements, activation, output).rename("value").reset_index()
        # the largest of the directions is what can break a bound
        rows = shares.groupby(["width", "seed"], as_index=False)["value"].max()
        curve(of_bound, rows, label, marker, style["linestyle"], style["color"], average="median")
    of_bound.set(
        xscale="log", yscale="log", xlabel=f"{labels.column(measurements, 'width')} m", title="share of the bound"
    )
    of_bound.set_ylabel("largest |R(θ)| / bound")
    limits = of_bound.get_ylim()
    of_bound.axhspan(1, max(limits[1], 2), facecolor=theme.INK, alpha=0.1, linewidth=0, zorder=0)
    of_bound.set_ylim(min(limits[0], 0.5), max(limits[1], 2))
    of_bound.annotate(
        "bound broken", (0, 1), xycoords=("axes fraction", "axes fraction"), xytext=(4, -4),
        textcoords="offset points", va="top", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    direct_labels.of_lines(of_bound)
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="What is not linear falls like one over root width and stays below its bound",
        refuted="What is not linear does not stay below its bound",
        undecided="What is not linear in a network, over its width",
    )
    broken = headlines.came_to(verdict, "listed") == "refuted"
    return f"{text}, though not with ReLU" if broken else text


def _of_seeds(measurements: pd.DataFrame, activation: str, direction: str) -> pd.DataFrame:
    """Return the median remainder of every seed and width."""
    rows = measurements[
        (measurements["quantity"] == "remainder")
        & (measurements["activation"] == activation)
        & (measurements["output"] == "linear")
        & (measurements["direction"] == direction)
    ]
    return rows.groupby(["width", "seed"], as_index=False)["value"].median()


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents per direction, and how near the bound each comes, also at the largest width."""
    tanh, relu = (
        {direction: exponent(_medians(measurements, name, direction)) for direction in DIRECTIONS}
        for name in ("tanh", "relu")
    )
    worst = exponents.measured(verdict, "slope in the worst direction", each="activation = tanh")
    width = measurements["width"].max()
    widest = _shares(measurements[measurements["width"] == width], "tanh", "linear").groupby("direction").max()
    control = judged.under_control(verdict)
    smooth, kinked, squared = (
        _tightest(one, name) for one, name in ((verdict, "tanh"), (verdict, "relu"), (control, "tanh"))
    )
    usual = max(widest["random"], widest["gradient descent"])
    return (
        f"Remainder of a two-layer tanh network after its linear part: it falls with width with exponent "
        f"{worst} in the worst direction found, {tanh['gradient descent']:.2f} along gradient descent's "
        f"own displacement and {tanh['random']:.2f} in random directions. The largest share of the bound "
        f"β‖θ − θ₀‖²/(2√m) is {smooth}; at m = {width} it is {widest['worst']:.2f} in the "
        f"worst direction and at most {at_most(usual, 1)} in the others. ReLU, which is not smooth, falls with "
        f"{relu['worst']:.2f}, {relu['gradient descent']:.2f} and {relu['random']:.2f}; its largest share of the bound "
        f"is {kinked}, and with the tanh output squared (control) {squared}."
    )


def _tightest(verdict: dict, activation: str) -> str:
    """Return the largest remainder over its bound, as judged; "unknown" where the judge has no number."""
    found = judged.estimate(verdict, "bound with every activation listed", "listed", each=f"activation = {activation}")
    return "unknown" if found is None or found["estimate"] is None else f"{found['estimate']:.3g}"


def _medians(measurements: pd.DataFrame, activation: str, direction: str) -> pd.DataFrame:
    """Return the median remainder of every width: one curve, as it is drawn."""
    rows = measurements[
        (measurements["quantity"] == "remainder")
        & (measurements["activation"] == activation)
        & (measurements["output"] == "linear")
        & (measurements["direction"] == direction)
    ]
    return rows.groupby("width", as_index=False)["value"].median().assign(seed=0)


def _shares(measurements: pd.DataFrame, activation: str, output: str) -> pd.Series:
    """Return remainder over bound of every displacement."""
    rows = measurements[(measurements["activation"] == activation) & (measurements["output"] == output)]
    keys = ["seed", "width", "direction", "trial"]
    sides = [rows[rows["quantity"] == name].set_index(keys)["value"] for name in ("remainder", "remainder_bound")]
    return sides[0] / sides[1]
