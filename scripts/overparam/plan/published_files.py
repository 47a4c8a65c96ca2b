"""Files of a data set as its authors publish them, several together: MNIST and its successors, and SVHN."""

import re
from collections.abc import Sequence
from pathlib import Path

from overparam.errors import UserError
from overparam.plan import file_kinds
from overparam.quoting import brief, listed

IDX = re.compile(r"(.*?)(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(\.gz)?", re.IGNORECASE)
MATLAB = re.compile(r"(train|test)_32x32\.mat", re.IGNORECASE)  # of SVHN

Splits = dict[str, list[Path]]


def found(folder: Path, files: Sequence[Path], source: str) -> Splits | None:
    """Return the files of both splits that lie in a folder, ``None`` if there are none.

    Parameters
    ----------
    folder
        What was searched.
    files
        The files in it, at every depth.
    source
        The name of the source that it should hold.

    Raises
    ------
    UserError
        If there are several data sets, or a file is nothing of what its name says.
    """
    return _matlab_files(files) if source == "svhn" else _idx_files(folder, files)


def _matlab_files(files: Sequence[Path]) -> Splits | None:
    named = {match[1].lower(): path for path in files if (match := MATLAB.fullmatch(path.name))}
    for path in named.values():
        if not file_kinds.is_matlab(head := file_kinds.head_of(path)):
            raise UserError(f"{brief(path)} is no Matlab file{file_kinds.told(head)}")
    return {split: [named[split]] for split in ("train", "test")} if len(named) == 2 else None


def _idx_files(folder: Path, files: Sequence[Path]) -> Splits | None:
    sets: dict[tuple[Path, str], dict[tuple[str, str], Path]] = {}
    for path in sorted(files, key=lambda path: path.suffix == ".gz"):  # where both are there, the packed one is taken
        if match := IDX.fullmatch(path.name):
            split = "train" if match[2].lower() == "train" else "test"
            sets.setdefault((path.parent, match[1]), {})[split, match[3].lower()] = path
    whole = [parts for parts in sets.values() if len(parts) == 4]
    if len(whole) > 1:
        names = listed(str(parts["train", "images"].relative_to(folder)) for parts in whole)
        raise UserError(f"the folder {brief(folder)} holds several data sets, with {names}; name the folder of one")
    for path in whole[0].values() if whole else ():
        if file_kinds.idx_dimensions(head := file_kinds.head_of(path)) is None:
            raise UserError(f"{brief(path)} is no idx file{file_kinds.told(head)}")
    splits = ("train", "test")
    return {split: [whole[0][split, what] for what in ("images", "labels")] for split in splits} if whole else None
