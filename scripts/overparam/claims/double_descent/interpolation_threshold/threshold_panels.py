"""Panels on where trained networks start to fit, in parameters per label."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from overparam.drawing import direct_labels, judged, labels, random_features, studies, theme

NETWORK = "network"
COLOR = theme.CATEGORIES[3]
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">", "h", "p")


def points(axis: Axes, networks: pd.DataFrame) -> None:
    """Draw the number of parameters at the threshold over nK, a point per seed."""
    rows = _independent(networks[networks["quantity"] == "threshold_params"], "fixed_loss")
    rows = rows[np.isfinite(rows["value"])]
    axis.plot(rows["n_labels"].astype(float), rows["value"], "X", color=COLOR, markersize=5, alpha=0.7)


def losses(axis: Axes, networks: pd.DataFrame, verdict: dict) -> None:
    """Draw test and train loss over p/nK where the control was run: at the fixed loss, it, and after fewer steps."""
    rows = networks[networks["quantity"] == "loss"]
    control = rows[rows["parameters"] == "twice"].iloc[0]
    rows = rows[(rows["n_train"] == control["n_train"]) & (rows["n_classes"] == control["n_classes"])]
    fixed, once = rows["stopping"] == "fixed_loss", rows["parameters"] == "independent"
    arms = {
        "to a fixed loss": (rows[fixed & once], {"color": COLOR, "marker": "X"}),
        "pixels twice\n(control)": (rows[fixed & ~once], {**theme.CONTROL, "marker": "s"}),
    }
    axis.set(xscale="log", yscale="log")
    for name, (case, style) in arms.items():
        for split in ("test", "train"):
            part, alpha = case[case["split"] == split], 1.0 if split == "test" else 0.55
            studies.lines(axis, part, "params_per_label", seeds=False, markersize=4, alpha=alpha, **style)
            curve = _typical(part, ["params_per_label"])
            said = f"{split}, {name}" if split == "test" else split
            direct_labels.at_end(axis, curve.index.astype(float), curve, said, style["color"])
    _ticks(axis)
    axis.set_xlabel(labels.column(networks, "params_per_label"))
    axis.set_ylabel(labels.quantity(networks, "loss"))
    noise = random_features.arm_name(control["label_noise"], control["noise_definition"])
    axis.set_title(
        f"networks on {random_features.data_label(verdict)},\n"
        f"$n = {control['n_train']}$, $K = {control['n_classes']}$, {noise.split(',')[0]}"
    )


def drift(axis: Axes, networks: pd.DataFrame, verdict: dict) -> None:
    """Draw p/nK at the threshold and at the largest test loss over the number of steps, for every n and K."""
    rows = networks[(networks["parameters"] == "independent") & (networks["stopping"] == "fixed_steps")]
    cases = rows[["n_train", "n_classes"]].drop_duplicates().itertuples(index=False)
    axis.set(xscale="log", yscale="log")
    low, high = judged.band(verdict, "networks-fit-from-about-nk-on")
    if low is not None and high is not None:
        axis.axhspan(low, high, color=theme.INK, alpha=0.15, linewidth=0)
    axis.axhline(1, color=theme.INK, linewidth=0.8, alpha=0.7)
    for (n, k), marker in zip(cases, MARKERS, strict=False):
        case = rows[(rows["n_train"] == n) & (rows["n_classes"] == k)]
        for quantity, dashes in (("threshold_params_per_label", "-"), ("peak_params_per_label", ":")):
            values = _typical(case[case["quantity"] == quantity], ["steps"])
            values = values[np.isfinite(values)]
            label = f"n = {n}, K = {k}" if dashes == "-" else None
            axis.plot(
                values.index.astype(float), values, color=COLOR if dashes == "-" else theme.CATEGORIES[5],
                linestyle=dashes, marker=marker, markersize=5, label=label,
            )  # fmt: skip
    steps = _steps(rows)
    axis.set_xticks(steps, [f"{step:,}" for step in steps])
    axis.set_yticks([0.5, 0.7, 1, 1.5, 2, 3], ["0.5", "0.7", "1", "1.5", "2", "3"])
    axis.minorticks_off()
    axis.set_xlabel(f"{labels.column(networks, 'steps')}, for all widths")
    axis.set_ylabel(f"{labels.quantity(networks, 'threshold_params_per_label')} (solid),\nat the peak (dotted)")
    axis.set_title("fixed numbers of steps\n(band: predicted at a fixed loss)")
    axis.legend(fontsize=8, loc="lower right")


def drift_text(networks: pd.DataFrame) -> str:
    """State where networks start to fit after fixed numbers of steps."""
    moved = networks[networks["quantity"] == "threshold_params_per_label"]
    moved = _typical(_independent(moved, "fixed_steps"), ["steps"]).dropna()
    moved = [f"{value:.2g} nK after {step:,} steps" for step, value in moved.items() if np.isfinite(value)]
    return f"At fixed numbers of steps the threshold moves: {', '.join(moved) or 'it is never reached'}."


def text(networks: pd.DataFrame) -> str:
    """State threshold and peak at the fixed loss, with pixels given twice, and after fixed numbers of steps."""
    keys = ["n_train", "n_classes"]
    fixed = networks[networks["stopping"] == "fixed_loss"]
    place = {
        name: _typical(_independent(fixed[fixed["quantity"] == f"{name}_params_per_label"], "fixed_loss"), keys)
        for name in ("threshold", "peak")
    }
    twice = fixed[(fixed["parameters"] == "twice") & (fixed["quantity"] == "threshold_params_per_label")]["value"]
    doubled = twice[np.isfinite(twice)]
    least = f"at least {doubled.min():.2g} nK" if len(doubled) else "more than was tried"
    noise = f"{100 * networks['label_noise'].max():g} %"
    return (
        f"Networks with one hidden layer and {noise} wrong labels, trained to a fixed loss at n = "
        f"{_listed(fixed['n_train'])} and K = {_listed(fixed['n_classes'])}: they fit from {_span(place['threshold'])} "
        f"nK parameters on, and the test loss is largest at {_span(place['peak'])} nK; with every pixel twice it takes "
        f"{least}. {drift_text(networks)}"
    )


def _independent(rows: pd.DataFrame, stopping: str) -> pd.DataFrame:
    return rows[(rows["parameters"] == "independent") & (rows["stopping"] == stopping)]


def _typical(rows: pd.DataFrame, keys: list[str]) -> pd.Series:
    """Return the geometric mean over all other conditions; infinite if a value is."""
    return np.exp(np.log(rows.set_index(keys)["value"]).groupby(level=keys).mean())


def _steps(rows: pd.DataFrame) -> list[int]:
    return sorted(int(step) for step in rows["steps"].dropna().unique())


def _ticks(axis: Axes) -> None:
    ticks = (0.5, 1, 2, 4)
    axis.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.minorticks_off()


def _span(values: pd.Series) -> str:
    return f"{values.min():.2f} to {values.max():.2f}"


def _listed(values: pd.Series) -> str:
    return " and ".join(str(value) for value in sorted(values.unique()))
