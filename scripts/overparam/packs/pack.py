"""A pack: M networks of one architecture, computed as one.

Every parameter of a pack has the models as its first dimension, and no operation mixes two models. So the sum of the
models' losses gives each model its own gradient, an optimizer that works element by element updates each as if it were
alone, and a model that diverges harms no other.
"""

import copy
from contextlib import AbstractContextManager

import torch
from jaxtyping import Float, Int
from torch import nn

from overparam.packs.losses import Labels, Logits, Loss


class Pack(nn.Module):
    """Base of all networks; a subclass defines ``arrange`` and ``forward``.

    Attributes
    ----------
    n_models
        Number of models M.
    """

    def __init__(self, n_models: int):
        super().__init__()
        self.n_models = n_models

    @property
    def n_params(self) -> int:
        """Number of trainable parameters of one model."""
        return sum(parameter[0].numel() for parameter in self.parameters())

    def initialise(self, generators: list[torch.Generator]) -> None:
        """Draw the parameters of model m from ``generators[m]`` alone, layer by layer, weight before bias.

        The pack is new: what starts at fixed values (batch norm) is left as it was built.
        """
        if len(generators) != self.n_models:
            raise ValueError(f"{self.n_models} models need as many generators, got {len(generators)}")
        for layer in self.modules():
            if callable(draw := getattr(layer, "draw", None)):
                for model, generator in enumerate(generators):
                    draw(model, generator)

    def vectors(self) -> Float[torch.Tensor, "models n_params"]:
        """Return a copy of all parameters, one row per model."""
        return torch.cat([parameter.detach().flatten(1) for parameter in self.parameters()], dim=1)

    @property
    def at_once(self) -> int:
        """How many models take their steps together; the others follow after an epoch, so that caches hold them."""
        return self.n_models

    def part(self, models: slice) -> "Pack":
        """Return some of the models as a pack of their own that shares their memory: to train it trains them."""
        shared: dict[int, torch.Tensor] = {
            id(values): nn.Parameter(values.detach()[models]) for values in self.parameters()
        }
        shared |= {id(values): values[models] for values in self.buffers()}
        part = copy.deepcopy(self, shared)
        n_models = len(range(*models.indices(self.n_models)))
        for module in part.modules():
            if hasattr(module, "n_models"):
                module.n_models = n_models  # type: ignore[assignment] # torch types every attribute as a module
        return part

    def store(
        self, images: Float[torch.Tensor, "n height width channels"], precision: str
    ) -> Float[torch.Tensor, "n height width stored"]:
        """Return the images in the number format in which :meth:`batch` is to gather them for training.

        Parameters
        ----------
        images
            In float32.
        precision
            ``"float32"``, or ``"bfloat16"`` where that may be used.
        """
        return images

    def arrange(self, images: Float[torch.Tensor, "groups batch height width channels"]) -> Float[torch.Tensor, "..."]:
        """Bring images into the layout that :meth:`forward` takes.

        The number G of groups divides M, and models ``g·M/G … (g + 1)·M/G − 1`` share the batch g.
        """
        raise NotImplementedError

    def batch(
        self, images: Float[torch.Tensor, "n height width channels"], index: Int[torch.Tensor, "groups batch"]
    ) -> Float[torch.Tensor, "..."]:
        """Gather one batch per group of models, in the layout that :meth:`forward` takes.

        Parameters
        ----------
        images
            Images resident on the device.
        index
            Sample numbers.
        """
        return self.arrange(images[index])

    def forward(self, inputs: Float[torch.Tensor, "..."]) -> Logits:
        """Return the logits for what :meth:`arrange` returned."""
        raise NotImplementedError

    def technique(self, precision: str) -> str:
        """Say in a few words how training steps are computed in ``precision``; for tables, nothing depends on it."""
        return "autograd"

    def backpropagate(
        self,
        inputs: Float[torch.Tensor, "..."],
        labels: Labels,
        loss: Loss,
        precision: AbstractContextManager,
    ) -> Float[torch.Tensor, " models"]:
        """Set the gradient of every parameter to that of its own model's mean loss; return these losses.

        Parameters
        ----------
        inputs
            What :meth:`arrange` returned.
        labels
            Class numbers of the same samples.
        loss
            One of :data:`overparam.packs.losses.LOSSES`.
        precision
            Context in which the forward pass computes.
        """
        with precision:
            logits = self(inputs)
        exact = torch.promote_types(logits.dtype, torch.float32)
        losses = loss(logits.to(exact), labels).mean(dim=1)
        losses.sum().backward()  # each model's own gradient: no other term of the sum depends on it
        return losses.detach()
