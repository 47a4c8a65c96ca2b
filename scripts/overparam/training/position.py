"""Where a training is, and the moments at which it is looked at."""

import dataclasses
from typing import Any

import torch


@dataclasses.dataclass(frozen=True, eq=False)
class Moment:
    """A moment of a training at which it is looked at.

    Attributes
    ----------
    epoch, step
        Epochs and steps taken so far.
    finite
        ``(M,)``, bool: no loss of the model has been infinite or not a number so far. It may be changed.
    """

    epoch: int
    step: int
    finite: torch.Tensor


class Position:
    """Where a training is: in which epoch, at which part of the pack, before which of its batches; 0: not begun.

    ``finite``, ``(M,)``, bool: no loss of the model has been infinite or not a number so far.
    """

    def __init__(self, finite: torch.Tensor):
        self.finite = finite
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Go to the first batch of the first part."""
        self.epoch, self.part, self.batch = epoch, 0, 0

    def judge(self, models: slice, losses: list[torch.Tensor]) -> None:
        """Take those of the models out of ``finite`` whose losses, ``(M,)`` of each step, were not all finite."""
        if losses:
            self.finite[models] &= torch.isfinite(torch.stack(losses)).all(dim=0)

    def state_dict(self) -> dict[str, Any]:
        """Return all of it."""
        return {"epoch": self.epoch, "part": self.part, "batch": self.batch, "finite": self.finite}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over all of it."""
        self.epoch, self.part, self.batch = (int(state[name]) for name in ("epoch", "part", "batch"))
        self.finite.copy_(torch.as_tensor(state["finite"]))


class Generators:
    """The generators of a training as its present epoch found them: they draw a whole epoch in advance."""

    def __init__(self, generators: list[torch.Generator]):
        self.generators = generators
        self.remember()

    def remember(self) -> None:
        """Take down the states that an epoch starts from."""
        self.states = torch.stack([generator.get_state() for generator in self.generators])

    def recall(self) -> None:
        """Bring the generators back to these states."""
        for generator, state in zip(self.generators, self.states, strict=True):
            generator.set_state(state.clone())  # torch misreads a view into another tensor

    def state_dict(self) -> dict[str, Any]:
        """Return the states that the epoch started from."""
        return {"states": self.states}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over such states."""
        self.states = torch.as_tensor(state["states"])
