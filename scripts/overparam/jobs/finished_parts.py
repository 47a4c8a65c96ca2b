"""Parts of a long measurement that are finished, kept so that an interrupted one goes on after the last of them."""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from overparam.jobs import files, state_folders

log = logging.getLogger(__name__)

BUSY = "another job measures the same: waiting until it ends, to go on from what it has finished"

Kept = Callable[[str, Callable[[], Any]], Any]  # name of a part and what measures it, to what was measured


def key(settings: dict[str, Any], code: str, inputs: Sequence[Path]) -> str:
    """Return a name for a measurement, which changes with everything that decides the bytes of its table.

    Parameters
    ----------
    settings
        Those of the job.
    code
        Hash of the code that measures.
    inputs
        Descriptions of data sets, which hold checksums.
    """
    return state_folders.key(settings, code, np.__version__, inputs)


@contextmanager
def opened(folder: Path | None) -> Iterator[Kept]:
    """Yield a function that gives what was measured in a part: what an earlier job has kept in ``folder``, or new.

    It must be what JSON can hold. The folder is this process's alone, and removed if the block succeeds. With ``None``
    nothing is kept.
    """
    if not folder:
        yield nothing
        return
    with state_folders.opened(folder, BUSY):
        yield lambda name, measured: _part(folder / f"{name}.json", measured)


def nothing(name: str, measured: Callable[[], Any]) -> Any:
    """Measure a part, and keep nothing of it."""
    return measured()


def _part(path: Path, measured: Callable[[], Any]) -> Any:
    """Return what stands in a file; measure it and write it where it is missing or damaged."""
    if path.is_file():
        try:
            found = json.loads(path.read_text())
            log.info("%s was measured before", path.stem)
            return found
        except ValueError:
            log.warning("%s can't be read; measuring this part anew", path)
    found = measured()
    with files.replaced(path) as temporary:
        temporary.write_text(json.dumps(found, default=_plain))
    return found


def _plain(value: Any) -> Any:
    """Return a number of numpy as one of Python, which JSON writes without loss."""
    return value.item()
