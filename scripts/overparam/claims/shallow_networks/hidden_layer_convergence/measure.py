"""When and how fast gradient descent on the hidden weights of a one-hidden-layer network fits any labels.

Oymak & Soltanolkotabi, arXiv 1902.04674: with κ(X) = √(d/n)‖X‖/λ(X), where λ(X) is the smallest eigenvalue of the
covariance Σ(X), √(kd) ≳ κ(X) n is enough for a smooth activation and √(kd) ≳ κ³(X) n²/d for ReLU.

*Rate.* In the limit k → ∞ the kernel JJᵀ stays as it is, and with the step η each step multiplies the residual along
its i-th eigenvector by 1 − ηλ_i. With the largest sensible step, 1/λ_max, the slowest direction is multiplied by
1 − λ_min/λ_max, where λ_max ≤ B²k v²‖X‖² (B bounds |φ'|) and ‖X‖² ≈ (√(n/d) + 1)² for generic inputs. So the c of the
talk's factor 1 − c d/n is proportional to λ(X). It is a numerical constant only for inputs whose λ(X) is one, not for
every X that the condition on k allows.

*Promise.* With α = σ_min(J(W₀))/2 the key lemma (arXiv 1812.10004, theorem 2.1) promises
‖f_τ − y‖² ≤ (1 − ηα²/2)^τ ‖f₀ − y‖² and ‖W_τ − W₀‖ ≤ 4‖f₀ − y‖/α.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch

from overparam.claims.shallow_networks import hidden_layer_descent
from overparam.claims.shallow_networks.hidden_layer_descent import HiddenLayerProblems
from overparam.progress import Progress
from overparam.seeding import generator
from overparam.theory import hermite, hidden_layer
from overparam.theory.activations import ACTIVATIONS

OUTPUT_WEIGHTS = ("balanced", "gaussian")
WITH_RATE = ("sufficient width", "close pair", "rate")
GOES_ON = ("sufficient width", "close pair", "duplicated", "large step")  # runs that go on when they have fitted
TOO_LARGE = 16.0  # times 1/λ_max: eight times the step at which the linearised network stops converging


class Case(NamedTuple):
    """One size, run in all seeds at once; ``separation`` is the distance of the closest pair, if it is prescribed."""

    arm: str
    activation: str
    output_weights: str
    n_train: int
    dimension: int
    width: int
    separation: float | None
    inputs: np.ndarray  # (n_seeds, n, d)


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Run gradient descent on ½‖f − y‖² (the talk has no ½; its step is half of this one) with a constant step.

    Inputs are of unit norm, labels ±1 at random, W₀ standard normal; output weights are ``balanced``, half +1/√k and
    half −1/√k (that is ‖y‖/√(kn)), or ``gaussian`` of variance 1/k. The step is 1/λ_max(J(W₀)J(W₀)ᵀ), never changed. A
    run has fitted when ‖f − y‖ is ``residual_tolerance`` of its start, and ends there, at ``step_limit`` steps, or
    diverged (10⁶ times its start). At the theorem's width and in the controls it goes on to ``end_tolerance``, so that
    no run stops where it is judged. float64. The arms:

    - ``sufficient width``: random inputs, with k as large as the theorem asks in any seed, its constant taken as 1.
    - ``close pair``: two inputs at the distance ``separation`` with opposite labels, and k as the theorem asks.
    - ``rate``: random inputs with n = ``samples_per_squared_dimension`` d² and kd = ``params_per_sample`` n.
    - ``width sweep``: random inputs and k over a grid, to find the smallest k that works.
    - ``duplicated`` (control): as ``rate`` at the smallest d, but one input occurs twice, with both labels. J(W₀) has a
      null space then; what is promised is what the next singular value promises.
    - ``large step`` (control): as ``rate`` at the smallest d, but with sixteen times the step.

    Parameters
    ----------
    settings
        See ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        The quantities and columns that ``experiment.yaml`` declares under ``measures``.
    """
    cases = list(_cases(settings))
    progress = Progress(len(cases), "sizes")
    rows: list[dict[str, Any]] = []
    for case in cases:
        rows += _run(settings, case)
        progress.advance()
    table = pd.DataFrame(rows)
    return pd.concat([table, _smallest_widths(table, cases)], ignore_index=True)


