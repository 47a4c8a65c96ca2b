"""Error and loss over the number of samples: both kinds of features with and without label noise, and networks."""

import pandas as pd
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.claims.double_descent.sample_wise import network_panels
from overparam.drawing import labels, random_features, studies, theme

X = "samples_per_feature"
TICKS = [0.1, 0.2, 0.5, 1, 2, 3]


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw a column of panels per label noise: test error by kind of features, more of the first, then networks."""
    curves = measurements[measurements[X].notna()]
    kinds, sizes = random_features.kinds(curves), over_samples.widths(curves)
    noises = sorted(curves["label_noise"].unique())
    panels = [("error", "test", kind) for kind in kinds] + [("loss", "test", kinds[0]), ("error", "train", kinds[0])]
    columns = max(2, len(noises))
    figure, axes = studies.grid(len(panels) + 1, columns, 1.85)
    for axis in axes[:-1, len(noises) :].flat:
        axis.set_axis_off()
    for column, noise in enumerate(noises):
        for axis, (quantity, split, kind) in zip(axes[:-1, column], panels, strict=True):
            axis.set_yscale("log" if quantity == "loss" else "linear")
            axis.tick_params(labelbottom=axis is axes[-2, column], labelleft=column == 0)
            if column:
                axis.sharey(axes[panels.index((quantity, split, kind)), 0])
            rows = over_samples.chosen(curves, quantity=quantity, split=split, features=kind, label_noise=noise)
            for n_features, (color, marker) in zip(sizes, over_samples.colors(len(sizes)), strict=True):
                case = rows[rows["n_features"] == n_features]
                fitted, ridge = (case[case["method"] == name] for name in ("minimum_norm", "ridge"))
                x, faint = X, split == "test"  # the training errors of all seeds lie on one another
                studies.lines(axis, fitted, x, color, seeds=faint, marker=marker, markersize=3.5)
                mean = over_samples.mean(axis, ridge, x)
                axis.plot(mean.index, mean, **theme.CONTROL, linewidth=1.1)
            over_samples.plain_ticks(axis, TICKS)
            theme.mark_threshold(axis, 1, "$n = N$" if axis is axes[0, column] else "")
            if column == 0:
                features = random_features.TITLES[kind].split()[1]
                axis.set_ylabel(f"{split} {labels.quantity(curves, quantity)}\n({features})")
            if axis is axes[-2, column]:
                axis.set_xlabel(labels.column(curves, X))
            if quantity == "error":
                studies.percent_axis(axis)
        data = random_features.data_label(verdict)
        axes[0, column].set_title(f"{data}, {random_features.arm_name(noise, _definition(curves, noise))}", fontsize=9)
    networks = network_panels.noisiest(measurements)
    for axis, quantity in zip(axes[-1], ("error", "loss"), strict=False):
        network_panels.curves(axis, networks, quantity, verdict)
    entries = {
        f"N = {n_features}": {"color": color, "marker": marker, "markersize": 4}
        for n_features, (color, marker) in zip(sizes, over_samples.colors(len(sizes)), strict=True)
    }
    entries |= network_panels.entries(networks)
    entries["tuned ridge, stopped early (control)"] = {**theme.CONTROL, "linewidth": 1.1}
    studies.legend(figure, entries, loc="outside lower center", ncols=3)
    theme.headline(figure, "All kinds of features, both levels of label noise, and networks")
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State by kind of features and label noise where the test loss is largest."""
    curves = measurements[measurements[X].notna()]
    rows = over_samples.chosen(curves, quantity="loss", split="test", method="minimum_norm")
    rows = rows[rows["n_features"] == over_samples.widths(curves)[-1]]
    parts = []
    for kind in random_features.kinds(curves):
        for noise in sorted(rows["label_noise"].unique()):
            loss = over_samples.chosen(rows, features=kind, label_noise=noise).groupby(X)["value"].median()
            arm = random_features.arm_name(noise, _definition(curves, noise))
            parts.append(f"{random_features.TITLES[kind]}, {arm}: {loss.max():.2g} at n = {loss.idxmax():.3g} N")
    size = over_samples.widths(curves)[-1]
    return f"Largest median test loss of {size} features over the number of samples: {'; '.join(parts)}."


def _definition(curves: pd.DataFrame, noise: float) -> str | None:
    return curves.loc[curves["label_noise"] == noise, "noise_definition"].iloc[0] if noise else None
