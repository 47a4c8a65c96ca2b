"""Where the files of an image data set lie: an archive, or parquet files, by a path, a folder or a pattern.

Imported while the Snakefile is parsed, so it must stay light. It reads only the beginnings of files, and refuses before
any job starts what no job could use.
"""

import glob
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from overparam.errors import UserError
from overparam.plan import file_kinds, picture_folders, published_files, unfit_folders
from overparam.plan.known_sources import SOURCES
from overparam.plan.picture_folders import SPLITS, natural
from overparam.quoting import brief, listed

ARCHIVES = {  # by the source that they hold
    "cifar10": re.compile(r"cifar-10-python.*\.(tar\.gz|tgz)", re.IGNORECASE),
    "cifar100": re.compile(r"cifar-100-python.*\.(tar\.gz|tgz)", re.IGNORECASE),
}
NUMBERED = re.compile(r"(\d+)-of-(\d+)")
DEEPEST = 4  # folders inside one another: the cache of the Hub needs three
MOST_ENTRIES = 20_000  # names that a search looks at
MOST_SHARDS = 500  # files of one split


class Found(NamedTuple):
    """What a place holds: an archive, or the files, or the folder of folders, of each split."""

    archive: str | None
    train: list[str]
    test: list[str]


def found(place: str, source: str) -> Found:
    """Return what lies at a place.

    Parameters
    ----------
    place
        The path of an archive, a folder that is searched, or a pattern of parquet files.
    source
        The name of the source that it should hold.

    Raises
    ------
    UserError
        If there is nothing, nothing that is understood, or several things; says which, and what is accepted.
    """
    path = Path(usable(place))
    if path.is_dir():
        return _in_folder(path, source)
    if path.is_file():
        _check_archive(path, source)
        return Found(str(path), [], [])
    files = [Path(name) for name in _matching(str(path))]
    if not files:
        raise UserError(_nowhere(path))
    splits = _complete(_by_split(files))
    if splits is None:
        raise UserError(
            f"the files {brief(path)} are not parquet files of both splits: {listed(file.name for file in files)}; "
            "names need the word train or test"
        )
    for split in splits:
        _check_shards(splits[split], split, path, source)
    return _both(splits)


def split_files(given: str | Sequence[str], split: str, source: str) -> list[str]:
    """Return the parquet files of one split, in the order of their rows.

    Parameters
    ----------
    given
        Paths of files or folders, or patterns; one or several.
    split
        ``"train"`` or ``"test"``: of a folder, only files of this split are taken.
    source
        The name of the source that they should hold.

    Raises
    ------
    UserError
        If a path names nothing, or a file is none of parquet.
    """
    files: list[Path] = []
    for place in [given] if isinstance(given, str) else given:
        path = Path(usable(place))
        if path.is_dir():
            files += _one_set(path, _entries(path)[0], (split,), source)[split]
        elif path.is_file():
            files.append(path)
        elif matching := _matching(str(path)):
            files += map(Path, matching)
        else:
            raise UserError(_nowhere(path))
    if len(set(files)) < len(files):
        raise UserError(f"the {split} files {listed(map(str, files))} name one file twice")
    return _checked(files, split)


def usable(place: str) -> str:
    """Return a path that no program takes for an option; refuse one that is no plain text, or closed to us."""
    try:
        place.encode()
    except UnicodeEncodeError:
        raise UserError(f"the path {brief(place)} is not UTF-8; rename the file, or link to it") from None
    if not place.isprintable():
        raise UserError(f"the path {brief(place)} has control characters; rename the file, or link to it")
    try:
        Path(place).stat()
    except (FileNotFoundError, NotADirectoryError):  # it may be a pattern
        pass
    except OSError as error:
        raise UserError(
            f"{brief(place)} can't be reached ({error.strerror}); correct the path, or its rights"
        ) from None
    return os.path.abspath(place) if place.startswith("-") else place  # noqa: PTH100  links stay as they are


def _nowhere(path: Path) -> str:
    if path.exists():
        return f"{brief(path)} is neither a file nor a folder; name the archive, or a folder with the images"
    above = next((folder for folder in path.absolute().parents if folder.exists()), None)
    hint = f"; {brief(above)} is there" if above and above != Path.cwd() and str(above) != "/" else ""
    return f"there is no file {brief(path)}{hint}"


def _matching(pattern: str) -> list[str]:
    """Return the parquet files that a pattern names, in the order of the numbers in their names."""
    names = glob.glob(pattern, recursive=True) if glob.has_magic(pattern) else []  # noqa: PTH207  of any folder
    return sorted((name for name in names if Path(name).is_file()), key=natural)


def _entries(folder: Path) -> tuple[list[Path], list[Path]]:
    """Return the files and the folders in a folder, hidden ones left out, not more than a search needs."""
    files, folders = [], []
    for place, below, names in os.walk(folder, onerror=_raise, followlinks=False):
        below[:] = sorted(name for name in below if not name.startswith("."))
        folders += [Path(place, name) for name in below]
        files += [Path(place, name) for name in sorted(names) if not name.startswith(".")]
        if len(Path(place).relative_to(folder).parts) >= DEEPEST - 1:
            below.clear()
        if len(files) + len(folders) > MOST_ENTRIES:
            break
    return files, folders


def _raise(error: OSError) -> None:
    raise UserError(f"the folder {brief(error.filename)} can't be read ({error.strerror}); make it readable") from None


