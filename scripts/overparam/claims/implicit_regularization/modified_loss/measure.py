"""Which flow do the steps of gradient descent follow? That of a modified loss, if the steps are small.

Over a fixed time gradient descent θ ← θ − h∇L follows dθ/dt = −∇L̃ with L̃ = L + (h/4)‖∇L‖² up to h² (Barrett & Dherin,
arXiv 2009.11162, theorem 3.1), because the flow of −∇L + h f₁ over a time h is θ − h∇L + h²(f₁ + ½H∇L) up to h³. For
SGD with b batches in a fixed order, epochs of b steps give f₁ = (1/b)(Σ_{j<k} H_k g_j − ½ Σ_{j,k} H_k g_j). Averaged
over all orders this is −∇ of (1/4b) Σ‖g_k‖² (Smith et al., arXiv 2101.12176), which differs from ¼‖∇L‖² by a quarter of
the variance of the g_k.

The network is f = vᵀ tanh(Wx), and all its weights are trained. The loss ½ mean (f − y)² is divided by the largest
eigenvalue of its Hessian at the start, so that h and time count in units of one over the curvature. All flows are
solved as one system by scipy's DOP853 with ``flow_tolerance``, and again with a tolerance 100 times larger, which shows
how much the solver adds to the distances. Everything is float64.
"""

import itertools
from typing import Any

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp

from overparam import seeding
from overparam.progress import Progress

COEFFICIENTS = {"plain": 0.0, "modified": 0.25, "reversed": -0.25}
AROUND = (0.15, 0.25, 0.35)  # coefficients c; the best one is at the vertex of the parabola through their errors


