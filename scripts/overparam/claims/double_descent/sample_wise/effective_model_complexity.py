"""Where the risk peaks against the most samples that a procedure fits, and what more samples change."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from overparam.claims.double_descent import over_samples
from overparam.claims.double_descent.sample_wise import network_panels
from overparam.drawing import judged, labels, random_features, studies, theme

EMC = "effective_model_complexity"
# predictions of the corrected form
PEAK, NETWORK_PEAK = "peaks-at-the-complexity-by-bisection", "networks-peak-at-the-complexity-by-bisection"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw risk curves with their complexities, all peaks against complexities, both against more samples; networks."""
    figure, axes = studies.grid(3, 2, 3.1)
    networks = network_panels.noisiest(measurements)
    measurements = measurements[measurements["features"] != network_panels.NETWORK]
    network_panels.losses(axes[2, 0], networks, verdict)
    network_panels.peaks(axes[2, 1], networks, _criteria(verdict), judged.band(verdict, NETWORK_PEAK, "corrected"))
    _curves(axes[0, 0], measurements, verdict)
    _peaks(axes[0, 1], measurements, verdict)
    _pools(axes[1, 0], measurements, verdict)
    _critical(axes[1, 1], measurements)
    steps = over_samples.procedures(measurements)
    entries = {
        over_samples.procedure_name(one): {"color": color, "marker": marker, "markersize": 4}
        for one, (color, marker) in zip(steps, over_samples.colors(len(steps)), strict=True)
    }
    control = over_samples.procedure_name(steps[0])
    entries = {f"{control} (control)" if name == control else name: style for name, style in entries.items()}
    entries |= network_panels.entries(networks)
    studies.legend(figure, entries, loc="outside lower center", ncols=4)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the ratio of peak to complexity for both criteria, complexity over pools, and the critical width."""
    networks = network_panels.noisiest(measurements)
    measurements = measurements[measurements["features"] != network_panels.NETWORK]
    ratios = _ratios(measurements, verdict).groupby("criterion")["ratio"]
    spans = {name: f"{part.min():.2g} to {part.max():.2g}" for name, part in ratios}
    error = _fitted_error(verdict)
    pooled = _pooled(measurements).groupby(["criterion", "pool_share"])["value"].mean().unstack()
    change = (pooled.iloc[:, 0] / pooled.iloc[:, -1]).to_dict()
    width = over_samples.chosen(measurements, quantity="critical_width", method="minimum_norm")
    width = width.groupby("n_train")["value"].mean()
    n_features = int(_pooled(measurements)["n_features"].iloc[0])
    noise = f"{100 * measurements['label_noise'].max():g} %"
    return (
        f"Random features on {random_features.data_label(verdict)}, {noise} wrong labels, many steps or converged: "
        f"the test loss is largest at {spans['near_zero_loss']} times the most samples that are fitted to near-zero "
        f"train loss, and at {spans['train_error']} times those that are fitted to {error} train error. "
        f"With N = {n_features}, the complexity (by definition a maximum over n) measured on a part "
        f"({pooled.columns[0]:g}) of the images is "
        f"{change['near_zero_loss']:.3g} (loss) and {change['train_error']:.3g} (error) times that on all of them. "
        f"The width at which n samples are fitted rises from {width.iloc[0]:.0f} at n = {width.index[0]} to "
        f"{width.iloc[-1]:.0f} at n = {width.index[-1]}. {network_panels.complexity_text(networks, error)}"
    )


def _curves(axis: plt.Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw test loss over n at one N, with the complexity of every procedure as a vertical line of its colour."""
    pooled = _pooled(measurements)
    kind, n_features = random_features.kinds(measurements)[0], int(pooled["n_features"].iloc[0])
    noise = pooled["label_noise"].iloc[0]
    case = over_samples.chosen(measurements, features=kind, n_features=n_features, label_noise=noise)
    steps = over_samples.procedures(measurements)
    axis.set_yscale("log")
    for one, (color, marker) in zip(steps, over_samples.colors(len(steps)), strict=True):
        rows = case[case["steps"].isna() if one is None else (case["steps"] == one).fillna(False)]
        rows = rows[rows["method"] != "ridge"]
        for split, dashes in (("test", "-"), ("train", ":")):
            curve = over_samples.chosen(rows, quantity="loss", split=split)
            curve = curve.assign(value=curve["value"].clip(lower=1e-4))
            style = {"marker": marker, "markersize": 3} if split == "test" else {"linewidth": 1}
            studies.lines(axis, curve, "n_train", color, seeds=False, linestyle=dashes, **style)
        complexity = over_samples.chosen(rows, quantity=EMC, criterion="near_zero_loss", pool_share=1)["value"].mean()
        if np.isfinite(complexity):
            axis.axvline(complexity, color=color, linestyle="--", linewidth=1)
    axis.set_ylim(3e-3, None)
    over_samples.plain_ticks(axis, [tick for tick in (10, 20, 50, 100, 200, 500) if tick <= case["n_train"].max()])
    axis.set_xlabel(labels.column(measurements, "n_train"))
    axis.set_ylabel(f"{labels.quantity(measurements, 'loss')}: test (solid), train (dotted)")
    axis.set_title(
        f"{random_features.data_label(verdict)}, {noise:.0%} wrong labels\n"
        f"{random_features.TITLES[kind]}, N = {n_features}; dashed: complexity".replace("%", " %"),
        fontsize=8.5,
    )


