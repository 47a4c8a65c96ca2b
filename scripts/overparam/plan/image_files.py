"""Which files the images of a source are read from: what the environment names, what the configuration names, or none.

Imported while the Snakefile is parsed, so it must stay light.
"""

import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from overparam.errors import UserError
from overparam.plan import addresses, data_folder, locating, paths
from overparam.plan.known_sources import SOURCES, Download, variable
from overparam.quoting import brief

RESERVED = (
    "data",
    "scripts",
    "state",
    "checkpoint_minutes",
    "run_pid",
    "memory_mb",
)  # their variables mean other things


def complete(sources: dict[str, Any], used: Collection[str]) -> None:
    """Bring paths and addresses of all sources into their final form, in place.

    What names the files of a source is, in this order, its environment variable, the configuration, and for those that
    are ``used`` the folder $OVERPARAM_DATA; ``source["named_by"]`` says which it is.

    Raises
    ------
    UserError
        If a path can't be expanded, an address is none, or a key does not fit the source.
    """
    for name, source in sources.items():
        if name in RESERVED:
            raise UserError(f"config.sources.{name}: ${variable(name)} has another meaning; call the source otherwise")
        _complete_addresses(name, source)
        _complete_paths(name, source)
        if name in used and not given(source) and (place := data_folder.place_of(name)):
            (source["archive"] if _archive(name) else source)["path"] = place
            source["named_by"] = f"${data_folder.VARIABLE}"


def _archive(name: str) -> Download | None:
    return SOURCES[name].archive if name in SOURCES else None


def _complete_addresses(name: str, source: dict[str, Any]) -> None:
    key, known, official = f"config.sources.{name}", SOURCES.get(name), _archive(name)
    archive = source["archive"]
    if official is None:
        if wrong := [part for part, value in archive.items() if value]:
            raise UserError(
                f"{key}.archive.{wrong[0]}: {label(name, source)} is read from no archive; name its files by {key}.path"
            )
    else:
        archive["sha256"] = (archive["sha256"] or official.sha256).lower()
        urls = archive["urls"] or official.urls
        archive["urls"] = [addresses.normal(url, f"{key}.archive.urls[{i}]") for i, url in enumerate(urls)]
    if source["mirrors"]:
        if known is None or official:
            raise UserError(f"{key}.mirrors: {label(name, source)} is not published as several files; leave this out")
        source["mirrors"] = [addresses.normal(url, f"{key}.mirrors[{i}]") for i, url in enumerate(source["mirrors"])]


def _complete_paths(name: str, source: dict[str, Any]) -> None:
    key, archive = f"config.sources.{name}", source["archive"]
    source["named_by"] = key
    if named := os.environ.get(variable(name)):
        source["named_by"] = f"${variable(name)}"
        source["parquet"] = source["path"] = archive["path"] = None
        (archive if _archive(name) else source)["path"] = paths.expanded(named, source["named_by"])
        return
    if source["parquet"]:
        source["parquet"] = {
            split: [paths.expanded(path, f"{key}.parquet.{split}") for path in several(files)]
            for split, files in source["parquet"].items()
        }
    for part, place in ((source, f"{key}.path"), (archive, f"{key}.archive.path")):
        if part["path"]:
            part["path"] = paths.expanded(part["path"], place)


def label(name: str, source: Mapping[str, Any]) -> str:
    """Return what people call a source."""
    return SOURCES[name].label if name in SOURCES else source.get("label") or name


def given(source: Mapping[str, Any]) -> bool:
    """Return whether files of a source are named."""
    return bool(source["parquet"] or source["path"] or source["archive"]["path"])


def locate(name: str, source: dict[str, Any]) -> None:
    """Put files in place of the folders and patterns by which they were given: ``source["files"]``, by input.

    Raises
    ------
    UserError
        If what was named is not there, or is nothing that can be read.
    """
    archive = source["archive"]
    if source["parquet"]:
        found = {split: locating.split_files(files, split, name) for split, files in source["parquet"].items()}
        source["parquet"] = found
        if set(found["train"]) & set(found["test"]):
            raise UserError("one parquet file is named for both splits; name the files of each")
        source["files"] = found
    elif place := source["path"] or archive["path"]:
        at = locating.found(place, name)
        archive["path"] = at.archive
        source["parquet"] = {"train": at.train, "test": at.test} if at.train else None
        source["files"] = {"archive": [at.archive]} if at.archive else {"train": at.train, "test": at.test}
    elif name not in SOURCES:
        raise UserError(
            f"no files are named; name them by config.sources.{name}.path, by ${variable(name)}, or put them into a "
            f"folder {name} in ${data_folder.VARIABLE}"
        )
    for several_files in source.get("files", {}).values():
        for path in several_files:
            if {"{", "}"} & set(path):
                raise UserError(
                    f"{brief(path)} has braces, which Snakemake reads as a pattern; rename it, or link to it"
                )


def downloads(name: str, source: Mapping[str, Any]) -> dict[str, list[Download]]:
    """Return the files to be downloaded for a source, by input, with the addresses that are configured."""
    files = {part: list(wanted) for part, wanted in SOURCES[name].downloads.items()}
    if "archive" in files:
        archive, official = source["archive"], files["archive"][0]
        return {"archive": [Download(official.name, tuple(archive["urls"]), archive["sha256"])]}
    if not source["mirrors"]:
        return files
    return {
        part: [
            Download(
                file.name,
                tuple(f"{mirror.rstrip('/')}/{Path(file.name).name}" for mirror in source["mirrors"]),
                file.sha256,
            )
            for file in wanted
        ]
        for part, wanted in files.items()
    }


def without_folders(sources: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sources with file names in place of local paths: a result may be shown, the reader's folders not."""
    shown = {}
    for name, source in sources.items():
        parts = {
            part: {
                split: [Path(path).name for path in several(given)] for split, given in (source.get(part) or {}).items()
            }
            or None
            for part in ("parquet", "files")
        }
        archive = {**source["archive"], "path": source["archive"]["path"] and Path(source["archive"]["path"]).name}
        shown[name] = {**source, **parts, "archive": archive, "path": source["path"] and Path(source["path"]).name}
    return shown


def several(paths_: str | list[str]) -> list[str]:
    """Return a list of paths, of which one may be given as a text."""
    return [paths_] if isinstance(paths_, str) else paths_
