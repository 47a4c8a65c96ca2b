"""How many problems are solved from every start, and how far above the optimum starts end, over the number of units."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy import stats

from overparam.drawing import judged, labels, theme

MARKERS = {"few samples": "o", "many samples": "s", "one sign": "^"}
PREDICTION = "every-start-ends-at-the-optimum"
X = "units_per_dimension"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the share of problems solved from every start, the loss above the optimum, and both curvatures."""
    figure, (solved, excess, curvature) = theme.panels(3, height=4.0)
    enough = judged.declared(verdict, PREDICTION)["where"][X]
    few = judged.declared(judged.under_control(verdict), PREDICTION)["where"][X]["max"]
    for (case, marker), color in zip(MARKERS.items(), theme.CATEGORIES, strict=False):
        rows = measurements[measurements["case"] == case]
        counts = rows[rows["quantity"] == "at_optimum"].groupby(X)["value"].agg(["sum", "size"])
        share = counts["sum"] / counts["size"]
        ends = np.array([stats.binomtest(int(k), int(n)).proportion_ci(0.95) for k, n in counts.to_numpy()])
        spread = np.abs(ends.T - share.to_numpy())
        look = {"color": color, "marker": marker, "markersize": 4}
        name = f"{case}, n = {rows['n_train'].iloc[0]}"
        theme.leave_control(solved, share, few, label=name, **look)
        solved.errorbar(share.index, share, yerr=spread, capsize=2, linestyle="none", elinewidth=1, color=color)
        worst = rows[rows["quantity"] == "excess"].groupby(X)["value"].max()
        theme.leave_control(excess, worst.clip(lower=1e-16), few, **look)
        found = rows[rows["quantity"] == "least_curvature"]
        for place, network in enumerate(labels.values(measurements, "network")):
            values = found.loc[found["network"] == network, "value"]
            jitter = 0.12 * (list(MARKERS).index(case) - 1)
            curvature.plot(np.full(len(values), place + jitter), values, linestyle="none", alpha=0.4, **look)
    for axis in (solved, excess):
        theme.mark_threshold(axis, enough, f"$k = {enough:g}d$")
        axis.set_xlabel("hidden units over\ninput dimension k/d")
    solved.set(
        ylabel="share of problems",
        title="every start ends\nat the optimum",
        ylim=(-0.05, 1.2),
        yticks=np.linspace(0, 1, 6),
    )
    excess.set(yscale="log", title="worst start of all:\nloss above the optimum")
    curvature.axhline(0, color=theme.INK, linestyle="--", linewidth=1)
    curvature.set(
        title="smallest curvature\nwhere starts got stuck", xticks=[0, 1], xlim=(-0.5, 1.5),
        xticklabels=["narrow\nnetwork", "units of weight\nzero added"],
    )  # fmt: skip
    theme.headline(figure, _headline(measurements, enough))
    solved.plot([], [], label=f"k ≤ {few:g}d (control)", **theme.CONTROL)
    handles, names = solved.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncol=4, fontsize=8)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the shares at twice the dimension and below it, and the curvatures."""
    enough = judged.declared(verdict, PREDICTION)["where"][X]
    solved = measurements[measurements["quantity"] == "at_optimum"]
    below = solved[(solved["case"] == "one sign") & (solved[X] < enough)]
    nearest = below[below[X] == below[X].max()]
    found = measurements[measurements["quantity"] == "least_curvature"].groupby("network")["value"].max()
    way = f"{found['widened']:.2g}" if "widened" in found else "not measured"
    return (
        f"{_headline(measurements, enough)}. At k/d = {enough:g} that is {_counted(solved[solved[X] == enough])} "
        f"problems; with labels of one sign and k/d = {nearest[X].iloc[0]:g} it is {_counted(nearest)}. Where starts "
        f"of the narrow network got stuck, the smallest eigenvalue of the Hessian over the largest is at most {way} "
        f"once units of weight zero are added."
    )


def _headline(measurements: pd.DataFrame, enough: float) -> str:
    solved = measurements[(measurements["quantity"] == "at_optimum") & (measurements[X] == enough)]["value"]
    some = f"In {100 * solved.mean():.0f} % of problems every start ends"
    return f"{'Every start ends' if solved.all() else some} at the least possible loss with {enough:g}d quadratic units"


def _counted(rows: pd.DataFrame) -> str:
    return f"{int(rows['value'].sum())} of {len(rows)}"
