"""How far stochastic gradient descent goes, and the exact drift of the potentials that keep it in."""

import functools

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

STEPS = {  # label, marker, dashes
    "derived": ("derived step", "o", "-"),
    "1/B²": ("step 1/B², not promised", "^", "-."),
    "too large": ("step too large (control)", "X", ":"),
}
PRINTED = "the printed potential is a supermartingale"
POTENTIALS = {  # as an axis has room for them
    "corrected": "corrected",
    "slide": "slide",
    "slide, wide ball": "slide,\nwide ball",
    "attempt I": "attempt\nI",
    "attempt II": "attempt\nII",
}
BADLY = "sine, badly conditioned"
STRIPS = [  # step, whether badly conditioned (None: either), label, number of the colour, marker
    ("derived", False, "derived step", 0, "o"),
    ("derived", True, "derived, badly conditioned", 4, "D"),
    ("derived / 100", False, "hundredth of it", 1, "^"),
    ("derived / 100", True, "hundredth, badly conditioned", 3, "v"),
    ("too large", None, "step too large (control)", 2, "X"),
]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the fraction of runs beyond every radius, and the largest drift of each potential."""
    figure, (leaving, drift) = theme.panels(2, height=4.6)
    leaving.get_gridspec().set_width_ratios([1, 1.7])
    runs = measurements[measurements["radius"].notna()]
    for (name, (label, marker, dashes)), color in zip(STEPS.items(), theme.CATEGORIES, strict=False):
        rows = runs[(runs["quantity"] == "left_fraction") & (runs["step_size"] == name)]
        middle = rows.groupby(["radius", "seed"], as_index=False)["value"].mean()
        sns.lineplot(
            middle, x="radius", y="value", ax=leaving, color=color, marker=marker, linestyle=dashes, label=label,
            errorbar=("pi", 100), markeredgewidth=0, legend=False,
        )  # fmt: skip
    bound = runs[(runs["quantity"] == "leaving_bound") & (runs["step_size"] == "derived")]
    bound = bound.groupby("radius")["value"].max()
    leaving.plot(
        bound.index, bound, color=theme.INK, linestyle="--", label=labels.quantity(measurements, "leaving_bound")
    )
    leaving.set(xscale="log", xlabel=labels.column(measurements, "radius"))
    leaving.set_ylabel(labels.quantity(measurements, "left_fraction"))
    _drifts(drift, measurements, verdict)
    leaving.legend(fontsize=7.5, loc="upper center", bbox_to_anchor=(0.45, -0.17))
    return figure


def _drifts(axis: Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw the largest drift over places of every problem: the derived step, a hundredth of it, and the control."""
    for number, name in enumerate(POTENTIALS):
        for strip, (step, badly, label, color, marker) in enumerate(STRIPS):
            rows = _largest(measurements, verdict, name, step, badly)
            _strip(axis, number + 0.17 * (strip - 2), rows, theme.CATEGORIES[color], marker, label)
    axis.axhline(_limit(verdict), color=theme.INK, linestyle="--", linewidth=1)
    axis.set_yscale("symlog", linthresh=0.001)
    axis.set_xticks(range(len(POTENTIALS)), list(POTENTIALS.values()), fontsize=8)
    axis.set_ylabel(labels.quantity(measurements, "largest_drift"))
    handles, names = axis.get_legend_handles_labels()
    count = len(STRIPS)
    axis.legend(
        handles[:count], names[:count], fontsize=7.5, loc="upper center", bbox_to_anchor=(0.45, -0.17), ncol=2,
        markerscale=1.6, columnspacing=1,
    )  # fmt: skip


def _strip(axis: Axes, x: float, values: pd.Series, color: str, marker: str, label: str) -> None:
    spread = np.linspace(-0.06, 0.06, len(values))
    axis.scatter(x + spread, values, color=color, marker=marker, s=9, linewidths=0, alpha=0.7, label=label)


def _limit(verdict: dict) -> float:
    """Return the drift above which a potential is no supermartingale."""
    return judged.declared(verdict, PRINTED)["limit"]


def _largest(
    measurements: pd.DataFrame, verdict: dict, potential: str, step: str, badly: bool | None = None
) -> pd.Series:
    """Return the largest drift of every problem, over the places at which the potential is judged."""
    printed = judged.declared(verdict, PRINTED)["where"]
    rows = measurements[
        (measurements["quantity"] == "largest_drift")
        & (measurements["potential"] == potential)
        & (measurements["step_size"] == step)
    ]
    if potential in printed["potential"]:
        rows = rows[rows["place"].isin(printed["place"])]
    if badly is not None:
        rows = rows[(rows["problem"] == BADLY) == badly]
    return rows.groupby(["problem", "seed"])["value"].max()


def _rising(measurements: pd.DataFrame, verdict: dict, potential: str, step: str) -> str:
    """Return in how many problems the potential rises, in words."""
    limit, counts = _limit(verdict), []
    for badly, name in ((False, "well"), (True, "badly")):
        largest = _largest(measurements, verdict, potential, step, badly)
        counts.append(f"{int((largest > limit).sum())} of {len(largest)} {name}")
    return f"{' and '.join(counts)} conditioned"


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how far runs went, how many left, and the largest drift of each potential."""
    derived = measurements[measurements["step_size"] == "derived"]
    farthest = derived[derived["quantity"] == "largest_distance"]["value"].max()
    ball = measurements["radius"].max()
    left = measurements[(measurements["quantity"] == "left_fraction") & (measurements["radius"] == ball)]
    shares = left.groupby("step_size")["value"].mean()
    allowed = derived[(derived["quantity"] == "leaving_bound") & (derived["radius"] == ball)]["value"].max()
    arrived = derived[derived["quantity"] == "arrived"]["value"].mean()
    steps = ("derived", "derived / 100")
    corrected = max(_largest(measurements, verdict, "corrected", step).max() for step in steps)
    control = _largest(measurements, verdict, "corrected", "too large")
    slide = _largest(measurements, verdict, "slide", "derived").max()
    rising = functools.partial(_rising, measurements, verdict)
    return (
        f"Stochastic gradient descent with the derived step goes at most {at_most(farthest)} ‖r₀‖/α from its start; "
        f"{shares['derived']:.0%} of the runs leave the ball of radius {ball:.3g} ‖r₀‖/α, where the potential allows "
        f"up to {allowed:.0%}, so that the bound is not put to the test; {arrived:.0%} reach the tolerance. With steps "
        f"too large {shares['too large']:.0%} leave. The largest exact drift of the corrected potential is "
        f"{corrected:.2g} in natural units (at least {at_least(control.min())} with steps too large). With the derived "
        f"step the slide's reaches {slide:.2g} off the centre and rises in "
        f"{rising('slide', 'derived')} problems, with a hundredth of the step in "
        f"{rising('slide', 'derived / 100')}; with a cover of the whole certified ball, in "
        f"{rising('slide, wide ball', 'derived')} with the derived step and in "
        f"{rising('slide, wide ball', 'derived / 100')} with the hundredth. With the derived step the "
        f"distance alone rises in {rising('attempt I', 'derived')}, residual plus distance to the "
        f"start in {rising('attempt II', 'derived')}."
    )
