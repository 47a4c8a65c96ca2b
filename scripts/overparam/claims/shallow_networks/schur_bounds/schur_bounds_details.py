"""Both distances from Schur's bounds over the size of the matrices."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.shallow_networks.schur_bounds import schur_bounds as first
from overparam.drawing import judged, labels, theme
from overparam.drawing.predicted import EDGE

SHOWN = 40  # pairs per kind and size that are drawn


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw how far the smallest eigenvalue lies above its bound, and the share of its bound that the largest has."""
    figure, (lower, upper) = theme.panels(2, height=4.4)
    sizes = sorted(measurements["size"].unique())
    excess, share = first.distances(measurements[measurements["seed"] < SHOWN])
    for k, (pair, (name, marker, color)) in enumerate(first.PAIRS.items()):
        shade = color if color == theme.GREY else theme.CATEGORIES[k]
        for axis, values in ((lower, excess), (upper, share)):
            rows = values.loc[pair].reset_index(name="value")
            places = rows["size"].map(sizes.index) + 0.13 * (k - 2.5)
            style = {"color": shade, "markersize": 4, "markeredgewidth": 0}
            axis.plot(places, rows["value"], marker, alpha=0.35, **style)
            axis.plot([], [], marker, label=name.replace("\n", " "), **style)
    for axis, limit, label in (
        (lower, judged.declared(verdict, first.LOWER)["limit"], labels.quantity(measurements, "lower_excess")),
        (upper, 1, "λ_max(A ⊙ B) / (max B_ii λ_max(A))"),
    ):
        axis.axhline(limit, **EDGE)
        axis.set(xlabel=labels.column(measurements, "size"), ylabel=label, xticks=range(len(sizes)), xticklabels=sizes)
    lower.set_title("nothing below the line")
    upper.set_title("nothing above the line")
    figure.legend(*lower.get_legend_handles_labels(), loc="outside lower center", ncol=3, fontsize=9)
    theme.headline(figure, "Distance from Schur's bounds over the size of the matrices")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the median distances of full rank pairs at every size."""
    excess, share = first.distances(measurements)
    middle = [values.loc["full rank"].groupby("size").median() for values in (excess, share)]
    said = ", ".join(f"{a:.2g} and {b:.2g} at size {size}" for size, a, b in zip(middle[0].index, *middle, strict=True))
    return (
        "Distance of the smallest eigenvalue above its bound, and the largest as a share of its bound, over the size "
        f"of the matrices. For pairs of full rank the medians are {said}."
    )
