"""Activations σ with their derivatives, for NumPy arrays and for tensors of torch: one table for all networks.

Each is one formula in elementary functions, which are those of the library that its argument is of. Torch is not
imported: what measures with arrays alone is spared the seconds that it takes.
"""

import dataclasses
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from scipy import special

if TYPE_CHECKING:
    import torch

Values = TypeVar("Values")  # arrays, or tensors, or plain numbers
Pair = Callable[[Any], tuple[Any, Any]]


@runtime_checkable
class Function(Protocol):
    """A function that is taken entry by entry."""

    def __call__(self, z: Values, /) -> Values: ...


class _Arrays:
    """Elementary functions of arrays, and of plain numbers."""

    tanh, sigmoid, erf, exp, zeros = np.tanh, special.expit, special.erf, np.exp, np.zeros_like
    softplus = staticmethod(lambda z: -special.log_expit(-z))
    relu = staticmethod(lambda z: np.maximum(z, 0))
    step = staticmethod(lambda z: (z > 0).astype(float))

    @staticmethod
    def bell(z: Any) -> Any:
        """Return the slope of the sigmoid."""
        value = special.expit(z)
        return value * (1 - value)


class _Tensors:
    """Elementary functions of tensors."""

    tanh = staticmethod(lambda z: z.tanh())
    sigmoid = staticmethod(lambda z: z.sigmoid())
    erf = staticmethod(lambda z: z.erf())
    exp = staticmethod(lambda z: z.exp())
    zeros = staticmethod(lambda z: z.new_zeros(z.shape))
    relu = staticmethod(lambda z: z.relu())
    step = staticmethod(lambda z: (z > 0).to(z.dtype))
    bell = staticmethod(
        lambda z: z.sigmoid() * (-z).sigmoid()
    )  # other rounding than of arrays: measured tables keep it

    @staticmethod
    def softplus(z: "torch.Tensor") -> "torch.Tensor":
        from torch.nn.functional import softplus  # z is a tensor, so torch is there

        return softplus(z)


def _of(z: Any) -> Any:
    return _Arrays if isinstance(z, np.ndarray | np.generic | float | int) else _Tensors


@dataclasses.dataclass(frozen=True)
class Activation:
    """An activation σ, its first two derivatives, and the suprema of the absolute values of its first three.

    All are taken entry by entry, in the precision of their argument. A piecewise linear σ has ``bounds[1] == 0``: its
    derivatives are those that exist almost everywhere, 0 at a kink.

    ``value_and_first`` and ``first_and_second`` return two of them at once, which takes less time where they share an
    elementary function.
    """

    value: Function
    first: Function
    second: Function
    bounds: tuple[float, float, float]
    value_and_first: Pair = None  # type: ignore[assignment]  # by default one after the other
    first_and_second: Pair = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        for name in ("value_and_first", "first_and_second"):
            if getattr(self, name) is None:
                one, other = (getattr(self, part) for part in name.split("_and_"))
                object.__setattr__(self, name, lambda z, one=one, other=other: (one(z), other(z)))

    @property
    def smooth(self) -> bool:
        """Whether σ is twice differentiable everywhere."""
        return self.bounds[1] > 0


def _tanh_second(z: Any) -> Any:
    value = _of(z).tanh(z)
    return -2 * value * (1 - value**2)


def _softplus_value_and_first(z: Any) -> tuple[Any, Any]:
    """Return −log σ(−z) and 1 − σ(−z): for tensors in a third of the time, exact to the rounding of 1."""
    if _of(z) is _Arrays:
        return _Arrays.softplus(z), _Arrays.sigmoid(z)
    from torch import finfo, maximum  # z is a tensor, so torch is there

    complement = (-z).sigmoid()
    # σ(−z) of a large z is no normal number any more, and the value is z
    value = maximum(complement.clamp(min=finfo(z.dtype).tiny).log().neg(), z)
    return value, 1 - complement


def _tanh_value_and_first(z: Any) -> tuple[Any, Any]:
    value = _of(z).tanh(z)
    return value, 1 - value**2


def _tanh_first_and_second(z: Any) -> tuple[Any, Any]:
    value, first = _tanh_value_and_first(z)
    return first, -2 * value * first


def _sigmoid_value_and_first(z: Any) -> tuple[Any, Any]:
    value = _of(z).sigmoid(z)
    return value, value * (1 - value)


def _sigmoid_first_and_second(z: Any) -> tuple[Any, Any]:
    value, first = _sigmoid_value_and_first(z)
    return first, first * (1 - 2 * value)


def _sigmoid_second(z: Any) -> Any:
    value = _of(z).sigmoid(z)
    return value * (1 - value) * (1 - 2 * value)


def _erf_first(z: Any) -> Any:
    return 2 / math.pi**0.5 * _of(z).exp(-(z**2))


ACTIVATIONS = {
    "softplus": Activation(
        lambda z: _of(z).softplus(z),
        lambda z: _of(z).sigmoid(z),
        lambda z: _of(z).sigmoid(z) * _of(z).sigmoid(-z),
        (1.0, 1 / 4, 1 / 108**0.5),
        _softplus_value_and_first,
    ),
    "relu": Activation(lambda z: _of(z).relu(z), lambda z: _of(z).step(z), lambda z: _of(z).zeros(z), (1.0, 0.0, 0.0)),
    "tanh": Activation(
        lambda z: _of(z).tanh(z),
        lambda z: 1 - _of(z).tanh(z) ** 2,
        _tanh_second,
        (1.0, 4 / 27**0.5, 2.0),
        _tanh_value_and_first,
        _tanh_first_and_second,
    ),
    "sigmoid": Activation(
        lambda z: _of(z).sigmoid(z),
        lambda z: _of(z).bell(z),
        _sigmoid_second,
        (1 / 4, 1 / 108**0.5, 1 / 8),
        _sigmoid_value_and_first,
        _sigmoid_first_and_second,
    ),
    "erf": Activation(
        lambda z: _of(z).erf(z),
        _erf_first,
        lambda z: -2 * z * _erf_first(z),
        (2 / math.pi**0.5, (8 / math.pi) ** 0.5 * math.exp(-0.5), 4 / math.pi**0.5),
    ),
    "quadratic": Activation(lambda z: z**2 / 2, lambda z: z, lambda z: _of(z).zeros(z) + 1, (math.inf, 1.0, 0.0)),
}