def _in_folder(folder: Path, source: str) -> Found:
    """Return what a folder holds; parquet files go before an archive."""
    files, folders = _entries(folder)
    parquet = [path for path in files if path.suffix.lower() == ".parquet"]
    sets = _sets(parquet)
    whole = {place: splits for place, splits in sets.items() if _complete(splits)}
    if whole:
        return _both(_the_one(folder, whole, ("train", "test"), source))
    archives = [path for path in files if source in ARCHIVES and ARCHIVES[source].fullmatch(path.name)]
    if len(archives) == 1:
        _check_archive(archives[0], source)
        return Found(str(archives[0]), [], [])
    if not archives and (published := published_files.found(folder, files, source)):
        return Found(None, *([str(path) for path in published[split]] for split in ("train", "test")))
    if not archives and (pictures := picture_folders.splits(folder)):
        return Found(None, [str(pictures["train"])], [str(pictures["test"])])
    raise UserError(unfit_folders.refusal(folder, files, folders, archives, source))


def _one_set(folder: Path, files: Sequence[Path], wanted: tuple[str, ...], source: str) -> dict[str, list[Path]]:
    """Return the files of the wanted splits in a folder."""
    sets = _sets(path for path in files if path.suffix.lower() == ".parquet")
    fitting = {place: splits for place, splits in sets.items() if all(splits[split] for split in wanted)}
    if not fitting:
        names = listed(sorted(path.name for path in files))
        raise UserError(
            f"the folder {brief(folder)} has no parquet files named {' and '.join(wanted)}; it holds {names}"
        )
    return _the_one(folder, fitting, wanted, source)


def _sets(files: Iterable[Path]) -> dict[Path, dict[str, list[Path]]]:
    """Return the files of every split by the folder of the data set that they belong to."""
    sets: dict[Path, list[Path]] = {}
    for path in files:
        above = path.parent
        sets.setdefault(above.parent if above.name.lower() in SPLITS else above, []).append(path)
    return {place: _by_split(members) for place, members in sets.items()}


def _by_split(files: Iterable[Path]) -> dict[str, list[Path]]:
    splits: dict[str, list[Path]] = {"train": [], "test": []}
    for path in sorted(files, key=natural):
        words = set(re.split(r"[^a-z]+", path.stem.lower())) & SPLITS.keys() or {path.parent.name.lower()}
        named = {SPLITS[word] for word in words if word in SPLITS}
        if len(named) == 1:
            splits[named.pop()].append(path)
    return splits


def _complete(splits: dict[str, list[Path]]) -> dict[str, list[Path]] | None:
    return splits if all(splits.values()) else None


def _the_one(
    folder: Path, sets: dict[Path, dict[str, list[Path]]], wanted: tuple[str, ...], source: str
) -> dict[str, list[Path]]:
    """Return the only set of files in a folder, each split with all its shards."""
    if len(sets) > 1:
        places = listed(sorted(str(place.relative_to(folder)) for place in sets))
        raise UserError(f"the folder {brief(folder)} holds several data sets, in {places}; name one of these folders")
    (splits,) = sets.values()
    for split in wanted:
        _check_shards(splits[split], split, folder, source)
    return splits


def _check_shards(files: list[Path], split: str, folder: Path, source: str) -> None:
    """Refuse files of one split that are not all of its parts, and nothing else."""
    numbers = [match for path in files if (match := NUMBERED.search(path.stem))]
    if len(numbers) == len(files):
        totals = {int(number[2]) for number in numbers}
        missing = sorted(set(range(max(totals))) - {int(number[1]) for number in numbers}) if len(totals) == 1 else []
        if missing:
            raise UserError(
                f"{brief(folder)}: of the {max(totals)} {split} files {len(missing)} are missing, the first of them "
                f"number {missing[0]:05}; fetch the rest"
            )
        if len(totals) == 1 and len(files) == max(totals):
            return
    elif len({re.sub(r"[0-9]+", "#", path.stem) for path in files}) == 1 and not any(numbers):
        return
    raise UserError(
        f"{brief(folder)}: the {split} files {listed(path.name for path in files)} are not parts of one set; leave one "
        f"set there, or list its files under config.sources.{source}.parquet.{split}"
    )


def _both(splits: dict[str, list[Path]]) -> Found:
    return Found(None, *(_checked(splits[split], split) for split in ("train", "test")))


def _checked(files: Sequence[Path], split: str) -> list[str]:
    """Return the paths of files that begin like parquet; refuse others, and more than a command line should hold."""
    if len(files) > MOST_SHARDS:
        raise UserError(f"{len(files):,} {split} files, at most {MOST_SHARDS} are read; write them to fewer")
    for path in files:
        _check_parquet(path)
    return [str(path) for path in files]


def _check_parquet(path: Path) -> None:
    head = _head(path)
    if not file_kinds.is_parquet(head):
        raise UserError(f"{brief(path)} is no parquet file{file_kinds.told(head)}")


def _check_archive(path: Path, source: str) -> None:
    head = _head(path)
    known = SOURCES.get(source)
    label = known.label if known else source
    if file_kinds.is_parquet(head):
        raise UserError(
            f"{brief(path)} is one parquet file, and {label} needs one or more for each split: name the folder with "
            f"the files of both splits, or list them under config.sources.{source}.parquet.train and .test"
        )
    if known is None or known.archive is None:
        told = file_kinds.told(head) or " is one file"
        raise UserError(f"{brief(path)}{told.replace(': it', '', 1)}; {unfit_folders.accepted(source)}")
    if not (file_kinds.is_gzip(head) or file_kinds.is_tar(head)):
        raise UserError(
            f"{brief(path)} is no archive of {label}{file_kinds.told(head)}. The official one "
            f"({known.archive.size:,} bytes) is at {known.archive.urls[0]}"
        )


def _head(path: Path) -> bytes:
    try:
        return file_kinds.head_of(path)
    except OSError as error:
        raise UserError(f"{brief(path)} can't be read ({error.strerror}); make it readable") from None
