"""Deep networks with the factor 1/√(fan-in) at every layer, as functions of one flat vector of weights.

    α⁰ = x,   α̃ˡ = Wˡ αˡ⁻¹ / √m_{l−1},   αˡ = σ(α̃ˡ),   f = φ(α̃ᴸ),

with φ the identity unless a head is named (Liu, Zhu & Belkin, arXiv 2010.01092, section 4).
"""

import itertools
from collections.abc import Callable, Sequence

import torch

HEADS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "linear": lambda f: f,
    "squared": lambda f: f**2 / 2,
}


def sizes(layers: Sequence[int]) -> list[int]:
    """Return the number of weights of each layer, for ``layers`` = (m_0, …, m_L)."""
    return [fan_in * fan_out for fan_in, fan_out in itertools.pairwise(layers)]


def matrices(theta: torch.Tensor, layers: Sequence[int]) -> list[torch.Tensor]:
    """Return W¹, …, Wᴸ of shapes (m_l, m_{l−1}) as views of ``theta``, shape (p,)."""
    parts = theta.split(sizes(layers))
    return [part.reshape(-1, width) for part, width in zip(parts, layers[:-1], strict=True)]


def network(
    layers: Sequence[int], activation: Callable[[torch.Tensor], torch.Tensor] = torch.tanh, head: str = "linear"
) -> Callable[[torch.Tensor, torch.Tensor], torch.Tensor]:
    """Return f(θ, x) for θ of shape (p,) and x of shape (m_0,), with one output.

    Parameters
    ----------
    layers
        (m_0, …, m_L), m_L = 1.
    activation
        σ.
    head
        φ, a name in ``HEADS``.
    """

    def function(theta: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        *hidden, last = matrices(theta, layers)
        value = x
        for weights in hidden:
            value = activation(weights @ value / value.numel() ** 0.5)
        return HEADS[head]((last @ value).squeeze(0) / value.numel() ** 0.5)

    return function
