"""The registry as an earlier start has read and checked it, for as long as nothing that decides it has changed.

To read and check every claim and every declaration takes a second, which is half of what Snakemake itself takes to
start. So what was found right is kept, under a hash of all that it was made from: the files of claims and experiments,
their schemas, the code that reads and checks them, and the versions of the libraries that it uses.

Imported while the Snakefile is parsed, so it must stay light: no torch, no pandas.
"""

import contextlib
import hashlib
import importlib.metadata
import json
import os
from pathlib import Path
from typing import Any

from overparam import places
from overparam.plan import bibliography, experiment_settings, registry, topics
from overparam.plan.checksums import sha256

ROOT = Path(__file__).resolve().parents[3]
LIBRARIES = ("PyYAML", "jsonschema", "latex2mathml")  # they read and check
MEMORY = Path(".snakemake/overparam-registry")  # in the working directory, beside Snakemake's own records


def load(memory: Path = MEMORY) -> list[dict[str, Any]]:
    """Return all claims as :func:`overparam.plan.registry.load` does; let declarations, topics and works be known.

    Parameters
    ----------
    memory
        File for what was found right. It may be lost, damaged or beyond writing: then everything is read again.

    Raises
    ------
    UserError
        With every problem found in the claims, or that of the first declaration that has one; nothing is kept then.
    """
    key = _key()
    known = _recalled(memory, key)
    if known is None:
        claims = registry.load()
        declared = {name: experiment_settings.declaration(name) for name in experiment_settings.names()}
        known = {"claims": claims, "declared": declared}
        known |= {"topics": topics.load(claims), "works": bibliography.load()}
        if key and key == _key():  # else a file has changed meanwhile, and it can't be told which of the two was read
            _keep(memory, key, json.dumps(known))
    experiment_settings.recall(known["declared"])
    topics.recall(known["topics"])
    bibliography.recall(known["works"])
    return known["claims"]


def _key() -> str | None:
    """Return a hash of all that decides what is read and whether it is right; ``None`` if that can't be told."""
    found = [f"{library} {importlib.metadata.version(library)}" for library in LIBRARIES]
    folders = (places.PACKAGE, places.PACKAGE / "plan")
    read = [
        registry.SCHEMA,
        topics.SCHEMA,
        bibliography.SCHEMA,
        experiment_settings.MEASURES,
        *(path for folder in folders for path in folder.glob("*.py")),
    ]
    try:
        for path in {*places.CLAIMS.rglob("*"), *places.CLAIMS.glob("*/*/*")}:  # the latter through links as well
            if path.suffix == ".yaml":
                read.append(path)
            elif path.suffix == ".py":  # must lie beside it, whatever it holds
                found.append(f"{path.relative_to(ROOT)} {path.is_file()}")
        if not all(path.is_file() for path in read):  # a pipe would keep its reader waiting
            return None
        found += [f"{path.relative_to(ROOT)} {sha256(path)}" for path in read]
    except OSError:
        return None
    return hashlib.sha256("\n".join(sorted(found)).encode()).hexdigest()


def _seal(key: str, text: str) -> str:
    return hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()


def _recalled(memory: Path, key: str | None) -> dict[str, Any] | None:
    """Return what was kept under a key; ``None`` if there is nothing, or not as it was written."""
    try:
        seal, _, text = memory.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        return None
    return json.loads(text) if key and seal == _seal(key, text) else None


def _keep(memory: Path, key: str, text: str) -> None:
    """Write what was found right, whole or not at all: another start may be reading."""
    unfinished = memory.with_name(f"{memory.name}.{os.getpid()}")
    with contextlib.suppress(OSError):
        memory.parent.mkdir(exist_ok=True)
        try:
            unfinished.write_text(f"{_seal(key, text)}\n{text}", encoding="utf-8")
            unfinished.replace(memory)
        finally:
            unfinished.unlink(missing_ok=True)
