"""Schedules: the learning rate as a function of the step, in closed form."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Schedule:
    """The learning rate at every step.

    Attributes
    ----------
    name
        ``constant``; ``linear``: η·(1 − t/T); ``inverse_sqrt``: η/√(1 + ⌊t/period⌋), as for the CNNs of
        Nakkiran et al. 2019 (arXiv 1912.02292, appendix B); ``exponential``: η·factor^epoch.
    learning_rate
        η, the rate of the first step.
    n_steps
        T, number of steps of the whole training.
    steps_per_epoch
        Steps in one epoch.
    period
        Steps between two changes of ``inverse_sqrt``.
    factor
        Factor per epoch of ``exponential``.
    """

    name: str
    learning_rate: float
    n_steps: int
    steps_per_epoch: int
    period: int = 512
    factor: float = 0.95

    def __call__(self, step: int) -> float:
        """Return the learning rate of step t = 0, 1, …, T − 1."""
        if self.name == "constant":
            return self.learning_rate
        if self.name == "linear":
            return self.learning_rate * (1 - step / self.n_steps)
        if self.name == "inverse_sqrt":
            return self.learning_rate / math.sqrt(1 + step // self.period)
        if self.name == "exponential":
            return self.learning_rate * self.factor ** (step // self.steps_per_epoch)
        raise ValueError(f"no schedule {self.name!r}")
