"""Pickles that nobody is trusted with: dictionaries, lists, numbers, texts and arrays of uint8, and nothing else.

Every instruction is looked at before any is carried out: one that CIFAR does not need, or that declares more bytes
than are left, is refused before memory is set aside for it.
"""

import io
import math
import pickle
import pickletools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from overparam.errors import UserError
from overparam.quoting import quoted, reason

MOST = 500_000  # instructions; a batch of CIFAR-10 has about 60,000
NEEDED = {
    "PROTO", "FRAME", "STOP", "MARK", "NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2", "LONG",
    "LONG1", "FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "UNICODE",
    "BINUNICODE",
    "SHORT_BINUNICODE", "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "DICT", "LIST", "TUPLE", "TUPLE1", "TUPLE2",
    "TUPLE3", "APPEND", "APPENDS", "SETITEM", "SETITEMS", "PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE", "GET",
    "BINGET", "LONG_BINGET", "GLOBAL", "STACK_GLOBAL", "REDUCE", "BUILD",
}  # fmt: skip


def unpickled(content: bytes, place: str) -> Any:
    """Return what a pickle of dictionaries, lists, numbers, bytes and arrays of uint8 holds.

    Parameters
    ----------
    content
        The pickle.
    place
        What a message calls it.

    Raises
    ------
    UserError
        If it is damaged, names anything else, or has more instructions than such a pickle needs.
    """
    try:
        _check(content)
        return RestrictedUnpickler(io.BytesIO(content)).load()
    except (EOFError, IndexError):  # they say nothing that helps
        raise UserError(f"{place} was refused: it ends too early, or is no pickle") from None
    except Exception as error:  # a malformed pickle can raise anything
        raise UserError(f"{place} was refused: {reason(error)}") from None


def _check(content: bytes) -> None:
    """Refuse instructions that are not needed, too many of them, or arguments longer than what is left."""
    for count, (instruction, argument, place) in enumerate(pickletools.genops(content)):
        if instruction.name not in NEEDED:
            raise pickle.UnpicklingError(f"it uses {instruction.name}, which CIFAR does not need")
        if instruction.name == "FRAME" and (argument or 0) > len(content) - (place or 0):
            raise pickle.UnpicklingError(f"a frame declares {argument:,} bytes, but only {len(content):,} are there")
        if count == MOST:  # a byte of them can take a hundred bytes of memory
            raise pickle.UnpicklingError(
                f"it has more than {MOST:,} instructions; CIFAR-10 needs about 60,000, CIFAR-100 about 310,000"
            )


class _Array:
    """Stands in for an array while it is unpickled, so that NumPy itself gets nothing but bytes and a shape."""

    def __init__(self, *arguments: Any):
        self.values: np.ndarray | None = None

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, values = state
        if not (isinstance(kind, _Uint8) and isinstance(values, bytes) and all(type(side) is int for side in shape)):
            raise pickle.UnpicklingError("an array of something else than bytes")
        if len(shape) > 4 or min(shape, default=0) < 0 or math.prod(shape) != len(values):
            raise pickle.UnpicklingError(f"an array of shape {quoted(shape)} with {len(values)} bytes")
        self.values = np.frombuffer(values, np.uint8).reshape(shape, order="F" if by_columns else "C")


class _Uint8:
    """Stands in for ``numpy.dtype``: the official file needs bytes and nothing else."""

    def __init__(self, kind: bytes | str, *_flags: int):
        if kind not in (b"u1", "u1"):
            raise pickle.UnpicklingError(f"an array of {quoted(kind)}, not of bytes")

    def __setstate__(self, state: Any) -> None:
        """Ignore the byte order and alignment."""


ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,  # only named, as the first argument of `_reconstruct`
    ("numpy", "dtype"): _Uint8,
}


class _Mapping(dict[Any, Any]):
    """A dictionary whose keys are text: to hash tuples of tuples of tuples can take for ever."""

    __slots__ = ()  # nor attributes, which an instruction could set

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, bytes | str):
            raise pickle.UnpicklingError(f"a dictionary with the key {quoted(key)}, not a text")
        super().__setitem__(key, value)


class RestrictedUnpickler(pickle._Unpickler):
    """Unpickle dictionaries, lists, numbers, bytes and uint8 arrays; refuse every other name before it is imported.

    The base class is the one written in Python: it keeps what is numbered in a dictionary, where the one in C makes
    room for as many numbers as a damaged byte asks for, up to many gigabytes.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)
    append: Callable[[Any], None]  # of the base class, whose published types don't know it
    pop_mark: Callable[[], list[Any]]

    def __init__(self, file: io.BufferedIOBase):
        super().__init__(file, encoding="bytes")  # written by Python 2: its strings are bytes

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for an allowed name; anything else is refused."""
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {quoted(f'{module}.{name}')}, which CIFAR does not need") from None

    def load(self) -> Any:
        """Return the object, in which arrays are such at the top level only."""
        found = super().load()
        if isinstance(found, dict):
            return {key: value.values if isinstance(value, _Array) else value for key, value in found.items()}
        return found

    def load_mapping(self) -> None:
        """Put an empty dictionary on the stack."""
        self.append(_Mapping())

    dispatch[pickle.EMPTY_DICT[0]] = load_mapping

    def load_items(self) -> None:
        """Put a dictionary of what stands above the last mark on the stack."""
        items, found = self.pop_mark(), _Mapping()
        for key, value in zip(items[::2], items[1::2], strict=True):
            found[key] = value
        self.append(found)

    dispatch[pickle.DICT[0]] = load_items
