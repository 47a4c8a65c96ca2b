"""Block norms of small networks' Hessians, unit by unit: blocks that are exactly zero are left blank."""

import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

from overparam.drawing import headlines, labels, theme

NETWORKS = {
    "two layers": "two layers",
    "squared output": "output squared\n(control)",
    "three layers": "three layers\n(control)",
}
SMALLEST = 1e-4  # share of the largest block at which colours end


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the norm of every block, relative to the largest, for one tanh network of each kind."""
    figure, axes = theme.panels(len(NETWORKS), height=3.6)
    image = None
    for axis, (network, title) in zip(axes, NETWORKS.items(), strict=True):
        norms = _blocks(measurements, network)
        shares = norms / norms.max()
        shown = np.ma.masked_where(shares == 0, np.clip(shares, SMALLEST, 1))
        image = axis.imshow(shown, norm=LogNorm(SMALLEST, 1), cmap="viridis")
        axis.spines[["top", "right"]].set_visible(True)
        axis.set(title=title, xlabel=labels.column(measurements, "other_unit"))
        axis.set(xticks=range(0, len(norms), 2), yticks=range(0, len(norms), 2))
    axes[0].set_ylabel(labels.column(measurements, "unit"))
    name = labels.quantity(measurements, "block_norm")
    bar = figure.colorbar(image, ax=axes, shrink=0.75, label=f"{name} / largest block\n(blank: exactly 0)")
    bar.outline.set_visible(False)
    text = headlines.by_verdict(
        verdict,
        supported="Units of a two-layer network share no curvature: every block between two of them is exactly zero",
        refuted="Units of a two-layer network share curvature",
        undecided="Blocks of the Hessian between hidden units",
    )
    theme.headline(figure, text)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State the largest cross block of each kind of network."""
    cross = measurements[(measurements["quantity"] == "largest_cross_block")]
    largest = cross.groupby("network")["value"].max()
    count = int((cross["network"] == "two layers").sum())
    probed = measurements[measurements["quantity"] == "leakage"]
    leaked = probed.groupby("network")["value"].max()
    return (
        f"Norms of the Hessian's blocks between hidden units. In {count} two-layer networks the largest entry outside "
        f"the diagonal blocks is {largest['two layers']:.3g}: units that share no weights share no curvature. With the "
        f"output squared it reaches {largest['squared output']:.2g}, and with a second hidden layer "
        f"{largest['three layers']:.2g}. Up to m = {probed['width'].max()} the product of the Hessian with a vector "
        f"in half of the units leaks at most {leaked['two layers']:.3g} of its largest entry into the other half; with "
        f"the output squared {leaked['squared output']:.2g}."
    )


def _blocks(measurements: pd.DataFrame, network: str) -> np.ndarray:
    rows = measurements[
        (measurements["quantity"] == "block_norm")
        & (measurements["network"] == network)
        & (measurements["activation"] == "tanh")
        & (measurements["seed"] == 0)
    ]
    return rows.pivot(index="unit", columns="other_unit", values="value").to_numpy(float)
