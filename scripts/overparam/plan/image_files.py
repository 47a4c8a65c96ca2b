"""Which files the images of a source are read from: what the environment names, what the configuration names, or none.

Imported while the Snakefile is parsed, so it must stay light.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from overparam.errors import UserError
from overparam.plan import addresses, locating, paths
from overparam.plan.known_sources import SOURCES, Download, variable
from overparam.quoting import brief, harmless

INPUTS = ("archive", "train", "test")  # what a data set may be made from


def complete(sources: dict[str, Any]) -> None:
    """Bring paths and addresses of all sources into their final form, in place; environment variables go first.

    Raises
    ------
    UserError
        If a path can't be expanded, an address is none, or a key does not fit the source.
    """
    for name, source in sources.items():
        _complete(name, source)


def _complete(name: str, source: dict[str, Any]) -> None:
    key, known = f"config.sources.{harmless(name)}", SOURCES.get(name)
    official = known.archive if known else None
    archive = source["archive"]
    if official is None:
        if given := [part for part, value in archive.items() if value]:
            raise UserError(
                f"{key}.archive.{given[0]}: {label(name, source)} has no archive; name its files by {key}.path"
            )
    else:
        archive["sha256"] = (archive["sha256"] or official.sha256).lower()
        urls = archive["urls"] or official.urls
        archive["urls"] = [addresses.normal(url, f"{key}.archive.urls[{i}]") for i, url in enumerate(urls)]
    if source["mirrors"]:
        if not known or official or not known.downloads:
            raise UserError(f"{key}.mirrors: {label(name, source)} is not published as several files; leave this out")
        source["mirrors"] = [addresses.normal(url, f"{key}.mirrors[{i}]") for i, url in enumerate(source["mirrors"])]
    if given := os.environ.get(variable(name)):
        source["parquet"] = source["path"] = archive["path"] = None
        (archive if official else source)["path"] = paths.expanded(given, f"${variable(name)}")
    if source["parquet"]:
        source["parquet"] = {
            split: [paths.expanded(path, f"{key}.parquet.{split}") for path in several(given)]
            for split, given in source["parquet"].items()
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
            f"no files are named; name them by config.sources.{harmless(name)}.path, or by ${variable(name)}"
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
