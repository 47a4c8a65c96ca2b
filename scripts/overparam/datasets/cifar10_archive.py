"""The official archive of CIFAR-10 taken apart in memory: a .tar.gz of pickles that Python 2 wrote.

Its bytes are checked against their SHA-256 before they come here. All the same, nothing here can run what they say,
write a file, or take more memory than the official archive times a few.
"""

import gzip
import io
import math
import pickle
import tarfile
import zlib
from collections.abc import Collection
from typing import Any, BinaryIO

import numpy as np

from overparam.errors import UserError

LARGEST = 1 << 29  # bytes unpacked; those of the official archive are 186 million


def whole(file: BinaryIO, most: int) -> bytes | None:
    """Return all that an open file holds, ``None`` if it is more than ``most`` bytes."""
    found = bytearray()
    while piece := file.read(1 << 20):  # with a larger number Python takes that much memory, however small the file
        found += piece
        if len(found) > most:
            return None
    return bytes(found)


def members(content: bytes, wanted: Collection[str], place: str) -> dict[str, bytes]:
    """Return the content of ``wanted`` members by name; all others are passed over, and none is extracted.

    Raises
    ------
    UserError
        If ``content`` is no .tar.gz, unpacks to more than :data:`LARGEST` bytes, or does not have each member once.
    """
    found = {}
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            unpacked = whole(file, LARGEST)
        if unpacked is None:
            raise UserError(f"{place} unpacks to more than {LARGEST >> 20} MiB, so it is not CIFAR-10")
        with tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:") as archive:
            for member in archive:
                if member.name not in wanted or not member.isreg():
                    continue
                if member.name in found or member.issparse() or member.size > len(unpacked):
                    raise UserError(f"{place}: {member.name} stands there twice, or is larger than the archive")
                found[member.name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, OSError, ValueError, OverflowError, zlib.error) as error:
        raise UserError(f"{place} is no readable .tar.gz archive: {error}") from None
    if missing := sorted(set(wanted) - set(found)):
        raise UserError(f"{place} lacks {', '.join(missing)}: it is not the Python version of CIFAR-10")
    return found


def unpickled(content: bytes, place: str) -> Any:
    """Return what a pickle of dictionaries, lists, numbers, bytes and arrays of uint8 holds.

    Raises
    ------
    UserError
        If it is damaged or names anything else.
    """
    try:
        return RestrictedUnpickler(io.BytesIO(content)).load()
    except Exception as error:  # a malformed pickle can raise anything
        raise UserError(f"{place} was refused: {error or type(error).__name__}") from None


class _Array:
    """Stands in for an array while it is unpickled, so that NumPy itself gets nothing but bytes and a shape."""

    def __init__(self, *arguments: Any):
        self.values = None

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, by_columns, values = state
        if not (isinstance(kind, _Uint8) and isinstance(values, bytes) and all(type(side) is int for side in shape)):
            raise pickle.UnpicklingError("an array of something else than bytes")
        if min(shape, default=0) < 0 or math.prod(shape) != len(values):
            raise pickle.UnpicklingError(f"an array of shape {shape} with {len(values)} bytes")
        self.values = np.frombuffer(values, np.uint8).reshape(shape, order="F" if by_columns else "C")


class _Uint8:
    """Stands in for ``numpy.dtype``: the official file needs bytes and nothing else."""

    def __init__(self, kind: bytes | str, *_flags: int):
        if kind not in (b"u1", "u1"):
            raise pickle.UnpicklingError(f"an array of {kind!r}, not of bytes")

    def __setstate__(self, state: Any) -> None:
        """Ignore the byte order and alignment."""


ALLOWED = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,  # only named, as the first argument of `_reconstruct`
    ("numpy", "dtype"): _Uint8,
}


class RestrictedUnpickler(pickle._Unpickler):
    """Unpickle dictionaries, lists, numbers, bytes and uint8 arrays; refuse every other name before it is imported.

    The base class is the one written in Python: it keeps what is numbered in a dictionary, where the one in C makes
    room for as many numbers as a damaged byte asks for, up to many gigabytes.
    """

    def __init__(self, file: io.BufferedIOBase):
        super().__init__(file, encoding="bytes")  # written by Python 2: its strings are bytes

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for an allowed name; anything else is refused."""
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which CIFAR-10 does not need") from None

    def load(self) -> Any:
        """Return the object, in which arrays are such at the top level only."""
        found = super().load()
        if isinstance(found, dict):
            return {key: value.values if isinstance(value, _Array) else value for key, value in found.items()}
        return found
