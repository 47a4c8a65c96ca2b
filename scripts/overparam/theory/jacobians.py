"""Jacobians and tangent kernels of any network, by torch.func, in chunks that respect a limit on memory.

With f(θ; x) of shape (K,), the Jacobian of n inputs is J of shape (n·K, p), and the empirical tangent kernel is JJᵀ
(Jacot, Gabriel & Hongler, arXiv 1806.07572).

The kernel is a sum over groups of parameters, Σ_g J_g J_gᵀ. A pass computes the columns of one group, a few inputs at
a time, and holds them for all inputs; a group has as many columns as fit into memory. So every entry of J is computed
once, and only the forward pass and the backward pass down to the group are repeated, once per group. The alternative,
to hold all columns for two chunks of inputs at a time, would compute all of J about c/2 times, where c is the number of
chunks of which each fits into half of the memory.
"""

import dataclasses
import math
from collections.abc import Callable

import torch
from torch.func import jacrev, vmap

Parameters = dict[str, torch.Tensor]
NetworkFunction = Callable[[Parameters, torch.Tensor], torch.Tensor]

CHUNK = 64  # inputs at a time; more are not faster
MOST_PASSES = 100  # a memory limit that would need more passes is exceeded
BLOCKS = 8  # of rows; of a symmetric kernel one triangle of blocks is computed, which is 9/16 of all products


@dataclasses.dataclass(frozen=True)
class KernelPlan:
    """How a tangent kernel is computed.

    Attributes
    ----------
    columns
        Parameters per pass: so many columns of J are held for all inputs.
    passes
        Number of passes over the inputs.
    chunk
        Inputs whose gradients are taken at once.
    """

    columns: int
    passes: int
    chunk: int


def jacobian(network: NetworkFunction, parameters: Parameters, inputs: torch.Tensor, memory_mb: float) -> torch.Tensor:
    """Return ∂f(θ; x_i)/∂θ for every input.

    Parameters
    ----------
    network
        Maps the parameters and one input to outputs of shape (K,), or to a scalar, which counts as K = 1.
    parameters
        θ, tensors by name; the columns of the Jacobian follow the order of this dictionary.
    inputs
        Shape (n, …).
    memory_mb
        Memory for what is held besides the result, in MB: inputs are taken in chunks that need about as much.

    Returns
    -------
    torch.Tensor
        J, shape (n, K, p), the dtype of the parameters.
    """
    size = chunk_size(parameters, memory_mb, _count_outputs(network, parameters, inputs))
    everything = {name: slice(0, value.numel()) for name, value in parameters.items()}
    chunks = [torch.cat(_columns(network, parameters, everything, part), dim=2) for part in inputs.split(size)]
    return torch.cat(chunks)


