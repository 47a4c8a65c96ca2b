"""Loss under perturbation and test error over the curvature of minima, as found and with rescaled weights."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.claims.implicit_regularization.flat_minima import minima
from overparam.drawing import headlines, random_features, studies, theme

PANELS = {  # quantity: title, label of its axis
    "loss_increase": ("perturbed weights", "rise of the train loss, over its mean"),
    "error": ("new images", "test error, less its mean"),
}
NAMES = {"error": "test error", "loss": "test loss", "loss_increase": "rise of the train loss"}
RATIO = "rise of the train loss over (σ²/2) tr ∇²L"
STYLES = dict(zip(minima.ORIGINS, zip(theme.CATEGORIES, "os^", strict=False), strict=False))
TICKS = {"loss_increase": [0.1, 0.2, 0.5, 1, 2, 5, 10, 20]}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a dot per minimum, relative to the mean of its seed: coloured as found, grey with rescaled weights."""
    rows = minima.chosen(measurements)
    figure, axes = theme.panels(len(PANELS), height=4.4)
    for axis, (quantity, (title, label)) in zip(axes, PANELS.items(), strict=True):
        own = rows[rows["quantity"] == quantity]
        control, found = (own[own["weights"] == weights] for weights in ("rescaled", "found"))
        shown = 0.9 * found["place"].min(), 1.6 * found["place"].max()
        beyond = int((~control["place"].between(*shown)).sum())
        control = control[control["place"].between(*shown)]
        axis.scatter(
            control["place"], control["height"], s=12, color=theme.GREY, marker="x", alpha=0.35, linewidths=0.7
        )
        for origin, (color, marker) in STYLES.items():
            part = found[found["origin"] == origin]
            axis.scatter(part["place"], part["height"], s=13, color=color, marker=marker, alpha=0.6, linewidths=0)
        axis.set(title=title, ylabel=label, xlabel="curvature λₘₐₓ, over its mean", xscale="log")
        plain_ticks(axis.xaxis, [0.2, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10])
        if quantity == "error":
            studies.percent_axis(axis)
            low, high = axis.get_ylim()
            axis.set_ylim(low, high + 0.6 * (high - low))  # room for the numbers
        else:
            axis.set_yscale("log")
            plain_ticks(axis.yaxis, TICKS[quantity])
            low, high = axis.get_ylim()
            axis.set_ylim(low, high * (high / low) ** 0.6)
        axis.set_xlim(shown)
        _numbers(axis, rows, quantity, beyond)
    theme.headline(figure, _headline(verdict))
    return figure


def _numbers(axis: Axes, rows: pd.DataFrame, quantity: str, beyond: int) -> None:
    """Write the rank correlation with the curvature of every origin in its colour, and that of the control."""
    said = [
        (f"{name}: {minima.summary(rows, quantity, origin, 'found'):.2f}", STYLES[origin][0])
        for origin, name in minima.ORIGINS.items()
    ]
    control = [minima.summary(rows, quantity, origin, "rescaled") for origin in minima.ORIGINS]
    name = "× rescaled (control)" if quantity == "error" else "× rescaled"
    said.append((f"{name}: {min(control):.2f} to {max(control):.2f}", theme.GREY))
    said.append((f"   ({beyond} farther to the left or right)", theme.GREY))
    said.insert(0, ("rank correlation, minima differing by", theme.INK))
    for line, (text, color) in enumerate(said):
        axis.annotate(text, (0.03, 0.99 - 0.065 * line), xycoords="axes fraction", va="top", fontsize=8.5, color=color)


def plain_ticks(axis, places: list[float]) -> None:
    """Write plain numbers at these places of a logarithmic axis."""
    axis.set_major_locator(FixedLocator(places))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        form="robust",
        supported="Flat minima are robust to perturbed weights",
        refuted="Flat minima are not robust to perturbed weights",
        undecided="How robust flat minima are, and how well they generalise",
    )
    tells = {
        "refuted": ", but curvature hardly tells which of them generalises",
        "supported": ", and curvature tells which of them generalises",
    }
    return text + tells.get(headlines.came_to(verdict, "strong"), "")


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the mean rank correlation with λ_max for every quantity and origin, as found and rescaled; the last row."""
    rows = minima.chosen(measurements)
    parts = {}
    for quantity, name in [*NAMES.items(), ("ratio", RATIO)]:
        found, control = (
            [f"{minima.summary(rows, quantity, origin, weights):.2f}" for origin in minima.ORIGINS]
            for weights in minima.WEIGHTS
        )
        numbers = [f"{number} over {name}" for number, name in zip(found, minima.ORIGINS.values(), strict=True)]
        parts[quantity] = name, ", ".join(numbers), ", ".join(control)
    name, found, control = parts.pop("ratio")
    ranks = "; ".join("{} {} (with rescaled weights {})".format(*part) for part in parts.values())
    return (
        f"Minima at one train loss on {random_features.data_label(verdict)}: rank correlation with λ_max, mean over "
        f"seeds: {ranks}. The rise of the train loss is that under random perturbations of the weights; {name} is "
        f"{found} on average, and {control} for perturbations too long for the second order."
    )