def sufficient_width(inputs: np.ndarray, activation: str) -> float:
    """Return the theorem's k for ``inputs`` (n, d) with its constant taken as 1.

    It is κ²n²/d, for ReLU κ⁶n⁴/d³, and infinite if λ(X) ≤ 0.
    """
    n_train, dimension = inputs.shape
    smallest = smallest_eigenvalue(inputs, activation)
    if smallest <= 0:
        return np.inf
    condition = (dimension / n_train) ** 0.5 * np.linalg.norm(inputs, 2) / smallest
    if activation == "relu":
        return condition**6 * n_train**4 / dimension**3
    return condition**2 * n_train**2 / dimension


def smallest_eigenvalue(inputs: np.ndarray, activation: str) -> float:
    """Return λ(X) for ``inputs`` X (n, d)."""
    return float(np.linalg.eigvalsh(hermite.covariance(hermite.gram_of(inputs), activation))[0])


def _cases(settings: dict[str, Any]) -> Iterator[Case]:
    for activation in settings["activations"]:
        kind = "relu" if activation == "relu" else "smooth"
        n_train, dimension = settings["sufficient_n_train"][kind], settings["sufficient_dimension"]
        inputs = _random_inputs(settings, "sufficient width", n_train, dimension)
        width = _even(max(sufficient_width(each, activation) for each in inputs))
        for v in OUTPUT_WEIGHTS:
            yield Case("sufficient width", activation, v, n_train, dimension, width, None, inputs)
        for separation in settings["separations"][kind]:
            inputs = np.repeat(_pair(separation, settings["pair_dimension"])[None], settings["n_seeds"], axis=0)
            width = _even(sufficient_width(inputs[0], activation))
            yield Case("close pair", activation, "balanced", 2, settings["pair_dimension"], width, separation, inputs)
        for dimension in settings["rate_dimensions"]:
            n_train = round(settings["samples_per_squared_dimension"] * dimension**2)
            width = _even(settings["params_per_sample"] * n_train / dimension)
            inputs = _random_inputs(settings, "rate", n_train, dimension)
            for v in OUTPUT_WEIGHTS:
                yield Case("rate", activation, v, n_train, dimension, width, None, inputs)
            if dimension == settings["rate_dimensions"][0]:
                double = inputs.copy()
                double[:, 1] = double[:, 0]
                for v in OUTPUT_WEIGHTS:
                    yield Case("duplicated", activation, v, n_train, dimension, width, 0.0, double)
                    yield Case("large step", activation, v, n_train, dimension, width, None, inputs)
        for n_train, dimension in settings["sweep_sizes"]:
            inputs = _random_inputs(settings, "width sweep", n_train, dimension)
            for width in settings["sweep_widths"]:
                yield Case("width sweep", activation, "balanced", n_train, dimension, width, None, inputs)


def _even(width: float) -> int:
    """Return the next even number of units, so that half of them can be positive."""
    return 2 * int(np.ceil(width / 2))


def _random_inputs(settings: dict[str, Any], arm: str, n_train: int, dimension: int) -> np.ndarray:
    drawn = [
        generator(settings["seed"], "hidden_layer_convergence", arm, seed, n_train, dimension).standard_normal(
            (n_train, dimension)
        )
        for seed in range(settings["n_seeds"])
    ]
    inputs = np.stack(drawn)
    return inputs / np.linalg.norm(inputs, axis=2, keepdims=True)


def _pair(separation: float, dimension: int) -> np.ndarray:
    """Return two unit vectors at the chord ``separation``, shape (2, d)."""
    cosine = 1 - separation**2 / 2
    pair = np.zeros((2, dimension))
    pair[:, 0], pair[1, 1] = (1, cosine), (1 - cosine**2) ** 0.5
    return pair


def problems(settings: dict[str, Any], case: Case) -> HiddenLayerProblems:
    """Return the networks of a case, one per seed."""
    labels, hidden, v = [], [], []
    for seed in range(settings["n_seeds"]):
        draw = generator(settings["seed"], "hidden_layer_convergence", "labels", case.arm, seed, case.n_train)
        signs = draw.choice([-1.0, 1.0], case.n_train)
        if case.separation is not None:
            signs[:2] = (1, -1)
        labels.append(signs)
        draw = generator(settings["seed"], "hidden_layer_convergence", "weights", seed, case.dimension, case.width)
        hidden.append(draw.standard_normal((case.width, case.dimension)))
        size = case.width**-0.5
        balanced = hidden_layer.half_signs(case.width, size).numpy()
        v.append(balanced if case.output_weights == "balanced" else size * draw.standard_normal(case.width))
    return HiddenLayerProblems(*(torch.as_tensor(np.stack(part)) for part in (case.inputs, labels, hidden, v)))