class TanhProblems:
    """Tanh networks with ``width`` hidden units, one per row, each on data of its own.

    Parameters ``theta`` are (rows, width · (d + 1)): W, unit by unit, then v. ``chosen`` is a slice of the samples.
    """

    def __init__(self, inputs: np.ndarray, labels: np.ndarray, width: int, scale: np.ndarray):
        self.inputs, self.labels, self.width, self.scale = inputs, labels, width, scale  # scale: (rows,)

    def take(self, rows: np.ndarray) -> "TanhProblems":
        """Return the problems of these rows, which may repeat."""
        return TanhProblems(self.inputs[rows], self.labels[rows], self.width, self.scale[rows])

    def derivatives(
        self, theta: np.ndarray, chosen: slice = slice(None), twice: bool = False
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """Return ∇L over the chosen samples and, if asked, H∇L there, both in the shape of ``theta``."""
        x, y = self.inputs[:, chosen], self.labels[:, chosen]
        hidden, v = self._split(theta)
        unit = self.scale[:, None] * x.shape[1]
        a = np.tanh(x @ hidden.mT)  # (rows, n, width)
        slope = 1 - a**2
        residual = (np.einsum("rnk,rk->rn", a, v) - y) / unit
        back = residual[..., None] * slope  # without v
        gradient = self._joined(np.einsum("rnk,rnd->rkd", back * v[:, None], x), np.einsum("rn,rnk->rk", residual, a))
        if not twice:
            return gradient, None
        hidden_shift, v_shift = self._split(gradient)
        a_shift = slope * (x @ hidden_shift.mT)
        residual_shift = (np.einsum("rnk,rk->rn", a_shift, v) + np.einsum("rnk,rk->rn", a, v_shift)) / unit
        back_shift = residual_shift[..., None] * slope - 2 * residual[..., None] * a * a_shift
        weighted = back_shift * v[:, None] + back * v_shift[:, None]
        curved = np.einsum("rn,rnk->rk", residual_shift, a) + np.einsum("rn,rnk->rk", residual, a_shift)
        return gradient, self._joined(np.einsum("rnk,rnd->rkd", weighted, x), curved)

    def _split(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        size = self.width * self.inputs.shape[2]
        return theta[:, :size].reshape(len(theta), self.width, self.inputs.shape[2]), theta[:, size:]

    def _joined(self, hidden: np.ndarray, v: np.ndarray) -> np.ndarray:
        return np.concatenate([hidden.reshape(len(hidden), self.width * self.inputs.shape[2]), v], axis=1)


def measure(settings: dict[str, Any]) -> pd.DataFrame:
    """Measure how far the iterates of gradient descent and SGD are from flows, at several step sizes.

    Iterates and flows are compared at ``n_checks`` times, relative to the distance that the plain flow travels from the
    start. A flow that the solver can't follow has no number.

    Parameters
    ----------
    settings
        As declared in ``experiment.yaml``; and the root ``seed``.

    Returns
    -------
    pandas.DataFrame
        See ``measures`` in ``experiment.yaml``.
    """
    steps = sorted(settings["duration"] / (settings["n_batches"] * count) for count in settings["epochs"])
    problems, start = draw_problems(settings)
    flows, change = _flows(problems, start, np.array(steps), settings)
    unit = np.linalg.norm(flows[0, "plain"][-1] - start, axis=1)  # (n_seeds,)
    progress = Progress(len(steps), "step sizes")
    rows = []
    for number, h in enumerate(steps):
        case = {"learning_rate": h, "smallest_step": number == 0}
        for method, path in _iterates(problems, start, h, settings).items():
            for flow in (*COEFFICIENTS, "sgd_modified"):
                error = np.linalg.norm(path - flows[number, flow], axis=2).max(axis=0) / unit
                rows += _rows("tracking_error", error, {**case, "method": method, "flow": flow})
            if method == "gradient_descent":
                far = [((path[-1] - flows[number, c][-1]) ** 2).sum(axis=1) for c in AROUND]
                rows += _rows("best_coefficient", _vertex(np.array(AROUND), np.array(far)), {**case, "method": method})
            finite = np.isfinite(path).all(axis=(0, 2))
            rows += _rows("diverged", (~finite).astype(float), {**case, "method": method})
        progress.advance()
    rows += _rows("loss_ratio", loss(problems, flows[0, "plain"][-1]) / loss(problems, start), {})
    rows += _rows("flow_change", change / unit, {})
    return pd.DataFrame(rows).astype({"value": float, "seed": "int64"})


def draw_problems(settings: dict[str, Any]) -> tuple[TanhProblems, np.ndarray]:
    """Draw one problem and its start per seed: inputs, labels, W and √width · v are standard normal."""
    n, d, width = settings["n_batches"] * settings["batch_size"], settings["dimension"], settings["width"]
    inputs, labels, start = [], [], []
    for seed in range(settings["n_seeds"]):
        draws = seeding.generator(settings["seed"], "modified_loss", seed)
        inputs.append(draws.standard_normal((n, d)))
        labels.append(draws.standard_normal(n))
        v = draws.standard_normal(width) / width**0.5
        start.append(np.concatenate([draws.standard_normal(width * d), v]))
    problems = TanhProblems(np.array(inputs), np.array(labels), width, np.ones(len(inputs)))
    problems.scale = largest_curvature(problems, np.array(start))
    return problems, np.array(start)


def largest_curvature(problems: TanhProblems, theta: np.ndarray, shift: float = 1e-5) -> np.ndarray:
    """Return the largest eigenvalue of the Hessian of each problem, by central differences of the gradient."""
    columns = []
    for direction in np.eye(theta.shape[1]):
        sides = [problems.derivatives(theta + sign * shift * direction)[0] for sign in (1, -1)]
        columns.append((sides[0] - sides[1]) / (2 * shift))
    hessian = np.stack(columns, axis=2)
    return np.linalg.eigvalsh((hessian + hessian.mT) / 2)[:, -1]


def loss(problems: TanhProblems, theta: np.ndarray) -> np.ndarray:
    """Return L of each row, shape (rows,)."""
    hidden, v = problems._split(theta)
    output = np.einsum("rnk,rk->rn", np.tanh(problems.inputs @ hidden.mT), v)
    return 0.5 * ((output - problems.labels) ** 2).mean(axis=1) / problems.scale


def flow_ends(
    problems: TanhProblems, start: np.ndarray, regularisation: np.ndarray, batch_size: int, of_batches: np.ndarray,
    times: np.ndarray, tolerance: float,
) -> np.ndarray:  # fmt: skip
    """Follow dθ/dt = −∇(L + ρ‖∇L‖²), each row with its own ρ; where ``of_batches``, the term is ρ mean_k ‖∇L_k‖².

    The solver is DOP853 with the relative tolerance ``tolerance``, and a tenth of it as absolute one.

    Returns
    -------
    numpy.ndarray
        θ at ``times``, shape (n_times, rows, p); nan if the solver fails.
    """
    shape, full_batch = start.shape, np.flatnonzero(~of_batches)
    batched, slices = np.flatnonzero(of_batches), _batches(problems, batch_size)
    whole, parts = problems.take(full_batch), problems.take(batched)

    def velocity(_: float, flat: np.ndarray) -> np.ndarray:
        theta = flat.reshape(shape)
        out = np.empty(shape)
        gradient, curved = whole.derivatives(theta[full_batch], twice=True)
        out[full_batch] = -gradient - 2 * regularisation[full_batch, None] * curved
        if len(batched):
            pairs = [parts.derivatives(theta[batched], chosen, twice=True) for chosen in slices]
            gradient, curved = (np.mean([pair[k] for pair in pairs], axis=0) for k in (0, 1))
            out[batched] = -gradient - 2 * regularisation[batched, None] * curved
        return out.ravel()

    solved = solve_ivp(
        velocity, (0, times[-1]), start.ravel(), method="DOP853", t_eval=times, rtol=tolerance, atol=tolerance / 10
    )
    if not solved.success:
        return np.full((len(times), *shape), np.nan)
    return solved.y.T.reshape(len(times), *shape)


def _flows(
    problems: TanhProblems, start: np.ndarray, steps: np.ndarray, settings: dict[str, Any]
) -> tuple[dict[tuple[int, str | float], np.ndarray], np.ndarray]:
    """Return every flow by (number of the step size, name), and how much a larger tolerance changes them, per seed."""
    names = [*COEFFICIENTS, "sgd_modified", *(c for c in AROUND if c != COEFFICIENTS["modified"])]
    keys = list(itertools.product(range(len(steps)), names))
    n_seeds = len(start)
    factor = {**COEFFICIENTS, "sgd_modified": 0.25, **{c: c for c in AROUND}}
    rho = np.repeat([factor[name] * steps[number] for number, name in keys], n_seeds)
    of_batches = np.repeat([name == "sgd_modified" for _, name in keys], n_seeds)
    copies = np.tile(np.arange(n_seeds), len(keys))
    solved = [
        flow_ends(
            problems.take(copies), start[copies], rho, settings["batch_size"], of_batches, _times(settings), tolerance
        )
        for tolerance in (settings["flow_tolerance"], 100 * settings["flow_tolerance"])
    ]
    change = np.linalg.norm(solved[0] - solved[1], axis=2).max(axis=0).reshape(len(keys), n_seeds).max(axis=0)
    parts = solved[0].reshape(len(solved[0]), len(keys), n_seeds, -1)
    flows: dict[tuple[int, str | float], np.ndarray] = {key: parts[:, k] for k, key in enumerate(keys)}
    for number in range(len(steps)):
        flows[number, COEFFICIENTS["modified"]] = flows[number, "modified"]
    return flows, change


def _iterates(problems: TanhProblems, start: np.ndarray, h: float, settings: dict[str, Any]) -> dict[str, np.ndarray]:
    """Return the iterates of each method at the checked times, (n_checks, n_seeds, p)."""
    slices = _batches(problems, settings["batch_size"])
    descent = _run(problems, start, h, [slice(None)], settings)
    runs = [_run(problems, start, h, list(order), settings) for order in itertools.permutations(slices)]
    return {"gradient_descent": descent, "sgd": runs[0], "sgd_mean": np.mean(runs, axis=0)}


def _run(
    problems: TanhProblems, start: np.ndarray, h: float, batches: list[slice], settings: dict[str, Any]
) -> np.ndarray:  # fmt: skip
    theta, path = start.copy(), []
    wanted = set(np.round(_times(settings) / h).astype(int).tolist())
    for step in range(1, max(wanted) + 1):
        theta = theta - h * problems.derivatives(theta, batches[(step - 1) % len(batches)])[0]
        if step in wanted:
            path.append(theta)
    return np.array(path)


def _times(settings: dict[str, Any]) -> np.ndarray:
    """Return the checked times; if ``n_checks`` divides all numbers of epochs, an epoch ends at each of them."""
    return settings["duration"] * np.arange(1, settings["n_checks"] + 1) / settings["n_checks"]


def _batches(problems: TanhProblems, batch_size: int) -> list[slice]:
    n = problems.inputs.shape[1]
    return [slice(first, first + batch_size) for first in range(0, n, batch_size)]


def _vertex(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return where the parabolas through three points each, x (3,) and y (3, n), are lowest."""
    square, linear, _ = np.polyfit(x, y, 2)
    return -linear / (2 * square)


def _rows(quantity: str, values: np.ndarray, case: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"quantity": quantity, "value": float(value), "seed": k, **case} for k, value in enumerate(values)]
