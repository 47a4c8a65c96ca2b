"""A GPU that is not there: tensors that say they lie on it, while their numbers are kept and computed on the CPU.

So the code for GPUs runs on every machine, loops, branches and checkpoints included, and what it computes can be
compared with the CPU. What CUDA refuses is refused: operands on two devices, a generator of the CPU that is to draw on
the GPU, NumPy reading the GPU's memory, fused optimizers whose operands differ in device, number format or layout.
Wherever the program would wait for the GPU, the line that waits is noted.

What it can't see: what cuDNN supports, speed, memory, races between kernels.
"""

import collections
import contextlib
import sys
from unittest import mock

import torch
from backward_in_python import as_engine
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map_only

GPU, CPU = torch.device("cuda", 0), torch.device("cpu")
CAPABILITY = (9, 0)
aten = torch.ops.aten
COPIES = {aten.copy_.default, aten._to_copy.default}
INDEXED = {aten.index.Tensor, aten.index_put_.default, aten._index_put_impl_.default}  # indices may lie on the CPU
READ_BY_THE_PROGRAM = {
    aten._local_scalar_dense.default,
    aten.nonzero.default,
    aten.masked_select.default,
    aten.equal.default,
}


def _batch_norm(x, weight, bias, mean, variance, training, momentum, epsilon):
    found = aten.native_batch_norm(x, weight, bias, mean, variance, training, momentum, epsilon)
    return *found, x.new_empty(0, dtype=torch.uint8)


def _batch_norm_backward(x, dy, weight, mean, variance, saved_mean, saved_inverse, epsilon, _):
    if x.dtype != dy.dtype:
        raise RuntimeError(f"cuDNN's batch norm got {x.dtype} in the forward pass, {dy.dtype} in the backward pass")
    wanted = [True, True, True]
    statistics = mean, variance, saved_mean, saved_inverse
    return aten.native_batch_norm_backward(dy, x, weight, *statistics, True, epsilon, wanted)


ONLY_ON_GPUS = {
    aten.cudnn_batch_norm.default: _batch_norm,
    aten.cudnn_batch_norm_backward.default: _batch_norm_backward,
}


OUTSIDE = []  # of each inference mode that is entered: whether gradients were taken outside of it


class OnGpu(torch.Tensor):
    """A tensor that says it lies on the GPU.

    Attributes
    ----------
    held
        The same numbers on the CPU.
    """

    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, real):
        layout = {"strides": real.stride(), "storage_offset": real.storage_offset(), "dtype": real.dtype}
        return torch.Tensor._make_wrapper_subclass(cls, real.size(), device=GPU, requires_grad=False, **layout)

    def __init__(self, real):
        self.held = real

    @classmethod
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):
        return compute(operation, args, kwargs or {}, collections.Counter())

    def data_ptr(self):
        return self.held.data_ptr()

    def untyped_storage(self):
        return self.held.untyped_storage()

    def numpy(self, **_):
        raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() first")

    def tolist(self):
        return self.cpu().tolist()

    def __repr__(self):
        return f"OnGpu({self.held!r})"


class _Everything(TorchDispatchMode):
    """Sees the operations that take no tensor of the GPU too: those that make one."""

    def __init__(self, waits):
        super().__init__()
        self.waits = waits

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        return compute(operation, args, kwargs or {}, self.waits)


def compute(operation, args, kwargs, waits):
    """Compute an operation, or refuse it as CUDA does."""
    leaves = tree_leaves((args, kwargs))
    tensors = [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]
    there = any(isinstance(tensor, OnGpu) for tensor in tensors)
    asked = None if kwargs.get("device") is None else torch.device(kwargs["device"]).type
    if not there and asked != "cuda":
        return operation(*args, **kwargs)
    result_there = there if asked is None else asked == "cuda"
    if operation is aten.copy_.default:
        result_there = isinstance(args[0], OnGpu)
    _refuse(operation, args, leaves, tensors, there)
    if operation in READ_BY_THE_PROGRAM or (there and not result_there):
        waits[f"{_line()} {operation.name()}"] += 1
    if operation in INDEXED and any(one is not None and one.dtype == torch.bool for one in args[1]):
        waits[f"{_line()} {operation.name()} by a mask"] += 1  # how many are true decides the shape
    if asked == "cuda":
        kwargs = {**kwargs, "device": CPU}
    real_args, real_kwargs = tree_map_only(OnGpu, lambda tensor: tensor.held, (args, kwargs))
    found = ONLY_ON_GPUS.get(operation, operation)(*real_args, **real_kwargs)
    if not result_there:
        return found
    written = _written_to(operation, args, kwargs)
    return tree_map_only(torch.Tensor, OnGpu, found) if written is None else written