def _run(settings: dict[str, Any], case: Case) -> list[dict[str, Any]]:
    activation, given = ACTIVATIONS[case.activation], problems(settings, case)
    step, ratio = hidden_layer_descent.largest_step(given, activation)
    slowest = ratio
    if case.arm == "duplicated":
        slowest = hidden_layer_descent.ratio_without_null_space(given, activation)
    promised = (1 - slowest / 8) ** 0.5  # α² = λ_min/4
    inverse_largest = step
    if case.arm == "large step":
        step = TOO_LARGE * step
    found = hidden_layer_descent.descend(
        given, activation, step, settings["residual_tolerance"], settings["step_limit"], promised,
        settings["end_tolerance"] if case.arm in GOES_ON else None,
    )  # fmt: skip
    alpha = (slowest / inverse_largest).sqrt() / 2
    promised_distance = (4 * given.residual(activation).norm(dim=1) / alpha).numpy()
    length = given.hidden.flatten(1).norm(dim=1).numpy()
    rows = []
    for seed in range(settings["n_seeds"]):
        condition = {
            "seed": seed, "arm": case.arm, "activation": case.activation, "output_weights": case.output_weights,
            "n_train": case.n_train, "dimension": case.dimension, "width": case.width, "separation": case.separation,
            "d_over_n": case.dimension / case.n_train, "params_per_sample": case.width * case.dimension / case.n_train,
            "kernel_rate": -float(torch.log1p(-ratio[seed])),
        }  # fmt: skip
        fitted = found.residual_ratio[seed] <= settings["residual_tolerance"]
        values = {
            "residual_ratio": found.residual_ratio[seed],
            "fitted": fitted,
            "gradient_steps": found.steps[seed],
            "limit_hit": found.limit_hit[seed],
            "diverged": found.diverged[seed],
            "over_promise": found.over_promise[seed],
        }
        if case.arm in GOES_ON:
            values["late_rate"] = found.late_rate[seed]
            values["late_rate_over_promise"] = found.late_rate[seed] / -float(promised[seed].log())
            values["relative_distance"] = found.distance[seed] / length[seed]
            values["distance_over_promised"] = found.distance[seed] / promised_distance[seed]
        if case.arm in WITH_RATE:  # runs that hit the limit have one too: nothing is dropped
            values["rate"] = found.rate[seed]
        if case.arm == "rate":
            values["rate_over_lambda"] = found.rate[seed] / smallest_eigenvalue(case.inputs[seed], case.activation)
        rows += [{**condition, "quantity": name, "value": float(value)} for name, value in values.items()]
    return rows


def _smallest_widths(table: pd.DataFrame, cases: list[Case]) -> pd.DataFrame:
    """Return the least fitted width of every size and seed of the sweep, beside the theorem's."""
    sizes = {
        (case.activation, case.n_train, case.dimension): case.inputs for case in cases if case.arm == "width sweep"
    }
    fitted = table[(table["arm"] == "width sweep") & (table["quantity"] == "fitted")]
    rows = []
    for (activation, n_train, dimension), inputs in sizes.items():
        size = fitted[fitted["activation"].eq(activation) & fitted["n_train"].eq(n_train)]
        size = size[size["dimension"] == dimension]
        for seed, part in size.groupby("seed"):
            part = part.sort_values("width", ascending=False)
            works = part["value"].cumprod() == 1
            condition = {
                "seed": seed, "arm": "width sweep", "activation": activation, "output_weights": "balanced",
                "n_train": n_train, "dimension": dimension, "d_over_n": dimension / n_train,
            }  # fmt: skip
            smallest = float(part.loc[works, "width"].min()) if works.any() else np.inf
            values = {"smallest_width": smallest, "sufficient_width": sufficient_width(inputs[seed], activation)}
            rows += [{**condition, "quantity": name, "value": value} for name, value in values.items()]
    return pd.DataFrame(rows)