def tangent_kernel(
    network: NetworkFunction,
    parameters: Parameters,
    inputs: torch.Tensor,
    memory_mb: float,
    others: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return J(inputs) J(others)ᵀ without ever holding a whole Jacobian.

    Parameters
    ----------
    network, parameters, inputs
        As for :func:`jacobian`.
    memory_mb
        Memory for what is held besides the result, in MB; see :func:`kernel_plan`.
    others
        Shape (m, …). ``None`` stands for ``inputs`` themselves; of the symmetric kernel only about half is computed
        then.

    Returns
    -------
    torch.Tensor
        Shape (n·K, m·K); the row of output c of input i is i·K + c.
    """
    n_outputs, sample = _count_outputs(network, parameters, inputs), next(iter(parameters.values()))
    sides = [inputs] if others is None else [inputs, others]
    chosen = kernel_plan(network, parameters, inputs[0], sum(map(len, sides)), memory_mb)
    rows = [len(side) * n_outputs for side in sides]
    held = [sample.new_empty(count, chosen.columns) for count in rows]
    kernel = sample.new_zeros(rows[0], rows[-1])
    for group in _groups(parameters, chosen.columns):
        width = sum(part.stop - part.start for part in group.values())
        for side, slab in zip(sides, held, strict=True):
            for start in range(0, len(side), chosen.chunk):
                part = side[start : start + chosen.chunk]
                into = slab[start * n_outputs : (start + len(part)) * n_outputs, :width]
                column = 0
                for block in _columns(network, parameters, group, part):
                    into[:, column : column + block.shape[2]] = block.flatten(0, 1)
                    column += block.shape[2]
        _accumulate(kernel, *(slab[:, :width] for slab in held))
    if others is None:
        for start, stop in _blocks(len(kernel)):  # the other triangle
            kernel[start:stop, stop:] = kernel[stop:, start:stop].mT
    return kernel


def kernel_plan(
    network: NetworkFunction, parameters: Parameters, example: torch.Tensor, n_inputs: int, memory_mb: float
) -> KernelPlan:
    """Return how the kernel of ``n_inputs`` inputs is computed within ``memory_mb``.

    Held at a time are the columns of one group for all inputs and, for a chunk of inputs, what the backward pass needs
    and the gradients of every tensor that the group touches. What the backward pass needs is measured on ``example``.
    The number of passes is the smallest for which this fits, and columns are spread evenly over the passes. A limit
    that is too small for a single input, or that would need more than :data:`MOST_PASSES` passes, is exceeded.
    """
    count = sum(value.numel() for value in parameters.values())
    itemsize = max(value.element_size() for value in parameters.values())
    n_outputs = _count_outputs(network, parameters, example[None])
    budget = memory_mb * 1e6
    tape = 2 * _tape(network, parameters, example)  # as much again is needed while going back through it
    largest = max(value.numel() for value in parameters.values())
    row = n_outputs * itemsize
    chunk = min(CHUNK, n_inputs)
    while chunk > 1 and chunk * (tape + 2 * row * largest) > budget / 4:
        chunk = (chunk + 1) // 2
    left = budget - chunk * (tape + 2 * row * largest)
    columns = min(count, max(math.ceil(count / MOST_PASSES), int(left // (row * (n_inputs + chunk)))))
    passes = math.ceil(count / columns)
    return KernelPlan(math.ceil(count / passes), passes, chunk)


def chunk_size(parameters: Parameters, memory_mb: float, n_outputs: int) -> int:
    """Return for how many inputs Jacobian, gradient tape and a copy fit into ``memory_mb``; at least one."""
    each = n_outputs * sum(value.numel() * value.element_size() for value in parameters.values())
    return max(1, int(memory_mb * 1e6 // (4 * max(each, 1))))


def _count_outputs(network: NetworkFunction, parameters: Parameters, inputs: torch.Tensor) -> int:
    with torch.no_grad():
        return network(parameters, inputs[0]).numel()


def _tape(network: NetworkFunction, parameters: Parameters, example: torch.Tensor) -> int:
    """Return the bytes that the backward pass of one input needs, without those of the parameters."""
    leaves = {name: value.detach().requires_grad_() for name, value in parameters.items()}
    own = {value.untyped_storage().data_ptr() for value in leaves.values()}
    kept = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = network(leaves, example)  # kept until the end, so that no address is used again and counted twice
    del result
    return sum(kept.values())


def _groups(parameters: Parameters, columns: int) -> list[dict[str, slice]]:
    """Return the parts of the flattened tensors that make up each group of consecutive columns."""
    groups, offset = [], 0
    for name, value in parameters.items():
        start = 0
        while start < value.numel():
            number, used = divmod(offset + start, columns)
            stop = min(value.numel(), start + columns - used)
            if number == len(groups):
                groups.append({})
            groups[number][name] = slice(start, stop)
            start = stop
        offset += value.numel()
    return groups


def _columns(
    network: NetworkFunction, parameters: Parameters, group: dict[str, slice], inputs: torch.Tensor
) -> list[torch.Tensor]:
    """Return the columns of a group for a chunk of b inputs, one tensor (b, K, …) per parameter tensor of the group."""

    def function(chosen: Parameters, x: torch.Tensor) -> torch.Tensor:
        return torch.atleast_1d(network({**parameters, **chosen}, x))

    whole = {name: parameters[name] for name in group}
    found = vmap(jacrev(function), (None, 0))(whole, inputs)
    return [found[name].flatten(2)[:, :, part] for name, part in group.items()]


def _accumulate(kernel: torch.Tensor, left: torch.Tensor, right: torch.Tensor | None = None) -> None:
    """Add ``left @ right.mT`` to the kernel; without ``right``, add ``left @ left.mT`` to one triangle of blocks."""
    if right is not None:
        kernel.addmm_(left, right.mT)
        return
    for start, stop in _blocks(len(kernel)):
        kernel[start:, start:stop].addmm_(left[start:], left[start:stop].mT)


def _blocks(size: int) -> list[tuple[int, int]]:
    step = max(1, math.ceil(size / BLOCKS))
    return [(start, min(start + step, size)) for start in range(0, size, step)]
