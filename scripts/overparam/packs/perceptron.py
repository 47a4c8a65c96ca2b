"""Packs of fully connected ReLU networks, with the backward pass written out.

In narrow networks it is calls that cost: here there are few of them, autograd sees none, and all that they write to is
kept from step to step. In wide ones it is products: none is taken twice, and models that share a batch share theirs.
"""

import itertools
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import cast

import torch
from jaxtyping import Float, Int
from torch import nn

from overparam.packs import techniques
from overparam.packs.layers import Linear
from overparam.packs.losses import Labels, Logits, Loss, mean_and_gradient
from overparam.packs.pack import Pack


class Perceptron(Pack):
    """Pack of fully connected networks; samples are the last dimension of activations.

    Parameters
    ----------
    n_models
        Number of models M.
    sizes
        Inputs, hidden units of every layer, outputs.
    """

    def __init__(self, n_models: int, sizes: list[int]):
        super().__init__(n_models)
        layers = nn.ModuleList(Linear(n_models, n_out, n_in) for n_in, n_out in itertools.pairwise(sizes))
        self.layers = cast("Sequence[Linear]", layers)
        self.wide = techniques.products_dominate(sizes[0], sizes[1])
        self._steps: dict[tuple, _Step] = {}

    @property
    def hidden(self) -> Linear:
        """The first layer."""
        return self.layers[0]

    @property
    def output(self) -> Linear:
        """The last layer."""
        return self.layers[-1]

    def technique(self, precision: str) -> str:
        """Say how training steps are computed in ``precision``."""
        if self.wide and precision == "bfloat16":
            return "backward by hand, bfloat16"
        fast = self.wide and torch.get_float32_matmul_precision() != "highest"
        return f"backward by hand, {'fast' if fast else 'default'} float32"

    def store(
        self, images: Float[torch.Tensor, "n height width channels"], precision: str
    ) -> Float[torch.Tensor, "n height width channels"]:
        """Return the images in bfloat16 if that is allowed and pays; training then computes in it."""
        return images.bfloat16() if self.wide and precision == "bfloat16" else images

    def arrange(
        self, images: Float[torch.Tensor, "groups batch height width channels"]
    ) -> Float[torch.Tensor, "groups height*width*channels batch"]:
        """Return one column per image; its pixels run over rows, columns, channels."""
        return images.flatten(2).transpose(1, 2)

    def batch(
        self, images: Float[torch.Tensor, "n height width channels"], index: Int[torch.Tensor, "groups batch"]
    ) -> Float[torch.Tensor, "groups height*width*channels batch"]:
        """Gather one batch per group; in memory, image follows image."""
        return torch.embedding(images.flatten(1), index).transpose(1, 2)

    def forward(self, inputs: Float[torch.Tensor, "groups d batch"]) -> Logits:
        """Return the logits."""
        for layer in self.layers[:-1]:
            inputs = layer(inputs).relu_()
        return self.output(inputs)

    def backpropagate(
        self,
        inputs: Float[torch.Tensor, "groups d batch"],
        labels: Labels,
        loss: Loss,
        precision: AbstractContextManager,
    ) -> Float[torch.Tensor, " models"]:
        """Set the gradient of every parameter to that of its own model's mean loss; return these losses.

        Products are taken in the dtype of ``inputs``, whatever ``precision`` allows. The gradients lie in memory that
        the next call writes to.
        """
        parameters = list(self.parameters())
        key = (inputs.shape, inputs.dtype, *(parameter.data_ptr() for parameter in parameters))
        if key not in self._steps:
            if len(self._steps) == 2:  # of whole batches, and of the last in an epoch
                self._steps.clear()
            self._steps[key] = _Step(list(self.layers), inputs)
        chosen = torch.get_float32_matmul_precision()
        if not self.wide:
            torch.set_float32_matmul_precision("highest")
        try:
            return self._steps[key](inputs, labels, loss)
        finally:
            torch.set_float32_matmul_precision(chosen)


class _Step:
    """Forward and backward pass for one shape of batches, in memory of its own."""

    def __init__(self, layers: list[Linear], inputs: Float[torch.Tensor, "groups d batch"]):
        groups, _, n_samples = inputs.shape
        n_models = len(layers[0].weight)
        self.layers = [
            _Layer(layer, n_models if number else groups, n_samples, inputs.dtype)
            for number, layer in enumerate(layers)
        ]
        logits = self.layers[-1].result
        exact = layers[-1].weight.dtype  # the loss is computed in it
        self.logits, self.error = (torch.empty_like(logits, dtype=exact) for _ in range(2))

    def __call__(
        self, inputs: Float[torch.Tensor, "groups d batch"], labels: Labels, loss: Loss
    ) -> Float[torch.Tensor, " models"]:
        taken = [inputs]  # what each layer takes
        for layer in self.layers[:-1]:
            taken.append(layer.forward(taken[-1]).relu_())
        last = self.layers[-1]
        logits = last.forward(taken[-1])
        if logits.dtype == self.logits.dtype:
            losses = mean_and_gradient(loss, logits, labels, last.error)
        else:
            losses = mean_and_gradient(loss, self.logits.copy_(logits), labels, self.error)
            last.error.copy_(self.error)
        for number in range(len(self.layers) - 1, 0, -1):
            layer, below = self.layers[number], self.layers[number - 1]
            layer.backward(taken[number])
            torch.bmm(layer.transposed, layer.error, out=below.error)
            torch.ops.aten.threshold_backward.grad_input(below.error, below.result, 0, grad_input=below.error)
        self.layers[0].backward(inputs)
        return losses


class _Layer:
    """What a step needs of one layer: views of its parameters that autograd does not see, and memory."""

    def __init__(self, layer: Linear, groups: int, n_samples: int, dtype: torch.dtype):
        self.parameters = layer.weight, layer.bias
        own = [parameter.detach() for parameter in self.parameters]
        n_models, n_out, n_in = own[0].shape
        self.gradients = [torch.empty_like(one) for one in own]
        self.copies = [] if own[0].dtype == dtype else [(torch.empty_like(one, dtype=dtype), one) for one in own]
        weight, bias = [copy for copy, _ in self.copies] or own
        self.weight, self.bias = weight.view(groups, -1, n_in), bias.view(groups, -1, 1)
        self.transposed = weight.transpose(1, 2)
        self.result, self.error = (weight.new_empty(n_models, n_out, n_samples) for _ in range(2))
        self.grouped = [one.view(groups, -1, n_samples) for one in (self.result, self.error)]
        self.product = (torch.empty_like(weight) if self.copies else self.gradients[0]).view(groups, -1, n_in)

    def forward(self, x: Float[torch.Tensor, "groups n_in batch"]) -> Float[torch.Tensor, "models n_out batch"]:
        """Map inputs to outputs, written to :attr:`result`."""
        for copy, own in self.copies:
            copy.copy_(own)
        torch.baddbmm(self.bias, self.weight, x, out=self.grouped[0])
        return self.result

    def backward(self, x: Float[torch.Tensor, "groups n_in batch"]) -> None:
        """Set the gradients of the parameters, from the error of the result and what the layer took."""
        weight, bias = self.gradients
        torch.sum(self.error, -1, dtype=bias.dtype, out=bias)
        torch.bmm(self.grouped[1], x.transpose(1, 2), out=self.product)
        if self.copies:
            weight.copy_(self.product.view_as(weight))
        for parameter, gradient in zip(self.parameters, self.gradients, strict=True):
            parameter.grad = gradient
