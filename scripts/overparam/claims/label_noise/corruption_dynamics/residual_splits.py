"""Shares of the clean residual and of the corruption that lie in the fast subspace before training."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.label_noise.seed_curves import mean_curve, rows_of
from overparam.drawing import direct_labels, headlines, judged, labels, theme

PARTS = {"clean_share": ("residual\nagainst\ntrue labels", 0), "corruption_share": ("corruption", 1)}  # and the style


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw both shares over label noise, on clusters and without, with the closed form and the printed bound."""
    figure, (axis,) = theme.panels(height=4.6)
    start = measurements[measurements["arm"] == "start"]
    for name, (label, style) in PARTS.items():
        rows = rows_of(start, name)
        control = rows[rows["data"] == "no clusters"].groupby("label_noise")["value"].mean()
        axis.plot(control.index, control, **theme.CONTROL)
        clustered = rows[rows["data"] == "clusters"]
        mean_curve(axis, clustered, "label_noise", label, style, seeds=False, linestyle="none" if style else "-")
    without = rows_of(start, "clean_share", data="no clusters").groupby("label_noise")["value"].mean()
    direct_labels.at_end(axis, without.index, without, "both without\nclusters\n(controls)", theme.GREY)
    closed = rows_of(start, "expected_share", data="clusters").groupby("label_noise")["value"].mean()
    places = np.array(closed.index)
    axis.plot(places, closed, color=theme.INK, linestyle=":", linewidth=1.5)
    axis.annotate(
        labels.quantity(measurements, "expected_share"), (places[-2], closed.iloc[-2]), xytext=(6, -14),
        textcoords="offset points", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    most = judged.declared(verdict, "corruption-in-slow-subspace")["greater"]
    axis.axhline(most, color=theme.INK, linewidth=0.8, alpha=0.6)
    axis.annotate(
        f"printed: the corruption lies below {most:g}", (0, most), xycoords=("axes fraction", "data"), xytext=(4, 3),
        textcoords="offset points", fontsize=8.5, color=theme.INK,
    )  # fmt: skip
    axis.set(xlabel=labels.column(measurements, "label_noise"), ylim=(-0.04, 1.06))
    axis.set_ylabel(labels.quantity(measurements, "clean_share"))
    direct_labels.of_lines(axis)
    theme.headline(figure, _headline(verdict))
    return figure


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="What true labels ask for is learnt fast; most of the corruption is not",
        refuted="The corruption does not lie mostly outside what is learnt fast",
        undecided="How much of true and of false labels is learnt fast",
    )
    share = headlines.came_to(verdict, "corrected") == "supported"
    return f"{text}, only a share of about $ρ$ of it" if share else text


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
