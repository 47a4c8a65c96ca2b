"""Saved states of a training: written at an interval, and read by the job that continues it."""

import contextlib
import hashlib
import io
import logging
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from overparam.jobs import files

log = logging.getLogger(__name__)

MAGIC = b"overparam training state 1\n"
DIGEST = 32  # bytes of a SHA-256


class Stateful(Protocol):
    """Anything that has a state which can be saved; the methods are named as torch names them."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state: tensors, arrays and numbers by name."""

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Continue from a state that :meth:`state_dict` returned."""


class DamagedError(Exception):
    """Raised where a file is not a complete state of this training."""


class Checkpoint:
    """The state of one training in a file.

    Every part of the training that has a state is attached by a name; :meth:`save` writes the states of all parts, and
    :meth:`restore` gives each part its own back. The state before the last one is kept as well, in case the last one is
    damaged.

    Parameters
    ----------
    path
        The file; its folder exists.
    interval
        Seconds between two states.
    """

    def __init__(self, path: Path, interval: float):
        self.path, self.interval = path, interval
        self.previous = path.with_suffix(".previous")
        self.parts: dict[str, Stateful] = {}
        self.next = time.monotonic() + interval
        self.restored = False

    def attach(self, **parts: Stateful) -> None:
        """Add parts whose states are saved and restored."""
        self.parts |= parts

    def restore(self) -> bool:
        """Give every part its state back from the newest file that is intact; return whether there was one."""
        self.restored = True
        for path in (self.path, self.previous):
            try:
                states = read(path)
                if set(states) != set(self.parts):
                    raise DamagedError(f"it holds {', '.join(states)}, not {', '.join(self.parts)}")
            except FileNotFoundError:
                continue
            except DamagedError as error:
                log.warning("%s can't be used: %s; going on without it", path, error)
                path.unlink(missing_ok=True)  # otherwise the next save would move it over the intact state
                continue
            for name, part in self.parts.items():
                part.load_state_dict(states[name])
            log.info("going on from the state in %s", path)
            return True
        return False

    @property
    def due(self) -> bool:
        """Whether the interval has passed since the last state was saved."""
        return time.monotonic() >= self.next

    def save(self) -> None:
        """Save the states of all parts atomically; if that fails, say so in the log and let the training go on.

        Until :meth:`restore` has been called nothing is saved, because the file may hold a later state.
        """
        if not self.restored:
            return
        self.next = time.monotonic() + self.interval
        try:
            fresh = self.path.with_suffix(".fresh")
            write(fresh, {name: part.state_dict() for name, part in self.parts.items()})
            with contextlib.suppress(FileNotFoundError):
                self.path.replace(self.previous)
            fresh.replace(self.path)
        except OSError as error:
            log.warning("the state of the training could not be saved, it goes on without: %s", error)
            return
        log.info("state saved")


def write(path: Path, states: dict[str, dict[str, Any]]) -> None:
    """Write states atomically: first their SHA-256, then the arrays in NumPy's own format, which can hold no code."""
    buffer = io.BytesIO()
    arrays = {f"{part}/{name}": _array(value) for part, state in states.items() for name, value in state.items()}
    np.savez(buffer, parts=np.array(list(states)), **arrays)
    content = buffer.getbuffer()
    with files.replaced(path) as temporary, temporary.open("wb") as file:
        file.write(MAGIC + hashlib.sha256(content).digest())
        file.write(content)


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Read what :func:`write` wrote; numbers come back as tensors, text as arrays.

    Raises
    ------
    DamagedError
        If the file is not as it was written.
    FileNotFoundError
        If there is none.
    """
    content = path.read_bytes()
    start = len(MAGIC) + DIGEST
    if content[: len(MAGIC)] != MAGIC:
        raise DamagedError("it is not a saved state of a training")
    body = memoryview(content)[start:]
    if hashlib.sha256(body).digest() != content[len(MAGIC) : start]:
        raise DamagedError("its bytes are not those that were written")
    with np.load(io.BytesIO(body), allow_pickle=False) as arrays:
        states: dict[str, dict[str, Any]] = {str(part): {} for part in arrays["parts"]}
        for key in arrays.files:
            part, separator, name = key.partition("/")
            if separator:
                array = arrays[key]
                states[part][name] = array if array.dtype.kind == "U" else torch.from_numpy(array)
    return states


def _array(value: Any) -> np.ndarray:
    """Return a tensor, an array or a number as an array that NumPy can write without pickling."""
    array = value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
    if array.dtype == object:
        raise TypeError(f"a state holds tensors, arrays, numbers and text, not {value!r}")
    return array
