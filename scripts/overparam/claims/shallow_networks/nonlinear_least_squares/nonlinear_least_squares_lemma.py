"""Rate and path of gradient descent on certified non-linear least squares, over what the key lemma promises."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks import printed_and_corrected, result_rows
from overparam.drawing import judged, theme
from overparam.drawing.rounding import at_least, at_most

INSIDE = "conditions of the lemma"
BLUE, ORANGE, MAGENTA = theme.CATEGORIES[0], theme.CATEGORIES[1], theme.CATEGORIES[3]
RULES = {  # case and step: label, colour; the printed step has a row for every unit of f
    (INSIDE, "1/(2β²)"): ("η = 1/(2β²), corrected", BLUE),
    (INSIDE, "0.1/β²"): ("η = 0.1/β², smaller", BLUE),
    (INSIDE, "2/β"): ("η = 2/β, printed", ORANGE),
    (INSIDE, "2/β²"): ("η = 2/β²", MAGENTA),
    ("labels out of reach", "1/(2β²)"): ("labels out of reach\n(control)", theme.GREY),
    ("step beyond stability", "4/σ_max²"): ("η = 4/$\\sigma_{max}^2$\n(control)", theme.GREY),
}
KEYS = ["problem", "case", "direction", "alpha_share", "scale", "step_size", "seed"]
RATES, PATHS = (1e-2, 1e3), (1e-2, 1e1)  # limits of the axes; what lies beyond is drawn at their edges


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a row per step rule: rate and path over what is promised, and how many runs break either promise."""
    wide = ratios(measurements)
    figure, (rates, paths) = theme.panels(2, height=4.6)
    rows = list(_rows(wide, verdict))
    for axis, limits, title in ((rates, RATES, "rate / promised rate"), (paths, PATHS, "path / bound on it")):
        axis.set(xscale="log", xlim=limits, xlabel=title)
        axis.spines["left"].set_visible(False)
        result_rows.name(axis, [name for name, *_ in rows], [color for _, color, _ in rows])
    result_rows.allowed(rates, 1, "above")
    result_rows.allowed(paths, 1, "below")
    paths.tick_params(labelleft=False)
    for place, (_, color, chosen) in enumerate(rows):
        control = color == theme.GREY
        result_rows.row(rates, place, chosen["rate_share"], color, control)
        result_rows.row(paths, place, chosen["path_share"], color, control)
        result_rows.say(paths, place, f"{broken(chosen)} of {len(chosen)}", color)
    result_rows.say(paths, -0.75, "runs that\nbreak either")
    result_rows.raise_titles(figure)
    theme.headline(figure, _headline(wide, verdict))
    return figure


def _rows(wide: pd.DataFrame, verdict: dict):
    """Yield name, colour and runs of every row; the printed step is judged under the slide's own condition on α."""
    printed = judged.declared(verdict, "geometric rate", "printed")["where"]
    for (case, step), (label, color) in RULES.items():
        chosen = wide[(wide["case"] == case) & (wide["step_size"] == step)]
        if step != printed["step_size"]:
            yield label, color, chosen
            continue
        chosen = chosen[chosen["alpha_share"] == printed["alpha_share"]]
        for scale, part in chosen.groupby("scale"):
            yield f"{label},\nf in units of {1 / scale:g}", color, part


def _headline(wide: pd.DataFrame, verdict: dict) -> str:
    return printed_and_corrected.headline(
        verdict,
        both="With $\\eta = 1/(2\\beta^2)$ every run is as promised; with the printed $2/\\beta$ the unit of $f$ "
        "decides",
        printed="With the printed $2/\\beta$ the unit of $f$ decides whether descent is as promised",
        supported="With $\\eta = 1/(2\\beta^2)$ every run is as fast and as short as promised",
        refuted="Descent is slower, or goes farther, than the key lemma promises",
        undecided="rate and path of descent over what the key lemma promises",
    )


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
        f"{printed['step_size']}, {broken(slide)} of {len(slide)} runs under the slide's conditions break the rate or "
        f"the path, and {len(diverged)} of them diverge"
    )
    if len(diverged):
        text += f", all with β ≥ {at_least(diverged['beta'].min())}"
    return text + (
        f"; with 2/β², {broken(squared)} of {len(squared)} do so. With labels out of reach "
        f"{int((unreachable['rate_share'] < 1).sum())} of {len(unreachable)} runs miss the rate, but none the path or "
        f"the distance (at most {at_most(unreachable['path_share'].max())} of the bound); with twice the largest "
        f"stable step {int((unstable['rate_share'] < 1).sum())} of {len(unstable)} miss the rate and "
        f"{int((unstable['path_share'] > 1).sum())} the path."
    )


def broken(rows: pd.DataFrame) -> int:
    """Return how many runs are slower, or go farther, than promised."""
    return int(((rows["rate_share"] < 1) | (rows["path_share"] > 1)).sum())
