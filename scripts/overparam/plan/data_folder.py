"""One folder for all data sets, $OVERPARAM_DATA: which entry of it holds the images of a source, by its usual names."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from overparam.errors import UserError
from overparam.plan import paths
from overparam.quoting import brief, listed

VARIABLE = "OVERPARAM_DATA"
# what may follow the name of a source: cifar-10-python.tar.gz, cifar-10-batches-py, cifar10-jpeg, mnist_pngs
ENDINGS = re.compile(r"(python|batchespy|jpe?gs?|pngs?|images?|parquet|data|dataset)?(targz|tgz)?")


def place_of(source: str) -> str | None:
    """Return the path of the entry that holds a source, ``None`` if there is none, or no such folder is named.

    Raises
    ------
    UserError
        If what is named is no folder, or if several entries may be meant.
    """
    given = os.environ.get(VARIABLE)
    if not given:
        return None
    folder = Path(paths.expanded(given, f"${VARIABLE}"))
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UserError(
            f"${VARIABLE}: {brief(folder)} is no folder that can be read ({error.strerror}); name the folder in which "
            "data sets lie, or unset the variable"
        ) from None
    fitting = _fitting(source, entries)
    if len(fitting) > 1:
        names = listed(path.name for path in fitting)
        raise UserError(
            f"${VARIABLE}: {brief(folder)} has {names}, and each may be {source}; call the one to take {source}, or "
            f"name it under config.sources.{source}.path"
        )
    return str(fitting[0]) if fitting else None


def _fitting(source: str, entries: Iterable[Path]) -> list[Path]:
    """Return the entries that a source may be, those that fit best."""
    ranks: dict[int, list[Path]] = {}
    for path in entries:
        letters, wanted = _letters(path.name), _letters(source)
        if letters.startswith(wanted) and ENDINGS.fullmatch(letters.removeprefix(wanted)):
            # an archive goes before the folder that was unpacked from it, and whatever bears the name before both
            ranks.setdefault(0 if letters == wanted else 1 if path.is_file() else 2, []).append(path)
    return ranks[min(ranks)] if ranks else []


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
