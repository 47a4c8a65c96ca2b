"""The machine that trains: device, threads, arithmetic."""

import logging
import os
import resource
from typing import Any

import torch

from overparam.errors import UserError
from overparam.jobs import devices, processor, surroundings

log = logging.getLogger(__name__)

MATMUL_TOLERANCE = 1e-5  # relative error of a float32 product; bf16 products are off by 1e-3


def prepare(gpus: int) -> torch.device:
    """Set this process up for training and return its device.

    On the CPU the process uses one thread, because two jobs of one thread each are faster than one job of two; it uses
    fast float32 products if they are exact on this CPU; and it replaces denormal numbers by zero, because they are slow
    and the moments of dead units decay into them. On a GPU it takes one that no other job of this machine uses, and
    waits for it if need be; float32 keeps its full precision, and kernels are deterministic where torch has such ones
    (it has none for the gradient of overlapping max pooling).

    Raises
    ------
    UserError
        If a GPU is asked for and torch sees none.
    """
    if gpus:
        devices.take()  # before torch starts CUDA
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # deterministic products; read when CUDA starts
        if not torch.cuda.is_available():
            raise UserError(devices.unseen(torch.version.cuda))
        torch.use_deterministic_algorithms(True, warn_only=True)
        deterministic: Any = torch.utils.deterministic  # whose types don't know this
        deterministic.fill_uninitialized_memory = False  # no kernel here reads what it has not written
        torch.backends.cudnn.allow_tf32 = False  # float32 means float32: torch leaves convolutions 10 bits of 23
        torch.cuda.reset_peak_memory_stats()
        log.info("device: %s, torch %s", torch.cuda.get_device_name(), torch.__version__)
        return torch.device("cuda")
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    precision = choose_matmul_precision()
    words = "device: CPU, %s, one thread, float32 products %s, torch %s"
    log.info(words, processor.name(), precision, torch.__version__)
    return torch.device("cpu")


def check_precision(settings: dict[str, Any], device: torch.device) -> None:
    """Raise a ``UserError`` if the device can't compute in the ``precision`` of a study, given its settings."""
    if device.type == "cuda" and settings["precision"] == "bfloat16":
        name, capability = torch.cuda.get_device_name(device), torch.cuda.get_device_capability(device)
        if wrong := devices.without_bfloat16(settings["study"], name, capability):
            raise UserError(wrong)


def choose_matmul_precision() -> str:
    """Set float32 products on the CPU to ``medium`` if that is exact on this CPU, else to ``highest``; return which.

    ``medium`` allows bfloat16 arithmetic. On some CPUs it takes another float32 kernel instead, several times faster
    and as exact; so its error is measured, on plain and on batched products, against float64.
    """
    torch.set_float32_matmul_precision("medium")
    if max(matmul_errors()) > MATMUL_TOLERANCE:
        torch.set_float32_matmul_precision("highest")
    return torch.get_float32_matmul_precision()


def matmul_errors() -> list[float]:
    """Return the largest relative errors of float32 products of the sizes that training uses."""
    generator = torch.Generator().manual_seed(0)
    errors = []
    for models, rows, inner, columns in ((1, 256, 256, 256), (1, 512, 3072, 128), (4, 64, 64, 128), (4, 10, 512, 128)):
        left = torch.randn(models, rows, inner, generator=generator)
        right = torch.randn(models, inner, columns, generator=generator)
        exact = left.double() @ right.double()
        for product, reference in ((left @ right, exact), (left[0] @ right[0], exact[0])):
            errors.append(float((product - reference).abs().max() / reference.abs().max()))
    return errors


def description(device: torch.device) -> dict[str, Any]:
    """Return the device, its peak memory so far in bytes and the settings of torch, as plain JSON values."""
    if device.type == "cuda":
        name, memory = torch.cuda.get_device_name(device), torch.cuda.max_memory_allocated(device)
    else:
        name = processor.name()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # Linux counts KiB
    return {
        "device": device.type,
        "device_name": name,
        "peak_memory_bytes": memory,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "variables": surroundings.arithmetic() or None,
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
    }
