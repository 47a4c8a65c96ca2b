"""Rate and path of gradient descent on certified non-linear least squares, over what the key lemma promises."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.drawing import judged, labels, theme
from overparam.drawing.rounding import at_least, at_most

RULES = {  # case and step: label, marker
    ("conditions of the lemma", "1/(2β²)"): ("η = 1/(2β²), corrected", "o"),
    ("conditions of the lemma", "2/β²"): ("η = 2/β²", "^"),
    ("conditions of the lemma", "2/β"): ("η = 2/β, printed", "s"),
    ("labels out of reach", "1/(2β²)"): ("labels out of reach (control)", "X"),
    ("step beyond stability", "4/σ_max²"): ("η = 4/σ_max² (control)", "P"),
}
KEYS = ["problem", "case", "direction", "alpha_share", "scale", "step_size", "seed"]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw, per family and unit of f, the range over problems of the rate and of the path, against β."""
    wide = ratios(measurements)
    figure, (rates, paths) = theme.panels(2, height=4.2)
    for number, (rule, (label, marker)) in enumerate(RULES.items()):
        rows = wide[(wide["case"] == rule[0]) & (wide["step_size"] == rule[1])]
        style = {"color": theme.CATEGORIES[number], "marker": marker, "label": label}
        _ranges(rates, rows, "rate_share", number, style)
        _ranges(paths, rows, "path_share", number, style)
    bound = labels.quantity(measurements, "beta")
    rates.set(xscale="log", xlabel=bound, ylabel="measured / promised rate (at least 1)")
    rates.set_yscale("symlog", linthresh=1)
    paths.set(xscale="log", yscale="log", xlabel=bound, ylabel="path / promised bound (at most 1)")
    for axis in (rates, paths):
        axis.axhline(1, color=theme.INK, linestyle="--", linewidth=1)
    figure.legend(*rates.get_legend_handles_labels(), loc="outside lower center", ncol=2)
    return figure


def _ranges(axis: Axes, rows: pd.DataFrame, column: str, number: int, style: dict) -> None:
    """Draw the smallest, median and largest ratio of every family, scale and α; steps are shifted sideways."""
    grouped = rows.groupby(["problem", "scale", "alpha_share"])
    x = grouped["beta"].median() * 1.07 ** (number - 2)
    low, middle, high = (grouped[column].quantile(q) for q in (0.0, 0.5, 1.0))
    axis.vlines(x, low, high, color=style["color"], alpha=0.6, linewidth=1)
    axis.scatter(x, middle, s=16, linewidths=0, **style)


def ratios(measurements: pd.DataFrame) -> pd.DataFrame:
    """Return one row per run with its measured values over what was promised."""
    rows = measurements[measurements["quantity"] != "potential_ratio"]
    wide = rows.pivot(index=KEYS, columns="quantity", values="value").reset_index()
    wide["rate_share"] = wide["rate"] / wide["promised_rate"]
    for name in ("distance", "path"):
        wide[f"{name}_share"] = wide[name] / wide["promised_distance"]
    wide["multiple_share"] = wide["distance"] / wide["promised_multiple"]
    return wide


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State how close the corrected steps come to their promises, and what the other steps do."""
    wide = ratios(measurements)
    forms = (judged.declared(verdict, "geometric rate", form)["where"] for form in ("corrected", "printed"))
    corrected, printed = forms
    inside = wide[wide["case"] == printed["case"]]
    small = inside[inside["step_size"].isin(corrected["step_size"])]
    slide = inside[(inside["step_size"] == printed["step_size"]) & (inside["alpha_share"] == printed["alpha_share"])]
    squared = inside[inside["step_size"] == "2/β²"]
    unreachable, unstable = (wide[wide["case"] == name] for name in ("labels out of reach", "step beyond stability"))
    distance, path, multiple = (at_most(small[f"{name}_share"].max()) for name in ("distance", "path", "multiple"))
    diverged = slide[slide["diverged"] > 0]
    text = (
        f"Gradient descent on {small['seed'].nunique()} certified problems of {small['problem'].nunique()} families, "
        f"{len(small)} runs with the steps {' and '.join(corrected['step_size'])}: the rate is at least "
        f"{at_least(small['rate_share'].min())} times the promised one, the path at most {path} and the distance at "
        f"most {distance} of 4‖r₀‖/α, and {multiple} of 4(β/α) times the distance to the closest optimum; "
        f"{int(small['limit_hit'].sum())} runs hit the limit of steps. With the printed step "
        f"{printed['step_size']}, {_broken(slide)} of {len(slide)} runs under the slide's conditions break the rate or "
        f"the path, and {len(diverged)} of them diverge"
    )
    if len(diverged):
        text += f", all with β ≥ {at_least(diverged['beta'].min())}"
    return text + (
        f"; with 2/β², {_broken(squared)} of {len(squared)} do so. With labels out of reach "
        f"{int((unreachable['rate_share'] < 1).sum())} of {len(unreachable)} runs miss the rate, but none the path or "
        f"the distance (at most {at_most(unreachable['path_share'].max())} of the bound); with twice the largest "
        f"stable step {int((unstable['rate_share'] < 1).sum())} of {len(unstable)} miss the rate and "
        f"{int((unstable['path_share'] > 1).sum())} the path."
    )


def _broken(rows: pd.DataFrame) -> int:
    return int(((rows["rate_share"] < 1) | (rows["path_share"] > 1)).sum())
