"""The machine's own peak in matrix products."""

import time

import torch

SIZES = {"cpu": (512, 1024, 2048), "cuda": (2048, 4096, 8192)}


def measure(device: torch.device, dtype: torch.dtype, repeats: int = 4) -> float:
    """Return the largest number of floating-point operations per second of products of square matrices.

    CPU seconds on the CPU, wall seconds on the GPU; a product of n × n matrices counts 2n³.
    """
    best = 0.0
    for size in SIZES[device.type]:
        left, right = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        out = left @ right
        for _ in range(repeats):
            start = seconds(device)
            torch.mm(left, right, out=out)
            best = max(best, 2 * size**3 / (seconds(device) - start))
    return best


def seconds(device: torch.device) -> float:
    """Return CPU seconds of this process, or on the GPU wall seconds once all its work is done."""
    if device.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()
