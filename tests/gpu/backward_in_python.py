"""The backward pass in Python.

Before each backward pass with tensors that say they lie on a GPU, torch's own engine asks the driver for its streams,
and fails where there is no driver. The functions of the graph can be called one by one instead.
"""

import collections
from unittest import mock

import torch
from torch.autograd.graph import get_gradient_edge


def backward(outputs, gradients, create_graph=False, inputs=(), allow_unused=True, accumulate=True):
    """Do what torch's engine does with these arguments, without hooks and without freeing the graph.

    Parameters
    ----------
    outputs, gradients
        Tensors to start from, and the derivative of the result with respect to each.
    create_graph
        Whether the derivatives can be derived again.
    inputs
        Tensors whose derivatives are returned.
    allow_unused
        Whether such a tensor may have no influence.
    accumulate
        Whether leaves keep their derivatives in ``grad``.
    """
    starts = [get_gradient_edge(output) for output in outputs]
    order = _downwards(start.node for start in starts)
    wanted = _wanted(inputs, order)
    found = [None] * len(inputs)
    incoming = collections.defaultdict(dict)  # by node: the sum of what has come, by number of the node's output
    with torch.set_grad_enabled(create_graph):
        for start, gradient in zip(starts, gradients, strict=True):
            _add(incoming, start.node, start.output_nr, gradient)
        for node in order:
            came = incoming.pop(node, {})
            for number, place in wanted.get(node, ()):
                found[place] = came.get(number)
            leaf = node.name().endswith("AccumulateGrad")
            if not came or (leaf and not accumulate):
                continue
            slots = [came.get(number) for number in range(max(len(node._input_metadata), max(came) + 1))]
            results = _call(node, slots)
            for (below, number), gradient in zip(node.next_functions, results, strict=False):
                if below is not None and gradient is not None:
                    _add(incoming, below, number, gradient)
    if not allow_unused and any(gradient is None for gradient in found):
        raise RuntimeError("One of the differentiated Tensors appears to not have been used in the graph")
    return tuple(found)


def _downwards(roots):
    """Return all nodes below ``roots``, each before those that it passes gradients to."""
    finished, entered = [], set()
    stack = [(root, False) for root in roots]
    while stack:
        node, done = stack.pop()
        if done:
            finished.append(node)
        elif node not in entered:
            entered.add(node)
            stack.append((node, True))
            stack += [(below, False) for below, _ in node.next_functions if below is not None and below not in entered]
    return finished[::-1]


def _wanted(inputs, order):
    """Return by node which of its outputs are asked for, and their places among ``inputs``."""
    leaves = {id(node.variable): node for node in order if node.name().endswith("AccumulateGrad")}
    wanted = collections.defaultdict(list)
    for place, one in enumerate(inputs):
        if not isinstance(one, torch.Tensor):
            wanted[one.node].append((one.output_nr, place))
        elif one.grad_fn is not None:
            edge = get_gradient_edge(one)
            wanted[edge.node].append((edge.output_nr, place))
        elif id(one) in leaves:
            wanted[leaves[id(one)]].append((0, place))
    return wanted


def _add(incoming, node, number, gradient):
    """Add what has come to a node, in the shape and the number format that it expects."""
    if number < len(node._input_metadata):
        expected = node._input_metadata[number]
        if gradient.device != expected.device and gradient.dim() > 0:
            raise RuntimeError(
                f"{node.name()} expects a gradient on {expected.device}, and got one on {gradient.device}"
            )
        if tuple(gradient.shape) != tuple(expected.shape):
            gradient = gradient.sum_to_size(tuple(expected.shape))
        gradient = gradient.to(expected.dtype)
    before = incoming[node].get(number)
    incoming[node][number] = gradient if before is None else before + gradient


def _call(node, slots):
    own = isinstance(node, torch.autograd.function.BackwardCFunction)  # of a torch.autograd.Function
    results = node.apply(*slots) if own else node(*slots)
    return results if isinstance(results, tuple) else (results,)


def as_engine():
    """Put :func:`backward` in the place of torch's engine, as a context."""

    def engine(
        outputs, gradients, keep_graph, create_graph, inputs=(), allow_unreachable=True, accumulate_grad=False, **_
    ):
        return backward(outputs, gradients, create_graph, inputs, allow_unreachable, accumulate_grad)

    return mock.patch.object(torch.autograd, "_engine_run_backward", engine)
