"""Error over the number of parameters: of different architectures as printed, and of one architecture as measured."""

import itertools

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from overparam.claims.interpolation import network_names
from overparam.claims.interpolation.printed_networks import DATA
from overparam.drawing import labels, studies, theme

DASHES = ("-", "-.", ":")
MARKERS = {"beyond": "o", "few_beyond": "D", "below": "v"}
# where the name of a printed network stands if not above it, so that names do not overlap
PLACES = {"resnet_2m": ((0, -12), "center"), "mlp": ((-5, 2), "right"), "mlp3": ((0, -12), "center")}
REGIMES = {
    "beyond": "fits its labels: judged",
    "few_beyond": "fits, but too few widths do to show a trend: not judged",
    "below": "does not: the control",
}


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the printed networks on the left, the widths of every study on the right."""
    figure, (left, right) = theme.panels(2, height=3.9)
    printed = measurements[measurements["arm"] == "printed"]
    left.scatter(printed["n_params"], printed["value"], color=theme.INK, marker="D", s=28)
    for row in printed.itertuples():
        place, side = PLACES.get(row.model, ((0, 6), "center"))
        left.annotate(
            network_names.short(row.model), (row.n_params, row.value), xytext=place, textcoords="offset points",
            ha=side, fontsize=8, color=theme.INK,
        )  # fmt: skip
    left.set_xscale("log")
    size = labels.column(measurements, "n_params")
    left.set(xlim=(6e4, 7e6), ylim=(0, 0.6), xlabel=size, ylabel=labels.quantity(measurements, "test_error"))
    left.set_title(f"as printed, {DATA}, n = {printed['n_train'].iloc[0]:,}\ndifferent kinds: not judged")
    errors, train = (_errors(measurements, split) for split in ("test", "train"))
    entries: dict[str, dict] = {}
    groups = errors.groupby(["study", "label_noise"], sort=False)
    styles = itertools.product(DASHES, theme.CATEGORIES)  # other dashes once the colours are used up
    for (dashes, color), ((study, noise), rows) in zip(styles, groups, strict=False):
        look = {"color": color, "linestyle": dashes}
        sns.lineplot(rows, x="n_params", y="value", errorbar=theme.interval, ax=right, legend=False, **look)
        fitted = train[(train["study"] == study) & (train["label_noise"] == noise)].groupby("n_params")["value"].mean()
        right.plot(fitted.index, fitted, color=color, linestyle="--", linewidth=1)
        for regime, part in rows.groupby("regime"):
            means = part.groupby("n_params")["value"].mean()
            right.plot(means.index, means, linestyle="", marker=MARKERS[regime], markersize=5, color=color)
        entries[f"{studies.title(rows, verdict)}, {100 * noise:g} % noise"] = look
    train_error = labels.quantity(measurements, "train_error")
    entries[f"{train_error}, given labels"] = {"color": theme.INK, "linestyle": "--", "linewidth": 1}
    entries |= {
        words: {"color": theme.INK, "marker": MARKERS[regime], "linestyle": ""}
        for regime, words in REGIMES.items()
        if regime in set(errors["regime"])
    }
    right.set_xscale("log")
    right.set(xlabel=size, ylabel="", title="one architecture, several widths,\ntrained to the end")
    right.set_ylim(bottom=-0.005)
    for axis in (left, right):
        studies.percent_axis(axis)
    studies.legend(figure, entries, loc="outside lower center", ncols=2)
    return figure


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State for every study the test errors of its smallest and largest network on either side of the threshold."""
    sentences = []
    for (_, noise), rows in _errors(measurements, "test").groupby(["study", "label_noise"], sort=False):
        beyond, below = (_ends(rows[rows["regime"] == regime]) for regime in ("beyond", "below"))
        name = f"{studies.title(rows, verdict)}, {100 * noise:g} % label noise"
        if not beyond:
            sentences.append(f"{name}: too few widths fit their labels to show a trend.")
            continue
        control = f"; of those that do not fit their labels, {below}" if below else ""
        sentences.append(f"{name}: test error is {beyond}{control}.")
    printed = measurements[measurements["arm"] == "printed"].set_index("model")[["value", "n_params"]]
    small, large = printed.loc["cuda_convnet"], printed.loc["mlp3"]
    sentences.append(
        f"As printed for {DATA}, kinds mixed: {small['value']:.0%} for CudaConvNet, {large['value']:.1%} for an MLP "
        f"with {large['n_params'] / small['n_params']:.0f} times as many parameters."
    )
    return " ".join(sentences)


def _ends(rows: pd.DataFrame) -> str:
    """Return the mean errors of the smallest and the largest network in words; nothing if there are no two."""
    errors = rows.groupby("n_params")["value"].mean()
    if len(errors) < 2:
        return ""
    (small, large), (first, last) = errors.index[[0, -1]], errors.iloc[[0, -1]]
    return f"{first:.1%} at {small:,} parameters and {last:.1%} at {large:,}"


def _errors(measurements: pd.DataFrame, split: str) -> pd.DataFrame:
    rows = measurements[(measurements["arm"] == "one_architecture") & (measurements["quantity"] == f"{split}_error")]
    return rows.assign(n_params=rows["n_params"].astype(int))