def _peaks(axis: plt.Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw n at the peak against the complexity, by criterion, for every kind, N and procedure that has a peak."""
    ratios, band = _ratios(measurements, verdict), judged.band(verdict, PEAK, "corrected")
    limits = np.array([ratios["complexity"].min() / 1.5, ratios["complexity"].max() * 1.5])
    axis.set(xscale="log", yscale="log")
    network_panels.predicted(axis, limits, band)
    for name, (label, marker, color) in _criteria(verdict).items():
        rows = ratios[ratios["criterion"] == name]
        axis.plot(rows["complexity"], rows["peak"], marker, color=color, markersize=4.5, alpha=0.8, label=label)
    for which in (axis.xaxis, axis.yaxis):
        which.set_major_locator(FixedLocator([5, 10, 20, 50, 100, 200, 500, 1000, 2000]))
        which.set_major_formatter("{x:g}")
        which.set_minor_locator(NullLocator())
    axis.set_xlabel(labels.quantity(measurements, EMC))
    axis.set_ylabel(labels.quantity(measurements, "samples_at_peak"))
    axis.legend(loc="upper left", fontsize=8)
    steps = f"≥ {_fewest_steps(verdict):,} steps or converged"
    axis.set_title(f"{steps}\nband: {network_panels.band_in_words(band)}", fontsize=8.5)


def _pools(axis: plt.Axes, measurements: pd.DataFrame, verdict: dict) -> None:
    """Draw the complexity over the number of images that there are, at one N."""
    rows = _pooled(measurements)
    steps = over_samples.procedures(measurements)
    axis.set_yscale("log")
    for one, (color, marker) in zip(steps, over_samples.colors(len(steps)), strict=True):
        for criterion, dashes in (("near_zero_loss", "-"), ("train_error", ":")):
            case = rows[(rows["criterion"] == criterion) & (rows["features"] == random_features.kinds(rows)[0])]
            case = case[case["steps"].isna() if one is None else (case["steps"] == one).fillna(False)]
            studies.lines(axis, case, "pool_share", color, seeds=False, linestyle=dashes, marker=marker, markersize=4)
    over_samples.plain_ticks(axis, sorted(rows["pool_share"].unique()))
    axis.set_xlabel(labels.column(measurements, "pool_share"))
    axis.set_ylabel(labels.quantity(measurements, EMC))
    axis.set_title(
        "a maximum over n: more images do not change it\n"
        f"(solid: loss near zero; dotted: error {_fitted_error(verdict)})",
        fontsize=8.5,
    )


def _critical(axis: plt.Axes, measurements: pd.DataFrame) -> None:
    """Draw the least width that fits n samples over n, for both kinds of features."""
    rows = measurements[(measurements["quantity"] == "critical_width") & np.isfinite(measurements["value"])]
    steps = over_samples.procedures(measurements)
    axis.set(xscale="log", yscale="log")
    for one, (color, marker) in zip(steps, over_samples.colors(len(steps)), strict=True):
        case = rows[rows["steps"].isna() if one is None else (rows["steps"] == one).fillna(False)]
        for kind, dashes in zip(random_features.kinds(rows), ("-", "--"), strict=False):
            curve = case[case["features"] == kind]
            if len(curve):
                studies.lines(axis, curve, "n_train", color, linestyle=dashes, marker=marker, markersize=4)
    ticks = sorted(int(n) for n in rows["n_train"].unique())
    over_samples.plain_ticks(axis, ticks)
    axis.set_yticks(ticks, [str(tick) for tick in ticks])
    axis.minorticks_off()
    axis.set_xlabel(labels.column(measurements, "n_train"))
    axis.set_ylabel(labels.quantity(measurements, "critical_width"))
    names = [random_features.TITLES[kind].split()[1] for kind in random_features.kinds(rows)]
    shown = ", ".join(f"{dashes}: {name}" for dashes, name in zip(("solid", "dashed"), names, strict=False))
    axis.set_title(f"more samples move the critical width\n({shown})", fontsize=8.5)


def _pooled(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return the complexities at the N that was measured on several parts of the images."""
    rows = measurements[(measurements["quantity"] == EMC) & np.isfinite(measurements["value"])]
    return rows[rows["n_features"] == rows.groupby("n_features")["pool_share"].nunique().idxmax()]


def _criteria(verdict: dict) -> dict[str, tuple[str, str, str]]:
    """Return label, marker and colour of what counts as fitted."""
    return {
        "near_zero_loss": ("near-zero train loss", "o", theme.CATEGORIES[0]),
        "train_error": (f"train error {_fitted_error(verdict)}", "s", theme.CATEGORIES[1]),
    }


def _fitted_error(verdict: dict) -> str:
    """Return the train error up to which samples counted as fitted; ε, as the definition calls it, if not recorded."""
    settings = verdict.get("cost", {}).get("settings") or {}
    return f"{100 * settings['fitted_error']:g} %" if "fitted_error" in settings else "ε"


def _fewest_steps(verdict: dict) -> int:
    """Return the least number of steps from which on procedures are judged."""
    return min(steps for steps in judged.declared(verdict, PEAK, "corrected")["where"]["steps"] if steps is not None)


def _ratios(measurements: pd.DataFrame, verdict: dict) -> pd.DataFrame:
    """Return peak, complexity (geometric means over seeds) and their ratio by kind, N, procedure and criterion."""
    enough = measurements["steps"].isna() | (measurements["steps"] >= _fewest_steps(verdict))
    rows = measurements[enough.astype(bool)]
    keys = ["features", "n_features", "method", "steps"]
    found = over_samples.chosen(rows, quantity=EMC, pool_share=1)
    noise = found["label_noise"].iloc[0]

    def typical(part: pd.DataFrame, columns: list[str]) -> pd.Series:
        return np.exp(np.log(part.set_index(columns)["value"]).groupby(level=columns, dropna=False).mean())

    complexity = typical(found, [*keys, "criterion"]).rename("complexity").reset_index()
    peak = typical(over_samples.chosen(rows, quantity="samples_at_peak", label_noise=noise), keys).rename("peak")
    both = complexity.merge(peak.reset_index(), on=keys)
    return both.assign(ratio=both["peak"] / both["complexity"])
