"""How many test images interpolating solutions class differently: random features from N = n on, and networks."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from overparam.claims.double_descent import over_samples
from overparam.drawing import direct_labels, headlines, judged, labels, random_features, regimes, studies, theme
from overparam.drawing.rounding import at_least, at_most

STARTS = ("random", "row_space")  # the second is the control


def draw(measurements: pd.DataFrame, verdict: dict) -> Figure:
    """Draw the disagreement of random features over N/n, and that of networks over p/(nK) with their train error."""
    figure, (features, networks) = theme.panels(2, height=4.6)
    rows = _random_features(measurements)
    noises, kind = sorted(rows["label_noise"].unique()), random_features.kinds(rows)[0]
    for noise, color, marker in zip(noises, theme.CATEGORIES, over_samples.MARKERS, strict=False):
        case = over_samples.chosen(rows, quantity="disagreement", features=kind, label_noise=noise)
        own, control = (case[case["start"] == start] for start in STARTS)
        studies.lines(features, control, random_features.RATIO, seeds=False, **theme.CONTROL)
        studies.lines(features, own, random_features.RATIO, color, marker=marker, markersize=4)
        name = f"{100 * noise:g} % noise" if noise else "no noise"
        _name(features, own, random_features.RATIO, name, color)
        if noise == noises[-1]:
            _name(features, control, random_features.RATIO, "one start\n(control)", theme.GREY)
        case = over_samples.chosen(measurements, features="network", label_noise=noise, place=None)
        for quantity, style in (
            ("disagreement", {"marker": marker, "markersize": 4}),
            ("train_error", {"linestyle": ":"}),
        ):
            part = over_samples.chosen(case, quantity=quantity).dropna(subset="value")
            studies.lines(networks, part, "params_per_label", color, **style)
            if quantity == "disagreement" and len(part):
                _name(networks, part, "params_per_label", name, color)
    over_samples.plain_ticks(features, [1, 1.5, 2, 3, 5, 8])
    over_samples.plain_ticks(networks, [1, 2, 5, 10])
    n, of_networks = rows["n_train"].iloc[0], over_samples.chosen(measurements, features="network")["n_train"].iloc[0]
    data = random_features.data_label(verdict)
    features.set_title(f"{random_features.TITLES[kind]}\non {data}, $n = {n}$")
    networks.set_title(f"networks that fit (dotted: train\nerror of all) on {data}, $n = {of_networks}$")
    features.set_xlabel("features per sample, $N/n$")
    networks.set_xlabel(labels.column(measurements, "params_per_label"))
    features.set_ylabel(labels.quantity(measurements, "disagreement"))
    networks.set_ylabel("share of images")
    for axis in (features, networks):
        studies.percent_axis(axis)
        axis.set_ylim(bottom=-0.01)
    features.axvline(1, color=theme.INK, linewidth=0.8, alpha=0.7)
    regimes.shade(networks, 1, "$p = nK$", names=False)
    theme.headline(figure, _headline(verdict))
    return figure


def _name(axis: Axes, rows: pd.DataFrame, x: str, text: str, color: str) -> None:
    curve = rows.groupby(x)["value"].mean()
    direct_labels.at_end(axis, curve.index.astype(float), curve, text, color)


def _headline(verdict: dict) -> str:
    text = headlines.by_verdict(
        verdict,
        supported="Random features: one model fits at $N = n$, many different ones beyond",
        refuted="Random features: solutions beyond $N = n$ do not differ as predicted",
        undecided="How much models that fit differ beyond $N = n$",
    )
    corrected = headlines.came_to(verdict, "corrected")
    if corrected == "supported":
        return f"{text}; networks differ most where they just fit"
    return text


def alt_text(measurements: pd.DataFrame, verdict: dict) -> str:
    """State spread and disagreement at N = n and beyond, the control's, and the loss of all solutions."""
    rows = _random_features(measurements)
    rows = rows[rows["start"] == "random"]
    parts = []
    for kind in random_features.kinds(rows):
        for noise in sorted(rows["label_noise"].unique()):
            case = over_samples.chosen(rows, features=kind, label_noise=noise)
            disagreement, loss = (
                case[case["quantity"] == name].groupby("features_per_sample")["value"]
                for name in ("disagreement", "loss")
            )
            shares, arm = disagreement.mean(), random_features.arm_name(noise, case["noise_definition"].iloc[0])
            parts.append(
                f"{random_features.TITLES[kind]}, {arm}: {100 * shares.iloc[0]:.1f} % at N = n, at most "
                f"{100 * shares.max():.1f} % (at N = {shares.idxmax():.3g} n), {100 * shares.iloc[-1]:.1f} % at "
                f"N = {shares.index[-1]:.3g} n, with test losses of at least {at_least(loss.min().iloc[0])} at N = n "
                f"and of at most {at_most(loss.max().iloc[-1])} there"
            )
    only = judged.declared(verdict, "one-at-the-threshold", "linear_algebra")["where"]["features_per_sample"]
    threshold = over_samples.chosen(rows, quantity="spread", features_per_sample=only)["value"].max()
    control = over_samples.chosen(measurements, quantity="spread", start="row_space")["value"].max()
    return (
        f"Test images of {random_features.data_label(verdict)} that two interpolating solutions class differently, "
        f"{'; '.join(parts)}. At N = n the outputs of any two solutions agree to {at_most(threshold, 1)}; from starts "
        f"in the span of the samples they agree to {at_most(control, 1)} at every N. {_networks_text(measurements)}"
    )


def _networks_text(measurements: pd.DataFrame) -> str:
    """State the disagreement of networks at the smallest width that fits and at the largest, by label noise."""
    rows = over_samples.chosen(measurements, features="network", quantity="disagreement")
    parts = []
    for noise in sorted(rows["label_noise"].unique()):
        shares = over_samples.chosen(rows, label_noise=noise).groupby("place")["value"].mean()
        definition = over_samples.chosen(rows, label_noise=noise)["noise_definition"].iloc[0]
        parts.append(
            f"{100 * shares['threshold']:.0f} % at the smallest width that fits and {100 * shares['widest']:.0f} % at "
            f"the largest ({random_features.arm_name(noise, definition)})"
        )
    return f"Networks from different initial weights that fit every label class differently {'; '.join(parts)}."


def _random_features(measurements: pd.DataFrame) -> pd.DataFrame:
    return measurements[measurements["start"].isin(STARTS) & (measurements["features"] != "network")]
