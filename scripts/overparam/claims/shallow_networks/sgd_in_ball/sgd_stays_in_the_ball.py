"""In how many problems each potential rises, and how far stochastic gradient descent goes."""

import functools

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from overparam.claims.shallow_networks import printed_and_corrected
from overparam.drawing import judged, labels, theme
from overparam.drawing.predicted import EDGE
from overparam.drawing.rounding import at_least, at_most

PRINTED = "the printed potential is a supermartingale"
POTENTIALS = {  # as an axis has room for them
    "attempt I": "attempt I:\ndistance",
    "attempt II": "attempt II: residual\nand distance",
    "slide, wide ball": "slide,\nwide ball",
    "slide": "slide,\nthe lemma's ball",
    "corrected": "corrected",
}
BADLY = "sine, badly conditioned"
COLUMNS = {  # step and whether badly conditioned (None: either): as an axis has room for it
    ("derived", False): "derived\nstep",
    ("derived", True): "badly\ncond.",
    ("derived / 100", False): "a 100th\nof it",
    ("derived / 100", True): "badly\ncond.",
    ("too large", None): "too large\n(control)",
}
HELD, BROKEN = theme.CATEGORIES[0], theme.CATEGORIES[1]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a matrix of potentials and steps, and the fraction of runs beyond every radius."""
    figure, (matrix, leaving) = theme.panels(2, height=4.4)
    leaving.get_gridspec().set_width_ratios([1.8, 1])
    for i, potential in enumerate(POTENTIALS):
        for j, (step, badly) in enumerate(COLUMNS):
            _cell(matrix, i, j, largest(measurements, verdict, potential, step, badly) > limit(verdict))
    matrix.set(xlim=(-0.5, len(COLUMNS) - 0.5), ylim=(len(POTENTIALS) - 0.5, -0.5))
    matrix.set_title("problems in which the potential rises")
    matrix.set_xticks(range(len(COLUMNS)), COLUMNS.values(), fontsize=9)
    matrix.set_yticks(range(len(POTENTIALS)), POTENTIALS.values())
    matrix.get_yticklabels()[-1].set_fontweight("bold")
    matrix.get_xticklabels()[-1].set_color(theme.GREY)
    matrix.tick_params(length=0)
    for side in matrix.spines.values():
        side.set_visible(False)
    _leaving(leaving, measurements)
    theme.headline(figure, _headline(verdict))
    return figure


def _cell(axis: Axes, row: int, column: int, rising: pd.Series) -> None:
    """Fill a cell by the share of problems in which the potential rises, and write their number."""
    if rising.empty:
        return
    color, alpha = (BROKEN, 0.2 + 0.3 * rising.mean()) if rising.any() else (HELD, 0.25)
    axis.add_patch(Rectangle((column - 0.47, row - 0.45), 0.94, 0.9, facecolor=color, alpha=alpha, linewidth=0))
    said = f"{int(rising.sum())} of {len(rising)}" if rising.any() else f"none\nof {len(rising)}"
    axis.text(column, row, said, ha="center", va="center", fontsize=9.5, color=theme.INK)


def _leaving(axis: Axes, measurements: pd.DataFrame) -> None:
    """Draw the fraction of runs beyond every radius: the derived step, the control, and what is allowed."""
    runs = measurements[measurements["radius"].notna()]
    left = runs[runs["quantity"] == "left_fraction"].groupby(["step_size", "radius"])["value"].mean()
    axis.plot(left["too large"].index, left["too large"], **theme.CONTROL)
    axis.plot(left["derived"].index, left["derived"], color=HELD, marker="o", markersize=5)
    bound = runs[(runs["quantity"] == "leaving_bound") & (runs["step_size"] == "derived")]
    bound = bound.groupby("radius")["value"].max()
    axis.plot(bound.index, bound, **EDGE)
    for text, curve, color, place in (
        ("step too large (control)", left["too large"], theme.GREY, (2, 4)),
        ("derived step", left["derived"], HELD, (2, 7)),
        ("allowed", bound, theme.INK, (0, -6)),
    ):
        low = curve is bound
        axis.annotate(
            text, (curve.index[-1], curve.iloc[-1]), xytext=place, textcoords="offset points", ha="right",
            va="top" if low else "bottom", fontsize=9, color=color,
        )  # fmt: skip
    axis.set(xscale="log", ylim=(-0.03, 1.12))
    axis.set_xlabel(labels.column(measurements, "radius").replace(", ", ",\n"))
    axis.set_ylabel(labels.quantity(measurements, "left_fraction"))
    axis.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")


def _headline(verdict: dict) -> str:
    return printed_and_corrected.headline(
        verdict,
        both="The printed potential rises where the corrected one never does, and no run of SGD leaves its ball",
        printed="The printed potential rises, so that it is no supermartingale",
        supported="The corrected potential never rises, and no more runs of SGD leave than it allows",
        refuted="Even the corrected potential rises, or more runs of SGD leave than it allows",
        undecided="where five potentials rise, and how many runs of SGD leave their ball",
    )


def limit(verdict: dict) -> float:
    """Return the drift above which a potential is no supermartingale."""
    return judged.declared(verdict, PRINTED)["limit"]


def largest(
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
    above, counts = limit(verdict), []
    for badly, name in ((False, "well"), (True, "badly")):
        found = largest(measurements, verdict, potential, step, badly)
        counts.append(f"{int((found > above).sum())} of {len(found)} {name}")
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
    corrected = max(largest(measurements, verdict, "corrected", step).max() for step in steps)
    control = largest(measurements, verdict, "corrected", "too large")
    slide = largest(measurements, verdict, "slide", "derived").max()
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
