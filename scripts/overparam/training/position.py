"""How far a training has come, and the moments at which it is evaluated."""

import dataclasses
from typing import Any

import torch


@dataclasses.dataclass(frozen=True, eq=False)
class Moment:
    """A moment at which a training is evaluated.

    Attributes
    ----------
    epoch, step
        Epochs and steps taken so far.
    finite
        ``(M,)``, bool: whether all losses of the model have been finite so far. Whoever evaluates may change it.
    """

    epoch: int
    step: int
    finite: torch.Tensor


class Position:
    """How far a training has come: the epoch, the part of the pack, and the batch that is next.

    Epoch 0 means that the training has not begun. ``finite``, ``(M,)``, bool, says whether all losses of the model have
    been finite so far.
    """

    def __init__(self, finite: torch.Tensor):
        self.finite = finite
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Go to the first batch of the first part."""
        self.epoch, self.part, self.batch = epoch, 0, 0

    def judge(self, models: slice, losses: list[torch.Tensor]) -> None:
        """Note in ``finite`` which of the models had a loss that was not finite; each step has losses ``(M,)``."""
        if losses:
            self.finite[models] &= torch.isfinite(torch.stack(losses)).all(dim=0)

    def state_dict(self) -> dict[str, Any]:
        """Return the whole position."""
        return {"epoch": self.epoch, "part": self.part, "batch": self.batch, "finite": self.finite}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from such a position."""
        self.epoch, self.part, self.batch = (int(state[name]) for name in ("epoch", "part", "batch"))
        self.finite.copy_(torch.as_tensor(state["finite"]))


class Generators:
    """The generators of a training, in the states that the present epoch started from.

    An epoch draws all its random numbers at its start; to go on within an epoch, they are drawn again.
    """

    def __init__(self, generators: list[torch.Generator]):
        self.generators = generators
        self.remember()

    def remember(self) -> None:
        """Keep the present states as those that the epoch starts from."""
        self.states = torch.stack([generator.get_state() for generator in self.generators])

    def recall(self) -> None:
        """Set the generators back to the states that the epoch started from."""
        for generator, state in zip(self.generators, self.states, strict=True):
            generator.set_state(state.clone())  # torch misreads a view into another tensor

    def state_dict(self) -> dict[str, Any]:
        """Return the states that the epoch started from."""
        return {"states": self.states}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from such states."""
        self.states = torch.as_tensor(state["states"])
