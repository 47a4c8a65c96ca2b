"""Which technique computes a step of which shape: the whole table.

The choices were made once, by measurement on an AVX-512 CPU with bfloat16 and one thread; a choice made at run time
would make results depend on the clock. Every technique does the same sums in another order. A GPU takes torch's own
kernels: grouped convolutions of all models at once, batched products. CUDA graphs and torch.compile were not tried.

===========================  =====================================  =====================================
network                      below                                  from there on
===========================  =====================================  =====================================
MLP, d·h < 8,192 weights     backward by hand, default float32      the same in fast float32 or bfloat16
convolution, in·out ≤ 4      every pair of channels by itself       dense blocks of several models
blocks, channels in and out  joined until there are ``LEAST``       every model by itself
networks, 128 channels       all models at once                     one model after another
===========================  =====================================  =====================================

Measured for MLPs, with 16 models and batches of 128, in millions of images × models per second (float32 by the default
kernel, by the fast one, bfloat16):

- d = 64: h = 4: 4.1, 2.9, 3.0; h = 16: 3.0, 2.3, 2.5; h = 64: 1.68, 1.43, 1.72; h = 512: 0.25, 0.29, 0.43
- d = 3,072: h = 4: 0.21, 0.22, 0.44; h = 64: 0.080, 0.085, 0.125; h = 512: 0.012, 0.013, 0.020

Below :data:`MANY_WEIGHTS` fast products gain nothing: their calls take 15 µs more.

Measured for the CNN on 32×32 colour images, every model with batches of 128 of its own, in thousands of images × models
per second (as the table says; every model by itself; two models in a block; one dense convolution):

- k = 1, 8 models: float32 13.5, 10.5, 11.7, 11.2; bfloat16 20.9, 9.2, 14.9, 16.9
- k = 2, 8 models: float32 9.3, 8.2, 8.8, 6.2; bfloat16 14.0, 9.3, 13.1, 9.2
- k = 4, 4 models: float32 4.5, 4.4, 3.9, 3.6; bfloat16 8.0, 7.2, 7.0, 5.3
- k = 8, 4 models: float32 2.2, 2.1, 1.5, 1.1; bfloat16 3.4, 3.2, 2.6, 1.8

and of all at once, and of one model after another:

- k = 8, 4 models: float32 2.2, 2.6; bfloat16 4.0, 3.7
- k = 16, 4 models: float32 0.85, 0.94; bfloat16 1.32, 1.40
- in bfloat16, 4 models: ResNet18 k = 16 (128 channels): 0.49, 0.66; the ResNet of 2.4 million parameters (192): 0.077,
  0.079; Inception (176): 0.119, 0.124; ResNet20 (64): 0.45, 0.51
"""

import torch

MANY_WEIGHTS = 8192  # d·h of one model's first layer
PAIRS = 0  # instead of a number of dense convolutions
PAIRS_AT_MOST = 4  # channels in × channels out of one model
LEAST = {2: (8, 4), 4: (4, 4), 8: (1, 1)}  # channels in and out of a dense convolution, by the bytes of a number
WIDE = 128  # channels out of the widest convolution


def by_table(x: torch.Tensor) -> bool:
    """Say whether the table decides how something is computed from x: on a CPU."""
    return x.device.type == "cpu"


def products_dominate(n_inputs: int, n_hidden: int) -> bool:
    """Say whether the products of a fully connected network take longer than its calls, by its first layer."""
    return n_inputs * n_hidden >= MANY_WEIGHTS


def convolution(n_models: int, inputs: int, n_out: int, n_in: int, size: int, n_bytes: int) -> int:
    """Return into how many dense convolutions M models on G different inputs go on a CPU, or :data:`PAIRS`.

    Parameters
    ----------
    n_models, inputs
        M, and G > 1.
    n_out, n_in, size
        Channels out and in, and side of the kernel.
    n_bytes
        Of a number.
    """
    if n_out * n_in <= PAIRS_AT_MOST and size > 1:
        return PAIRS
    least_in, least_out = LEAST[n_bytes]
    groups = inputs
    while groups % 2 == 0 and (inputs // groups * n_in < least_in or n_models // groups * n_out < least_out):
        groups //= 2
    return groups


def described(groups: int, n_models: int) -> str:
    """Say in words what :func:`convolution` returned."""
    if groups == PAIRS:
        return "pairs"
    return "grouped" if groups == n_models else f"blocks of {n_models // groups}"
