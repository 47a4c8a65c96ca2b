"""Iterations of SGD and of gradient descent over n²/d, and the residuals with the controls."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import result_rows
from overparam.drawing import direct_labels, headlines, judged, labels, predicted, studies, theme
from overparam.drawing.rounding import at_least, at_most

STYLES = {  # label, marker, colour
    "theorem step": ("SGD, step\nof the theorem", "o", theme.CATEGORIES[0]),
    "largest step": ("SGD,\nlargest step", "s", theme.CATEGORIES[1]),
    "gradient descent": ("gradient\ndescent", "^", theme.CATEGORIES[3]),
}
ROWS = {  # as an axis has room for them, and their colour
    "sufficient width": ("theorem's width", theme.CATEGORIES[2]),
    "theorem step": ("step of the theorem", theme.CATEGORIES[0]),
    "largest step": ("largest step", theme.CATEGORIES[1]),
    "gradient descent": ("gradient descent", theme.CATEGORIES[3]),
    "duplicated": ("input twice\n(control)", theme.GREY),
    "too large step": ("16 × largest\n(control)", theme.GREY),
}
HIGHEST = 10.0  # larger residuals, and those of diverged runs, are drawn here
ATTAINED = "with-the-theorem's-step-about-as-fast"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the iterations on the left, on the right the residual of every run at its end."""
    figure, (left, right) = theme.panels(2, height=4.4)
    iterations = measurements[(measurements["quantity"] == "iterations") & np.isfinite(measurements["value"])]
    for arm, (label, marker, color) in STYLES.items():
        rows = iterations[iterations["arm"] == arm]
        studies.lines(left, rows, "scale", color, marker=marker, markersize=5)
        means = rows.groupby("scale")["value"].mean()
        direct_labels.at_end(left, means.index, means, label, color)
    left.set(xscale="log", yscale="log", xlabel=labels.column(measurements, "scale"))
    left.set_ylabel(labels.quantity(measurements, "iterations"))
    left.set_title(f"$d = {measurements['dimension'].min()}$ to ${measurements['dimension'].max()}$")
    theorem = iterations[iterations["arm"] == "theorem step"].groupby("scale")["value"].mean()
    if len(theorem) > 1:
        start = (float(theorem.index[0]), 1.6 * float(theorem.iloc[0]))
        predicted.predicted_slope(
            left, verdict, ATTAINED, "attained", start=start, to=float(theorem.index[-1]), label=None
        )
        left.annotate(
            "predicted\n$\\propto n^2/d$", (0.05, 0.95), xycoords="axes fraction", fontsize=9, color=theme.INK, va="top"
        )
    rows = measurements[measurements["quantity"] == "residual_ratio"]
    right.set(xscale="log", xlim=(rows["value"].min() / 2, HIGHEST), title="at the end of every run")
    result_rows.name(right, [name for name, _ in ROWS.values()], [color for _, color in ROWS.values()])
    result_rows.allowed(right, judged.declared(verdict, "fits")["greater"], "below", label="fitted")
    right.spines["left"].set_visible(False)
    for place, (arm, (_, color)) in enumerate(ROWS.items()):
        result_rows.row(right, place, rows[rows["arm"] == arm]["value"], color, color == theme.GREY)
    right.set_xlabel(labels.quantity(measurements, "residual_ratio"))
    result_rows.raise_titles(figure)
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    if [verdict["forms"][form]["verdict"] for form in ("printed", "attained")] == ["supported", "supported"]:
        return "SGD with the theorem's step takes about $n^2/d$ iterations; larger steps and full batches take fewer"
    if verdict["forms"]["printed"]["verdict"] == "inconclusive":
        return headlines.by_verdict(
            verdict,
            form="attained",
            supported="With the theorem's step SGD takes about $n^2/d$ iterations",
            refuted="With the theorem's step the iterations of SGD do not grow like $n^2/d$",
            undecided="iterations until SGD fits random labels",
        )
    return headlines.by_verdict(
        verdict,
        supported="SGD fits random labels in no more than about $n^2/d$ iterations",
        refuted="SGD does not fit random labels in about $n^2/d$ iterations",
        undecided="iterations until SGD fits random labels",
    )


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the exponents of the iterations, the residuals reached, and the controls."""
    residual = measurements[measurements["quantity"] == "residual_ratio"].groupby("arm")["value"]
    slopes = {arm: _exponent(measurements, arm) for arm in STYLES}
    too_large = measurements[(measurements["arm"] == "too large step") & (measurements["quantity"] == "iterations")]
    failed = int(np.isinf(too_large["value"]).sum())
    return (
        f"Iterations until random labels are fitted, over n²/d: with SGD at the theorem's step they grow with exponent "
        f"{slopes['theorem step']:.2f}, at the largest sensible step with {slopes['largest step']:.2f}, and with "
        f"gradient descent with {slopes['gradient descent']:.2f}; all end at a residual of at most "
        f"{at_most(max(residual.max()[arm] for arm in STYLES))} of the first. With one input twice under both labels "
        f"(control) at least {at_least(residual.min()['duplicated'])} remains; with sixteen times the largest step "
        f"(control) {failed} of {len(too_large)} runs do not fit."
    )


def _exponent(measurements: pd.DataFrame, arm: str) -> float:
    rows = measurements[(measurements["arm"] == arm) & (measurements["quantity"] == "iterations")]
    rows = rows[np.isfinite(rows["value"])]
    means = np.log(rows["value"]).groupby(rows["scale"]).mean()
    return float(np.polyfit(np.log(means.index), means, 1)[0]) if len(means) > 1 else np.nan