def _refuse(operation, args, leaves, tensors, there):
    name = operation.name()
    if any(isinstance(leaf, torch.Generator) for leaf in leaves):
        raise RuntimeError(f"Expected a 'cuda' device type for generator but found 'cpu': {name} at {_line()}")
    elsewhere = [tensor for tensor in tensors if not isinstance(tensor, OnGpu) and tensor.dim() > 0]
    if there and elsewhere and operation not in COPIES | INDEXED:
        raise RuntimeError(f"Expected all tensors to be on the same device: {name} at {_line()}")
    if operation in INDEXED and not isinstance(args[0], OnGpu):
        raise RuntimeError(f"indices should be on the CPU, as the indexed tensor is: {name} at {_line()}")
    if name.startswith("aten::_fused_"):
        refuse_unlike(name, args)


def refuse_unlike(name, args):
    """Raise where the operands of a fused optimizer differ: CUDA's kernels walk through all as through one array."""
    lists = [argument for argument in args if isinstance(argument, (list, tuple)) and argument]
    if "adam" in name:
        *lists, steps = lists
        if any(step.device.type != "cuda" or step.dtype != torch.float32 for step in steps):
            raise RuntimeError(f"{name}: the numbers of steps must be float32, and on the GPU")
    for operands in zip(*lists, strict=True):
        if any(one.device.type != "cuda" for one in operands):
            raise RuntimeError(f"{name}: an operand is on the CPU")
        kinds = {(one.dtype, _layout(one)) for one in operands}
        if len(kinds) > 1:
            raise RuntimeError(f"{name}: parameter, gradient and moments differ in number format or layout: {kinds}")


def _layout(tensor):
    """Return shape and strides; the stride of a side of one element means nothing."""
    strides = (stride if size > 1 else 0 for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return tuple(tensor.shape), tuple(strides)


def _written_to(operation, args, kwargs):
    """Return the operands that an operation in place, or with ``out``, returns; None if it makes new tensors."""
    schema = operation._schema
    if not any(result.alias_info is not None and result.alias_info.is_write for result in schema.returns):
        return None
    given = dict(zip((argument.name for argument in schema.arguments), args, strict=False)) | kwargs
    writes = [argument.name for argument in schema.arguments if argument.alias_info and argument.alias_info.is_write]
    operands = [given[name] for name in writes if isinstance(given.get(name), torch.Tensor)]
    return operands[0] if len(schema.returns) == 1 else tuple(operands)


def _line():
    """Return the innermost line of the project that is running."""
    frame = sys._getframe(1)
    while frame is not None:
        _, ours, place = frame.f_code.co_filename.partition("/scripts/overparam/")
        if ours:
            return f"{place}:{frame.f_lineno}"
        frame = frame.f_back
    return "outside of the project"


class _Properties:
    name, major, minor, total_memory = "a pretended GPU", *CAPABILITY, 80 << 30


@contextlib.contextmanager
def believed(swap=True):
    """Let torch believe that it has a GPU.

    Parameters
    ----------
    swap
        Whether ``module.to`` exchanges parameters for new ones: it can't set the data of one to a tensor of another
        class.
    """
    answers = {
        "is_available": True,
        "is_initialized": True,
        "_lazy_init": None,
        "device_count": 1,
        "current_device": 0,
        "get_device_name": _Properties.name,
        "get_device_capability": CAPABILITY,
        "get_device_properties": _Properties,
        "is_bf16_supported": True,
        "max_memory_allocated": 0,
        "reset_peak_memory_stats": None,
        "synchronize": None,
    }
    with contextlib.ExitStack() as stack:
        for name, answer in answers.items():
            stack.enter_context(mock.patch.object(torch.cuda, name, mock.Mock(return_value=answer)))
        # tensors made in inference mode can't be wrapped as views; without gradients they can
        stack.enter_context(mock.patch.object(torch.inference_mode, "__enter__", _without_gradients))
        stack.enter_context(mock.patch.object(torch.inference_mode, "__exit__", _with_gradients))
        stack.enter_context(mock.patch.object(torch, "is_inference_mode_enabled", lambda: bool(OUTSIDE)))
        stack.enter_context(as_engine())
        torch._C._ensureCUDADeviceGuardSet()
        swapped, lifted = torch.__future__.get_swap_module_params_on_conversion(), torch._C._only_lift_cpu_tensors()
        torch.__future__.set_swap_module_params_on_conversion(swap)
        torch._C._set_only_lift_cpu_tensors(True)  # torch.tensor(…, device="cuda") makes one on the CPU and copies it
        try:
            yield
        finally:
            torch.__future__.set_swap_module_params_on_conversion(swapped)
            torch._C._set_only_lift_cpu_tensors(lifted)


def _without_gradients(self):
    OUTSIDE.append(torch.is_grad_enabled())
    torch.set_grad_enabled(False)


def _with_gradients(self, *_):
    torch.set_grad_enabled(OUTSIDE.pop())


@contextlib.contextmanager
def pretended():
    """Pretend that there is a GPU; yield how often the program waits for it, by line and operation."""
    waits = collections.Counter()
    with believed(), _Everything(waits):
        yield waits
