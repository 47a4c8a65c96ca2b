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
    inputs, labels, hidden, v = problems.inputs, problems.labels, problems.hidden, problems.v[:, :, None]
    index = torch.arange(len(inputs))

    def evaluated() -> tuple[torch.Tensor, torch.Tensor]:
        """Return f(W) − y (B, n), and the slopes for the next gradient (B, n, k)."""
        value, slopes = activation.value_and_first(torch.bmm(inputs, hidden.mT))
        return torch.bmm(value, v).squeeze(-1) - labels, slopes

    residual, slopes = evaluated()
    start = torch.linalg.vector_norm(residual, dim=1)
    ends = _Ends(problems, tolerance, step_limit)
    end = tolerance if end_tolerance is None else end_tolerance
    eta, log_promised = learning_rate[:, None], promised.log()
    worst = torch.full_like(start, -torch.inf)
    for step in range(1, step_limit + 1):
        pulled = slopes.mul_(v.mT).mul_((eta * residual)[:, :, None])
        hidden = torch.baddbmm(hidden, pulled.mT, inputs, alpha=-1)
        residual, slopes = evaluated()
        norm = torch.linalg.vector_norm(residual, dim=1) / start
        worst = torch.maximum(worst, norm.log() - step * log_promised)
        ratio = norm.numpy()
        ends.look(index, step, norm)
        done = ~((ratio > end) & (ratio < DIVERGED)) | (step == step_limit)
        if done.any():
            over, keep = torch.as_tensor(done), torch.as_tensor(~done)
            ends.record(index[over], step, norm[over], worst[over], hidden[over])
            if done.all():
                break
            inputs, labels, hidden, v, index, residual, slopes, start, eta, log_promised, worst = (
                part[keep]
                for part in (inputs, labels, hidden, v, index, residual, slopes, start, eta, log_promised, worst)
            )
    return ends.outcome()


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
    first = here.residual(activation).norm(dim=1)
    ends = _Ends(problems, tolerance, step_limit)
    end = tolerance if end_tolerance is None else end_tolerance
    eta, log_promised, start = learning_rate[:, None], promised.log(), first
    worst = torch.full_like(first, -torch.inf)
    for step in range(n_train, step_limit + n_train, n_train):
        # drawn for all problems, so that a problem's samples do not depend on when another one ends
        samples = torch.as_tensor(generator.integers(n_train, size=(n_train, n_problems)))[:, index]
        rows, hidden = torch.arange(len(index)), here.hidden
        for chosen in samples:
            x = here.inputs[rows, chosen]  # (B, d)
            pre = (hidden @ x[:, :, None]).squeeze(-1)  # (B, k)
            error = (activation.value(pre) * here.v).sum(dim=1) - here.labels[rows, chosen]
            change = (eta * error[:, None]) * activation.first(pre) * here.v
            hidden = torch.baddbmm(hidden, change[:, :, None], x[:, None], alpha=-1)
        here = dataclasses.replace(here, hidden=hidden)
        norm = here.residual(activation).norm(dim=1) / start
        worst = torch.maximum(worst, norm.log() - step * log_promised)
        ends.look(index, step, norm)
        done = ~((norm > end) & (norm < DIVERGED)) | torch.tensor(step >= step_limit)
        if done.any():
            ends.record(index[done], step, norm[done], worst[done], here.hidden[done])
            keep = ~done
            if not keep.any():
                break
            here, index, start = here.taken(keep), index[keep], start[keep]
            eta, log_promised, worst = eta[keep], log_promised[keep], worst[keep]
    return ends.outcome()


class _Ends:
    """Collects how the runs end, each at its own step."""

    def __init__(self, problems: HiddenLayerProblems, tolerance: float, step_limit: int):
        count = len(problems.inputs)
        self.start, self.tolerance, self.half = problems.hidden, tolerance, step_limit // 2
        self.steps = np.full(count, step_limit)
        self.ratio, self.worst, self.distance, self.late = (np.full(count, np.nan) for _ in range(4))
        self.limit_hit, self.diverged = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
        self.fitted, self.from_step, self.from_ratio = np.full(count, np.inf), np.zeros(count), np.ones(count)

    def look(self, index: torch.Tensor, step: int, norm: torch.Tensor) -> None:
        """Note where the late part of each run begins."""
        places, ratio = index.numpy(), norm.numpy()
        if step < self.half and ratio.min() > self.tolerance:
            return
        first = (ratio <= self.tolerance) & np.isinf(self.fitted[places])
        self.fitted[places[first]] = step
        waiting = np.isinf(self.fitted[places]) & (step >= self.half) & (self.from_step[places] == 0)
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
