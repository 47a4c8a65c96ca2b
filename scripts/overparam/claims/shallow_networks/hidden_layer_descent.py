"""Gradient descent, full or one sample per step, on the hidden weights of many one-hidden-layer networks at once.

The loss is ½‖f(W) − y‖² with f(x) = vᵀφ(Wx). Every problem has a constant step of its own; all tensors are float64.
"""

import dataclasses

import numpy as np
import torch

from overparam.theory import hidden_layer
from overparam.theory.activations import Activation

DIVERGED = 1e6  # a residual that has grown by this factor will not come back


@dataclasses.dataclass(frozen=True, eq=False)
class HiddenLayerProblems:
    """B networks with data to fit.

    Attributes
    ----------
    inputs, labels
        Shapes (B, n, d) and (B, n).
    hidden
        Hidden weights W that are trained, (B, k, d).
    v
        Output weights that stay as they are, (B, k).
    """

    inputs: torch.Tensor
    labels: torch.Tensor
    hidden: torch.Tensor
    v: torch.Tensor

    def taken(self, index: torch.Tensor) -> "HiddenLayerProblems":
        """Return the problems at ``index``."""
        return HiddenLayerProblems(self.inputs[index], self.labels[index], self.hidden[index], self.v[index])

    def residual(self, activation: Activation) -> torch.Tensor:
        """Return f(W) − y, shape (B, n)."""
        return hidden_layer.predict(self.hidden, self.v, self.inputs, activation) - self.labels


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """How B runs ended, arrays of shape (B,).

    Attributes
    ----------
    steps
        Steps that were taken.
    residual_ratio
        ‖f − y‖ at the end over that at the start; infinite where the run diverged.
    over_promise
        Largest ‖f_τ − y‖ / (q^τ ‖f₀ − y‖) over the steps τ ≥ 1 that were looked at; q is the promised factor.
    limit_hit, diverged
        True where the run ended at the limit of steps without a fit, or with a residual that is not finite or 10⁶ times
        the first.
    fitted_steps
        Steps after which ‖f − y‖ was first at most ``tolerance`` of its start; infinite where it never was.
    late_rate
        −ln of the factor by which ‖f − y‖ changed per step from there to the end; from half of the limit of steps on
        where it had not been fitted by then. nan where no step was taken after that.
    distance
        ‖W − W₀‖_F at the end; infinite where the run diverged.
    """

    steps: np.ndarray
    residual_ratio: np.ndarray
    over_promise: np.ndarray
    limit_hit: np.ndarray
    diverged: np.ndarray
    fitted_steps: np.ndarray
    late_rate: np.ndarray
    distance: np.ndarray

    @property
    def rate(self) -> np.ndarray:
        """−ln(``residual_ratio``) per step, shape (B,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return -np.log(self.residual_ratio) / self.steps


def largest_step(problems: HiddenLayerProblems, activation: Activation) -> tuple[torch.Tensor, torch.Tensor]:
    """Return 1/λ_max(J(W₀)J(W₀)ᵀ), the largest sensible step of gradient descent, and λ_min/λ_max; both (B,)."""
    kernel = hidden_layer.gram(problems.hidden, problems.v, problems.inputs, activation)
    eigenvalues = torch.linalg.eigvalsh(kernel)
    return 1 / eigenvalues[:, -1], eigenvalues[:, 0].clamp(min=0) / eigenvalues[:, -1]


def ratio_without_null_space(problems: HiddenLayerProblems, activation: Activation) -> torch.Tensor:
    """Return the second smallest eigenvalue of J(W₀)J(W₀)ᵀ over the largest, (B,); for two equal inputs one is 0."""
    eigenvalues = torch.linalg.eigvalsh(hidden_layer.gram(problems.hidden, problems.v, problems.inputs, activation))
    return eigenvalues[:, 1] / eigenvalues[:, -1]


def largest_sample_step(problems: HiddenLayerProblems, activation: Activation) -> torch.Tensor:
    """Return 1/max_i ‖∇f(x_i)‖², the largest step of SGD that overshoots no label of the linearised network; (B,)."""
    slopes = activation.first(problems.inputs @ problems.hidden.mT) * problems.v[:, None]
    squares = (slopes**2).sum(dim=2) * (problems.inputs**2).sum(dim=2)
    return 1 / squares.amax(dim=1)


@torch.inference_mode()
def descend(
    problems: HiddenLayerProblems,
    activation: Activation,
    learning_rate: torch.Tensor,
    tolerance: float,
    step_limit: int,
    promised: torch.Tensor,
    end_tolerance: float | None = None,
) -> Outcome:
    """Run gradient descent W ← W − η Jᵀ(f − y) on every problem until ‖f − y‖ is ``tolerance`` of its start.

    Parameters
    ----------
    problems, activation
        The networks, which are left as they are.
    learning_rate
        η, shape (B,), never changed.
    tolerance, step_limit
        A run has fitted when ‖f − y‖ has fallen to ``tolerance`` of its start. It ends there, or after ``step_limit``
        steps.
    promised
        Factor q per step by which theory promises that ‖f − y‖ shrinks, shape (B,).
    end_tolerance
        If given, a run that has fitted goes on until ‖f − y‖ is this fraction of its start.
    """
    here, index = problems, torch.arange(len(problems.inputs))
    hidden = here.hidden.clone()

    def seen(here: HiddenLayerProblems) -> tuple[torch.Tensor, torch.Tensor]:
        value, first = activation.value_and_first(here.inputs @ hidden.mT)  # (B, n, k), first for the next gradient
        return (value @ here.v[:, :, None]).squeeze(-1) - here.labels, first

    residual, first = seen(here)
    start = torch.linalg.vector_norm(residual, dim=1)
    ends = _Ends(problems, tolerance, step_limit)
    end = tolerance if end_tolerance is None else end_tolerance
    eta, worst = learning_rate[:, None], _Worst(promised)
    for step in range(1, step_limit + 1):
        slopes = first.mul_(here.v[:, None]).mul_((eta * residual)[:, :, None])
        hidden.baddbmm_(slopes.mT, here.inputs, alpha=-1)
        residual, first = seen(here)
        norm = torch.linalg.vector_norm(residual, dim=1) / start
        worst.add(step, norm)
        ends.look(index, step, norm)
        done = _done(norm, end, step == step_limit)
        if done is not None:
            ends.record(index[done], step, norm[done], worst.taken(done), hidden[done])
            keep = ~done
            if not keep.any():
                break
            here, index, hidden, residual = here.taken(keep), index[keep], hidden[keep], residual[keep]
            first, start, eta = first[keep], start[keep], eta[keep]
            worst.keep(keep)
    return ends.outcome()


@torch.inference_mode()
def descend_by_samples(
    problems: HiddenLayerProblems,
    activation: Activation,
    learning_rate: torch.Tensor,
    tolerance: float,
    step_limit: int,
    promised: torch.Tensor,
    generator: np.random.Generator,
    end_tolerance: float | None = None,
) -> Outcome:
    """Run SGD, one uniformly drawn sample per step: W ← W − η (f(x_i) − y_i) ∇f(x_i).

    The residual of all samples is looked at every n steps, and only then do the tolerances, ``step_limit`` and
    ``promised`` count. Parameters are those of :func:`descend`; ``generator`` draws the samples and belongs to the
    caller.
    """
    here, index = problems, torch.arange(len(problems.inputs))
    n_problems, n_train = problems.labels.shape
    start, hidden = torch.linalg.vector_norm(here.residual(activation), dim=1), here.hidden.clone()
    ends = _Ends(problems, tolerance, step_limit)
    end = tolerance if end_tolerance is None else end_tolerance
    eta, worst = learning_rate[:, None], _Worst(promised)
    for step in range(n_train, step_limit + n_train, n_train):
        # drawn for all problems, so that a problem's samples do not depend on when another one ends
        samples = torch.as_tensor(generator.integers(n_train, size=(n_train, n_problems)))[:, index]
        rows = torch.arange(len(index))
        for x, label in zip(here.inputs[rows, samples], here.labels[rows, samples], strict=True):  # (B, d) and (B,)
            value, first = activation.value_and_first((hidden @ x[:, :, None]).squeeze(-1))  # (B, k)
            error = (value * here.v).sum(dim=1) - label
            change = first.mul_(eta * error[:, None]).mul_(here.v)
            hidden.baddbmm_(change[:, :, None], x[:, None], alpha=-1)
        residual = hidden_layer.predict(hidden, here.v, here.inputs, activation) - here.labels
        norm = torch.linalg.vector_norm(residual, dim=1) / start
        worst.add(step, norm)
        ends.look(index, step, norm)
        done = _done(norm, end, step >= step_limit)
        if done is not None:
            ends.record(index[done], step, norm[done], worst.taken(done), hidden[done])
            keep = ~done
            if not keep.any():
                break
            here, index, hidden, start, eta = here.taken(keep), index[keep], hidden[keep], start[keep], eta[keep]
            worst.keep(keep)
    return ends.outcome()


def _done(norm: torch.Tensor, end: float, last: bool) -> torch.Tensor | None:
    """Return which runs are over, (B,), or None if none is."""
    ratio = norm.numpy()
    done = ~((ratio > end) & (ratio < DIVERGED)) | last
    return torch.from_numpy(done) if done.any() else None


class _Worst:
    """The largest ln(‖f_τ − y‖ / (q^τ ‖f₀ − y‖)) of every run; residuals are kept and looked at many at a time."""

    MANY = 256

    def __init__(self, promised: torch.Tensor):
        self.log_promised, self.largest = promised.log(), torch.full_like(promised, -torch.inf)
        self.steps: list[int] = []
        self.norms: list[torch.Tensor] = []

    def add(self, step: int, norm: torch.Tensor) -> None:
        """Note ‖f_τ − y‖ / ‖f₀ − y‖ at the step τ."""
        self.steps.append(step)
        self.norms.append(norm)
        if len(self.norms) == self.MANY:
            self._look()

    def taken(self, done: torch.Tensor) -> torch.Tensor:
        """Return the largest values of some runs."""
        self._look()
        return self.largest[done]

    def keep(self, chosen: torch.Tensor) -> None:
        """Go on with some runs, after those of the others were taken."""
        self.log_promised, self.largest = self.log_promised[chosen], self.largest[chosen]

    def _look(self) -> None:
        if self.norms:
            steps = torch.tensor(self.steps, dtype=self.largest.dtype)[:, None]
            found = torch.stack(self.norms).log() - steps * self.log_promised
            self.largest = torch.maximum(self.largest, found.amax(dim=0))
            self.steps, self.norms = [], []


class _Ends:
    """Collects how the runs end, each at its own step."""

    def __init__(self, problems: HiddenLayerProblems, tolerance: float, step_limit: int):
        count = len(problems.inputs)
        self.start, self.tolerance, self.half = problems.hidden, tolerance, step_limit // 2
        self.halfway = False
        self.steps = np.full(count, step_limit)
        self.ratio, self.worst, self.distance, self.late = (np.full(count, np.nan) for _ in range(4))
        self.limit_hit, self.diverged = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        self.fitted, self.from_step, self.from_ratio = np.full(count, np.inf), np.zeros(count), np.ones(count)

    def look(self, index: torch.Tensor, step: int, norm: torch.Tensor) -> None:
        """Note where the late part of each run begins."""
        ratio = norm.numpy()
        fitted, half = ratio <= self.tolerance, step >= self.half and not self.halfway
        if not (half or fitted.any()):
            return
        self.halfway, places = self.halfway or half, index.numpy()
        first = fitted & np.isinf(self.fitted[places])
        self.fitted[places[first]] = step
        waiting = np.isinf(self.fitted[places]) & half
        begun = places[first | waiting]
        self.from_step[begun], self.from_ratio[begun] = step, ratio[first | waiting]

    def record(
        self, index: torch.Tensor, step: int, norm: torch.Tensor, worst: torch.Tensor, hidden: torch.Tensor
    ) -> None:
        places, ratio = index.numpy(), norm.numpy()
        diverged = ~(ratio < DIVERGED)
        self.steps[places] = step
        self.ratio[places] = np.where(diverged, np.inf, ratio)
        self.worst[places] = np.where(diverged, np.inf, np.exp(worst.numpy()))
        self.distance[places] = np.where(diverged, np.inf, (hidden - self.start[index]).flatten(1).norm(dim=1))
        self.diverged[places] = diverged
        self.limit_hit[places] = ~diverged & (ratio > self.tolerance)
        with np.errstate(divide="ignore", invalid="ignore"):  # nan where no step is left
            self.late[places] = np.log(self.from_ratio[places] / self.ratio[places]) / (step - self.from_step[places])

    def outcome(self) -> Outcome:
        return Outcome(
            self.steps, self.ratio, self.worst, self.limit_hit, self.diverged, self.fitted, self.late, self.distance
        )
