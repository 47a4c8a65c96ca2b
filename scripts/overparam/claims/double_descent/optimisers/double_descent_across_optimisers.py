"""Test loss over width for both optimisers, with early stopping beside it, and the train error."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import judged, labels, random_features, studies, theme

PEAK = "test-loss-peaks"
NAMES = {"adam": "Adam", "sgd": "SGD"}
MARKERS = "os^Dv"


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the test loss of both optimisers at every level of noise, and the train errors."""
    figure, (*losses, errors) = theme.panels(3, height=4.0)
    levels = sorted(measurements["label_noise"].unique())
    for (optimizer, name), axis in zip(NAMES.items(), losses, strict=True):
        for level, marker, color in zip(levels, MARKERS, theme.ordered(len(levels)), strict=False):
            look: dict[str, Any] = {"color": color, "marker": marker, "markersize": 4, "markeredgewidth": 0}
            final, early = (
                _curve(measurements, optimizer, level, "loss", "test", rule) for rule in ("final", "heldout_loss")
            )
            axis.plot(final.index, final, label=f"{level:.0%} label noise".replace("%", " %"), **look)
            axis.plot(early.index, early, linestyle=":", linewidth=1, color=color)
            train = _curve(measurements, optimizer, level, "error", "train", "final")
            errors.plot(train.index, train, linestyle="-" if optimizer == "adam" else "--", **look)
        axis.set(title=name, yscale="log")
        over_samples.plain_ticks(axis, sorted(measurements["width"].unique()))
        axis.set_xlabel(labels.column(measurements, "width"))
        axis.yaxis.set_major_formatter("{x:g}")
    losses[0].plot([], [], color=theme.INK, linestyle=":", linewidth=1, label="stopped early (control)")
    low, high = (min(axis.get_ylim()[0] for axis in losses), max(axis.get_ylim()[1] for axis in losses))
    for axis in losses:
        axis.set_ylim(low, high)
    losses[0].set_ylabel(labels.quantity(measurements, "loss"))
    errors.set(
        ylabel="train error, given labels",
    )
    errors.set_title("solid Adam, dashed SGD", fontsize=9)
    errors.set_xlabel(labels.column(measurements, "width"))
    over_samples.plain_ticks(errors, sorted(measurements["width"].unique()))
    studies.percent_axis(errors)
    figure.legend(*losses[0].get_legend_handles_labels(), loc="outside lower center", ncol=4, fontsize=8)
    theme.headline(figure, _headline(measurements, verdict))
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the test loss at the narrowest, the peak and the widest width for both optimisers, and early stopping."""
    level, parts = judged.declared(verdict, PEAK)["where"]["label_noise"], []
    for optimizer, name in NAMES.items():
        final = _curve(measurements, optimizer, level, "loss", "test", "final")
        early = _curve(measurements, optimizer, level, "loss", "test", "heldout_loss")
        top = final.idxmax()
        parts.append(
            f"{name} {final.iloc[0]:.2f} at width {final.index[0]}, {final[top]:.2f} at width {top} and "
            f"{final.iloc[-1]:.2f} at width {final.index[-1]}; stopped early {early[top]:.2f} at width {top}"
        )
    return (
        f"{_headline(measurements, verdict)}. Mean test loss in nats of networks on "
        f"{random_features.data_label(verdict)}, {100 * level:g} % label noise: {'; '.join(parts)}."
    )


def _headline(measurements: pd.DataFrame, verdict: dict) -> str:
    level = judged.declared(verdict, PEAK)["where"]["label_noise"]
    tops = {
        name: _curve(measurements, optimizer, level, "loss", "test", "final").idxmax()
        for optimizer, name in NAMES.items()
    }
    places = " and ".join(f"at width {top} with {name}" for name, top in tops.items())
    return f"Test loss is highest {places} ({100 * level:g} % label noise)"


def _curve(
    measurements: pd.DataFrame, optimizer: str, level: float, quantity: str, split: str, stopping: str
) -> pd.Series:
    """Return the mean over seeds of a quantity over width."""
    rows = over_samples.chosen(
        measurements, optimizer=optimizer, label_noise=level, quantity=quantity, split=split, stopping=stopping
    )
    return rows.groupby("width")["value"].mean()
