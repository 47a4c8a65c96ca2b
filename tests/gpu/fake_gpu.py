"""Steps at published sizes, which no CPU could take in a test: on torch's fake tensors, which have no numbers.

Devices, number formats and shapes are checked as in a real step, and what fused optimizers ask for.
"""

import contextlib
from unittest import mock

import numpy as np
import torch
from pretended_gpu import GPU, believed, refuse_unlike
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

aten = torch.ops.aten
CONVOLUTIONS = {aten.convolution.default: (0, 1), aten.convolution_backward.default: (1, 2)}  # images and weight
NUMBERS = {torch.float64: np.float64, torch.float32: np.float32, torch.int64: np.int64, torch.bool: np.bool_}


class Operations(TorchDispatchMode):
    """Count the operations on the GPU; give convolutions the layout that cuDNN gives them."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = operation.name()
        on_gpu = any(isinstance(one, torch.Tensor) and one.is_cuda for one in tree_leaves((args, kwargs)))
        self.count += on_gpu
        if name.startswith("aten::_fused_"):
            refuse_unlike(name, args)
            if "sgd" in name:  # fake tensors can't take this step
                return None
        found = operation(*args, **kwargs)
        if on_gpu and operation in CONVOLUTIONS:
            operands = (args[place] for place in CONVOLUTIONS[operation])
            if any(one.is_contiguous(memory_format=torch.channels_last) for one in operands):
                found = tree_map_only(torch.Tensor, _channels_last, found)
        return found


def _channels_last(tensor):
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


def _numpy(tensor, **_):
    if tensor.is_cuda:
        raise TypeError(f"can't convert {tensor.device} device type tensor to numpy")
    return np.zeros(tuple(tensor.shape), NUMBERS[tensor.dtype])


@contextlib.contextmanager
def fake():
    """Make every tensor a fake one, and let torch believe that it has a GPU."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(believed(swap=False))
        stack.enter_context(mock.patch.object(FakeTensor, "numpy", _numpy, create=True))
        stack.enter_context(mock.patch.object(FakeTensor, "data_ptr", lambda tensor: id(tensor), create=True))
        stack.enter_context(FakeTensorMode(allow_non_fake_inputs=True))
        yield


def moved(module):
    """Do what ``module.to`` does, which can neither swap fake parameters nor set their data."""
    for part in module.modules():
        for name, value in part._parameters.items():
            part._parameters[name] = None if value is None else torch.nn.Parameter(value.detach().to(GPU))
        for name, value in part._buffers.items():
            part._buffers[name] = value.to(GPU)
    return module
