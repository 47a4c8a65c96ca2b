"""Saved states of a training: written whole at an interval, read by whoever continues it."""

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
    """What has a state, in torch's own words."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state: tensors, arrays and numbers by name."""

    def load_state_dict(self, state: dict[str, Any]) -> Any:
        """Take over such a state."""


class DamagedError(Exception):
    """A file that is no whole state of this training."""


class Checkpoint:
    """The state of one training in a file.

    Whoever takes part in the training is attached; :meth:`save` writes the states of all of them, and
    :meth:`restore` gives each its own back. The state before the last is kept beside it, in case that one is damaged.

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
        """Let these take part."""
        self.parts |= parts

    def restore(self) -> bool:
        """Give every part its state of the last whole file back, if there is one; return whether there was."""
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
                path.unlink(missing_ok=True)  # or the next state would put it in the place of the whole one
                continue
            for name, part in self.parts.items():
                part.load_state_dict(states[name])
            log.info("going on from the state in %s", path)
            return True
        return False

    @property
    def due(self) -> bool:
        """Whether the interval has passed since the last state."""
        return time.monotonic() >= self.next

    def save(self) -> None:
        """Save the states of all parts, atomically; a state that can't be written is missed, no more.

        Before :meth:`restore` it does nothing: what is there is further on.
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
    """Write states atomically: after their SHA-256, arrays in NumPy's own format, which holds no code."""
    buffer = io.BytesIO()
    arrays = {f"{part}/{name}": _array(value) for part, state in states.items() for name, value in state.items()}
    np.savez(buffer, parts=np.array(list(states)), **arrays)
    content = buffer.getbuffer()
    with files.replaced(path) as temporary, temporary.open("wb") as file:
        file.write(MAGIC + hashlib.sha256(content).digest())
        file.write(content)


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Read what :func:`write` wrote: numbers as tensors, text as arrays.

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
        raise DamagedError("no state of a training")
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
