"""What an interrupted cell leaves for the job that continues it: its finished widths, and the state of the next one."""

import contextlib
import logging
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from overparam.jobs import state_folders
from overparam.training import checkpoint, recording

log = logging.getLogger(__name__)

BUSY = "another job trains the same cell: waiting until it ends, to go on from its state"


def key(settings: dict[str, Any], code: str, inputs: Sequence[Path]) -> str:
    """Return a name for a training, which changes with everything that decides the bytes of its table.

    Parameters
    ----------
    settings
        The settings of a cell.
    code
        Hash of the code that trains the cell.
    inputs
        The description of the data set, which holds checksums, and the tables of labels.
    """
    return state_folders.key(settings, code, torch.__version__, inputs)


class Unfinished:
    """The folder of an unfinished cell.

    Parameters
    ----------
    folder
        The folder, which exists; or ``None`` to keep nothing.
    interval
        Seconds between two saved states.
    waited
        Whether another job trained the same cell until now.
    """

    def __init__(self, folder: Path | None, interval: float = 0.0, waited: bool = False):
        self.folder, self.interval, self.waited = folder, interval, waited
        self.stopwatch = Stopwatch()

    def checkpoint(self, width: int) -> checkpoint.Checkpoint | None:
        """Return what saves and restores the training of a width; ``None`` if nothing is kept."""
        if not self.folder:
            return None
        kept = checkpoint.Checkpoint(self.folder / f"w{width}.state", self.interval)
        kept.attach(stopwatch=self.stopwatch)
        return kept

    def finished(self, width: int) -> pd.DataFrame | None:
        """Return the table of a width that an earlier job finished, or ``None`` if none did."""
        if not self.folder:
            return None
        path = self.folder / f"w{width}.finished"
        try:
            states = checkpoint.read(path)
        except FileNotFoundError:
            return None
        except checkpoint.DamagedError as error:
            log.warning("%s can't be used: %s; training this width anew", path, error)
            return None
        self.stopwatch.load_state_dict(states["stopwatch"])
        log.info("width %d was finished before", width)
        return recording.frame(states["table"])

    def finish(self, width: int, table: pd.DataFrame) -> None:
        """Keep the table of a finished width, and remove its saved states."""
        if not self.folder:
            return
        states = {"table": recording.columns(table), "stopwatch": self.stopwatch.state_dict()}
        checkpoint.write(self.folder / f"w{width}.finished", states)
        for path in self.folder.glob(f"w{width}.[sp]*"):
            path.unlink()


class Stopwatch:
    """Seconds that a cell has taken so far, with those of interrupted jobs up to their last saved state."""

    def __init__(self):
        self.start, self.before, self.resumed = time.perf_counter(), 0.0, 0

    @property
    def seconds(self) -> float:
        """Seconds in this job and in those before it."""
        return self.before + time.perf_counter() - self.start

    def state_dict(self) -> dict[str, Any]:
        """Return the seconds, and how often the cell was resumed."""
        return {"seconds": self.seconds, "resumed": self.resumed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state of an earlier job."""
        self.before, self.resumed = float(state["seconds"]), int(state["resumed"]) + 1
        self.start = time.perf_counter()


@contextlib.contextmanager
def opened(folder: Path | None, interval: float) -> Iterator[Unfinished]:
    """Yield what is left in ``folder``, for this process alone, and remove the folder if the block succeeds.

    A job of an earlier run may still be training the same cell. Then this one waits until that job has ended, and goes
    on from its last state.
    """
    if not folder:
        yield Unfinished(None)
        return
    with state_folders.opened(folder, BUSY) as waited:
        yield Unfinished(folder, interval, waited)
