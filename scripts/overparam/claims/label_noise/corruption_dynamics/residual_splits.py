"""Shares of the clean residual and of the corruption that lie in the fast subspace before training."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import legend_below, mean_curve, rows_of
from overparam.drawing import judged, labels, theme

NAMES = {"clusters": "", "wider clusters": "", "no clusters": " (control)"}  # added to the radius


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both shares over label noise, one line per radius, with the closed form and the printed bound."""
    figure, axes = theme.panels(2, height=4.2)
    for axis, name, title in zip(
        axes, ("clean_share", "corruption_share"), ("residual against true labels", "corruption"), strict=True
    ):
        rows = rows_of(measurements, name, arm="start")
        groups = sorted(rows[["radius", "data"]].drop_duplicates().itertuples(index=False, name=None))
        for style, (radius, data) in enumerate(groups):
            chosen = rows[(rows["radius"] == radius) & (rows["data"] == data)]
            mean_curve(axis, chosen, "label_noise", f"ε = {radius:.2g}{NAMES[data]}", style, seeds=False, alpha=0.8)
        axis.set(xlabel=labels.column(measurements, "label_noise"), ylabel="", ylim=(-0.04, 1.04), title=title)
    clean, corruption = axes
    clean.set_ylabel(labels.quantity(measurements, "clean_share"))
    closed = (
        rows_of(measurements, "expected_share", arm="start", data="clusters").groupby("label_noise")["value"].mean()
    )
    corruption.plot(
        closed.index, closed, color=theme.INK, linestyle="--", linewidth=2.5, alpha=0.6, zorder=0,
        label=f"corrected {labels.quantity(measurements, 'expected_share')}",
    )  # fmt: skip
    most = judged.declared(verdict, "corruption-in-slow-subspace")["greater"]
    corruption.axhline(most, color=theme.INK, linestyle=":", label=f"printed: mostly outside, below {most:g}")
    legend_below(figure, *axes, columns=3)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the shares on clustered data and in the control, and how far the former are from the closed form."""
    start = measurements[(measurements["arm"] == "start")]
    means = start.groupby(["data", "quantity", "label_noise"])["value"].mean()
    clean = {data: means[data, "clean_share"].min() for data in ("clusters", "no clusters")}
    shares, none = means["clusters", "corruption_share"], means["no clusters", "corruption_share"]
    away = means["clusters", "corruption_share_excess"].abs().max()
    percent = {data: f"{100 * share:.1f} %" for data, share in clean.items()}
    return (
        f"Share of energy in the fast subspace before training (means over seeds). Of the residual against the true "
        f"labels {percent['clusters']} lie there on clustered data, {percent['no clusters']} without clusters "
        f"(control). Of the corruption it is {shares.iloc[0]:.2f} at ρ = {shares.index[0]:.3g} and "
        f"{shares.iloc[-1]:.2f} at ρ = {shares.index[-1]:.3g}, within {away:.2g} of "
        f"{labels.quantity(measurements, 'expected_share')}; "
        f"without clusters it is {none.iloc[0]:.2f} and {none.iloc[-1]:.2f}."
    )
