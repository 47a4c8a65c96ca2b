"""Random generators, each addressed by a root seed and a list of names.

Two draws with different names are independent, and a draw depends on its own address only:
never on what else is drawn, in which order, or in which job.
"""

import hashlib

import numpy as np


def entropy(seed: int, *names: str | int | float) -> int:
    """Return a 63-bit integer that depends on ``seed`` and every name, in order.

    Parameters
    ----------
    seed
        Root seed, ``>= 0``.
    names
        The address of the draw, say ``("corruption", 0.2)``.
    """
    if seed < 0:
        raise ValueError(f"seed must be >= 0, got {seed}")
    address = "\x1f".join([str(seed), *(repr(name) for name in names)])
    return int.from_bytes(hashlib.sha256(address.encode()).digest()[:8], "little") >> 1


def generator(seed: int, *names: str | int | float) -> np.random.Generator:
    """Return a NumPy generator (Philox) for the draw addressed by ``seed`` and ``names``."""
    return np.random.Generator(np.random.Philox(entropy(seed, *names)))


def torch_generator(seed: int, *names: str | int | float):
    """Return a ``torch.Generator`` on the CPU for the draw addressed by ``seed`` and ``names``."""
    import torch  # kept out of module level: figures and light rules never import torch

    return torch.Generator().manual_seed(entropy(seed, *names))
